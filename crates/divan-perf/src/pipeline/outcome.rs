//! What becomes of a measurement: files, the report and the exit status.

use super::args::PerfArgs;
use super::context::Ground;
use super::executor::Driver;
use crate::args::{Common, Format, Store};
use crate::bench::Measurement;
use crate::site::Sources;
use crate::store::Entry;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_judge::budget::{Acceptance, check};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Reading, Run};
use perf_judge::verdict::{State, Verdict, Verdicts};
use perf_report::{AcceptanceResult, Against, Findings, Page, Report, to_markdown, to_terminal};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Saves the run and its samples before anything else is done with them.
pub(crate) fn save(ground: &Ground, run: &Run, told: &Measurement, args: &Common) -> Result<()> {
    ground.keep(&[Entry::from(run)], &args.store)?;
    save_samples(ground, run, &[("head", &told.readings)])
}

/// Saves the samples of every launch, a line a launch: what it told, and of which side.
pub(crate) fn save_samples(
    ground: &Ground,
    run: &Run,
    sides: &[(&str, &BTreeMap<BenchmarkId, Vec<Reading>>)],
) -> Result<()> {
    let mut lines = String::new();
    for (side, readings) in sides {
        let launches = readings.iter().flat_map(|(name, readings)| {
            readings.iter().enumerate().map(move |(launch, reading)| (name, launch, reading))
        });
        for (name, launch, reading) in launches {
            let line = json!({"v": 1, "kind": "launch", "run": run.id, "side": side, "name": name, "launch": launch, "reading": reading});
            lines += &format!("{line}\n");
        }
    }
    ground.output.write("samples.jsonl", lines.as_bytes()).map(drop)
}

/// Puts the report together. `told` is what the launches of `run` told.
pub(crate) fn report(
    driver: &Driver<'_>,
    run: &Run,
    told: &Measurement,
    verdicts: Verdicts,
) -> Report {
    let Driver { ground, subject, args, .. } = driver;
    // What is the same on both sides was not measured: its budgets have nothing to say.
    let measured = |verdict: &&Verdict| verdict.launches > 0 || verdict.state == State::Missing;
    let selected: Vec<BenchmarkId> =
        verdicts.verdicts.iter().filter(measured).map(|verdict| verdict.name.clone()).collect();
    let mut notes = about(run, ground, args);
    let known = subject.notes.iter().chain(&driver.notes).chain(&ground.recorded.notes);
    notes.extend(known.cloned());
    notes.extend(ground.repository().and_then(|known| known.qualification_note(&subject.machine)));
    let report = Report::new(Findings {
        run,
        budgets: check(&ground.budgets, &selected, run, &told.readings),
        accepted: accepted(driver, run, &verdicts),
        verdicts,
        against: Against {
            branch: ground.base_branch().to_owned(),
            history_runs: ground.recorded.history.len(),
            base: None,
        },
        gate: ground.gate(args.fail_on),
        notes,
    });
    Report { partition: subject.partition.clone(), ..report }
}

/// What has become of the accepted slowdowns.
fn accepted(driver: &Driver<'_>, run: &Run, verdicts: &Verdicts) -> Vec<AcceptanceResult> {
    let entries = driver.ground.settings.accepted.iter();
    let today = run.started.date_naive();
    if driver.args.compare.is_some() {
        let others = driver.base.as_ref().map_or(&[][..], |base| &base.accepted);
        let verdict = |entry: &Acceptance| {
            verdicts.verdicts.iter().find(|verdict| verdict.name == entry.benchmark)
        };
        let result = |entry| AcceptanceResult::of_comparison(entry, others, verdict(entry), today);
        return entries.map(result).collect();
    }
    let selector = driver.subject.selector(driver.ground);
    let since = |name: &BenchmarkId| {
        let measured = run.benchmark(name)?;
        selector.since_accepted(name, measured.n, measured.s)
    };
    entries.map(|entry| AcceptanceResult::of_run(entry, since(&entry.benchmark), today)).collect()
}

/// What kind of run this is, where that limits what it is good for.
fn about(run: &Run, ground: &Ground, args: &PerfArgs) -> Vec<String> {
    if args.compare.is_some() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let base = ground.base_branch();
    if run.commit.as_ref().is_some_and(|commit| commit.dirty) {
        notes.push(
            "uncommitted changes: this run is judged, and never part of a baseline".to_owned(),
        );
    }
    match run.branch() {
        Some(branch) if branch != base => {
            notes
                .push(format!("{branch} is judged against {base}, and never part of its baseline"));
        }
        None if run.commit.is_some() => {
            notes.push(format!(
                "HEAD is detached: judged against {base}, and never part of its baseline"
            ));
        }
        _ => {}
    }
    if run.partial {
        notes.push("not everything was measured: this run is never part of a baseline".to_owned());
    }
    if args.quick {
        notes.push(
            "a first impression: without a second look nothing fails but a budget of allocations"
                .to_owned(),
        );
    }
    notes
}

/// Writes, publishes and prints the report, and gives the exit status. What could not be recorded,
/// shown or published goes before everything else, and is said after the report.
///
/// A comparison is about one change: the trend site is about runs.
pub(crate) fn deliver(
    ground: &Ground,
    report: &Report,
    recorded: Result<()>,
    store: &Store,
    format: Format,
) -> Result<ExitCode> {
    write(ground, report)?;
    let is_run = report.against.base.is_none();
    let site = if is_run { write_site(ground, report) } else { Ok(()) };
    let shared = ground.publish(store);
    let shown = site.and_then(|()| match is_run {
        true => ground.show(report.run.started, store),
        false => Ok(()),
    });
    print(report, store, format)?;
    recorded.with_context(|| {
        format!(
            "what was measured is kept in {} and not recorded: the next run, or `cargo xtask perf history add`, records it",
            ground.pending().display()
        )
    })?;
    shared.and(shown)?;
    if store.no_record {
        ui::say("not recorded, as --no-record asks");
    }
    Ok(ExitCode::from(report.status))
}

/// Writes the report as data and as Markdown.
fn write(ground: &Ground, report: &Report) -> Result<()> {
    ground.output.write("report.json", report.to_json().as_bytes())?;
    ground.output.write("report.md", to_markdown(report, Page::SUMMARY).as_bytes())?;
    Ok(())
}

/// Writes the trend site, about this run.
fn write_site(ground: &Ground, report: &Report) -> Result<()> {
    let sources = Sources {
        output: &ground.output,
        repository: ground.repository(),
        settings: &ground.settings,
        budgets: &ground.budgets,
        branch: ground.base_branch(),
        templates: &ground.templates,
    };
    let folder = sources.write(report)?;
    ui::say(&format!("site: {}", folder.join("index.html").display()));
    Ok(())
}

/// Prints the report as it was asked for.
fn print(report: &Report, store: &Store, format: Format) -> Result<()> {
    let text = match format {
        Format::Human => to_terminal(report),
        Format::Json => report.to_json(),
        Format::Markdown => to_markdown(report, Page::SUMMARY),
    };
    ui::report(&text, store.color).context("cannot write the report to standard output")
}

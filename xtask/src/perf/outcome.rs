//! What becomes of a measurement: files, the report and the exit status.

use super::drive::Driver;
use super::ground::Ground;
use crate::bench::Measurement;
use crate::cli::{Common, Format, PerfArgs};
use crate::git::Entry;
use crate::site::Sources;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_core::budget::check;
use perf_core::ident::BenchmarkId;
use perf_core::report::{Against, Findings, Report, to_markdown, to_terminal};
use perf_core::run::Run;
use perf_core::verdict::{State, Verdict, Verdicts};
use serde_json::json;
use std::process::ExitCode;

/// Saves the run and its samples before anything else is done with them.
pub(super) fn save(ground: &Ground, run: &Run, told: &Measurement, args: &Common) -> Result<()> {
    ground.keep(&[Entry::from(run)], args)?;
    ground.output.write("samples.jsonl", samples(run, told).as_bytes())?;
    Ok(())
}

/// A line a launch: what it told, its samples included.
fn samples(run: &Run, told: &Measurement) -> String {
    let mut lines = String::new();
    for (name, readings) in &told.readings {
        for (launch, reading) in readings.iter().enumerate() {
            let line = json!({"v": 1, "kind": "launch", "run": run.id, "name": name, "launch": launch, "reading": reading});
            lines += &format!("{line}\n");
        }
    }
    lines
}

/// Puts the report together. `told` is what the launches of `run` told.
pub(super) fn report(
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
    notes.extend(ground.qualification_note(&subject.machine));
    Report::new(Findings {
        run,
        budgets: check(&ground.budgets, &selected, run, &told.readings),
        verdicts,
        against: Against {
            branch: ground.base_branch().to_owned(),
            history_runs: ground.recorded.history.len(),
            base: None,
        },
        gate: ground.gate(args.fail_on),
        notes,
    })
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
        notes.push("a first impression: nothing fails without a second look".to_owned());
    }
    notes
}

/// Writes the report as data and as Markdown.
pub(super) fn write(ground: &Ground, report: &Report) -> Result<()> {
    ground.output.write("report.json", report.to_json().as_bytes())?;
    ground.output.write("report.md", to_markdown(report).as_bytes())?;
    Ok(())
}

/// Writes the trend site, about this run.
pub(super) fn write_site(ground: &Ground, report: &Report) -> Result<()> {
    let sources = Sources {
        output: &ground.output,
        repository: ground.repository(),
        settings: &ground.settings,
        budgets: &ground.budgets,
        branch: ground.base_branch(),
        templates: &ground.templates,
    };
    let folder = sources.write(Some(report))?;
    ui::say(&format!("site: {}", folder.join("index.html").display()));
    Ok(())
}

/// Prints the report as it was asked for.
pub(super) fn print(report: &Report, args: &PerfArgs) -> Result<()> {
    let text = match args.format {
        Format::Human => to_terminal(report),
        Format::Json => report.to_json(),
        Format::Markdown => to_markdown(report),
    };
    ui::report(&text, args.common.color).context("cannot write the report to standard output")
}

/// The exit status: what could not be recorded or published goes before everything else.
pub(super) fn status(
    ground: &Ground,
    report: &Report,
    recorded: Result<()>,
    shared: Result<()>,
    args: &PerfArgs,
) -> Result<ExitCode> {
    recorded.with_context(|| {
        format!(
            "what was measured is kept in {} and not recorded: the next run, or `cargo xtask perf history add`, records it",
            ground.pending().display()
        )
    })?;
    shared?;
    if args.common.no_record {
        ui::say("not recorded, as --no-record asks");
    }
    Ok(ExitCode::from(report.status))
}

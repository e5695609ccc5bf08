//! What becomes of a measurement: files, the report and the exit status.

use super::args::PerfArgs;
use super::context::Context;
use super::executor::Executor;
use super::suite::is_complete;
use crate::args::Format;
use crate::bench::Measurement;
use crate::site::SiteInputs;
use crate::store::{BaseCommit, MeasurementFile};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use perf_judge::budget::{Acceptance, Required, check};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Run};
use perf_judge::verdict::{State, Verdict, Verdicts};
use perf_report::{
    AcceptanceResult, Base, Comparison, Page, ReferenceFacts, Report, ReportParts, to_markdown,
    to_terminal,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Keeps the run and its samples before anything else is done with them, and records it.
pub(super) fn record_run(executor: &Executor<'_>, initial: &Measurement) -> Result<()> {
    if executor.args.compare.is_some() {
        return Ok(());
    }
    let run = run(executor, initial);
    let recorder = &executor.context.recorder;
    recorder.keep(&[MeasurementFile::from(&run)])?;
    let saved = save_samples(executor.context, &run.id, &[("head", &initial.launch_results)]);
    recorder.record().and(saved)
}

/// Keeps and records what was measured in pairs.
pub(super) fn record_comparisons(executor: &Executor<'_>, report: &Report) -> Result<()> {
    let measured = &executor.told;
    if executor.args.compare.is_some() {
        let sides = [("base", &measured.base), ("head", &measured.head.launch_results)];
        save_samples(executor.context, &report.run.id, &sides)?;
    }
    let comparisons = Comparison::all_of(report);
    let recorder = &executor.context.recorder;
    recorder.keep(&comparisons.iter().map(MeasurementFile::from).collect::<Vec<_>>())?;
    recorder.record()
}

/// The run that `measurement` makes; a comparison alone is never a whole one.
fn run(executor: &Executor<'_>, measurement: &Measurement) -> Run {
    let Executor { context, suite, args, session, .. } = executor;
    let is_complete = args.compare.is_none() && is_complete(args);
    suite.run(context, session, measurement, is_complete)
}

/// Saves the samples of every launch, a line a launch: what it told, and of which side.
fn save_samples(
    context: &Context,
    run: &str,
    sides: &[(&str, &BTreeMap<BenchmarkId, Vec<LaunchResult>>)],
) -> Result<()> {
    let mut lines = String::new();
    for (side, launch_results) in sides {
        let launches = launch_results.iter().flat_map(|(name, launch_results)| {
            launch_results.iter().enumerate().map(move |(launch, reading)| (name, launch, reading))
        });
        for (name, launch, reading) in launches {
            let line = json!({"v": 1, "kind": "launch", "run": run, "side": side, "name": name, "launch": launch, "reading": reading});
            lines += &format!("{line}\n");
        }
    }
    context.project.output.write("samples.jsonl", lines.as_bytes()).map(drop)
}

/// Puts the report together, about what was measured first, or in pairs.
pub(super) fn report(executor: &Executor<'_>, initial: &Measurement, verdicts: Verdicts) -> Report {
    let Executor { context, suite, args, .. } = executor;
    let measurement = if args.compare.is_some() { &executor.told.head } else { initial };
    let run = &run(executor, measurement);
    let budgets = &context.project.budgets;
    let required = if args.quick { Required::Counts } else { Required::All };
    // What is the same on both sides is launched only if a budget of it gates.
    let measured = |verdict: &&Verdict| verdict.launches > 0 || verdict.state == State::Missing;
    let selected: Vec<BenchmarkId> =
        verdicts.verdicts.iter().filter(measured).map(|verdict| verdict.name.clone()).collect();
    let mut notes = about(run, context, args);
    if args.compare.is_none() && args.common.is_unfiltered() {
        notes.extend(suite.other_workspace_note(context));
    }
    let history = &context.history;
    let known = suite.notes.iter().chain(&executor.notes).chain(&history.notes);
    notes.extend(known.chain(&history.recorded.notes).cloned());
    notes.extend(suite.launcher.notes());
    notes.extend(
        context.history.repository().and_then(|known| known.calibration_note(&suite.machine)),
    );
    let mut report = Report::new(ReportParts {
        run,
        budgets: check(budgets, &selected, run, &measurement.launch_results, required),
        accepted: accepted(executor, run, &verdicts),
        verdicts,
        reference: ReferenceFacts {
            branch: context.history.base_branch.as_str().to_owned(),
            history_runs: context.history.recorded.history.len(),
            base: compared_with(executor),
        },
        gate: context.project.gate(args.fail_on),
        notes,
    });
    report.partition.clone_from(&suite.partition);
    report
}

/// The commit that everything was compared with, where that was asked for.
fn compared_with(executor: &Executor<'_>) -> Option<Base> {
    let base = executor.base.as_ref().filter(|_| executor.args.compare.is_some())?;
    let BaseCommit { commit, label } = base.commit.clone();
    Some(Base { commit, label })
}

/// What has become of the accepted slowdowns.
fn accepted(executor: &Executor<'_>, run: &Run, verdicts: &Verdicts) -> Vec<AcceptanceResult> {
    let entries = executor.context.project.settings.accepted.iter();
    let today = run.started.date_naive();
    if executor.args.compare.is_some() {
        let others = executor.base.as_ref().map_or(&[][..], |base| &base.accepted);
        let verdict = |entry: &Acceptance| {
            verdicts.verdicts.iter().find(|verdict| verdict.name == entry.benchmark)
        };
        let result = |entry| AcceptanceResult::of_comparison(entry, others, verdict(entry), today);
        return entries.map(result).collect();
    }
    let selector = executor.suite.selector(executor.context);
    let since = |name: &BenchmarkId| {
        let measured = run.benchmark(name)?;
        selector.since_accepted(name, measured.sample_size, measured.sample_count)
    };
    entries.map(|entry| AcceptanceResult::of_run(entry, since(&entry.benchmark), today)).collect()
}

/// What kind of run this is, where that limits what it is good for.
fn about(run: &Run, context: &Context, args: &PerfArgs) -> Vec<String> {
    if args.compare.is_some() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let base = context.history.base_branch.as_str();
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
    context: &Context,
    report: &Report,
    recorded: Result<()>,
    format: Format,
    color: Color,
) -> Result<ExitCode> {
    let written = write(context, report);
    let is_run = report.reference.base.is_none();
    let site = if is_run { write_site(context, report) } else { Ok(()) };
    let shared = context.recorder.publish();
    let shown = site.and_then(|()| match is_run {
        true => context.recorder.publish_site(report.run.started),
        false => Ok(()),
    });
    print(report, format, color)?;
    let mut failures = [recorded, written, shared, shown].into_iter().filter_map(Result::err);
    if let Some(first) = failures.next() {
        failures.for_each(|other| ui::error(&other));
        return Err(first);
    }
    if !context.recorder.records() {
        ui::say("not recorded, as --no-record asks");
    }
    Ok(ExitCode::from(report.status))
}

/// Writes the report as data and as Markdown.
fn write(context: &Context, report: &Report) -> Result<()> {
    context.project.output.write("report.json", report.to_json().as_bytes())?;
    context.project.output.write("report.md", to_markdown(report, Page::SUMMARY).as_bytes())?;
    Ok(())
}

/// Writes the trend site, about this run.
fn write_site(context: &Context, report: &Report) -> Result<()> {
    let sources = SiteInputs {
        output: &context.project.output,
        repository: context.history.repository(),
        settings: &context.project.settings,
        budgets: &context.project.budgets,
        branch: context.history.base_branch.as_str(),
        templates: &context.project.templates,
    };
    let folder = sources.write(report)?;
    ui::say(&format!("site: {}", folder.join("index.html").display()));
    Ok(())
}

/// Prints the report as it was asked for.
fn print(report: &Report, format: Format, color: Color) -> Result<()> {
    let text = match format {
        Format::Human => to_terminal(report),
        Format::Json => report.to_json(),
        Format::Markdown => to_markdown(report, Page::SUMMARY),
    };
    ui::report(&text, color).context("cannot write the report to standard output")
}

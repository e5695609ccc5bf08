//! The results of a measurement: files, the report and the exit status.

use super::args::PerfArgs;
use super::context::Context;
use super::executor::Executor;
use super::history::RecordedHistory;
use super::suite::is_complete;
use crate::args::RunFormat;
use crate::bench::Measurement;
use crate::output::REPORT;
use crate::report_file::to_markdown;
use crate::site::SiteInputs;
use crate::store::{BaseBranch, BaseCommit, MeasurementFile};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use perf_judge::budget::{Acceptance, Budget, BudgetResult, Required, check};
use perf_judge::history::other_tools::divan_json;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, LaunchResult, Run};
use perf_judge::verdict::{State, Verdict, Verdicts};
use perf_report::site::since_release;
use perf_report::{
    AcceptanceResult, Base, Comparison, Page, PreviousCommit, ReferenceFacts, Report, ReportParts,
    to_terminal,
};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::slice;

/// Writes the run and its samples to disk, then records the run. A run without a measured benchmark
/// is not recorded.
pub(super) fn record_run(executor: &Executor<'_>, initial: &Measurement) -> Result<()> {
    if executor.args.compare.is_some() {
        return Ok(());
    }
    let run = run(executor, initial);
    if run.benchmarks.is_empty() {
        return save_samples(executor.context, &run.id, &[]);
    }
    let recorder = &executor.context.recorder;
    recorder.spool(&[MeasurementFile::from(&run)])?;
    let saved = save_samples(executor.context, &run.id, &[("head", &initial.launch_results)]);
    recorder.record().and(saved)
}

/// Writes the comparisons and their samples to disk, then records the comparisons.
pub(super) fn record_comparisons(executor: &Executor<'_>, report: &Report) -> Result<()> {
    let measured = &executor.compared;
    if executor.args.compare.is_some() {
        let builds = [("base", &measured.base), ("head", &measured.head.launch_results)];
        save_samples(executor.context, &report.run.id, &builds)?;
    }
    if executor.interrupt.is_set() {
        return Ok(());
    }
    let comparisons = Comparison::all_of(report);
    let recorder = &executor.context.recorder;
    recorder.spool(&comparisons.iter().map(MeasurementFile::from).collect::<Vec<_>>())?;
    recorder.record()
}

/// The run of `measurement`. The run of a comparison is always partial.
fn run(executor: &Executor<'_>, measurement: &Measurement) -> Run {
    let Executor { context, suite, args, runner, .. } = executor;
    let is_complete = args.compare.is_none() && is_complete(args);
    suite.run(context, runner, measurement, is_complete)
}

/// Writes samples.jsonl, with one line per launch.
fn save_samples(
    context: &Context,
    run: &str,
    builds: &[(&str, &BTreeMap<BenchmarkId, Vec<LaunchResult>>)],
) -> Result<()> {
    let mut lines = String::new();
    for (side, results) in builds {
        let launches = results.iter().flat_map(|(name, results)| {
            results.iter().enumerate().map(move |(launch, result)| (name, launch, result))
        });
        for (name, launch, result) in launches {
            let line = json!({"v": 1, "kind": "launch", "run": run, "side": side, "name": name, "launch": launch, "reading": result});
            lines += &format!("{line}\n");
        }
    }
    context.project.output.write("samples.jsonl", lines.as_bytes()).map(drop)
}

/// The report of the initial measurement or of the comparison.
pub(super) fn report(executor: &Executor<'_>, initial: &Measurement, verdicts: Verdicts) -> Report {
    let measurement =
        if executor.args.compare.is_some() { &executor.compared.head } else { initial };
    let run = run(executor, measurement);
    let all = &executor.context.project.budgets;
    let budgets = checked_budgets(executor, all, (&run, measurement), &verdicts);
    report_with(executor, &run, verdicts, budgets)
}

/// The report of counts alone. Its rows have no times, and only budgets of counts are checked.
pub(super) fn report_of_counts(
    executor: &Executor<'_>,
    counted: &Measurement,
    verdicts: Verdicts,
) -> Report {
    let budgets = executor.context.project.budgets.iter();
    let of_counts: Vec<Budget> = budgets.filter(|b| b.metric.is_count()).cloned().collect();
    let run = run(executor, counted);
    let budgets = checked_budgets(executor, &of_counts, (&run, counted), &verdicts);
    report_with(executor, &Run { benchmarks: Vec::new(), ..run }, verdicts, budgets)
}

fn checked_budgets(
    executor: &Executor<'_>,
    budgets: &[Budget],
    (run, measurement): (&Run, &Measurement),
    verdicts: &Verdicts,
) -> Vec<BudgetResult> {
    let args = executor.args;
    let required = if args.quick { Required::Counts } else { Required::All };
    let is_checked = |verdict: &Verdict, budget: &Budget| {
        let is_counted = measurement.counts.contains_key(&verdict.name);
        let is_measured = verdict.launches > 0 || is_counted && budget.metric.is_count();
        is_measured || verdict.state == State::Missing
    };
    let checked = budgets.iter().flat_map(|budget| {
        let verdicts = verdicts.verdicts.iter().filter(|verdict| is_checked(verdict, budget));
        let selected: Vec<BenchmarkId> = verdicts.map(|verdict| verdict.name.clone()).collect();
        check(slice::from_ref(budget), &selected, run, &measurement.launch_results, required)
    });
    let mut checked: Vec<BudgetResult> = checked.collect();
    checked.sort_by_key(|result| Reverse(result.status));
    checked
}

fn report_with(
    executor: &Executor<'_>,
    run: &Run,
    verdicts: Verdicts,
    budgets: Vec<BudgetResult>,
) -> Report {
    let Executor { context, suite, args, .. } = executor;
    let mut notes = run_notes(run, context, args);
    let history = &context.history;
    let others = suite.notes.iter().chain(&executor.notes).chain(&history.notes);
    notes.extend(others.chain(&history.recorded.notes).cloned());
    notes.extend(suite.launcher.notes());
    notes.extend(
        context
            .history
            .repository()
            .and_then(|repository| repository.calibration_note(&suite.machine)),
    );
    let mut seen = BTreeSet::new();
    // A run and its comparisons can have the same note.
    notes.retain(|note| seen.insert(note.clone()));
    let mut report = Report::new(ReportParts {
        run,
        budgets,
        accepted: accepted(executor, run, &verdicts),
        verdicts,
        reference: ReferenceFacts {
            branch: context.history.base_branch.name.clone(),
            branch_is_missing: context.history.base_branch.is_missing,
            history_runs: context.history.recorded.history.len(),
            base: compared_with(executor),
            previous_commit: previous_commit(context),
        },
        gate: context.project.gate(args.fail_on),
        notes,
    });
    report.partition.clone_from(&suite.partition);
    report.excluded.clone_from(&suite.excluded);
    let since = release_note(executor, &report);
    report.notes.extend(since);
    report
}

/// How the checkout differs from the newest release, or why that is unknown.
fn release_note(executor: &Executor<'_>, report: &Report) -> Option<String> {
    if executor.args.counts_only {
        return None;
    }
    let found = since_newest_release(executor, report);
    found.unwrap_or_else(|error| Some(format!("not compared with the newest release: {error:#}")))
}

fn since_newest_release(executor: &Executor<'_>, report: &Report) -> Result<Option<String>> {
    let RecordedHistory { recorded, base_branch, .. } = &executor.context.history;
    let Some(repository) = executor.context.history.repository() else { return Ok(None) };
    let releases = repository.releases()?;
    let is_release = |commit: &Commit| releases.iter().any(|r| r.commit == commit.hash);
    let has_release = |run: &Run| run.commit.as_ref().is_some_and(is_release);
    // Most histories have no run of a release, and a copy takes long.
    if !recorded.history.runs().any(has_release) {
        return Ok(None);
    }
    let history = match &report.reference.base {
        Some(base) => {
            let machine = &report.run.machine.key;
            let is_counted =
                |run: &Run| run.machine.key == *machine && run.is_baseline_for(&base_branch.name);
            repository.runs_until(&base.commit.hash, &recorded.history, is_counted)?
        }
        None => recorded.history.clone(),
    };
    let history = history.apply_renames(&executor.context.project.settings.renamed);
    Ok(since_release(&history, report, &releases))
}

/// Whether this clone has the previous commit.
fn previous_commit(context: &Context) -> PreviousCommit {
    let repository = context.history.repository();
    // Without an answer from git the advice is the usual one.
    repository.and_then(|repository| repository.previous_commit().ok()).unwrap_or_default()
}

/// The base commit of `--compare`.
fn compared_with(executor: &Executor<'_>) -> Option<Base> {
    let base = executor.base.as_ref().filter(|_| executor.args.compare.is_some())?;
    let BaseCommit { commit, label, .. } = base.commit.clone();
    Some(Base { commit, label })
}

/// The state of each accepted regression.
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

/// Notes about limits of the run: what it is judged by, and whether it is part of a baseline.
fn run_notes(run: &Run, context: &Context, args: &PerfArgs) -> Vec<String> {
    if args.compare.is_some() || args.counts_only {
        return Vec::new();
    }
    let mut notes = Vec::new();
    if run.commit.as_ref().is_some_and(|commit| commit.dirty) {
        notes.push(
            "uncommitted changes: this run is judged, but never part of a baseline".to_owned(),
        );
    }
    notes.extend(context.untracked_note.clone());
    notes.extend(base_branch_note(run, &context.history.base_branch));
    if run.benchmarks.is_empty() {
        notes.push("nothing was measured: no run is recorded".to_owned());
    }
    if run.partial {
        notes.push("partial run: some benchmarks or launches were left out, so it is never part of a baseline".to_owned());
    }
    if args.quick {
        notes.push(
            "--quick gives an estimate: only budgets of counts can fail; run without it for verdicts"
                .to_owned(),
        );
    }
    notes
}

/// A note that the run is on no base branch.
fn base_branch_note(run: &Run, base: &BaseBranch) -> Option<String> {
    let subject = match run.branch() {
        Some(branch) if branch == base.name => return None,
        Some(branch) => format!("{branch} is no base branch"),
        None => {
            run.commit.as_ref()?;
            "HEAD is detached".to_owned()
        }
    };
    let base = if base.is_missing {
        format!("the base branch {} does not exist. Set", base.name)
    } else {
        format!(
            "this run is judged by the runs of {}, and never part of a baseline. To change that, set",
            base.name
        )
    };
    Some(format!("{subject}: {base} `base_branches` in perf-budgets.json"))
}

/// Writes, publishes and prints the report, and returns the exit status. If a step fails, its error is
/// printed after the report and decides the exit status.
///
/// The trend site shows runs, so a comparison does not write it, nor a run that measured nothing.
pub(crate) fn deliver(
    context: &Context,
    report: &Report,
    recorded: Result<()>,
    format: RunFormat,
    color: Color,
) -> Result<ExitCode> {
    let written = write(context, report);
    let is_run = report.run_of_numbers().is_some();
    let site = if is_run { write_site(context, report) } else { Ok(None) };
    let published = context.recorder.publish();
    let (index, site) = match site {
        Ok(index) => (index, Ok(())),
        Err(error) => (None, Err(error)),
    };
    let site = site.and_then(|()| {
        if is_run { context.recorder.publish_site(report.run.started) } else { Ok(()) }
    });
    print(report, format, color)?;
    if let Some(index) = index {
        ui::say(&format!("site: {}", index.display()));
    }
    let mut failures = [recorded, written, published, site].into_iter().filter_map(Result::err);
    if let Some(first) = failures.next() {
        failures.for_each(|other| ui::error(&other));
        return Err(first);
    }
    if !context.recorder.records() {
        ui::say("not recorded (--no-record)");
    }
    Ok(ExitCode::from(report.status))
}

/// Writes report.json and report.md.
fn write(context: &Context, report: &Report) -> Result<()> {
    context.project.output.write(REPORT, report.to_json().as_bytes())?;
    context.project.output.write("report.md", to_markdown(report, Page::SUMMARY).as_bytes())?;
    Ok(())
}

/// Writes the trend site with this run, and returns the path of its first page.
fn write_site(context: &Context, report: &Report) -> Result<Option<PathBuf>> {
    let sources = SiteInputs {
        output: &context.project.output,
        repository: context.history.repository(),
        settings: &context.project.settings,
        budgets: &context.project.budgets,
        branch: context.history.base_branch.name.as_str(),
        workspace: &context.history.workspace,
        templates: &context.project.templates,
        root: &context.project.workspace.root,
    };
    Ok(Some(sources.write(report)?.join("index.html")))
}

/// Prints the report in the given format.
fn print(report: &Report, format: RunFormat, color: Color) -> Result<()> {
    let text = match format {
        RunFormat::Human => to_terminal(report, ui::width()),
        RunFormat::Json => report.to_json(),
        RunFormat::Markdown => to_markdown(report, Page::SUMMARY),
        RunFormat::Divan => {
            let measured = report.rows.iter().filter_map(|row| row.measured.as_ref());
            divan_json(report.run.started, report.run.commit.as_ref(), measured)
        }
    };
    ui::report(&text, color).context("cannot write the report to standard output")
}

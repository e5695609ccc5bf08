//! `cargo xtask perf`: measure, record, judge, report.
//!
//! [`run`] has one line per stage. All inputs are validated before the build starts.

mod args;
mod project;
mod history;
mod recorder;
mod context;
mod silent_targets;
mod name_selection;
mod sampling;
mod base_inputs;
mod commit_build;
mod new_launcher;
mod suite;
mod unchanged;
mod base_failures;
mod build_differences;
mod base_build;
mod commit_suites;
mod selection;
mod reference;
mod time_plan;
mod stages;
mod comparison_launches;
mod resume;
mod executed_code;
mod executor;
mod same_code;
mod screen;
mod counted_build;
mod known_counts;
mod counts;
mod changes;
mod causes;
mod placement;
mod flame_graphs;
mod profile;
mod counts_only;
mod outcome;
mod noise_probe;
mod versus;
mod plan_file;
mod bisect;
mod backfill;

pub(crate) use args::{CountUse, PerfArgs, Purpose};
pub(crate) use backfill::{BackfillRequest, backfill};
pub(crate) use bisect::{BisectRequest, bisect};
pub(crate) use context::Context;
pub(crate) use noise_probe::{NoiseProbe, SlowSetUp, probe};
pub(crate) use outcome::deliver;
pub(crate) use profile::{ProfiledBenchmark, profile};
pub(crate) use suite::BenchSuite;
pub(crate) use versus::{VersusQuery, versus};

use crate::bench::abbreviated;
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use executor::Executor;
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::Judge;
use perf_report::Report;
use reference::ReferenceSource;
use stages::StageClock;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Measures the checkout and judges it, against its history or in pairs with another commit.
pub(crate) fn run(args: &PerfArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let mut context = Context::check(&args.measure.output, &args.measure.cargo)?;
    let reference = ReferenceSource::find(args, &context)?;
    if let Some(reason) = reference.nothing_to_compare(args, &context)? {
        ui::say(&reason);
        return Ok(ExitCode::SUCCESS);
    }
    reference.check(&context)?;
    let mut stages = StageClock::start();
    let (suite, listing) = BenchSuite::build(&context, &args.measure, &interrupt)?;
    context.history.complete_baseline(&suite.machine)?;
    stages.end("building");
    let (listing, selection) = reference.select(args, &context, &suite, listing)?;
    suite.check_selected(&listing, &args.measure)?;
    if selection.base.is_some() {
        stages.end("building the base");
    }
    let mut runner = suite.plan(&context, listing, &args.measure, args.purpose())?;
    let idle = selection.take_idle(&context, &suite, &mut runner)?;
    let others = [selection.not_launched(), idle.clone()].concat();
    suite.check_names(&context, &runner, &others, args)?;
    let time_notes = if args.counts_only {
        Vec::new()
    } else {
        time_plan::apply(&mut runner, &context, &suite, args)
    };
    stages.end("probing");
    let judge = selection.judge(args, &context, &suite, &runner);
    let uncounted = selection.uncounted();
    let identical = selection.identical();
    let mut executor = Executor::new(&context, &suite, runner, selection.base, args, &interrupt);
    executor.notes.extend(time_notes);
    executor.notes.extend(idle_note(&idle));
    if args.counts_only {
        return counts_only::run(&mut executor, &uncounted);
    }
    let (report, recorded) = measure(&mut executor, judge, identical, stages)?;
    let color = args.measure.output.color;
    outcome::deliver(&context, &report, recorded, args.format, color)
}

/// Measures, records, judges and counts. Returns the report, and whether everything was recorded.
fn measure(
    executor: &mut Executor<'_>,
    mut judge: Judge,
    identical: usize,
    mut stages: StageClock,
) -> Result<(Report, Result<()>)> {
    let (args, interrupt) = (executor.args, executor.interrupt);
    if args.resume {
        executor.resume(&mut judge)?;
    }
    let same_code = screen::apply(executor, &mut judge)?;
    if args.compare.is_some() {
        stages.end("counting");
        time_plan::announce_pairs(executor, identical, &same_code);
    }
    let mut initial = executor.initial_measurement(&mut judge)?;
    if args.compare.is_none() {
        stages.end("measuring");
        counts::of_run(executor, &mut initial)?;
        stages.end("counting");
    }
    let recorded = outcome::record_run(executor, &initial);
    if args.compare.is_none() {
        stages.end("recording");
    }
    let mut verdicts = executor.finish(judge)?;
    let is_cut_short = verdicts.verdicts.iter().any(|verdict| verdict.cut_short);
    if !is_cut_short {
        // All pairs are there, and the counts are not: without them a check must not pass.
        interrupt.check()?;
    }
    stages.end("comparing");
    counts::collect(executor, &mut verdicts.verdicts, &initial)?;
    if !interrupt.is_set() {
        changes::collect(executor, &mut verdicts.verdicts)?;
        causes::find(executor, &mut verdicts.verdicts)?;
        stages.end("counting what changed");
        placement::check(executor, &mut verdicts.verdicts)?;
    }
    if args.compare.is_some() && !is_cut_short && !interrupt.is_set() {
        resume::remove(executor.context)?;
    }
    stages.end("checking code placement");
    let mut calls = BTreeMap::new();
    if !interrupt.is_set() {
        calls = flame_graphs::draw(executor, &verdicts.verdicts)?;
        stages.end("drawing flame graphs");
    }
    let mut report = outcome::report(executor, &initial, verdicts);
    for row in &mut report.rows {
        row.calls = calls.remove(&row.verdict.name);
    }
    report.stages = stages.times();
    let compared = outcome::record_comparisons(executor, &report);
    Ok((report, recorded.and(compared)))
}

/// The note on benchmarks that ran and measured nothing.
fn idle_note(idle: &[BenchmarkId]) -> Option<String> {
    let names: Vec<&str> = idle.iter().map(BenchmarkId::as_str).collect();
    (!names.is_empty()).then(|| {
        let names = abbreviated(&names);
        format!(
            "not measured, because no method such as `bench` of the Bencher was called: {names}"
        )
    })
}

//! Counts of the measured benchmarks, of the run or of base and head.

use super::base_build::Base;
use super::counted_build::{self, Counted};
use super::executor::Executor;
use crate::bench::{
    BenchmarkCounts, CountJob, InstructionCounter, Measurement, PlannedBenchmark, abbreviated,
};
use crate::cargo::Level;
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Measured, Quantity};
use perf_judge::verdict::{Method, Verdict};
use std::collections::BTreeMap;

/// Why the allocations of a benchmark are not counted.
const OTHER_ALLOCATOR: &str = "the global allocator is not that of the C library. `divan::AllocProfiler` around it counts them";
/// Why no allocations are counted, although times are recorded.
const NO_GLIBC: &str = "no allocations were counted: the library that counts them does not compile here; it needs glibc";
/// How often a benchmark without recorded counts is counted.
const FIRST_REPEATS: u32 = 3;

/// Counts every benchmark of the run that has results.
///
/// A benchmark without recorded counts is counted three times, to find out by how much they differ.
pub(crate) fn of_run(executor: &mut Executor<'_>, run: &mut Measurement) -> Result<()> {
    let args = executor.args;
    if args.no_counts || args.compare.is_some() {
        return Ok(());
    }
    let jobs = |level| {
        let planned = executor.runner.planned().iter();
        planned.filter_map(|planned| job_of_run(executor, planned, run, level)).collect::<Vec<_>>()
    };
    let names: Vec<BenchmarkId> = jobs(None).into_iter().map(|(name, _)| name).collect();
    let counted =
        count(executor, |level| jobs(level).into_iter().map(|(_, job)| job).collect::<Vec<_>>())?;
    executor.notes.extend(counted.notes);
    executor.notes.extend(refusals(&names, &counted.counts));
    run.counted_for = counted.level;
    run.counts = names.into_iter().zip(counted.counts).collect();
    Ok(())
}

/// How to count a benchmark; `None` if it has no result, or several rows.
fn job_of_run<'a>(
    executor: &'a Executor<'_>,
    planned: &'a PlannedBenchmark,
    run: &Measurement,
    level: Level,
) -> Option<(BenchmarkId, CountJob<'a>)> {
    let [name] = planned.rows.as_slice() else { return None };
    if executor.args.quick && !executor.context.project.limits_counts(name) {
        return None;
    }
    let measured = Measured::of(name.clone(), None, run.launch_results.get(name)?)?;
    let recorded = executor.suite.recorded(executor.context, name, level);
    let is_known = recorded.is_some_and(|recorded| !recorded.count_spreads.is_empty());
    let job = CountJob {
        entry: &planned.entry,
        iteration_ns: measured.time_ns.median,
        allocations: measured.alloc.is_none(),
        repeats: if is_known { 1 } else { FIRST_REPEATS },
        launch: planned.expected(1),
    };
    Some((name.clone(), job))
}

/// Adds the counts of base and head to each verdict.
pub(crate) fn collect(
    executor: &mut Executor<'_>,
    verdicts: &mut [Verdict],
    initial: &Measurement,
) -> Result<()> {
    for verdict in &mut *verdicts {
        let counts = match verdict.method {
            Method::Paired => launched_counts(executor, &verdict.name),
            _ => recorded_counts(executor, &verdict.name, initial),
        };
        verdict.counts = (!counts.is_empty()).then_some(counts);
    }
    let selected: Vec<&mut Verdict> = verdicts
        .iter_mut()
        .filter(|verdict| verdict.method == Method::Paired && verdict.launches > 0)
        .collect();
    if selected.is_empty() || executor.args.no_counts {
        return Ok(());
    }
    let jobs: Vec<Option<[CountJob<'_>; 2]>> =
        selected.iter().map(|verdict| jobs(executor, verdict)).collect();
    let counted = count(executor, |_| jobs.iter().flatten().flatten().copied().collect())?;
    let has_jobs: Vec<bool> = jobs.iter().map(Option::is_some).collect();
    executor.notes.extend(counted.notes);
    if executor.args.compare.is_some() {
        executor.compared.head.counted_for = counted.level;
    }
    let mut counts = counted.counts.into_iter();
    let mut refused = (Vec::new(), Vec::new());
    for (verdict, has_jobs) in selected.into_iter().zip(has_jobs) {
        let pair = if has_jobs { counts.next().zip(counts.next()) } else { None };
        let Some((base, head)) = pair else { continue };
        add(verdict, &base, &head);
        add_spreads(executor, verdict, counted.level);
        refused.0.push(verdict.name.clone());
        refused.1.push(BenchmarkCounts { refused: base.refused.or(head.refused), ..head });
    }
    executor.notes.extend(refusals(&refused.0, &refused.1));
    Ok(())
}

/// Counts on all processors, without instructions if callgrind cannot be used. `jobs` returns the
/// benchmarks in the measured builds, in one order for all levels.
pub(super) fn count<'a>(
    executor: &'a Executor<'_>,
    jobs: impl Fn(Level) -> Vec<CountJob<'a>>,
) -> Result<Counted> {
    let listed = jobs(None);
    if listed.is_empty() {
        return Ok(Counted::default());
    }
    let found = InstructionCounter::find(executor.interrupt);
    let mut counted = counted_build::count(executor, found.as_ref().ok(), jobs)?;
    // Elsewhere the note on the clock recorder reports all that the system lacks.
    let missing = found.err().filter(|_| cfg!(target_os = "linux"));
    counted.notes.extend(missing.map(|reason| format!("no instructions were counted: {reason}")));
    if listed.iter().any(|job| job.allocations) && executor.suite.launcher.lacks_allocations() {
        counted.notes.push(NO_GLIBC.to_owned());
    }
    Ok(counted)
}

/// Notes on benchmarks whose instructions or allocations were not counted, one per reason.
pub(super) fn refusals(names: &[BenchmarkId], counts: &[BenchmarkCounts]) -> Vec<String> {
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (name, counts) in names.iter().zip(counts) {
        let instructions = counts.refused.as_deref().map(|reason| ("instructions", reason));
        let allocations = counts.has_other_allocator.then_some(("allocations", OTHER_ALLOCATOR));
        for refused in instructions.into_iter().chain(allocations) {
            by_reason.entry(refused).or_default().push(name.as_str());
        }
    }
    let note = |((what, reason), names): ((&str, &str), Vec<&str>)| {
        format!("the {what} of {} were not counted: {reason}", abbreviated(&names))
    };
    by_reason.into_iter().map(note).collect()
}

/// The base and the head of a benchmark; `None` if the base's build was replaced by another.
pub(super) fn jobs<'a>(executor: &'a Executor<'_>, verdict: &Verdict) -> Option<[CountJob<'a>; 2]> {
    let is_current =
        |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let planned = executor.runner.planned_of(&verdict.name)?;
    let head = &planned.entry;
    let base = executor.base.as_ref().filter(is_current)?.entries.get(&head.id)?;
    // One time for both sides, so that both get one sample size: a benchmark may rotate over inputs.
    let iteration_ns = verdict.base_ns.unwrap_or_default();
    let allocations =
        verdict.counts.as_ref().is_none_or(|counts| counts.get(Quantity::AllocCount).is_none());
    let launch = planned.expected(1);
    Some([base, head].map(|entry| CountJob {
        entry,
        iteration_ns,
        allocations,
        repeats: 1,
        launch,
    }))
}

/// Adds the counts of base and head.
fn add(verdict: &mut Verdict, base: &BenchmarkCounts, head: &BenchmarkCounts) {
    let counts = verdict.counts.get_or_insert_default();
    for (quantity, base) in &base.counts {
        if let Some(head) = head.counts.get(quantity) {
            counts.insert(*quantity, CountPair::new(*base, *head));
        }
    }
}

/// Adds the spreads of repeated counts that recorded runs have.
fn add_spreads(executor: &Executor<'_>, verdict: &mut Verdict, level: Level) {
    let recorded = executor.suite.recorded(executor.context, &verdict.name, level);
    let (Some(counts), Some(recorded)) = (&mut verdict.counts, recorded) else { return };
    for (quantity, spread) in &recorded.count_spreads {
        counts.set_spread(*quantity, *spread);
    }
}

/// What the launches of a comparison counted: resources, and allocations if the benchmark counts them
/// itself.
fn launched_counts(executor: &Executor<'_>, name: &BenchmarkId) -> Counts {
    let measured =
        |launches: Option<&Vec<LaunchResult>>| Measured::of(name.clone(), None, launches?);
    let compared = &executor.compared;
    let base = measured(compared.base.get(name));
    match base.zip(measured(compared.head.launch_results.get(name))) {
        Some((base, head)) => Counts::between(&base, &head),
        None => Counts::default(),
    }
}

/// The counts of the newest comparable recorded run and of this one.
fn recorded_counts(executor: &Executor<'_>, name: &BenchmarkId, run: &Measurement) -> Counts {
    let recorded = executor.suite.recorded(executor.context, name, run.counted_for);
    let now = run.launch_results.get(name);
    let now = now.and_then(|launches| executor.suite.measured(name, launches, run));
    recorded
        .zip(now)
        .map_or_else(Counts::default, |(recorded, now)| Counts::between(recorded, &now))
}

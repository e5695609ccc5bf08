//! Counts of the measured benchmarks, of the run or of base and head.

use super::base_build::Base;
use super::executor::Executor;
use super::suite::BenchSuite;
use crate::bench::{
    BenchmarkCounts, CountJob, InstructionCounter, ListedBenchmark, Measurement, PlannedBenchmark,
    abbreviated, count_all,
};
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Measured, Quantity};
use perf_judge::unit;
use perf_judge::verdict::{CountedRun, Method, Verdict};
use std::collections::{BTreeMap, BTreeSet};

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
    let (names, counted) = {
        let planned = executor.runner.planned().iter();
        let jobs = planned.flat_map(|planned| jobs_of_run(executor, planned, run));
        let (names, jobs): (Vec<BenchmarkId>, Vec<CountJob<'_>>) = jobs.unzip();
        (names, count(executor.suite, executor.interrupt, &jobs)?)
    };
    executor.notes.extend(counted.notes);
    let refused = counted.counts.iter().map(|counts| counts.refused.as_deref());
    executor.notes.extend(refusals(names.iter().zip(refused)));
    run.counts = names.into_iter().zip(counted.counts).collect();
    Ok(())
}

/// How to count the rows of a benchmark that have results.
fn jobs_of_run<'a>(
    executor: &Executor<'_>,
    planned: &'a PlannedBenchmark,
    run: &Measurement,
) -> impl Iterator<Item = (BenchmarkId, CountJob<'a>)> {
    planned.rows_by_threads().filter_map(move |(name, threads)| {
        Some((name.clone(), job_of_run(executor, &planned.entry, (name, threads), run)?))
    })
}

fn job_of_run<'a>(
    executor: &Executor<'_>,
    entry: &'a ListedBenchmark,
    (name, threads): (&BenchmarkId, Option<u32>),
    run: &Measurement,
) -> Option<CountJob<'a>> {
    if executor.args.quick && !executor.context.project.limits_counts(name) {
        return None;
    }
    let measured = Measured::of(name.clone(), None, run.launch_results.get(name)?)?;
    let recorded = executor.suite.recorded(executor.context, name);
    let is_known = recorded.is_some_and(|recorded| !recorded.measured.count_spreads.is_empty());
    Some(CountJob {
        entry,
        threads,
        iteration_ns: measured.time_ns.median,
        allocations: measured.alloc.is_none(),
        repeats: if is_known { 1 } else { FIRST_REPEATS },
        launches: None,
    })
}

/// Adds the counts of base and head to each verdict.
pub(crate) fn collect(
    executor: &mut Executor<'_>,
    verdicts: &mut [Verdict],
    initial: &Measurement,
) -> Result<()> {
    for verdict in &mut *verdicts {
        if verdict.method == Method::Paired {
            let counts = launched_counts(executor, &verdict.name);
            verdict.counts = (!counts.is_empty()).then_some(counts);
        } else {
            add_recorded(executor, verdict, initial);
        }
    }
    if executor.args.no_counts {
        return Ok(());
    }
    let jobs = verdicts.iter().filter_map(|verdict| side_jobs(executor, verdict)).collect();
    let (counted, notes) = count_sides(executor, jobs)?;
    executor.notes.extend(notes);
    let counted = counted.into_iter().map(|counted| (counted.name.clone(), counted));
    let mut counted: BTreeMap<BenchmarkId, CountedBenchmark> = counted.collect();
    for verdict in verdicts {
        let Some(CountedBenchmark { name, base, head }) = counted.remove(&verdict.name) else {
            continue;
        };
        if let Some(base) = &base {
            add(verdict, base, &head);
            add_spreads(executor, verdict);
        }
        executor.compared.head.counts.insert(name, head);
    }
    Ok(())
}

/// How to count the checkout, and the base if it has the benchmark.
pub(super) struct SideJobs<'a> {
    pub(super) name: BenchmarkId,
    pub(super) base: Option<CountJob<'a>>,
    pub(super) head: CountJob<'a>,
}

/// A benchmark, and its counts in the base and in the checkout.
pub(super) struct CountedBenchmark {
    pub(super) name: BenchmarkId,
    pub(super) base: Option<BenchmarkCounts>,
    pub(super) head: BenchmarkCounts,
}

impl CountedBenchmark {
    /// Why the instructions of one side were not counted.
    pub(super) fn refused(&self) -> Option<&str> {
        let base = self.base.as_ref().and_then(|base| base.refused.as_deref());
        base.or(self.head.refused.as_deref())
    }
}

/// Counts both sides of each benchmark, and returns notes.
pub(super) fn count_sides(
    executor: &Executor<'_>,
    benchmarks: Vec<SideJobs<'_>>,
) -> Result<(Vec<CountedBenchmark>, Vec<String>)> {
    let jobs = benchmarks.iter().flat_map(|side| side.base.into_iter().chain([side.head]));
    let Counted { counts, mut notes } =
        count(executor.suite, executor.interrupt, &jobs.collect::<Vec<_>>())?;
    let mut counts = counts.into_iter();
    let mut counted = Vec::new();
    for SideJobs { name, base, .. } in benchmarks {
        let base = base.and_then(|_| counts.next());
        let head = counts.next().unwrap_or_default();
        counted.push(CountedBenchmark { name, base, head });
    }
    notes.extend(refusals(counted.iter().map(|counted| (&counted.name, counted.refused()))));
    Ok((counted, notes))
}

/// Counts of benchmarks, and notes on them.
struct Counted {
    counts: Vec<BenchmarkCounts>,
    notes: Vec<String>,
}

/// Counts on all processors, without instructions if callgrind cannot be used.
fn count(suite: &BenchSuite, interrupt: &Interrupt, jobs: &[CountJob<'_>]) -> Result<Counted> {
    if jobs.is_empty() {
        return Ok(Counted { counts: Vec::new(), notes: Vec::new() });
    }
    let found = InstructionCounter::find(interrupt);
    let entries: BTreeSet<&BenchmarkId> = jobs.iter().map(|job| &job.entry.id).collect();
    let count = unit::counted(entries.len(), "benchmark", "benchmarks");
    ui::say(&format!("counting instructions and allocations of {count}"));
    let (counts, mut notes) = count_all(&suite.launcher, found.as_ref().ok(), jobs)?;
    notes.extend(found.err().map(|reason| format!("no instructions were counted: {reason}")));
    Ok(Counted { counts, notes })
}

/// Notes on benchmarks whose instructions were not counted, one per reason.
fn refusals<'a>(refused: impl Iterator<Item = (&'a BenchmarkId, Option<&'a str>)>) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, reason) in refused {
        if let Some(reason) = reason {
            by_reason.entry(reason).or_default().push(name.as_str());
        }
    }
    let note = |(reason, names): (&str, Vec<&str>)| {
        format!("the instructions of {} were not counted: {reason}", abbreviated(&names))
    };
    by_reason.into_iter().map(note).collect()
}

/// How to count a benchmark of a comparison. A benchmark that has no base is only counted for its
/// budgets. `None` if the base's build was replaced by another.
fn side_jobs<'a>(executor: &'a Executor<'_>, verdict: &Verdict) -> Option<SideJobs<'a>> {
    let name = &verdict.name;
    let is_current =
        |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let planned = executor.runner.planned_with(name).filter(|_| verdict.launches > 0)?;
    let (_, threads) = planned.rows_by_threads().find(|(row, _)| *row == name)?;
    let base = executor.base.as_ref().filter(is_current);
    let base = base.filter(|_| verdict.method == Method::Paired);
    let base = base.and_then(|base| base.entries.get(&planned.entry.id));
    let is_compared = executor.args.compare.is_some();
    if base.is_none() && !(is_compared && executor.context.project.limits_counts(name)) {
        return None;
    }
    let head = CountJob {
        entry: &planned.entry,
        threads,
        // One time for both sides, so that both get one sample size: a benchmark may rotate over inputs.
        iteration_ns: verdict.base_ns.or(verdict.head_ns).unwrap_or_default(),
        allocations: verdict
            .counts
            .as_ref()
            .is_none_or(|counts| counts.get(Quantity::AllocCount).is_none()),
        repeats: 1,
        launches: None,
    };
    let base = base.map(|entry| CountJob { entry, ..head });
    Some(SideJobs { name: name.clone(), base, head })
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
pub(super) fn add_spreads(executor: &Executor<'_>, verdict: &mut Verdict) {
    let recorded = executor.suite.recorded(executor.context, &verdict.name);
    let (Some(counts), Some(recorded)) = (&mut verdict.counts, recorded) else { return };
    for (quantity, spread) in &recorded.measured.count_spreads {
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

/// Adds the counts of the newest comparable recorded run and of this one.
fn add_recorded(executor: &Executor<'_>, verdict: &mut Verdict, run: &Measurement) {
    let name = &verdict.name;
    let recorded = executor.suite.recorded(executor.context, name);
    let now = run.launch_results.get(name);
    let now = now.and_then(|launches| executor.suite.measured(name, launches, run));
    let Some((recorded, now)) = recorded.zip(now) else { return };
    let counts = Counts::between(recorded.measured, &now);
    if !counts.is_empty() {
        verdict.counts = Some(counts);
        verdict.counts_base = Some(CountedRun::of(recorded));
    }
}

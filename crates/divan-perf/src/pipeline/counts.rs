//! Counts of the measured benchmarks, of the run or of base and head.

use super::base_build::Base;
use super::counted_build::{self, Counted};
use super::executor::Executor;
use super::known_counts::KnownCounts;
use crate::bench::{
    BenchmarkCounts, CountJob, InstructionCounter, Measurement, PlannedBenchmark, abbreviated,
};
use crate::cargo::Level;
use anyhow::Result;
use perf_judge::detect::counts::Counts;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Measured, Quantity};
use perf_judge::unit;
use perf_judge::verdict::{CountedRun, Method, Verdict};
use std::collections::BTreeMap;

/// Why the allocations of a benchmark are not counted.
const OTHER_ALLOCATOR: &str = "the global allocator is not that of the C library. `divan::AllocProfiler` around it counts them";
/// Why no allocations are counted, although times are recorded.
const NO_GLIBC: &str = "no allocations were counted: the library that counts them does not compile here; it needs glibc";
/// In how many processes a benchmark without recorded counts is counted.
const FIRST_REPEATS: u32 = 3;

/// Counts every benchmark of the run that has results.
///
/// A benchmark without recorded counts is counted three times, to find out by how much they differ.
pub(crate) fn of_run(executor: &mut Executor<'_>, run: &mut Measurement) -> Result<()> {
    let args = executor.args;
    if args.no_counts || args.compare.is_some() {
        return Ok(());
    }
    let jobs = |level| -> Vec<(BenchmarkId, CountJob<'_>)> {
        let planned = executor.runner.planned().iter();
        planned.flat_map(|planned| jobs_of_run(executor, planned, run, level)).collect()
    };
    let all = jobs(None);
    let mut known = KnownCounts::read(executor, &all)?;
    let mut found =
        known.as_ref().map_or(Ok(BTreeMap::new()), |known| known.find(executor, &all))?;
    let open = |found: &BTreeMap<BenchmarkId, BenchmarkCounts>, level| -> Vec<CountJob<'_>> {
        let open = jobs(level).into_iter().filter(|(name, _)| !found.contains_key(name));
        open.map(|(_, job)| job).collect()
    };
    let mut counted = count(executor, |level| open(&found, level))?;
    if counted.level.is_some() {
        // Known counts are those of the measured build.
        known = None;
        if !std::mem::take(&mut found).is_empty() {
            counted = count(executor, |level| open(&found, level))?;
        }
    }
    let names = all.into_iter().map(|(name, _)| name).filter(|name| !found.contains_key(name));
    let names: Vec<BenchmarkId> = names.collect();
    executor.notes.extend(counted.notes);
    executor.notes.extend(note_on_known(found.len()));
    let refused = counted.counts.iter().map(Refused::of);
    executor.notes.extend(refusals(names.iter().zip(refused)));
    run.counted_for = counted.level;
    run.counts = names.into_iter().zip(counted.counts).chain(found).collect();
    let kept = known.map_or(Ok(()), |known| known.keep(run.counts.iter()));
    executor.notes.extend(kept.err().map(|error| format!("{error:#}: the next run counts again")));
    Ok(())
}

/// The note on counts that were taken from earlier runs.
fn note_on_known(benchmarks: usize) -> Option<String> {
    let counted = unit::counted(benchmarks, "benchmark was", "benchmarks were");
    (benchmarks > 0).then(|| {
        format!(
            "{counted} counted in an earlier run: the executables and the files that they read are the same"
        )
    })
}

/// How to count the rows of a benchmark that have results.
fn jobs_of_run<'a>(
    executor: &Executor<'_>,
    planned: &'a PlannedBenchmark,
    run: &Measurement,
    level: Level,
) -> impl Iterator<Item = (BenchmarkId, CountJob<'a>)> {
    planned.rows_by_threads().filter_map(move |(name, threads)| {
        Some((name.clone(), job_of_run(executor, planned, (name, threads), run, level)?))
    })
}

fn job_of_run<'a>(
    executor: &Executor<'_>,
    planned: &'a PlannedBenchmark,
    (name, threads): (&BenchmarkId, Option<u32>),
    run: &Measurement,
    level: Level,
) -> Option<CountJob<'a>> {
    if executor.args.quick && !executor.context.project.limits_counts(name) {
        return None;
    }
    let measured = Measured::of(name.clone(), None, run.launch_results.get(name)?)?;
    let recorded = executor.suite.recorded(executor.context, name, level);
    let is_known = recorded.is_some_and(|recorded| !recorded.measured.count_spreads.is_empty());
    Some(CountJob {
        entry: &planned.entry,
        threads,
        lists_code: false,
        config: planned.config,
        iteration_ns: measured.time_ns.median,
        allocations: measured.alloc.is_none(),
        repeats: if is_known { 1 } else { FIRST_REPEATS },
        launches: None,
        launch: planned.expected(1),
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
    let screened = std::mem::take(&mut executor.screened).into_iter();
    let screened = screened.map(|(name, [base, head])| {
        (name.clone(), CountedBenchmark { name, base: Some(base), head })
    });
    let mut counted: BTreeMap<BenchmarkId, CountedBenchmark> = screened.collect();
    let open = verdicts.iter().filter(|verdict| !counted.contains_key(&verdict.name));
    let open = open.filter(|_| !executor.interrupt.is_set());
    let jobs = open.filter_map(|verdict| side_jobs(executor, verdict)).collect();
    let CountedSides { benchmarks, level, notes } = count_sides(executor, jobs)?;
    executor.notes.extend(notes);
    if executor.args.compare.is_some() && !benchmarks.is_empty() {
        executor.compared.head.counted_for = level;
    }
    let level = executor.compared.head.counted_for.or(level);
    counted.extend(benchmarks.into_iter().map(|counted| (counted.name.clone(), counted)));
    for verdict in verdicts {
        let Some(CountedBenchmark { name, base, mut head }) = counted.remove(&verdict.name) else {
            continue;
        };
        if let Some(mut base) = base {
            add(verdict, &base, &head);
            add_spreads(executor, verdict, level);
            add_alignment(verdict, &head);
            executor.executed.keep(verdict, &mut base, &mut head);
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
#[derive(Debug)]
pub(super) struct CountedBenchmark {
    pub(super) name: BenchmarkId,
    pub(super) base: Option<BenchmarkCounts>,
    pub(super) head: BenchmarkCounts,
}

/// The counts of benchmarks in both builds, and notes on them.
pub(super) struct CountedSides {
    pub(super) benchmarks: Vec<CountedBenchmark>,
    pub(super) level: Level,
    pub(super) notes: Vec<String>,
}

impl CountedBenchmark {
    /// What was not counted of one side.
    pub(super) fn refused(&self) -> Refused<'_> {
        let base = self.base.as_ref().map(Refused::of).unwrap_or_default();
        let head = Refused::of(&self.head);
        Refused {
            instructions: base.instructions.or(head.instructions),
            allocations: base.allocations.or(head.allocations),
        }
    }
}

/// Why something was not counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refused<'a> {
    pub(super) instructions: Option<&'a str>,
    allocations: Option<&'a str>,
}

impl<'a> Refused<'a> {
    fn of(counts: &'a BenchmarkCounts) -> Self {
        Self {
            instructions: counts.refused.as_deref(),
            allocations: counts.has_other_allocator.then_some(OTHER_ALLOCATOR),
        }
    }
}

/// Counts both sides of each benchmark.
pub(super) fn count_sides(
    executor: &Executor<'_>,
    benchmarks: Vec<SideJobs<'_>>,
) -> Result<CountedSides> {
    let jobs = benchmarks.iter().flat_map(|side| side.base.into_iter().chain([side.head]));
    let jobs: Vec<CountJob<'_>> = jobs.collect();
    let Counted { counts, level, mut notes } = count(executor, |_| jobs.clone())?;
    let mut counts = counts.into_iter();
    let mut counted = Vec::new();
    for SideJobs { name, base, .. } in benchmarks {
        let base = base.and_then(|_| counts.next());
        let head = counts.next().unwrap_or_default();
        counted.push(CountedBenchmark { name, base, head });
    }
    notes.extend(refusals(counted.iter().map(|counted| (&counted.name, counted.refused()))));
    Ok(CountedSides { benchmarks: counted, level, notes })
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
fn refusals<'a>(refused: impl Iterator<Item = (&'a BenchmarkId, Refused<'a>)>) -> Vec<String> {
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (name, Refused { instructions, allocations }) in refused {
        let instructions = instructions.map(|reason| ("instructions", reason));
        let allocations = allocations.map(|reason| ("allocations", reason));
        for reason in instructions.into_iter().chain(allocations) {
            by_reason.entry(reason).or_default().push(name.as_str());
        }
    }
    let note = |((what, reason), names): ((&str, &str), Vec<&str>)| {
        format!("the {what} of {} were not counted: {reason}", abbreviated(&names))
    };
    by_reason.into_iter().map(note).collect()
}

/// How to count a benchmark of a comparison. A benchmark that has no base is only counted for its
/// budgets. `None` if the base's build was replaced by another.
pub(super) fn side_jobs<'a>(executor: &'a Executor<'_>, verdict: &Verdict) -> Option<SideJobs<'a>> {
    let name = &verdict.name;
    let is_current =
        |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let planned = executor.runner.planned_of(name).filter(|_| verdict.launches > 0)?;
    let (_, threads) = planned.rows_by_threads().find(|(row, _)| *row == name)?;
    let base = executor.base.as_ref().filter(is_current);
    let base = base
        .filter(|base| verdict.method == Method::Paired && !base.is_unchanged(&planned.entry.id));
    let base = base.and_then(|base| base.entries.get(&planned.entry.id));
    let is_compared = executor.args.compare.is_some();
    if base.is_none() && !(is_compared && executor.context.project.limits_counts(name)) {
        return None;
    }
    let head = CountJob {
        entry: &planned.entry,
        threads,
        lists_code: false,
        config: planned.config,
        iteration_ns: verdict.base_ns.or(verdict.head_ns).unwrap_or_default(),
        allocations: verdict
            .counts
            .as_ref()
            .is_none_or(|counts| counts.get(Quantity::AllocCount).is_none()),
        repeats: 1,
        launches: None,
        launch: planned.expected(1),
    };
    let head = CountJob { lists_code: base.is_some(), ..head };
    let base = base.map(|entry| CountJob { entry, ..head });
    Some(SideJobs { name: name.clone(), base, head })
}

/// Adds the counts of base and head that the launches do not have.
fn add(verdict: &mut Verdict, base: &BenchmarkCounts, head: &BenchmarkCounts) {
    let counts = verdict.counts.get_or_insert_default();
    for (quantity, pair) in Counts::of(&base.counts, &head.counts).iter() {
        if counts.get(quantity).is_none() {
            counts.insert(quantity, pair);
        }
    }
}

/// Adds the spreads of repeated counts that recorded runs have.
pub(super) fn add_spreads(executor: &Executor<'_>, verdict: &mut Verdict, level: Level) {
    let recorded = executor.suite.recorded(executor.context, &verdict.name, level);
    let (Some(counts), Some(recorded)) = (&mut verdict.counts, recorded) else { return };
    for (quantity, spread) in &recorded.measured.count_spreads {
        counts.set_spread(*quantity, *spread);
    }
}

/// Adds the spreads by which equal code differed between base and head.
fn add_alignment(verdict: &mut Verdict, head: &BenchmarkCounts) {
    let Some(counts) = &mut verdict.counts else { return };
    for (quantity, spread) in &head.spreads {
        counts.widen_spread(*quantity, *spread);
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
    let recorded = executor.suite.recorded(executor.context, name, run.counted_for);
    let now = run.launch_results.get(name);
    let now = now.and_then(|launches| executor.suite.measured(name, launches, run));
    let Some((recorded, now)) = recorded.zip(now) else { return };
    let counts = Counts::between(recorded.measured, &now);
    if !counts.is_empty() {
        verdict.counts = Some(counts);
        verdict.counts_base = Some(CountedRun::of(recorded));
    }
}

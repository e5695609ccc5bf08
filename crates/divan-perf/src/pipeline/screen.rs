//! The screen of a comparison: benchmarks that execute the same code in both builds are not timed.

use super::counts::{CountedBenchmark, CountedSides, SideJobs, count_sides};
use super::executor::Executor;
use super::suite::BenchSuite;
use crate::bench::{CountJob, ExecutedSample, PlannedBenchmark, SampleOf, fingerprints};
use crate::ui;
use anyhow::Result;
use executed_code::{Comparison, Fingerprint, compare};
use perf_judge::detect::counts::CountPair;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::unit;
use perf_judge::verdict::Judge;
use std::collections::BTreeMap;

/// The result of the screen.
#[derive(Debug, Default)]
pub(crate) struct Screened {
    /// The counts of both builds, which need not be counted again.
    pub(super) counted: BTreeMap<BenchmarkId, CountedBenchmark>,
    /// Why the other benchmarks are timed, by name.
    pub(super) differences: BTreeMap<BenchmarkId, String>,
}

/// The least share by which the instructions of equal code may differ: the allocator of the C library
/// searches longer or shorter, depending on the addresses that it gets.
const TOLERANCE: f64 = 0.005;

/// The reason of the verdict.
const SAME_CODE: &str = "same executed code";

/// Counts both builds, and reports to the judge which benchmarks execute the same code in both.
pub(super) fn apply(executor: &mut Executor<'_>, judge: &mut Judge) -> Result<()> {
    let args = executor.args;
    let is_off = args.compare.is_none() || args.no_counts || args.time_all || args.no_skip;
    if is_off || executor.base.is_none() {
        return Ok(());
    }
    let jobs: Vec<SideJobs<'_>> =
        executor.runner.planned().iter().filter_map(|planned| jobs(executor, planned)).collect();
    let CountedSides { benchmarks, level, notes } = count_sides(executor, jobs)?;
    let found = compare_code(executor, &benchmarks)?;
    let mut screened = Screened::default();
    let mut same = 0;
    for (benchmark, found) in benchmarks.into_iter().zip(found) {
        let name = benchmark.name.clone();
        match found {
            Ok(proof) => {
                same += 1;
                judge.is_same_code(&name, proof, executor.context.project.gates(&name));
            }
            Err(difference) => {
                screened.differences.insert(name.clone(), difference);
            }
        }
        screened.counted.insert(name, benchmark);
    }
    if same > 0 {
        let count = unit::counted(same, "benchmark executes", "benchmarks execute");
        ui::say(&format!("{count} the same code in both builds, and need no pairs"));
    }
    executor.notes.extend(notes);
    executor.compared.head.counted_for = level;
    executor.screened = screened;
    Ok(())
}

/// How to count both builds; `None` without a base, or with a row per thread count.
fn jobs<'a>(executor: &'a Executor<'_>, planned: &'a PlannedBenchmark) -> Option<SideJobs<'a>> {
    let [name] = planned.rows.as_slice() else { return None };
    let base = executor.base.as_ref()?.entries.get(&planned.entry.id)?;
    let head = CountJob {
        entry: &planned.entry,
        threads: None,
        lists_code: true,
        iteration_ns: planned.iteration_ns,
        allocations: true,
        repeats: 1,
        launches: None,
        launch: planned.expected(1),
    };
    Some(SideJobs { name: name.clone(), base: Some(CountJob { entry: base, ..head }), head })
}

/// The proof, or the first differences, of each benchmark.
fn compare_code(
    executor: &Executor<'_>,
    benchmarks: &[CountedBenchmark],
) -> Result<Vec<Result<String, String>>> {
    let mut samples = Vec::new();
    let mut sides = Vec::new();
    for benchmark in benchmarks {
        let both = both_samples(executor, benchmark);
        let both = both.inspect(|both| samples.extend(both));
        sides.push(both.map(|_| ()));
    }
    let mut prints = fingerprints(&samples)?.into_iter();
    let mut found = Vec::new();
    for (benchmark, side) in benchmarks.iter().zip(sides) {
        found.push(side.and_then(|()| {
            let both = prints.next().zip(prints.next());
            let (base, head) = both.ok_or_else(|| "no fingerprint".to_owned())?;
            same_code(benchmark, &base?, &head?, spread(executor.suite, executor, benchmark))
        }));
    }
    Ok(found)
}

/// The samples of base and head, or why there are none.
fn both_samples<'a>(
    executor: &'a Executor<'_>,
    benchmark: &'a CountedBenchmark,
) -> Result<[SampleOf<'a>; 2], String> {
    let builds = executor.base.as_ref().map(|base| base.entries.get(&benchmark.name));
    let planned = executor.runner.planned_of(&benchmark.name);
    let (Some(Some(base)), Some(planned), Some(base_counts)) =
        (builds, planned, benchmark.base.as_ref())
    else {
        return Err("it was not counted in both builds".to_owned());
    };
    let of = |executed: &'a Option<Result<ExecutedSample, String>>| match executed {
        Some(Ok(sample)) => Ok(sample),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err("its executed code was not listed".to_owned()),
    };
    let base = SampleOf { executable: &base.executable.path, sample: of(&base_counts.executed)? };
    let head = SampleOf {
        executable: &planned.entry.executable.path,
        sample: of(&benchmark.head.executed)?,
    };
    Ok([base, head])
}

/// The largest known spread of repeated counts of its instructions.
fn spread(suite: &BenchSuite, executor: &Executor<'_>, benchmark: &CountedBenchmark) -> f64 {
    let level = executor.compared.head.counted_for;
    let recorded = suite.recorded(executor.context, &benchmark.name, level);
    let spread = recorded
        .and_then(|recorded| recorded.measured.count_spreads.get(&Quantity::Instructions).copied());
    spread.unwrap_or_default().max(TOLERANCE)
}

/// The proof that both builds executed the same code and allocated the same, or what differs.
fn same_code(
    benchmark: &CountedBenchmark,
    base: &Fingerprint,
    head: &Fingerprint,
    tolerance: f64,
) -> Result<String, String> {
    if let Some(difference) = allocations(benchmark) {
        return Err(difference);
    }
    match compare(base, head, tolerance) {
        Comparison::Same(_) => Ok(SAME_CODE.to_owned()),
        other => Err(other.to_string()),
    }
}

/// The first quantity of allocations that differs.
fn allocations(benchmark: &CountedBenchmark) -> Option<String> {
    let base = &benchmark.base.as_ref()?.counts;
    let quantities = [Quantity::AllocCount, Quantity::AllocBytes];
    quantities.into_iter().find_map(|quantity| {
        let values = (base.get(&quantity), benchmark.head.counts.get(&quantity));
        match values {
            (None, None) => None,
            (Some(base), Some(head)) if CountPair::new(*base, *head).growth() == 0.0 => None,
            _ => Some(format!("the {quantity} differ")),
        }
    })
}

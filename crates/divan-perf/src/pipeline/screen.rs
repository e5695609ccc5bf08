//! The screen of a comparison: benchmarks that execute the same code in both builds are not timed.

use super::counts::{CountedBenchmark, CountedSides, SideJobs, count_sides};
use super::executor::Executor;
use crate::bench::{
    BenchmarkCounts, CountJob, CountsCache, ExecutedSample, PlannedBenchmark, SampleOf,
    fingerprints,
};
use anyhow::Result;
use executed_code::{Comparison, Difference, Fingerprint, compare};
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::unit;
use perf_judge::verdict::Judge;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The least share by which the instructions of equal code may differ. The allocator of the C library
/// searches longer or shorter, depending on the addresses that it gets.
const TOLERANCE: f64 = 0.005;
/// The number of reasons in a note, and of characters in each.
const SHOWN: usize = 3;
const REASON_CHARS: usize = 160;
/// The reason of the verdict.
const SAME_CODE: &str = "same executed code";

/// Counts both builds, and reports to the judge which benchmarks execute the same code in both. Returns
/// those that are not launched.
pub(super) fn apply(
    executor: &mut Executor<'_>,
    judge: &mut Judge,
) -> Result<BTreeSet<BenchmarkId>> {
    let args = executor.args;
    let is_off = args.compare.is_none() || args.no_counts || args.time_all || args.no_skip;
    let mut same = BTreeSet::new();
    let Some(base) = executor.base.as_ref().filter(|_| !is_off) else { return Ok(same) };
    let of_base = base.budgets.clone();
    let planned = executor.runner.planned().iter();
    let planned = planned.filter(|planned| !base.is_unchanged(&planned.entry.id));
    let jobs: Vec<SideJobs<'_>> = planned.filter_map(|planned| jobs(executor, planned)).collect();
    let cache = base.counts_cache()?;
    let CountedSides { benchmarks, level, notes } = count_cached(executor, jobs, cache.as_ref())?;
    executor.compared.head.counted_for = level;
    let found = compare_code(executor, &benchmarks)?;
    let mut screened = BTreeMap::new();
    let mut differences = Vec::new();
    let mut changed = BTreeSet::new();
    for (benchmark, found) in benchmarks.into_iter().zip(found) {
        let CountedBenchmark { name, mut base, mut head } = benchmark;
        if let Some(base) = &mut base {
            leave_out_noise(base, &mut head, found.as_ref().err());
        }
        match found {
            Ok(()) => {
                let is_launched = executor.context.project.needs_launches(&name, &of_base);
                judge.is_same_code(&name, SAME_CODE, is_launched);
                if !is_launched {
                    same.insert(name.clone());
                }
            }
            Err(difference) => differences.push(difference.text),
        }
        if base.as_ref().is_some_and(|base| have_changed(base, &head)) {
            changed.insert(name.clone());
        }
        screened.extend(base.map(|base| (name, [base, head])));
    }
    executor.notes.extend(note(screened.len(), &differences));
    executor.notes.extend(notes);
    executor.screened = screened;
    executor.other_counts = changed;
    Ok(same)
}

/// Counts both sides of each benchmark, or takes the counts of the base from an earlier comparison.
fn count_cached(
    executor: &Executor<'_>,
    jobs: Vec<SideJobs<'_>>,
    cache: Option<&CountsCache>,
) -> Result<CountedSides> {
    let Some(cache) = cache else { return count_sides(executor, jobs) };
    let kept = |side: &SideJobs<'_>| Some((side.name.clone(), cache.get(side.base.as_ref()?)?));
    let mut kept: BTreeMap<BenchmarkId, BenchmarkCounts> = jobs.iter().filter_map(kept).collect();
    let open = jobs.iter().map(|side| SideJobs {
        name: side.name.clone(),
        base: side.base.filter(|_| !kept.contains_key(&side.name)),
        head: side.head,
    });
    let mut counted = count_sides(executor, open.collect())?;
    if counted.level.is_some() {
        // The kept counts are those of another build.
        return if kept.is_empty() { Ok(counted) } else { count_sides(executor, jobs) };
    }
    for (side, counted) in jobs.iter().zip(&mut counted.benchmarks) {
        match (side.base, &counted.base) {
            (Some(base), Some(counts)) => cache.keep(&base, counts)?,
            _ => counted.base = kept.remove(&counted.name),
        }
    }
    Ok(counted)
}

/// How to count both builds; `None` without a base, or with a row per thread count.
fn jobs<'a>(executor: &'a Executor<'_>, planned: &'a PlannedBenchmark) -> Option<SideJobs<'a>> {
    let [name] = planned.rows.as_slice() else { return None };
    let base = executor.base.as_ref()?.entries.get(&planned.entry.id)?;
    let head = CountJob {
        entry: &planned.entry,
        threads: None,
        lists_code: true,
        config: planned.config,
        iteration_ns: planned.iteration_ns,
        allocations: true,
        repeats: 1,
        launches: None,
        launch: planned.expected(1),
    };
    Some(SideJobs { name: name.clone(), base: Some(CountJob { entry: base, ..head }), head })
}

/// What the screen found out about `of` benchmarks, of which these differ.
fn note(of: usize, differences: &[String]) -> Option<String> {
    if of == 0 {
        return None;
    }
    let same = of - differences.len();
    let share = format!("{same} of {}", unit::counted(of, "benchmark", "benchmarks"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for difference in differences {
        *counts.entry(difference).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let reasons: Vec<String> = counts
        .iter()
        .take(SHOWN)
        .map(|(reason, count)| format!("{} ({count})", shortened(reason)))
        .collect();
    let more = if counts.len() > SHOWN { ", and other reasons" } else { "" };
    let timed = match differences.len() {
        0 => String::new(),
        count => {
            let timed = unit::counted(count, "is timed", "are timed");
            format!("; {timed}: {}{more}", reasons.join(", "))
        }
    };
    Some(format!("the same code is executed in both builds by {share}{timed}"))
}

fn shortened(reason: &str) -> String {
    if reason.chars().count() <= REASON_CHARS {
        return reason.to_owned();
    }
    reason.chars().take(REASON_CHARS - 1).chain(['…']).collect()
}

/// Whether a count of base and head differs by more than its threshold.
fn have_changed(base: &BenchmarkCounts, head: &BenchmarkCounts) -> bool {
    let mut counts = Counts::default();
    for (quantity, value) in &head.counts {
        if let Some(base) = base.counts.get(quantity) {
            counts.insert(*quantity, CountPair::new(*base, *value));
        }
    }
    !counts.changes().is_empty()
}

/// Why a benchmark is timed.
struct Differs {
    text: String,
    /// Whether only shared libraries executed another number of instructions.
    is_in_libraries: bool,
}

impl From<String> for Differs {
    fn from(text: String) -> Self {
        Self { text, is_in_libraries: false }
    }
}

/// Leaves changes of instructions out of the verdict that are not changes of the benchmark's work.
///
/// Functions such as `memcpy` execute more or fewer instructions for the same bytes at other addresses.
/// The work of started programs is not counted at all.
fn leave_out_noise(
    base: &mut BenchmarkCounts,
    head: &mut BenchmarkCounts,
    differs: Option<&Differs>,
) {
    let starts = |side: &BenchmarkCounts| matches!(&side.executed, Some(Ok(sample)) if sample.starts_programs());
    if starts(base) || starts(head) {
        base.counts.remove(&Quantity::Instructions);
        head.counts.remove(&Quantity::Instructions);
        return;
    }
    let instructions = |side: &BenchmarkCounts| side.counts.get(&Quantity::Instructions).copied();
    if differs.is_some_and(|differs| differs.is_in_libraries)
        && let Some((base, now)) = instructions(base).zip(instructions(head))
    {
        let spread = CountPair::new(base, now).growth().abs();
        head.spreads.insert(Quantity::Instructions, spread);
    }
}

/// Whether each benchmark executes the same code, or what differs.
fn compare_code(
    executor: &Executor<'_>,
    benchmarks: &[CountedBenchmark],
) -> Result<Vec<Result<(), Differs>>> {
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
        found.push(side.map_err(Differs::from).and_then(|()| {
            let both = prints.next().zip(prints.next());
            let (base, head) = both.ok_or_else(|| "no fingerprint".to_owned())?;
            same_code(benchmark, &base?, &head?, spread(executor, benchmark))
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

/// By how much the instructions of equal code may differ: the recorded repeat spread, or more.
fn spread(executor: &Executor<'_>, benchmark: &CountedBenchmark) -> f64 {
    let level = executor.compared.head.counted_for;
    let recorded = executor.suite.recorded(executor.context, &benchmark.name, level);
    let spread = recorded
        .and_then(|recorded| recorded.measured.count_spreads.get(&Quantity::Instructions).copied());
    spread.unwrap_or_default().max(TOLERANCE)
}

/// Whether both builds executed the same code and allocated the same, or what differs.
fn same_code(
    benchmark: &CountedBenchmark,
    base: &Fingerprint,
    head: &Fingerprint,
    tolerance: f64,
) -> Result<(), Differs> {
    if let Some(difference) = allocations(benchmark) {
        return Err(difference.into());
    }
    match compare(base, head, tolerance) {
        Comparison::Same(_) => Ok(()),
        Comparison::Different(differences) => {
            let text = differences.first().map(ToString::to_string).unwrap_or_default();
            let is_in_libraries = differences.iter().all(Difference::is_in_a_library);
            Err(Differs { text, is_in_libraries })
        }
        other @ Comparison::Unknown(_) => Err(other.to_string().into()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchmarkCounts;
    use perf_judge::run::Quantities;

    #[test]
    fn the_note_has_the_most_frequent_reasons() {
        let reasons = ["code of f", "code of g", "code of g", "a", "b"].map(str::to_owned);
        assert_eq!(
            note(7, &reasons).as_deref(),
            Some(
                "the same code is executed in both builds by 2 of 7 benchmarks; 5 are timed: code of g (2), a (1), b (1), and other reasons"
            )
        );
        assert_eq!(
            note(1, &[]).as_deref(),
            Some("the same code is executed in both builds by 1 of 1 benchmark")
        );
        assert_eq!(note(0, &[]), None);
        assert_eq!(shortened(&"x".repeat(200)).chars().count(), REASON_CHARS);
    }

    #[test]
    fn other_allocations_are_a_difference() {
        let side = |count: Option<f64>| BenchmarkCounts {
            counts: count
                .map(|count| (Quantity::AllocCount, count))
                .into_iter()
                .collect::<Quantities>(),
            ..<_>::default()
        };
        let differ = |base, head| {
            let (base, head) = (Some(side(base)), side(head));
            allocations(&CountedBenchmark { name: "p/b::a".into(), base, head }).is_some()
        };
        assert!(!differ(None, None) && !differ(Some(3.0), Some(3.0)));
        assert!(differ(Some(3.0), Some(4.0)) && differ(Some(3.0), None));
    }
}

//! The screen of a comparison: benchmarks that execute the same code in both builds are not timed.

use super::counts::{CountedBenchmark, CountedSides, SideJobs, count_sides};
use super::executor::Executor;
use super::same_code::{Differs, compare_code};
use crate::bench::{BenchmarkCounts, CountJob, CountsCache, PlannedBenchmark};
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::unit;
use perf_judge::verdict::Judge;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
        let counts = base.as_ref().map(|base| Counts::of(&base.counts, &head.counts));
        if counts.is_some_and(|counts| !counts.changes().is_empty()) {
            changed.insert(name.clone());
        }
        screened.extend(base.map(|base| (name, [base, head])));
    }
    executor.notes.extend(note(screened.len(), &differences));
    executor.notes.extend(notes);
    executor.screened = screened;
    executor.changed_counts = changed;
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
    let mut failure = None;
    for (side, counted) in jobs.iter().zip(&mut counted.benchmarks) {
        match (side.base, &counted.base) {
            (Some(base), Some(counts)) => failure = cache.keep(&base, counts).err().or(failure),
            _ => counted.base = kept.remove(&counted.name),
        }
    }
    counted.notes.extend(
        failure.map(|error| format!("{error:#}: a later comparison counts the base again")),
    );
    Ok(counted)
}

/// How to count both builds; `None` without a base, or with a row per thread count.
pub(super) fn jobs<'a>(
    executor: &'a Executor<'_>,
    planned: &'a PlannedBenchmark,
) -> Option<SideJobs<'a>> {
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
    let share =
        format!("{same} of {}", unit::counted(of, "counted benchmark", "counted benchmarks"));
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
        count => format!("; timed are {count}: {}{more}", reasons.join(", ")),
    };
    Some(format!("same executed code in both builds: {share}{timed}"))
}

fn shortened(reason: &str) -> String {
    if reason.chars().count() <= REASON_CHARS {
        return reason.to_owned();
    }
    reason.chars().take(REASON_CHARS - 1).chain(['…']).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_has_the_most_frequent_reasons() {
        let reasons = ["code of f", "code of g", "code of g", "a", "b"].map(str::to_owned);
        assert_eq!(
            note(7, &reasons).as_deref(),
            Some(
                "same executed code in both builds: 2 of 7 counted benchmarks; timed are 5: code of g (2), a (1), b (1), and other reasons"
            )
        );
        assert_eq!(
            note(1, &[]).as_deref(),
            Some("same executed code in both builds: 1 of 1 counted benchmark")
        );
        assert_eq!(note(0, &[]), None);
        assert_eq!(shortened(&"x".repeat(200)).chars().count(), REASON_CHARS);
    }
}

//! Counts of base and head: allocations, and instructions of changed benchmarks.

use super::base_build::Base;
use super::executor::Executor;
use crate::bench::{BenchmarkCounts, CountJob, InstructionCount, InstructionCounter, count_all};
use crate::ui;
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, LaunchResult, Measured, Quantity};
use perf_judge::unit;
use perf_judge::verdict::{Method, State, Verdict};
use std::collections::BTreeMap;

/// Adds the counts of base and head to each verdict. `initial` are the launches of the run, by
/// benchmark.
pub(crate) fn collect(
    executor: &mut Executor<'_>,
    verdicts: &mut [Verdict],
    initial: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
) -> Result<()> {
    for verdict in &mut *verdicts {
        let counts = allocations(executor, verdict, initial);
        verdict.counts = (!counts.is_empty()).then_some(counts);
    }
    let selected: Vec<&mut Verdict> = verdicts
        .iter_mut()
        .filter(|verdict| verdict.method == Method::Paired)
        .filter(|verdict| executor.args.instructions || has_changed(verdict))
        .filter(|verdict| verdict.launches > 0)
        .collect();
    if selected.is_empty() {
        return Ok(());
    }
    let callgrind = match InstructionCounter::find(executor.interrupt) {
        Ok(callgrind) => Some(callgrind),
        Err(reason) => {
            executor.notes.push(format!("no instructions were counted: {reason}"));
            None
        }
    };
    count(executor, callgrind.as_ref(), selected)
}

fn has_changed(verdict: &Verdict) -> bool {
    matches!(verdict.state, State::Regression | State::Improvement)
}

fn count(
    executor: &mut Executor<'_>,
    callgrind: Option<&InstructionCounter>,
    selected: Vec<&mut Verdict>,
) -> Result<()> {
    let count = unit::counted(selected.len(), "benchmark", "benchmarks");
    ui::say(&format!("counting instructions and allocations of {count}"));
    let (counted, notes) = {
        let jobs: Vec<Option<[CountJob<'_>; 2]>> =
            selected.iter().map(|verdict| jobs(executor, verdict)).collect();
        let all: Vec<CountJob<'_>> = jobs.iter().flatten().flatten().copied().collect();
        let (counts, notes) = count_all(&executor.suite.launcher, callgrind, &all)?;
        let mut counts = counts.into_iter();
        let mut pair = || Some([counts.next()?, counts.next()?]);
        let counted: Vec<_> = jobs.iter().map(|jobs| jobs.as_ref().and_then(|_| pair())).collect();
        (counted, notes)
    };
    executor.notes.extend(notes);
    for (verdict, counted) in selected.into_iter().zip(counted) {
        if let Some(reason) = add(verdict, counted) {
            let name = &verdict.name;
            executor.notes.push(format!("the instructions of {name} were not counted: {reason}"));
        }
    }
    Ok(())
}

/// The base and the head of a benchmark; `None` if the base's build was replaced by another.
fn jobs<'a>(executor: &'a Executor<'_>, verdict: &Verdict) -> Option<[CountJob<'a>; 2]> {
    let is_current =
        |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let head = executor.runner.entry_of(&verdict.name)?;
    let base = executor.base.as_ref().filter(is_current)?.entries.get(&head.id)?;
    // One time for both sides, so that both get one sample size: a benchmark may rotate over inputs.
    let iteration_ns = verdict.base_ns.unwrap_or_default();
    let allocations =
        verdict.counts.as_ref().is_none_or(|counts| counts.get(Quantity::AllocCount).is_none());
    Some([base, head].map(|entry| CountJob { entry, iteration_ns, allocations }))
}

/// Adds the counts of base and head. Returns why instructions were not counted.
fn add(verdict: &mut Verdict, counted: Option<[BenchmarkCounts; 2]>) -> Option<String> {
    let Some([base, head]) = counted else {
        return Some("the build of its base was replaced by another".to_owned());
    };
    let counts = verdict.counts.get_or_insert_default();
    if let Some((base, head)) = base.alloc.zip(head.alloc) {
        counts.insert(Quantity::AllocCount, CountPair::new(base.count, head.count));
        counts.insert(Quantity::AllocBytes, CountPair::new(base.bytes, head.bytes));
    }
    match (base.instructions?, head.instructions?) {
        (InstructionCount::Counted(base), InstructionCount::Counted(head)) => {
            counts.insert(Quantity::Instructions, CountPair::new(base, head));
            None
        }
        (InstructionCount::Refused(reason), _) | (_, InstructionCount::Refused(reason)) => {
            Some(reason)
        }
    }
}

/// Allocations of base and head. Without a comparison, the base is the newest recorded run.
fn allocations(
    executor: &Executor<'_>,
    verdict: &Verdict,
    initial: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
) -> Counts {
    let name = &verdict.name;
    let compared = &executor.compared;
    let both =
        (alloc(compared.base.get(name), name), alloc(compared.head.launch_results.get(name), name));
    let (base, head) = match both {
        (Some(base), Some(head)) => (base, head),
        _ => {
            let recorded = executor.suite.recorded_alloc(executor.context, name);
            match recorded.zip(alloc(initial.get(name), name)) {
                Some(pair) => pair,
                None => return Counts::default(),
            }
        }
    };
    let mut counts = Counts::default();
    counts.insert(Quantity::AllocCount, CountPair::new(base.count, head.count));
    counts.insert(Quantity::AllocBytes, CountPair::new(base.bytes, head.bytes));
    counts
}

fn alloc(launches: Option<&Vec<LaunchResult>>, name: &BenchmarkId) -> Option<Alloc> {
    Measured::of(name.clone(), None, launches?)?.alloc
}

//! Counts of base and head: allocations, and instructions of changed benchmarks.

use super::base_build::Base;
use super::executor::Executor;
use crate::bench::{InstructionCount, InstructionCounter, counted_sample_size};
use crate::ui;
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, LaunchResult, Measured};
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
        verdict.counts = (counts != Counts::default()).then_some(counts);
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
    let counter = match InstructionCounter::find(executor.interrupt) {
        Ok(counter) => counter,
        Err(reason) => {
            executor.notes.push(format!("no instructions were counted: {reason}"));
            return Ok(());
        }
    };
    count(executor, &counter, selected)
}

fn has_changed(verdict: &Verdict) -> bool {
    matches!(verdict.state, State::Regression | State::Improvement)
}

fn count(
    executor: &mut Executor<'_>,
    counter: &InstructionCounter,
    selected: Vec<&mut Verdict>,
) -> Result<()> {
    let count = unit::counted(selected.len(), "benchmark", "benchmarks");
    ui::say(&format!("counting the instructions of {count}"));
    for verdict in selected {
        executor.interrupt.check()?;
        match instructions(executor, counter, verdict)? {
            InstructionCounts::Pair(pair) => {
                verdict.counts.get_or_insert_default().instructions = Some(pair);
            }
            InstructionCounts::Failed(reason) => {
                let name = &verdict.name;
                executor
                    .notes
                    .push(format!("the instructions of {name} were not counted: {reason}"));
            }
        }
    }
    Ok(())
}

/// The instructions of a benchmark in base and head.
enum InstructionCounts {
    Pair(CountPair),
    /// The reason for people.
    Failed(String),
}

/// Counts the instructions of base and head, if the base's build is the current one.
fn instructions(
    executor: &Executor<'_>,
    counter: &InstructionCounter,
    verdict: &Verdict,
) -> Result<InstructionCounts> {
    let is_current =
        |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let head = executor.runner.entry_of(&verdict.name);
    let base = executor.base.as_ref().filter(is_current);
    let both = head.and_then(|head| Some((head, base?.entries.get(&head.id)?)));
    let Some((head, base)) = both else {
        return Ok(InstructionCounts::Failed(
            "the build of its base was replaced by another".to_owned(),
        ));
    };
    let launcher = &executor.suite.launcher;
    // One size for both sides: a benchmark may rotate over its inputs.
    let sample_size = counted_sample_size(verdict.base_ns.unwrap_or_default());
    let base = match counter.count(launcher, base, sample_size)? {
        InstructionCount::Counted(count) => count,
        InstructionCount::Refused(reason) => return Ok(InstructionCounts::Failed(reason)),
    };
    Ok(match counter.count(launcher, head, sample_size)? {
        InstructionCount::Counted(head) => InstructionCounts::Pair(CountPair { base, head }),
        InstructionCount::Refused(reason) => InstructionCounts::Failed(reason),
    })
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
    let pair = |of: fn(Alloc) -> f64| Some(CountPair { base: of(base), head: of(head) });
    Counts {
        instructions: None,
        alloc_count: pair(|alloc| alloc.count),
        alloc_bytes: pair(|alloc| alloc.bytes),
    }
}

fn alloc(launches: Option<&Vec<LaunchResult>>, name: &BenchmarkId) -> Option<Alloc> {
    Measured::of(name.clone(), None, launches?)?.alloc
}

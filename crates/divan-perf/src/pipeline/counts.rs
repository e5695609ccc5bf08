//! What is counted beside time: allocations of both sides, and instructions of what changed.

use super::base_build::Base;
use super::executor::Executor;
use crate::bench::{InstructionCount, InstructionCounter};
use crate::ui;
use anyhow::Result;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, LaunchResult, Measured};
use perf_judge::unit;
use perf_judge::verdict::{Method, State, Verdict};
use std::collections::BTreeMap;

/// Adds to each verdict what was counted on both sides. `alone` is what the run itself told, by
/// benchmark.
pub(crate) fn collect(
    executor: &mut Executor<'_>,
    verdicts: &mut [Verdict],
    alone: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
) -> Result<()> {
    for verdict in &mut *verdicts {
        let counts = allocations(executor, verdict, alone);
        verdict.counts = (counts != Counts::default()).then_some(counts);
    }
    let wanted: Vec<&mut Verdict> = verdicts
        .iter_mut()
        .filter(|verdict| verdict.method == Method::Paired)
        .filter(|verdict| executor.args.instructions || has_changed(verdict))
        .filter(|verdict| verdict.launches > 0)
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let counter = match InstructionCounter::find(executor.interrupt) {
        Ok(counter) => counter,
        Err(reason) => {
            executor.notes.push(format!("no instructions were counted: {reason}"));
            return Ok(());
        }
    };
    count(executor, &counter, wanted)
}

fn has_changed(verdict: &Verdict) -> bool {
    matches!(verdict.state, State::Regression | State::Improvement)
}

fn count(
    executor: &mut Executor<'_>,
    counter: &InstructionCounter,
    wanted: Vec<&mut Verdict>,
) -> Result<()> {
    let count = unit::counted(wanted.len(), "benchmark", "benchmarks");
    ui::say(&format!("counting the instructions of {count}"));
    for verdict in wanted {
        executor.interrupt.check()?;
        match instructions(executor, counter, verdict)? {
            Ok(pair) => verdict.counts.get_or_insert_default().instructions = Some(pair),
            Err(reason) => {
                let name = &verdict.name;
                executor
                    .notes
                    .push(format!("the instructions of {name} were not counted: {reason}"));
            }
        }
    }
    Ok(())
}

/// The instructions of both sides, the base's in the build that is at hand.
fn instructions(
    executor: &Executor<'_>,
    counter: &InstructionCounter,
    verdict: &Verdict,
) -> Result<Result<CountPair, String>> {
    let at_hand = |base: &&Base| verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let head = executor.session.entry_of(&verdict.name);
    let base = executor.base.as_ref().filter(at_hand);
    let both = head.and_then(|head| Some((head, base?.entries.get(&head.id)?)));
    let Some((head, base)) = both else {
        return Ok(Err("its build has made way for another".to_owned()));
    };
    let launcher = &executor.suite.launcher;
    let base = match counter.count(launcher, base)? {
        InstructionCount::Counted(count) => count,
        InstructionCount::Refused(reason) => return Ok(Err(reason)),
    };
    Ok(match counter.count(launcher, head)? {
        InstructionCount::Counted(head) => Ok(CountPair { base, head }),
        InstructionCount::Refused(reason) => Err(reason),
    })
}

/// Allocations of both sides; against a history, of the newest recorded run.
fn allocations(
    executor: &Executor<'_>,
    verdict: &Verdict,
    alone: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
) -> Counts {
    let name = &verdict.name;
    let told = &executor.told;
    let sides = (alloc(told.base.get(name), name), alloc(told.head.launch_results.get(name), name));
    let (base, head) = match sides {
        (Some(base), Some(head)) => (base, head),
        _ => {
            let recorded = executor.suite.recorded_alloc(executor.context, name);
            match recorded.zip(alloc(alone.get(name), name)) {
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

fn alloc(launch_results: Option<&Vec<LaunchResult>>, name: &BenchmarkId) -> Option<Alloc> {
    Measured::of(name.clone(), None, launch_results?)?.alloc
}

//! Simulated counts and system calls of the benchmarks that changed in a paired comparison.

use super::counted_build;
use super::counts::{SideJobs, side_jobs};
use super::executor::Executor;
use crate::bench::{
    ChangeDetails, CountJob, InstructionCounter, ListedBenchmark, Strace, abbreviated, detail_all,
};
use crate::ui;
use anyhow::Result;
use perf_judge::detect::counts::CountPair;
use perf_judge::detect::system_calls::SystemCalls;
use perf_judge::unit;
use perf_judge::verdict::{Method, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Adds simulated counts and system calls of base and head to the verdicts of benchmarks that changed.
/// The costs follow the number of these benchmarks.
pub(crate) fn collect(executor: &mut Executor<'_>, verdicts: &mut [Verdict]) -> Result<()> {
    if executor.args.no_counts {
        return Ok(());
    }
    let is_changed = |verdict: &&mut Verdict| {
        verdict.method == Method::Paired && verdict.launches > 0 && verdict.is_changed()
    };
    let mut changed: Vec<&mut Verdict> = verdicts.iter_mut().filter(is_changed).collect();
    let Some(counted) = details(executor, &changed)? else { return Ok(()) };
    let mut refused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (at, [base, head]) in counted.pairs {
        let verdict = &mut changed[at];
        for reason in base.refused.iter().chain(&head.refused) {
            refused.entry(reason.clone()).or_default().insert(verdict.name.to_string());
        }
        add(verdict, base, head);
    }
    executor.notes.extend(counted.notes);
    executor.notes.extend(refused.iter().map(|(reason, names)| refusal(reason, names)));
    Ok(())
}

/// The details of base and head, by the index of the verdict, and notes.
struct Details {
    pairs: Vec<(usize, [ChangeDetails; 2])>,
    notes: Vec<String>,
}

/// Counts the details of both builds; `None` if no benchmark changed.
fn details(executor: &Executor<'_>, changed: &[&mut Verdict]) -> Result<Option<Details>> {
    let jobs: Vec<(usize, [CountJob<'_>; 2])> = changed
        .iter()
        .enumerate()
        .filter_map(|(at, verdict)| Some((at, both(&side_jobs(executor, verdict)?)?)))
        .collect();
    if jobs.is_empty() {
        return Ok(None);
    }
    let callgrind = InstructionCounter::find(executor.interrupt).ok();
    let strace = Strace::find(executor.interrupt);
    // A missing callgrind was reported when instructions were counted.
    let missing = strace.as_ref().err();
    let missing = missing.map(|reason| format!("no system calls were counted: {reason}"));
    if callgrind.is_none() && strace.is_err() {
        return Ok(Some(Details { pairs: Vec::new(), notes: missing.into_iter().collect() }));
    }
    let count = unit::counted(jobs.len(), "changed benchmark", "changed benchmarks");
    ui::say(&format!("counting further events of {count}"));
    let measured: Vec<CountJob<'_>> = jobs.iter().flat_map(|(_, both)| *both).collect();
    let of_jobs: Vec<&ListedBenchmark> = measured.iter().map(|job| job.entry).collect();
    let entries = counted_build::entries(executor, &of_jobs)?;
    let both: Vec<CountJob<'_>> =
        measured.iter().zip(&entries).map(|(job, entry)| CountJob { entry, ..*job }).collect();
    let launcher = &executor.suite.launcher;
    let (counted, mut notes) =
        detail_all(launcher, callgrind.as_ref(), strace.as_ref().ok(), &both)?;
    notes.extend(missing);
    let mut counted = counted.into_iter();
    let pair = |(at, _)| Some((at, [counted.next()?, counted.next()?]));
    let pairs = jobs.into_iter().filter_map(pair).collect();
    Ok(Some(Details { pairs, notes }))
}

/// The base and the head of a benchmark. Samples of several threads overlap, so nothing is counted of
/// them.
fn both<'a>(jobs: &SideJobs<'a>) -> Option<[CountJob<'a>; 2]> {
    Some([jobs.base?, jobs.head]).filter(|_| jobs.head.threads.is_none())
}

fn add(verdict: &mut Verdict, base: ChangeDetails, head: ChangeDetails) {
    for (quantity, base) in base.simulated {
        if let Some(head) = head.simulated.get(&quantity) {
            let counts = verdict.counts.get_or_insert_default();
            counts.insert(quantity, CountPair::new(base, *head));
        }
    }
    let calls = base.system_calls.zip(head.system_calls);
    verdict.system_calls = calls.map(|(base, head)| SystemCalls { base, head });
}

fn refusal(reason: &str, names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let names = abbreviated(&names);
    format!("cache misses, branches or system calls of {names} were not counted: {reason}")
}

//! Which builds are counted: the measured ones, or second ones for a lower level of the processor.
//!
//! Valgrind ends a process at an instruction that it does not know, for example with
//! `-C target-cpu=native` on a new processor. All benchmarks of both sides are then counted in second
//! builds, so that only counts of one kind of build are compared.

use super::executor::Executor;
use crate::bench::{
    AllCounts, BenchmarkCounts, CountJob, InstructionCounter, ListedBenchmark,
    OnUnknownInstruction, SecondBuild, count_all,
};
use crate::cargo::{KNOWN_LEVEL, Level};
use crate::ui;
use anyhow::{Context as _, Result};

/// Counts of benchmarks, and notes on them.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) counts: Vec<BenchmarkCounts>,
    pub(super) level: Level,
    pub(super) notes: Vec<String>,
}

impl Counted {
    fn new(all: AllCounts, level: Level, note: Option<String>) -> Self {
        Self { counts: all.counts, level, notes: note.into_iter().collect() }
    }
}

/// Counts on all processors. `jobs` returns the benchmarks in the measured builds, in one order for
/// all levels.
pub(super) fn count<'a>(
    executor: &'a Executor<'_>,
    callgrind: Option<&InstructionCounter>,
    jobs: impl Fn(Level) -> Vec<CountJob<'a>>,
) -> Result<Counted> {
    let launcher = &executor.suite.launcher;
    if executor.suite.second.get().is_none() {
        let on_unknown = on_unknown(executor);
        let all = count_all(launcher, callgrind, &jobs(None), on_unknown)?;
        if !all.has_unknown_instruction || on_unknown == OnUnknownInstruction::Refuse {
            return Ok(Counted::new(all, None, None));
        }
    }
    let measured = jobs(Some(KNOWN_LEVEL));
    let of_jobs: Vec<&ListedBenchmark> = measured.iter().map(|job| job.entry).collect();
    let entries = match build_again(executor).and_then(|()| second_entries(executor, &of_jobs)) {
        Ok(entries) => entries,
        Err(error) => {
            launcher.check_interrupt()?;
            let note = format!("a second build to count, for {KNOWN_LEVEL}, failed: {error:#}");
            let refuse = OnUnknownInstruction::Refuse;
            let all = count_all(launcher, callgrind, &jobs(None), refuse)?;
            return Ok(Counted::new(all, None, Some(note)));
        }
    };
    let second = measured.iter().zip(&entries);
    let second: Vec<CountJob<'_>> = second.map(|(job, entry)| CountJob { entry, ..*job }).collect();
    let all = count_all(launcher, callgrind, &second, OnUnknownInstruction::Refuse)?;
    let note = format!(
        "instructions and allocations were counted in a second build for {KNOWN_LEVEL}, because valgrind does not know all instructions of the measured build"
    );
    Ok(Counted::new(all, Some(KNOWN_LEVEL), Some(note)))
}

/// The benchmarks `measured` in the builds that were counted.
pub(super) fn entries(
    executor: &Executor<'_>,
    measured: &[&ListedBenchmark],
) -> Result<Vec<ListedBenchmark>> {
    if executor.suite.second.get().is_some() {
        second_entries(executor, measured)
    } else {
        Ok(measured.iter().map(|entry| (*entry).clone()).collect())
    }
}

/// A second build helps if compiler flags of one side choose the processor.
fn on_unknown(executor: &Executor<'_>) -> OnUnknownInstruction {
    let head = &executor.context.project.workspace;
    let base = executor.base.as_ref().map(|base| &base.workspace);
    let mut sides = base.into_iter().chain([head]);
    if cfg!(target_arch = "x86_64") && sides.any(|side| side.config.chooses_instructions()) {
        OnUnknownInstruction::Stop
    } else {
        OnUnknownInstruction::Refuse
    }
}

/// Builds each side again that has no second build yet.
pub(super) fn build_again(executor: &Executor<'_>) -> Result<()> {
    let Executor { context, suite, base, .. } = executor;
    if let Some(base) = base.as_ref().filter(|base| base.second.get().is_none()) {
        let short = base.commit.commit.short();
        ui::say(&format!("building the benches of {short} for {KNOWN_LEVEL}, to count"));
        let second = base.build_again()?;
        base.second.get_or_init(|| second);
    }
    if suite.second.get().is_none() {
        ui::say(&format!("building the benches for {KNOWN_LEVEL}, to count"));
        let second = suite.build_again(context)?;
        suite.second.get_or_init(|| second);
    }
    Ok(())
}

/// The benchmarks `measured` in the second builds.
fn second_entries(
    executor: &Executor<'_>,
    measured: &[&ListedBenchmark],
) -> Result<Vec<ListedBenchmark>> {
    let of_base = executor.base.as_ref().and_then(|base| base.second.get());
    let builds: Vec<&SecondBuild> =
        executor.suite.second.get().into_iter().chain(of_base).collect();
    let second = |entry: &&ListedBenchmark| {
        let second = builds.iter().find_map(|build| build.entry(entry));
        second.with_context(|| format!("it has no {}", entry.id))
    };
    measured.iter().map(second).collect()
}

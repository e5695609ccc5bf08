//! How long a verdict takes to think.

use super::Size;
use super::hub::Program;
use super::synthetic;
use crate::say;
use anyhow::{Context as _, Result, bail};
use perf_judge::baseline::Selector;
use perf_judge::history::History;
use perf_judge::run::Run;
use perf_judge::unit;
use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, Step};
use std::time::Instant;

/// Judges one run of all benchmarks against a history in memory.
pub(super) fn run(_: &Program, size: Size) -> Result<()> {
    let runs: Vec<Run> = (0..=size.judged)
        .map(|number| {
            synthetic::run(number, synthetic::moment(number, size.judged), size.benchmarks)
        })
        .collect();
    let (now, before) = runs.split_last().context("there is a run to judge")?;
    let history: History = before.iter().cloned().collect();
    let begun = Instant::now();
    let verdicts = judged(now, &history)?;
    let took = unit::time(begun.elapsed().as_secs_f64() * 1e9);
    let benchmarks = unit::counted(verdicts, "benchmark", "benchmarks");
    say(&format!("{benchmarks} judged against {} runs: {took}", history.len()));
    Ok(())
}

/// How many benchmarks got a verdict.
fn judged(now: &Run, history: &History) -> Result<usize> {
    let selector = Selector::new(history, "main", &now.machine);
    let case = |measured: &perf_judge::run::Measured| {
        let selection =
            selector.select(&measured.name, measured.sample_size, measured.sample_count);
        Comparison::new(measured.name.clone(), Reference::Runs(selection))
    };
    let cases = now.benchmarks.iter().map(case).collect();
    let mut judge = Judge::new(cases, Vec::new(), JudgeConfig::of_launches(5));
    for _ in 0..2 {
        if let Step::Done(verdicts) = judge.step() {
            return Ok(verdicts.verdicts.len());
        }
        for measured in &now.benchmarks {
            judge.feed(&measured.name, measured.launches.iter().copied());
        }
    }
    bail!("the judge asks for more than a run has")
}

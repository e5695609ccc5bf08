//! Flame graphs of what changed, for the output folder.

use super::counted_build;
use super::executor::Executor;
use crate::bench::{InstructionCounter, ListedBenchmark, PlannedBenchmark, StacksJob, all_stacks};
use crate::files::remove;
use crate::ui;
use anyhow::{Context as _, Result};
use call_profile::CallDifference;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use perf_judge::verdict::Verdict;
use perf_report::{ProfiledBuild, flame_graphs};
use std::collections::BTreeMap;

/// The folder in the output folder. It has those of the last check alone.
const FOLDER: &str = "flame-graphs";
/// The most flame graphs of a check.
const MOST: usize = 10;
/// The longest iteration that is counted, in ns. Callgrind is about fifty times slower.
const LONGEST_NS: f64 = 20e6;

/// A benchmark of base and head.
struct Changed<'a> {
    verdict: &'a Verdict,
    planned: &'a PlannedBenchmark,
    entries: [&'a ListedBenchmark; 2],
}

/// Draws the most urgent benchmarks whose functions explain a change, as differences between base and
/// head. Returns what a comparison records of them. The functions have the names of the measured builds,
/// without inlined ones.
pub(super) fn draw(
    executor: &Executor<'_>,
    verdicts: &[Verdict],
) -> Result<BTreeMap<BenchmarkId, CallDifference>> {
    let mut differences = BTreeMap::new();
    let output = &executor.context.project.output;
    remove(&output.path(FOLDER))?;
    let changed: Vec<Changed<'_>> =
        verdicts.iter().filter_map(|verdict| changed(executor, verdict)).take(MOST).collect();
    if changed.is_empty() {
        return Ok(differences);
    }
    // A missing callgrind was reported when instructions were counted.
    let Ok(callgrind) = InstructionCounter::find(executor.interrupt) else {
        return Ok(differences);
    };
    let count = unit::counted(changed.len(), "changed benchmark", "changed benchmarks");
    ui::say(&format!("drawing flame graphs of {count}"));
    let measured: Vec<&ListedBenchmark> =
        changed.iter().flat_map(|changed| changed.entries).collect();
    let entries = counted_build::entries(executor, &measured)?;
    let planned = changed.iter().flat_map(|changed| [changed.planned; 2]);
    let jobs: Vec<StacksJob<'_>> =
        entries.iter().zip(planned).map(|(entry, planned)| StacksJob { entry, planned }).collect();
    let mut stacks = all_stacks(&executor.suite.launcher, &callgrind, &jobs)?.into_iter();
    for Changed { verdict, .. } in &changed {
        let both = stacks.next().zip(stacks.next());
        let Some((Ok(base), Ok(head))) = both else {
            ui::say(&format!(
                "note: no flame graph of {}: its calls were not counted",
                verdict.name
            ));
            continue;
        };
        differences.insert(verdict.name.clone(), CallDifference::new(&base, &head));
        let build = |stacks| ProfiledBuild { stacks, ..ProfiledBuild::default() };
        let graphs = flame_graphs(&verdict.name, Some(&build(base)), &build(head))?;
        let file = format!("{FOLDER}/{}.svg", verdict.name.file_stem());
        let path = output.write(&file, graphs.instructions.as_bytes());
        path.context("cannot write a flame graph")?;
    }
    ui::say(&format!("flame graphs: {}", output.path(FOLDER).display()));
    Ok(differences)
}

/// The builds of a verdict that functions explain.
fn changed<'a>(executor: &'a Executor<'_>, verdict: &'a Verdict) -> Option<Changed<'a>> {
    let base = executor.base.as_ref().filter(|_| verdict.has_profile())?;
    let is_of_base = verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    let planned = executor.runner.planned_of(&verdict.name)?;
    let is_short = planned.iteration_ns <= LONGEST_NS && planned.rows.len() == 1;
    let head = &planned.entry;
    let entries = [base.entries.get(&head.id)?, head];
    (is_of_base && is_short).then_some(Changed { verdict, planned, entries })
}

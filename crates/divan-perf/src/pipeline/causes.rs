//! The likely causes of what changed.

use super::base_build::Base;
use super::build_differences::BuildOf;
use super::counted_build;
use super::executor::Executor;
use crate::bench::{ExecutedSample, ListedBenchmark, SampleOf, fingerprints};
use anyhow::Result;
use executed_code::{Fingerprint, FunctionChange, function_changes};
use perf_judge::cause::{BuildDifferences, FunctionCount};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::verdict::Verdict;
use std::collections::BTreeMap;

/// Adds the likely causes to the verdicts on benchmarks that changed. The costs follow their number.
pub(super) fn find(executor: &Executor<'_>, verdicts: &mut [Verdict]) -> Result<()> {
    if !verdicts.iter().any(Verdict::is_changed) {
        return Ok(());
    }
    let functions = functions(executor, verdicts)?;
    let (workspace, built) = (&executor.context.project.workspace, &executor.suite.built);
    let head = BuildOf { workspace, built };
    let builds = executor.base.as_ref().map(|base| base.differences(head)).transpose()?;
    let none = BuildDifferences::default();
    for verdict in verdicts {
        let functions = functions.get(&verdict.name).map_or(&[][..], Vec::as_slice);
        let builds = builds.as_ref().filter(|_| base_of(executor, verdict).is_some());
        verdict.find_causes(functions, builds.unwrap_or(&none));
    }
    Ok(())
}

/// The build that a verdict compares with.
fn base_of<'a>(executor: &'a Executor<'_>, verdict: &Verdict) -> Option<&'a Base> {
    let base = executor.base.as_ref()?;
    let is_compared = verdict.base.as_deref() == Some(base.commit.commit.hash.as_str());
    is_compared.then_some(base)
}

/// A benchmark whose executed code is known in both builds.
struct KnownCode<'a> {
    verdict: &'a Verdict,
    entries: [&'a ListedBenchmark; 2],
    samples: &'a [ExecutedSample; 2],
}

/// The functions whose instructions differ, of each benchmark whose executed code is known.
fn functions(
    executor: &Executor<'_>,
    verdicts: &[Verdict],
) -> Result<BTreeMap<BenchmarkId, Vec<FunctionCount>>> {
    let known: Vec<KnownCode<'_>> =
        verdicts.iter().filter_map(|verdict| known_code(executor, verdict)).collect();
    let measured: Vec<&ListedBenchmark> = known.iter().flat_map(|known| known.entries).collect();
    if measured.is_empty() {
        return Ok(BTreeMap::new());
    }
    let entries = counted_build::entries(executor, &measured)?;
    let samples = known.iter().flat_map(|known| known.samples);
    let samples: Vec<SampleOf<'_>> = entries
        .iter()
        .zip(samples)
        .map(|(entry, sample)| SampleOf { executable: &entry.executable.path, sample })
        .collect();
    let mut prints = fingerprints(&samples)?.into_iter();
    let mut found = BTreeMap::new();
    for KnownCode { verdict, .. } in known {
        // Why a fingerprint is refused was reported with the reasons of the timed benchmarks.
        if let Some((Ok(base), Ok(head))) = prints.next().zip(prints.next()) {
            found.insert(verdict.name.clone(), changed(verdict, &base, &head));
        }
    }
    Ok(found)
}

fn known_code<'a>(executor: &'a Executor<'_>, verdict: &'a Verdict) -> Option<KnownCode<'a>> {
    let samples = executor.executed.get(&verdict.name)?;
    let head = &executor.runner.planned_of(&verdict.name)?.entry;
    let base = base_of(executor, verdict)?.entries.get(&head.id)?;
    Some(KnownCode { verdict, entries: [base, head], samples })
}

fn changed(verdict: &Verdict, base: &Fingerprint, head: &Fingerprint) -> Vec<FunctionCount> {
    let instructions = verdict.counts.as_ref().and_then(|all| all.get(Quantity::Instructions));
    let Some(pair) = instructions else { return Vec::new() };
    let iterations = |print: &Fingerprint, per_iteration: f64| {
        (print.instructions() as f64 / per_iteration).round().max(1.0) as u32
    };
    let iterations = [iterations(base, pair.base), iterations(head, pair.head)];
    function_changes(base, head, iterations).into_iter().map(function_count).collect()
}

fn function_count(change: FunctionChange) -> FunctionCount {
    let FunctionChange { name, former_name, base, head } = change;
    FunctionCount { name, former_name, base, head }
}

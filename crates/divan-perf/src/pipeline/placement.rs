//! Checks whether changes that no count explains are there in other orders of the functions.

use super::base_build::Base;
use super::executor::Executor;
use crate::bench::{BuildToLink, Layouts, ListedBenchmark, abbreviated};
use crate::files::remove;
use crate::ui;
use anyhow::{Context as _, Result, bail, ensure};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Pair;
use perf_judge::unit;
use perf_judge::verdict::{ORDERS, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// Judges the changes that no count explains by pairs whose functions are in random orders. The costs
/// follow the number of these changes and of their benches.
///
/// Those that were compared with an earlier base are not checked, because only the last one is still built.
pub(super) fn check(executor: &mut Executor<'_>, verdicts: &mut [Verdict]) -> Result<()> {
    let unexplained = || verdicts.iter().filter(|verdict| verdict.may_be_placement());
    let others: Vec<&str> = unexplained()
        .filter(|verdict| !is_of_base(executor, verdict))
        .map(|verdict| verdict.name.as_str())
        .collect();
    let wanted: Vec<BenchmarkId> = unexplained()
        .filter(|verdict| is_of_base(executor, verdict))
        .map(|verdict| verdict.name.clone())
        .collect();
    if !others.is_empty() {
        let names = abbreviated(&others);
        executor.notes.push(format!(
            "code placement of {names} was not checked, so it may explain a change: the base is no longer built"
        ));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    if executor.args.no_placement {
        executor.notes.push(
            "code placement was not checked (--no-placement), so it may explain a change"
                .to_owned(),
        );
        return Ok(());
    }
    let mut pairs = match in_orders(executor, &wanted) {
        Ok(pairs) => pairs,
        Err(error) => {
            // After an interrupt too: the verdicts so far are reported.
            executor.notes.push(format!(
                "code placement was not checked, so it may explain a change: {error:#}"
            ));
            return Ok(());
        }
    };
    let unchecked: Vec<&str> =
        wanted.iter().filter(|name| !pairs.contains_key(*name)).map(BenchmarkId::as_str).collect();
    if !unchecked.is_empty() {
        let names = abbreviated(&unchecked);
        executor.notes.push(format!(
            "code placement of {names} was not checked, so it may explain a change: a launch failed, or the measurement ended"
        ));
    }
    for verdict in &mut *verdicts {
        if let Some(pairs) = pairs.remove(&verdict.name) {
            verdict.judge_placement(pairs);
        }
    }
    verdicts.sort_by_cached_key(Verdict::rank);
    Ok(())
}

/// Whether the base of the verdict is the one that is built.
fn is_of_base(executor: &Executor<'_>, verdict: &Verdict) -> bool {
    let built = executor.base.as_ref().map(|base| base.commit.commit.hash.as_str());
    built.is_some() && verdict.base.as_deref() == built
}

/// Links the benches of these benchmarks, and measures the benchmarks in each order. A benchmark without a
/// pair of every order is left out.
fn in_orders(
    executor: &mut Executor<'_>,
    wanted: &[BenchmarkId],
) -> Result<BTreeMap<BenchmarkId, Vec<Pair>>> {
    let Some(base) = &executor.base else { return Ok(BTreeMap::new()) };
    ensure!(executor.runner.time_left() != Some(Duration::ZERO), "the time limit ended before");
    let changes = unit::counted(wanted.len(), "change", "changes");
    ui::say(&format!(
        "linking {ORDERS} times with the functions in random orders, for {changes} that no count explains"
    ));
    let layouts = link(executor, base, wanted)?;
    let launched = executor.runner.compare_in_orders(
        wanted,
        &base.entries,
        &layouts,
        &executor.suite.launcher,
        executor.interrupt,
    )?;
    let is_complete = |pairs: &Vec<_>| pairs.len() == ORDERS;
    Ok(launched.pairs.into_iter().filter(|(_, pairs)| is_complete(pairs)).collect())
}

/// Links the benches of both sides.
fn link(executor: &Executor<'_>, base: &Base, wanted: &[BenchmarkId]) -> Result<Layouts> {
    let (context, built) = (executor.context, &executor.suite.built);
    let heads: Vec<&ListedBenchmark> =
        wanted.iter().filter_map(|name| executor.runner.entry_of(name)).collect();
    let bases = heads.iter().filter_map(|head| base.entries.get(&head.id));
    let mut layouts = Layouts::default();
    base.link(&executables(bases), &mut layouts)?;
    let folder = built.folder().context("the build folder is unknown")?;
    let workspace = &context.project.workspace;
    ensure!(executor.suite.is_current(context)?, CHANGED);
    let build = BuildToLink { workspace, additions: &executor.suite.additions(), folder };
    let executables = executables(heads.iter().copied());
    layouts.link(build, &executables)?;
    if !executor.suite.is_current(context)? {
        // Cargo must not use them for the changed files.
        executables.iter().try_for_each(|path| remove(path))?;
        bail!(CHANGED);
    }
    Ok(layouts)
}

const CHANGED: &str = "files were changed since the build";

fn executables<'a>(entries: impl Iterator<Item = &'a ListedBenchmark>) -> BTreeSet<PathBuf> {
    entries.map(|entry| entry.executable.path.clone()).collect()
}

//! The benchmarks to judge, and those of them that are launched.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Context;
use super::suite::{BenchSuite, launches};
use crate::bench::{Listing, Runner};
use anyhow::Result;
use perf_judge::budget::Budget;
use perf_judge::detect::counts::Counts;
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, State, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The sampling time that shows whether a benchmark measures anything.
const IDLE_TIME: Duration = Duration::from_millis(1);

/// The benchmarks to judge, and the base build of a comparison.
pub(super) struct Selection {
    pub(super) base: Option<Base>,
    /// Benchmarks with identical builds, which are not launched.
    skipped: Vec<BenchmarkId>,
    /// Benchmarks with identical builds, which are launched for their budgets.
    budgeted: BTreeSet<BenchmarkId>,
    /// Benchmarks that the base has and cannot run, with the reason. They are not launched.
    base_failed: BTreeMap<BenchmarkId, String>,
    /// Benchmarks that the base lacks.
    new: BTreeSet<BenchmarkId>,
    /// Benchmarks that the checkout lacks.
    removed: Vec<BenchmarkId>,
}

impl Selection {
    /// All benchmarks are judged by recorded runs.
    pub(super) fn of_history() -> Self {
        Self {
            base: None,
            skipped: Vec::new(),
            base_failed: BTreeMap::new(),
            budgeted: BTreeSet::new(),
            new: BTreeSet::new(),
            removed: Vec::new(),
        }
    }

    /// Keeps in the listing what is launched: benchmarks with different builds, and those with a budget
    /// that gates and that the base does not have. `is_wanted` selects the removed benchmarks to report.
    pub(super) fn of(
        mut listing: Listing,
        base: Base,
        budgets: &[Budget],
        is_wanted: impl Fn(&BenchmarkId) -> bool,
    ) -> (Listing, Self) {
        let is_listed = |name: &BenchmarkId| {
            let entries = listing.entries.iter().map(|entry| &entry.id);
            entries.chain(listing.failures.keys()).any(|listed| listed == name)
        };
        let removed = base.entries.names().filter(|name| !is_listed(name) && is_wanted(name));
        let removed = removed.cloned().collect();
        let mut selection = Self { removed, ..Self::of_history() };
        listing.entries.retain(|entry| {
            let id = &entry.id;
            let failure = base.failure(id);
            let is_new = |budget: &&Budget| budget.gate && !base.budgets.contains(budget);
            let gates = || budgets.iter().filter(is_new).any(|budget| budget.may_limit(id));
            if base.entries.get(id).is_none() && failure.is_none() {
                return selection.new.insert(id.clone());
            }
            match failure {
                _ if base.is_unchanged(id) && gates() => selection.budgeted.insert(id.clone()),
                _ if base.is_unchanged(id) => {
                    selection.skipped.push(id.clone());
                    false
                }
                Some(reason) => {
                    selection.base_failed.insert(id.clone(), reason);
                    false
                }
                None => true,
            }
        });
        (listing, Self { base: Some(base), ..selection })
    }

    /// Benchmarks that exist and are not launched.
    pub(super) fn not_launched(&self) -> Vec<BenchmarkId> {
        self.skipped.iter().chain(self.base_failed.keys()).cloned().collect()
    }

    /// The number of benchmarks with identical builds that are not launched.
    pub(super) fn identical(&self) -> usize {
        self.skipped.len()
    }

    /// Takes the benchmarks that ran and measured nothing, now and in the base or the newest run.
    pub(super) fn take_idle(
        &self,
        context: &Context,
        suite: &BenchSuite,
        runner: &mut Runner,
    ) -> Result<Vec<BenchmarkId>> {
        let recorded = suite.selector(context).newest_names();
        runner.take_idle(|name| {
            let Some(base) = &self.base else { return Ok(recorded.contains(name)) };
            let Some(entry) = base.entries.get(name) else { return Ok(false) };
            Ok(suite.launcher.launch(entry, None, Some(IDLE_TIME))?.is_measured())
        })
    }

    /// The verdicts on benchmarks that are not counted in a comparison of counts alone.
    pub(super) fn uncounted(&self) -> Vec<Verdict> {
        let of = |name: &BenchmarkId, state| Verdict::without_counts(name, state, None);
        let failed = self.base_failed.iter().map(|(name, reason)| {
            Verdict::without_counts(name, State::Missing, Some(reason.clone()))
        });
        let new = self.new.iter().map(|name| of(name, State::New));
        let removed = self.removed.iter().map(|name| of(name, State::Removed));
        let same = self.skipped.iter().map(|name| Verdict::of_counts(name, Counts::default()));
        new.chain(removed).chain(same).chain(failed).collect()
    }

    /// The judge of all selected benchmarks.
    pub(super) fn judge(
        &self,
        args: &PerfArgs,
        context: &Context,
        suite: &BenchSuite,
        runner: &Runner,
    ) -> Judge {
        let mut judge = match &self.base {
            None => suite.judge(context, runner, args),
            Some(base) => self.judge_of_pairs(&base.commit.commit.hash, runner, args),
        };
        runner.failures().iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        self.base_failed.iter().for_each(|(name, reason)| judge.base_failed(name, reason));
        judge
    }

    fn judge_of_pairs(&self, base: &str, runner: &Runner, args: &PerfArgs) -> Judge {
        let rows = runner.planned().iter().flat_map(|planned| {
            let comparison = |row: &BenchmarkId| self.comparison(row, &planned.entry.id, base);
            planned.rows.iter().map(comparison)
        });
        let failed = runner.failures().keys().chain(self.base_failed.keys());
        let failed = failed.map(|name| self.comparison(name, name, base));
        let identical = || Reference::SameBuild(base.to_owned());
        let skipped = self.skipped.iter().map(|name| Comparison::new(name.clone(), identical()));
        let judge_config = JudgeConfig::of_launches(launches(args).into()).with_comparison(true);
        Judge::new(rows.chain(failed).chain(skipped).collect(), self.removed.clone(), judge_config)
    }

    /// The comparison of a row of the benchmark that is listed as `listed`.
    fn comparison(&self, row: &BenchmarkId, listed: &BenchmarkId, base: &str) -> Comparison {
        let comparison = |reference| Comparison::new(row.clone(), reference);
        match (self.new.contains(listed), self.budgeted.contains(listed)) {
            (true, _) => comparison(Reference::Nothing(None)),
            (false, true) => comparison(Reference::SameBuild(base.to_owned())).launched(),
            (false, false) => comparison(Reference::Build(base.to_owned())),
        }
    }
}

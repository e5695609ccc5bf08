//! What there is to judge, and what of it is launched.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Context;
use super::suite::{BenchSuite, launches};
use crate::bench::{Listing, Runner};
use perf_judge::budget::Budget;
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference};
use std::collections::BTreeSet;

/// What there is to judge, and the build of the other commit where there is one.
pub(super) struct Cases {
    pub(super) base: Option<Base>,
    /// Benchmarks whose build is the same on both sides, and which are not launched.
    skipped: Vec<BenchmarkId>,
    /// Benchmarks whose build is the same, and which are launched for their budgets.
    budgeted: BTreeSet<BenchmarkId>,
    /// Benchmarks that the base lacks.
    new: BTreeSet<BenchmarkId>,
    /// Benchmarks that the checkout lacks.
    removed: Vec<BenchmarkId>,
}

impl Cases {
    /// Everything is judged by recorded runs.
    pub(super) fn of_history() -> Self {
        Self {
            base: None,
            skipped: Vec::new(),
            budgeted: BTreeSet::new(),
            new: BTreeSet::new(),
            removed: Vec::new(),
        }
    }

    /// Leaves in the listing what is launched: everything but what is the same on both sides and
    /// has no budget that gates. `is_wanted` says which of those that are gone are to be told.
    pub(super) fn of(
        mut listing: Listing,
        base: Base,
        budgets: &[Budget],
        is_wanted: impl Fn(&BenchmarkId) -> bool,
    ) -> (Listing, Self) {
        let is_listed = |name: &BenchmarkId| {
            let entries = listing.entries.iter().map(|entry| &entry.id);
            entries.chain(listing.failures.keys()).any(|known| known == name)
        };
        let removed = base.entries.names().filter(|name| !is_listed(name) && is_wanted(name));
        let removed = removed.cloned().collect();
        let mut cases = Self { removed, ..Self::of_history() };
        listing.entries.retain(|entry| {
            let id = &entry.id;
            let gates = || budgets.iter().any(|budget| budget.gate && budget.may_limit(id));
            match base.entries.get(id) {
                None => cases.new.insert(id.clone()),
                Some(_) if !base.is_same(id) => true,
                Some(_) if gates() => cases.budgeted.insert(id.clone()),
                Some(_) => {
                    cases.skipped.push(id.clone());
                    false
                }
            }
        });
        (listing, Self { base: Some(base), ..cases })
    }

    /// Benchmarks that exist and are not launched.
    pub(super) fn skipped(&self) -> &[BenchmarkId] {
        &self.skipped
    }

    /// The judge of all of it.
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
        judge
    }

    fn judge_of_pairs(&self, base: &str, runner: &Runner, args: &PerfArgs) -> Judge {
        let rows = runner.planned().iter().flat_map(|planned| {
            let case = |row: &BenchmarkId| self.case(row, &planned.entry.id, base);
            planned.rows.iter().map(case)
        });
        let failed = runner.failures().keys().map(|name| self.case(name, name, base));
        let same = || Reference::SameBuild(base.to_owned());
        let skipped = self.skipped.iter().map(|name| Comparison::new(name.clone(), same()));
        let judge_config = JudgeConfig::of_launches(launches(args).into()).with_comparison(true);
        Judge::new(rows.chain(failed).chain(skipped).collect(), self.removed.clone(), judge_config)
    }

    /// A row of the benchmark that is listed as `listed`.
    fn case(&self, row: &BenchmarkId, listed: &BenchmarkId, base: &str) -> Comparison {
        let case = |against| Comparison::new(row.clone(), against);
        match (self.new.contains(listed), self.budgeted.contains(listed)) {
            (true, _) => case(Reference::Nothing(None)),
            (false, true) => case(Reference::SameBuild(base.to_owned())).launched(),
            (false, false) => case(Reference::Build(base.to_owned())),
        }
    }
}

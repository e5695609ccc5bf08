//! What the checkout is compared with: its recorded runs, or the build of another commit.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Context;
use super::suite::BenchSuite;
use crate::bench::{Listing, Session};
use crate::store::BaseCommit;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::{Against, Case, Effort, Judge};

/// What the checkout is compared with.
pub(super) enum Reference {
    /// The recorded runs of the base branch.
    History,
    /// A commit that is built and measured in pairs with the checkout.
    Commit(BaseCommit),
}

/// What there is to judge, and the build of the other commit where there is one.
pub(super) struct Cases {
    pub(super) base: Option<Base>,
    /// Benchmarks whose build is the same on both sides.
    same: Vec<BenchmarkId>,
    /// Benchmarks that the base lacks.
    new: Vec<BenchmarkId>,
    /// Benchmarks that the checkout lacks.
    removed: Vec<BenchmarkId>,
}

impl Reference {
    /// What the arguments name; a commit must be known here.
    pub(super) fn find(args: &PerfArgs, context: &Context) -> Result<Self> {
        let Some(name) = &args.compare else { return Ok(Self::History) };
        let repository = context.history.repository();
        let repository = repository.context("there is no repository to compare in")?;
        let base = repository.base(name, args.tip);
        Ok(Self::Commit(base.with_context(|| format!("--compare {name}"))?))
    }

    /// Why there is nothing to compare, if so.
    pub(super) fn nothing_to_compare(&self, args: &PerfArgs, context: &Context) -> Option<String> {
        let Self::Commit(base) = self else { return None };
        let is_head = context.history.is_clean_at(&base.commit.hash) && !args.no_skip;
        let (short, label) = (base.commit.short(), &base.label);
        is_head.then(|| {
            format!("nothing to compare: this checkout is {short}, the {label}, without changes")
        })
    }

    /// Fails if the commit cannot be checked out as it was, before anything is built.
    pub(super) fn check(&self, context: &Context) -> Result<()> {
        let repository = context.history.repository();
        match (self, repository) {
            (Self::Commit(base), Some(repository)) => repository.check_submodules(base),
            _ => Ok(()),
        }
    }

    /// The benchmarks to measure, and all that there is to judge; builds the commit.
    pub(super) fn select(
        self,
        args: &PerfArgs,
        context: &Context,
        suite: &BenchSuite,
        listing: Listing,
    ) -> Result<(Listing, Cases)> {
        let Self::Commit(commit) = self else { return Ok((listing, Cases::of_history())) };
        let repository = context.history.repository();
        let repository = repository.context("there is no repository to compare in")?;
        let skips = !args.no_skip;
        let base = Base::build(context, repository, suite, commit, &args.common, skips)?;
        let (listing, mut cases) = Cases::of(listing, base);
        cases.removed.retain(|name| suite.tells_of_removed(name));
        Ok((listing, cases))
    }
}

impl Cases {
    fn of_history() -> Self {
        Self { base: None, same: Vec::new(), new: Vec::new(), removed: Vec::new() }
    }

    /// Leaves in the listing what both sides have and what differs.
    fn of(mut listing: Listing, base: Base) -> (Listing, Self) {
        let has = |name: &BenchmarkId| listing.entries.iter().any(|entry| entry.id == *name);
        let removed = base.entries.names().filter(|name| !has(name)).cloned().collect();
        let (mut same, mut new) = (Vec::new(), Vec::new());
        listing.entries.retain(|entry| {
            let known = base.entries.get(&entry.id).is_some();
            match (known, known && base.is_same(&entry.id)) {
                (false, _) => new.push(entry.id.clone()),
                (true, true) => same.push(entry.id.clone()),
                (true, false) => return true,
            }
            false
        });
        (listing, Self { base: Some(base), same, new, removed })
    }

    /// The judge of all of it.
    pub(super) fn judge(
        &self,
        args: &PerfArgs,
        context: &Context,
        suite: &BenchSuite,
        session: &Session,
    ) -> Judge {
        let mut judge = match &self.base {
            None => suite.judge(context, session, args),
            Some(base) => self.judge_of_pairs(&base.commit.commit.hash, session),
        };
        session.failures().iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        judge
    }

    fn judge_of_pairs(&self, base: &str, session: &Session) -> Judge {
        let case = |name: &BenchmarkId, against| Case::new(name.clone(), against);
        let rows = session.planned().iter().flat_map(|planned| &planned.rows);
        let measured = rows.chain(session.failures().keys());
        let mut cases: Vec<Case> =
            measured.map(|name| case(name, Against::Build(base.to_owned()))).collect();
        let same = |name| case(name, Against::SameBuild(base.to_owned()));
        cases.extend(self.same.iter().map(same));
        cases.extend(self.new.iter().map(|name| case(name, Against::Nothing(None))));
        let effort = Effort::of_launches(0).with_comparison(true);
        Judge::new(cases, self.removed.clone(), effort)
    }
}

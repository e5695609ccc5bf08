//! What the checkout is compared with: its recorded runs, or the build of another commit.

use super::args::PerfArgs;
use super::base_build::Base;
use super::cases::Cases;
use super::context::Context;
use super::suite::BenchSuite;
use crate::bench::Listing;
use crate::store::BaseCommit;
use anyhow::{Context as _, Result};

/// What the checkout is compared with.
pub(super) enum Reference {
    /// The recorded runs of the base branch.
    History,
    /// A commit that is built and measured in pairs with the checkout.
    Commit(BaseCommit),
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
        let (listing, mut cases) = Cases::of(listing, base, &context.project.budgets);
        cases.keep_removed(|name| suite.tells_of_removed(name));
        Ok((listing, cases))
    }
}

//! The reference of the checkout: recorded runs, or the build of another commit.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Context;
use super::selection::Selection;
use super::suite::BenchSuite;
use crate::bench::Listing;
use crate::store::BaseCommit;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;

const NO_REPOSITORY: &str = "a comparison needs a git repository: run it in a clone";

/// The reference of the checkout.
pub(super) enum ReferenceSource {
    /// The recorded runs of the base branch.
    History,
    /// A commit that is built and measured in pairs with the checkout.
    Commit(BaseCommit),
}

impl ReferenceSource {
    /// The reference of `--compare`, else the history. It fails if this clone lacks the commit.
    pub(super) fn find(args: &PerfArgs, context: &Context) -> Result<Self> {
        let Some(name) = &args.compare else { return Ok(Self::History) };
        let repository = context.history.repository();
        let repository = repository.context(NO_REPOSITORY)?;
        let base = repository.base(name, args.tip);
        Ok(Self::Commit(base.with_context(|| format!("--compare {name}"))?))
    }

    /// A message if base and head are the same, else `None`.
    pub(super) fn nothing_to_compare(
        &self,
        args: &PerfArgs,
        context: &Context,
    ) -> Result<Option<String>> {
        let Self::Commit(base) = self else { return Ok(None) };
        let is_head = !args.no_skip && context.is_clean_at(&base.commit.hash)?;
        let (short, label) = (base.commit.short(), &base.label);
        Ok(is_head.then(|| {
            format!("nothing to compare: this checkout is {short}, the {label}, without changes; commit a change, or add --no-skip to measure the noise")
        }))
    }

    /// Fails if the commit cannot be checked out completely.
    pub(super) fn check(&self, context: &Context) -> Result<()> {
        let repository = context.history.repository();
        match (self, repository) {
            (Self::Commit(base), Some(repository)) => repository.check_submodules(base),
            _ => Ok(()),
        }
    }

    /// The benchmarks to measure and to judge. It builds the commit of a comparison.
    pub(super) fn select(
        self,
        args: &PerfArgs,
        context: &Context,
        suite: &BenchSuite,
        mut listing: Listing,
    ) -> Result<(Listing, Selection)> {
        let filter = args.measure.by_name();
        let is_wanted = |name: &BenchmarkId| {
            let is_selected = filter.selects(name) && !context.project.settings.excludes(name);
            is_selected && suite.reports_removed(name)
        };
        let Self::Commit(commit) = self else {
            let known = suite.selector(context).known_names();
            suite.silent.fail(&mut listing, known.into_iter(), is_wanted);
            let measured = suite.selector(context).newest_names();
            listing.fail_duplicates(measured.into_iter(), is_wanted);
            return Ok((listing, Selection::of_history()));
        };
        let repository = context.history.repository();
        let repository = repository.context(NO_REPOSITORY)?;
        let skips = !args.no_skip;
        let mut base = Base::build(context, repository, suite, commit, skips)?;
        base.skip_unread(&suite.launcher, &listing.entries)?;
        suite.silent.fail(&mut listing, base.names().cloned(), is_wanted);
        listing.fail_duplicates(base.names().cloned(), is_wanted);
        Ok(Selection::of(listing, base, &context.project.budgets, is_wanted))
    }
}

//! Builds commits that are measured instead of the checkout.

use super::base_build::Base;
use super::commit_build::CommitBuilder;
use super::context::Context;
use super::suite::{BenchSuite, new_launcher};
use crate::args::MeasureArgs;
use crate::bench::{Listing, Slot, Workspace};
use crate::interrupt::Interrupt;
use crate::store::{BaseCommit, Repository};
use anyhow::{Context as _, Result};
use std::mem;
use std::rc::Rc;

/// Builds one commit after the other, with the options and the settings of the checkout.
///
/// The commits are built in the cache. The checkout is neither built nor touched.
pub(crate) struct CommitSuites<'a> {
    /// The context of the commit that was built last.
    pub(crate) context: Context,
    repository: Rc<Repository>,
    checkout: Workspace,
    args: &'a MeasureArgs,
    interrupt: &'a Interrupt,
}

impl<'a> CommitSuites<'a> {
    /// `context` is that of the checkout. Fails outside of a git repository.
    pub(crate) fn new(
        mut context: Context,
        args: &'a MeasureArgs,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        let repository = context.history.shared_repository();
        let repository =
            repository.context("commits are built from a git repository: run it in a clone")?;
        let checkout = mem::take(&mut context.project.workspace);
        Ok(Self { context, repository, checkout, args, interrupt })
    }

    /// Builds a commit as the head of what is measured next. An earlier one must be dropped before,
    /// because its folder is used again.
    pub(crate) fn build(&mut self, commit: BaseCommit) -> Result<(BenchSuite, Listing)> {
        self.repository.check_submodules(&commit)?;
        let mut notes = Vec::new();
        let launcher = new_launcher(&self.checkout, self.args, self.interrupt, &mut notes)?;
        let builder = CommitBuilder {
            repository: &self.repository,
            checkout: &self.checkout,
            settings: &self.context.project.settings,
            launcher: &launcher,
            dependencies: None,
        };
        let mut build = builder.build(commit, Slot::First)?;
        build.notes.append(&mut notes);
        BenchSuite::of_commit(&mut self.context, self.args, launcher, build)
    }

    /// Builds the commit that heads are compared with. `head` was built before. An earlier base must be
    /// dropped before.
    pub(crate) fn build_base(&self, commit: BaseCommit, head: &BenchSuite) -> Result<Base> {
        self.repository.check_submodules(&commit)?;
        let builder = CommitBuilder {
            repository: &self.repository,
            checkout: &self.checkout,
            settings: &self.context.project.settings,
            launcher: &head.launcher,
            dependencies: Some(&head.built),
        };
        Base::of(builder.build(commit, Slot::Second)?, builder)
    }

    /// The repository of the commits.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }
}

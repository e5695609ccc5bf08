//! Builds commits that are measured instead of the checkout.

use super::base_build::Base;
use super::commit_build::CommitBuilder;
use super::context::Context;
use super::new_launcher::new_launcher;
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::{Listing, Slot, Workspace};
use crate::interrupt::Interrupt;
use crate::store::{BaseCommit, Repository};
use anyhow::{Context as _, Result};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Builds one commit after the other, with the options and the settings of the checkout.
///
/// The commits are built in the cache. The checkout is not touched.
pub(crate) struct CommitSuites<'a> {
    /// The context of the checkout, or of the commit that was built last.
    pub(crate) context: Context,
    repository: Rc<Repository>,
    /// The workspace of the checkout, once the context is that of a commit.
    checkout: Option<Workspace>,
    args: &'a MeasureArgs,
    interrupt: &'a Interrupt,
    /// The folders in which a commit was built. Other commits that fail there do not build.
    sound: RefCell<Vec<Slot>>,
}

impl<'a> CommitSuites<'a> {
    /// `context` is that of the checkout. Fails outside of a git repository.
    pub(crate) fn new(
        context: Context,
        args: &'a MeasureArgs,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        let repository = context.history.shared_repository();
        let repository =
            repository.context("commits are built from a git repository: run it in a clone")?;
        Ok(Self { context, repository, checkout: None, args, interrupt, sound: RefCell::default() })
    }

    /// Builds a commit as the head of what is measured next. The build of the checkout is used if it is
    /// this commit without changes.
    ///
    /// An earlier head must be dropped before, because its folder is used again.
    pub(crate) fn build(&mut self, commit: BaseCommit) -> Result<(BenchSuite, Listing)> {
        if self.checkout.is_none() && self.context.is_clean_at(&commit.commit.hash)? {
            return BenchSuite::build(&self.context, self.args, self.interrupt);
        }
        self.repository.check_submodules(&commit)?;
        let mut notes = Vec::new();
        let checkout = self.checkout();
        let launcher = new_launcher(checkout, self.args, self.interrupt, &mut notes)?;
        let builder = CommitBuilder {
            repository: &self.repository,
            checkout,
            settings: &self.context.project.settings,
            launcher: &launcher,
            dependencies: None,
            repeats: !self.is_sound(Slot::Head),
        };
        let mut build = builder.build(commit, Slot::Head)?;
        self.sound.borrow_mut().push(Slot::Head);
        build.notes.append(&mut notes);
        let (left, suite) = BenchSuite::of_commit(&mut self.context, self.args, launcher, build)?;
        self.checkout.get_or_insert(left);
        Ok(suite)
    }

    /// Builds the commit that heads are compared with. `head` was built before, and an earlier base must
    /// be dropped before. Identical benchmarks are skipped.
    pub(crate) fn build_base(&self, commit: BaseCommit, head: &BenchSuite) -> Result<Base> {
        self.repository.check_submodules(&commit)?;
        let builder = CommitBuilder {
            repository: &self.repository,
            checkout: self.checkout(),
            settings: &self.context.project.settings,
            launcher: &head.launcher,
            dependencies: Some(&head.built),
            repeats: !self.is_sound(Slot::Base),
        };
        let build = builder.build(commit, Slot::Base)?;
        self.sound.borrow_mut().push(Slot::Base);
        let mut base = Base::of(build, builder)?;
        base.find_identical(&self.context, &self.repository, head)?;
        Ok(base)
    }

    /// Builds only these bench targets from now on, named `package/target`.
    pub(crate) fn narrow(&mut self, targets: BTreeSet<String>) {
        let checkout = self.checkout.as_mut().unwrap_or(&mut self.context.project.workspace);
        checkout.wanted = Some(targets);
    }

    /// The repository of the commits.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    fn is_sound(&self, slot: Slot) -> bool {
        self.sound.borrow().contains(&slot)
    }

    /// The workspace whose options and selection all builds follow.
    pub(crate) fn checkout(&self) -> &Workspace {
        self.checkout.as_ref().unwrap_or(&self.context.project.workspace)
    }
}

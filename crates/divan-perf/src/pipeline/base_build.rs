//! The build of the base of a comparison.

use super::base_failures::BaseFailures;
use super::build_differences::{self, BuildOf};
use super::commit_build::{CommitBuild, CommitBuilder, CommitFolder};
use super::context::Context;
use super::suite::BenchSuite;
use super::unchanged::{BuildTree, ReadableFiles, identical_packages};
use crate::bench::{
    BaseEntries, BuildToLink, Built, CountsCache, Launcher, Layouts, ListedBenchmark, SecondBuild,
    Slot, Workspace,
};
use crate::budget_file;
use crate::store::{BaseCommit, Repository};
use anyhow::{Context as _, Result};
use perf_judge::budget::{Acceptance, BaseConfig, Budget};
use perf_judge::cause::BuildDifferences;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, LogRatio};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The benches of a commit, built in a separate worktree.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) commit: BaseCommit,
    pub(crate) entries: BaseEntries,
    /// Benchmarks that it has and cannot list.
    failures: BaseFailures,
    /// Whether perf-budgets.json brings files to it.
    has_inputs: bool,
    /// The accepted regressions of its own perf-budgets.json.
    pub(crate) accepted: Vec<Acceptance>,
    /// Its own budgets.
    pub(crate) budgets: Vec<Budget>,
    pub(crate) notes: Vec<String>,
    /// Its workspace.
    pub(super) workspace: Workspace,
    built: Built,
    /// The build that is counted instead of the measured one.
    pub(super) second: OnceCell<SecondBuild>,
    /// Packages that are skipped because base and head are identical; empty with `--no-skip`.
    unchanged: BTreeSet<String>,
    /// Identical packages that are skipped if their benchmarks do not read these changed files.
    if_unread: BTreeMap<String, ReadableFiles>,
    /// Where it is built, locked as long as its executables are launched.
    folder: CommitFolder,
}

/// The least change of the executables' size that is reported. Equal code can differ by a few bytes.
const MIN_SIZE_CHANGE: f64 = 0.001;

impl Base {
    /// Checks `commit` out in a separate worktree, builds its benches and lists them.
    pub(crate) fn build(
        context: &Context,
        repository: &Repository,
        suite: &BenchSuite,
        commit: BaseCommit,
        skips: bool,
    ) -> Result<Self> {
        let builder = CommitBuilder {
            repository,
            checkout: &context.project.workspace,
            settings: &context.project.settings,
            launcher: &suite.launcher,
            dependencies: Some(&suite.built),
            repeats: true,
        };
        let mut base = Self::of(builder.build(commit, Slot::Base)?, builder)?;
        if skips {
            base.find_identical(context, repository, suite)?;
        }
        Ok(base)
    }

    /// A built commit as a base.
    pub(crate) fn of(build: CommitBuild, builder: CommitBuilder<'_>) -> Result<Self> {
        let CommitBuild { commit, workspace, built, listing, mut notes, folder } = build;
        let (accepted, budgets) = settings(&workspace).unwrap_or_else(|error| {
            let short = commit.commit.short();
            notes.push(format!("{short}: {error:#}: accepted regressions do not apply"));
            // An entry that the base has as well does not apply, and the base may have them all.
            (builder.settings.accepted.clone(), Vec::new())
        });
        let renamed = &builder.settings.renamed;
        let failures = BaseFailures::find(&workspace, &built, &listing, builder.launcher, renamed)?;
        Ok(Self {
            entries: BaseEntries::new(listing, renamed),
            has_inputs: builder.settings.base != BaseConfig::default(),
            commit,
            failures,
            accepted,
            budgets,
            notes,
            workspace,
            built,
            second: OnceCell::new(),
            unchanged: BTreeSet::new(),
            if_unread: BTreeMap::new(),
            folder,
        })
    }

    /// Finds the packages whose builds are identical in base and head. They are skipped.
    pub(crate) fn find_identical(
        &mut self,
        context: &Context,
        repository: &Repository,
        suite: &BenchSuite,
    ) -> Result<()> {
        let own = &context.project.workspace;
        let tree = suite.tree();
        let root = tree.map_or_else(|| repository.root(), Path::to_owned);
        let head = BuildTree { built: &suite.built, workspace: own, root: &root };
        let (built, workspace) = (&self.built, &self.workspace);
        let base = BuildTree { built, workspace, root: self.folder.tree() };
        let commit = &self.commit.commit.hash;
        let head_commit = context.history.commit.as_ref().filter(|_| tree.is_some());
        let changed = match head_commit {
            Some(head) => repository.changed_between(commit, &head.hash)?,
            None => context.changed_files(repository, commit)?,
        };
        let changed = self.folder.changed(changed);
        let identical = identical_packages(head, base, &changed)?;
        self.unchanged = identical.unchanged;
        self.if_unread = identical.if_unread;
        Ok(())
    }

    /// Finds the identical packages whose benchmarks read no changed file. `head` are the benchmarks to
    /// measure.
    pub(crate) fn skip_unread(
        &mut self,
        launcher: &Launcher,
        head: &[ListedBenchmark],
    ) -> Result<()> {
        for (package, files) in std::mem::take(&mut self.if_unread) {
            let of_package = head.iter().filter(|entry| entry.id.package() == package);
            let pairs = of_package.map(|entry| Some((entry, self.entries.get(&entry.id)?)));
            // A benchmark that only one side has is measured.
            let Some(pairs) = pairs.collect::<Option<Vec<_>>>() else { continue };
            let (head, base): (Vec<_>, Vec<_>) =
                pairs.into_iter().map(|(head, base)| (head.clone(), base.clone())).unzip();
            if !head.is_empty() && files.are_unread(launcher, &head, &base)? {
                self.unchanged.insert(package);
            }
        }
        Ok(())
    }

    /// Builds it for the processor level that valgrind supports.
    pub(super) fn build_again(&self) -> Result<SecondBuild> {
        self.folder.build_again(&self.workspace, &self.built)
    }

    /// Counts of its benchmarks that earlier comparisons made; `None` without valgrind.
    pub(super) fn counts_cache(&self) -> Result<Option<CountsCache>> {
        self.folder.counts_cache(&self.commit.commit.hash)
    }

    /// All its benchmarks, by their current names.
    pub(super) fn names(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.entries.names().chain(self.failures.names())
    }

    /// Why it cannot run a benchmark that it does not list; `None` if it does not have it.
    pub(super) fn failure(&self, name: &BenchmarkId) -> Option<String> {
        if self.entries.get(name).is_some() {
            return None;
        }
        self.failures.of(name).map(|reason| self.failure_text(reason))
    }

    /// The reason of a benchmark that it cannot run, with the remedy.
    pub(super) fn failure_text(&self, reason: &str) -> String {
        let short = self.commit.commit.short();
        let remedy = if self.has_inputs {
            "check `base` in perf-budgets.json"
        } else {
            "if it reads files that git does not track, list them as `base.files` in perf-budgets.json"
        };
        format!("the base {short} cannot run it: {reason}; {remedy}")
    }

    /// A note about the size of the executables, if it changed.
    pub(crate) fn sizes(&self, head: &Built) -> Option<String> {
        let size = |built: &Built| -> u64 {
            let files = built.files.values().flatten().filter_map(|path| fs::metadata(path).ok());
            files.map(|file| file.len()).sum()
        };
        let (base, head) = (size(&self.built), size(head));
        let change = LogRatio((head as f64 / base as f64).ln());
        (base > 0 && change.0.abs() >= MIN_SIZE_CHANGE).then(|| {
            let (base, head) = (unit::bytes(base as f64), unit::bytes(head as f64));
            format!("size of the executables: {base} before, {head} now ({})", unit::change(change))
        })
    }

    /// Links benches again, with their functions in random orders.
    pub(super) fn link(
        &self,
        executables: &BTreeSet<PathBuf>,
        layouts: &mut Layouts,
    ) -> Result<()> {
        let folder = self.built.folder().context("its build folder is unknown")?;
        let (workspace, additions) = (&self.workspace, &self.folder.additions);
        layouts.link(BuildToLink { workspace, additions, folder }, executables)
    }

    /// What differs between its build and that of the head.
    pub(super) fn differences(&self, head: BuildOf<'_>) -> Result<BuildDifferences> {
        let base = BuildOf { workspace: &self.workspace, built: &self.built };
        build_differences::find(base, head)
    }

    /// Whether the benchmark is skipped because base and head are identical.
    pub(crate) fn is_unchanged(&self, name: &BenchmarkId) -> bool {
        self.unchanged.contains(name.package())
    }
}

/// The accepted regressions and the budgets of a base's perf-budgets.json.
fn settings(workspace: &Workspace) -> Result<(Vec<Acceptance>, Vec<Budget>)> {
    let read = budget_file::read(&workspace.root)?;
    Ok(read.map_or_else(<_>::default, |(_, settings, budgets)| (settings.accepted, budgets)))
}

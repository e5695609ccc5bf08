//! The build of the base of a comparison.

use super::base_failures::BaseFailures;
use super::base_inputs::BaseInputs;
use super::build_differences::{self, BuildOf};
use super::context::Context;
use super::suite::BenchSuite;
use super::unchanged::{BuildTree, IdenticalPackages, ReadableFiles, identical_packages};
use crate::bench::{
    BaseCache, BaseEntries, BuildToLink, Built, CountsCache, Launcher, Layouts, ListedBenchmark,
    Listing, SecondBuild, Workspace, base_sources,
};
use crate::budget_file;
use crate::cargo::{BuildAdditions, KNOWN_LEVEL};
use crate::environment;
use crate::files::real;
use crate::store::{BaseCommit, Repository, SourceState};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::{Acceptance, BaseConfig, Budget};
use perf_judge::cause::BuildDifferences;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, LogRatio};
use perf_report::visible;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::Shell;

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
    /// The files of its work tree.
    sources: SourceState,
    /// The worktree, locked as long as its executables are launched.
    cache: BaseCache,
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
        let short = commit.commit.short().to_owned();
        let cache = BaseCache::claim(&repository.common_dir()?)?;
        ui::say(&format!("building the benches of {short}, the {}", commit.label));
        let sources = repository.check_out(&commit.commit.hash, &cache.tree)?;
        let failed = || format!("cannot measure {short}, the {}", commit.label);
        let config = &context.project.settings.base;
        let folder = folder(context, repository, &cache).with_context(failed)?;
        let inputs = BaseInputs::prepare(config, repository, &cache, &folder, &suite.launcher);
        let inputs = inputs.with_context(failed)?;
        let sources = inputs.added_to(sources);
        let (workspace, shared) =
            workspace(context, repository, &cache, &folder).with_context(failed)?;
        let build = || -> Result<(Built, Listing)> {
            let folder = cache.build_folder().beginning_with(&suite.built)?;
            let built = folder.build(&workspace, &additions(context), &sources)?;
            let listing = Listing::of(&built.executables, &suite.launcher)?;
            Ok((built, listing))
        };
        let (built, mut listing) =
            build_again_if_damaged(&cache, &suite.launcher, build).with_context(failed)?;
        let mut notes = [shared, inputs.notes.clone()].concat();
        notes.extend(commit.note.clone());
        notes.append(&mut listing.notes);
        notes.extend(built.notes.iter().map(|note| format!("{short}: {note}")));
        let failed = |(name, reason): (&BenchmarkId, &String)| format!("{short}: {name}: {reason}");
        notes.extend(listing.failures.iter().map(failed));
        let (accepted, budgets) = settings(&workspace).unwrap_or_else(|error| {
            notes.push(format!("{short}: {error:#}: accepted regressions do not apply"));
            // An entry that the base has as well does not apply, and the base may have them all.
            (context.project.settings.accepted.clone(), Vec::new())
        });
        let identical = if skips {
            let (own, root) = (&context.project.workspace, repository.root());
            let head = BuildTree { built: &suite.built, workspace: own, root: &root };
            let base = BuildTree { built: &built, workspace: &workspace, root: &cache.tree };
            let changed = context.changed_files(repository, &commit.commit.hash)?;
            let changed = inputs.changed(changed);
            identical_packages(head, base, &changed)?
        } else {
            IdenticalPackages::default()
        };
        let renamed = &context.project.settings.renamed;
        let failures = BaseFailures::find(&workspace, &built, &listing, &suite.launcher, renamed)?;
        Ok(Self {
            entries: BaseEntries::new(listing, renamed),
            has_inputs: *config != BaseConfig::default(),
            commit,
            failures,
            accepted,
            budgets,
            notes,
            workspace,
            built,
            second: OnceCell::new(),
            unchanged: identical.unchanged,
            if_unread: identical.if_unread,
            sources,
            cache,
        })
    }

    /// Finds the identical packages whose benchmarks read no changed file. `head` are the benchmarks to
    /// measure.
    pub(crate) fn skip_unread(
        &mut self,
        launcher: &Launcher,
        head: &[ListedBenchmark],
    ) -> Result<()> {
        for (package, files) in std::mem::take(&mut self.if_unread) {
            let of_package = head.iter().filter(|entry| package_of(&entry.id) == package);
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
    pub(super) fn build_again(&self, context: &Context) -> Result<SecondBuild> {
        let mut additions = additions(context);
        additions.extend(self.workspace.config.for_known_level());
        let folder = self.cache.build_folder_for(KNOWN_LEVEL)?;
        let second = folder.build(&self.workspace, &additions, &self.sources)?;
        Ok(SecondBuild::new(&self.built, second))
    }

    /// Counts of its benchmarks that earlier comparisons made; `None` without valgrind.
    pub(super) fn counts_cache(&self) -> Result<Option<CountsCache>> {
        Ok(CountsCache::open(self.cache.counts_folder(&self.commit.commit.hash)?))
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
        context: &Context,
        executables: &BTreeSet<PathBuf>,
        layouts: &mut Layouts,
    ) -> Result<()> {
        let folder = self.built.folder().context("its build folder is unknown")?;
        let (workspace, additions) = (&self.workspace, &additions(context));
        layouts.link(BuildToLink { workspace, additions, folder }, executables)
    }

    /// What differs between its build and that of the head.
    pub(super) fn differences(&self, head: BuildOf<'_>) -> Result<BuildDifferences> {
        let base = BuildOf { workspace: &self.workspace, built: &self.built };
        build_differences::find(base, head)
    }

    /// Whether the benchmark is skipped because base and head are identical.
    pub(crate) fn is_unchanged(&self, name: &BenchmarkId) -> bool {
        self.unchanged.contains(package_of(name))
    }
}

fn package_of(name: &BenchmarkId) -> &str {
    name.as_str().split('/').next().unwrap_or_default()
}

/// The machine's configuration, which cargo does not find from the base's folder.
fn additions(context: &Context) -> BuildAdditions {
    let args = context.project.workspace.config.args_elsewhere();
    BuildAdditions { args, ..BuildAdditions::default() }
}

/// Builds; if this fails with a kept target folder, it builds again in an empty one.
fn build_again_if_damaged<T>(
    cache: &BaseCache,
    launcher: &Launcher,
    build: impl Fn() -> Result<T>,
) -> Result<T> {
    let folder = cache.build_folder();
    if folder.is_empty() {
        return build();
    }
    build().or_else(|_| {
        launcher.check_interrupt()?;
        ui::say(
            "the cached build of the base failed and may be damaged: building everything again",
        );
        folder.empty()?;
        build()
    })
}

/// The accepted regressions and the budgets of a base's perf-budgets.json.
fn settings(workspace: &Workspace) -> Result<(Vec<Acceptance>, Vec<Budget>)> {
    let read = budget_file::read(&workspace.root)?;
    Ok(read.map_or_else(<_>::default, |(_, settings, budgets)| (settings.accepted, budgets)))
}

/// The folder of the workspace in the base.
fn folder(context: &Context, repository: &Repository, cache: &BaseCache) -> Result<PathBuf> {
    let (root, own) = (real(&repository.root()), real(&context.project.workspace.root));
    let below = own.strip_prefix(&root).unwrap_or(Path::new(""));
    let folder = cache.tree.join(below);
    if !folder.join("Cargo.toml").is_file() {
        bail!(
            "it has no {}: compare with a commit that has it",
            below.join("Cargo.toml").display()
        );
    }
    Ok(folder)
}

fn workspace(
    context: &Context,
    repository: &Repository,
    cache: &BaseCache,
    folder: &Path,
) -> Result<(Workspace, Vec<String>)> {
    let (root, own) = (real(&repository.root()), real(&context.project.workspace.root));
    let manifest = folder.join("Cargo.toml");
    let base = base_sources::Checkout { manifest: &manifest, tree: &cache.tree };
    let own_manifest = own.join("Cargo.toml");
    let head = base_sources::Checkout { manifest: &own_manifest, tree: &root };
    let shared = base_sources::check(base, head)?;
    // Without a committed lock file, the base could get other versions of dependencies.
    let (lock, own_lock) = (folder.join("Cargo.lock"), own.join("Cargo.lock"));
    if !lock.exists() && own_lock.exists() {
        fs::copy(&own_lock, &lock).context("cannot copy Cargo.lock to the base")?;
    }
    let sh = Shell::new().context("cannot enter the current folder")?;
    let mut workspace = Workspace::find(&sh, Some(&manifest))?;
    let mut notes = shared;
    notes.extend(workspace.follow(&context.project.workspace, &cache.tree)?);
    notes.extend(differing_tools(&context.project.workspace, &workspace)?);
    Ok((workspace, notes))
}

/// Notes on what base and head are built with, if it differs.
fn differing_tools(head: &Workspace, base: &Workspace) -> Result<Vec<String>> {
    let [of_head, of_base] = [head, base].map(|side| side.toolchain.version());
    let (of_head, of_base) = (of_head?, of_base?);
    let mut notes = Vec::new();
    let settings = head.config_differences(base, &of_head);
    if !settings.is_empty() {
        let keys: Vec<String> = settings.iter().map(|key| format!("`{}`", visible(key))).collect();
        notes.push(format!(
            "base and head have different settings in cargo's configuration: {}",
            keys.join(", ")
        ));
    }
    if of_head != of_base {
        let [of_head, of_base] = [of_head, of_base].map(|text| environment::rustc_name(&text));
        notes.push(format!(
            "each side is built by the compiler of its commit: the base by rustc {of_base}, the head by rustc {of_head}"
        ));
    }
    Ok(notes)
}

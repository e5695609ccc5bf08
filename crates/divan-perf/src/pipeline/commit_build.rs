//! The benches of a commit, built in a work tree in the user's cache.

use super::base_inputs::BaseInputs;
use crate::bench::{
    BaseCache, Built, CountsCache, Launcher, Listing, SecondBuild, Slot, Workspace, base_sources,
};
use crate::cargo::{BuildAdditions, KNOWN_LEVEL};
use crate::environment;
use crate::files::real;
use crate::store::{BaseCommit, Repository, SourceState};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::BudgetFile;
use perf_judge::ident::BenchmarkId;
use perf_report::visible;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::Shell;

/// What commits are built by: the checkout's options, and the settings of its perf-budgets.json.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitBuilder<'a> {
    pub(crate) repository: &'a Repository,
    /// The workspace of the user's checkout.
    pub(crate) checkout: &'a Workspace,
    pub(crate) settings: &'a BudgetFile,
    pub(crate) launcher: &'a Launcher,
    /// The build whose compiled dependencies an empty target folder begins with. `None`: those that
    /// were built in the checkout's target folder.
    pub(crate) dependencies: Option<&'a Built>,
    /// Whether a failed build is repeated in an empty target folder, which may be damaged.
    pub(crate) repeats: bool,
}

/// A built commit with its benchmarks.
#[derive(Debug)]
pub(crate) struct CommitBuild {
    pub(crate) commit: BaseCommit,
    pub(crate) workspace: Workspace,
    pub(crate) built: Built,
    pub(crate) listing: Listing,
    pub(crate) notes: Vec<String>,
    pub(crate) folder: CommitFolder,
}

/// Where a commit is built. It is locked until it is dropped.
#[derive(Debug)]
pub(crate) struct CommitFolder {
    cache: BaseCache,
    inputs: BaseInputs,
    /// The files of its work tree.
    sources: SourceState,
    /// The machine's configuration, which cargo does not find from its folder.
    pub(super) additions: BuildAdditions,
}

impl CommitBuilder<'_> {
    /// Checks a commit out in the folder `slot` of the cache, builds its benches and lists them.
    pub(crate) fn build(self, commit: BaseCommit, slot: Slot) -> Result<CommitBuild> {
        let short = commit.commit.short().to_owned();
        let label = &commit.label;
        let label = if label.is_empty() { String::new() } else { format!(", the {label}") };
        let cache = BaseCache::claim(&self.repository.common_dir()?, slot)?;
        ui::say(&format!("building the benches of {short}{label}"));
        let sources = self.repository.check_out(&commit.commit.hash, &cache.tree)?;
        let failed = || format!("cannot measure {short}{label}");
        let folder = self.folder(&cache).with_context(failed)?;
        let config = &self.settings.base;
        let inputs = BaseInputs::prepare(config, self.repository, &cache, &folder, self.launcher);
        let inputs = inputs.with_context(failed)?;
        let sources = inputs.added_to(sources);
        let (workspace, shared) = self.workspace(&cache, &folder).with_context(failed)?;
        let args = self.checkout.config.args_elsewhere();
        let additions = BuildAdditions { args, ..BuildAdditions::default() };
        let build = || -> Result<(Built, Listing)> {
            let folder = cache.build_folder();
            let folder = match self.dependencies {
                Some(built) => folder.beginning_with(built)?,
                None => folder.beginning_as_in(&self.checkout.target_dir)?,
            };
            let built = folder.build(&workspace, &additions, &sources)?;
            let listing = Listing::of(&built.executables, self.launcher)?;
            Ok((built, listing))
        };
        let (built, mut listing) =
            self.build_again_if_damaged(&cache, build).with_context(failed)?;
        let mut notes = [shared, inputs.notes.clone()].concat();
        notes.extend(commit.note.clone());
        notes.append(&mut listing.notes);
        notes.extend(built.notes.iter().map(|note| format!("{short}: {note}")));
        let failed = |(name, reason): (&BenchmarkId, &String)| format!("{short}: {name}: {reason}");
        notes.extend(listing.failures.iter().map(failed));
        let folder = CommitFolder { cache, inputs, sources, additions };
        Ok(CommitBuild { commit, workspace, built, listing, notes, folder })
    }

    /// Builds; if this fails with a kept target folder, it builds again in an empty one.
    fn build_again_if_damaged<T>(
        self,
        cache: &BaseCache,
        build: impl Fn() -> Result<T>,
    ) -> Result<T> {
        let folder = cache.build_folder();
        if folder.is_empty() || !self.repeats {
            return build();
        }
        build().or_else(|_| {
            self.launcher.check_interrupt()?;
            ui::say(
                "the cached build of the base failed and may be damaged: building everything again",
            );
            folder.empty()?;
            build()
        })
    }

    /// The folder of the workspace in the commit.
    fn folder(self, cache: &BaseCache) -> Result<PathBuf> {
        let (root, own) = (real(&self.repository.root()), real(&self.checkout.root));
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

    fn workspace(self, cache: &BaseCache, folder: &Path) -> Result<(Workspace, Vec<String>)> {
        let (root, own) = (real(&self.repository.root()), real(&self.checkout.root));
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
        notes.extend(workspace.follow(self.checkout, &cache.tree)?);
        notes.extend(differing_tools(self.checkout, &workspace)?);
        Ok((workspace, notes))
    }
}

impl CommitFolder {
    /// The work tree.
    pub(super) fn tree(&self) -> &Path {
        &self.cache.tree
    }

    /// The files in which the commit and another build differ. `changed` are those that differ between
    /// the commits.
    pub(super) fn changed(&self, changed: Vec<String>) -> Vec<String> {
        self.inputs.changed(changed)
    }

    /// Builds the commit for the processor level that valgrind supports. `built` is its first build.
    pub(super) fn build_again(&self, workspace: &Workspace, built: &Built) -> Result<SecondBuild> {
        let mut additions = self.additions.clone();
        additions.extend(workspace.config.for_known_level());
        let folder = self.cache.build_folder_for(KNOWN_LEVEL)?;
        let second = folder.build(workspace, &additions, &self.sources)?;
        Ok(SecondBuild::new(built, second))
    }

    /// Counts of the commit's benchmarks that were made earlier; `None` without valgrind.
    pub(super) fn counts_cache(&self, commit: &str) -> Result<Option<CountsCache>> {
        Ok(CountsCache::open(self.cache.counts_folder(commit)?))
    }
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

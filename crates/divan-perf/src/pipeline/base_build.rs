//! The other side of a comparison: another commit, built.

use super::context::Context;
use super::sameness::{Side, same_packages};
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::BaseCache;
use crate::bench::{BaseEntries, Built, Launcher, Listing, Workspace, base_sources};
use crate::budget_file;
use crate::store::{BaseCommit, Repository};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::Acceptance;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, LogRatio};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use xshell::Shell;

/// A commit's benches, built in a place of their own.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) commit: BaseCommit,
    pub(crate) entries: BaseEntries,
    /// What it has and cannot list.
    unlisted: Vec<BenchmarkId>,
    /// The slowdowns that its own perf-budgets.json accepts: it has them.
    pub(crate) accepted: Vec<Acceptance>,
    pub(crate) notes: Vec<String>,
    built: Built,
    /// Packages whose executables are the same here and there, where that means that there is
    /// nothing to measure.
    same: BTreeSet<String>,
    /// Held as long as its executables are launched.
    _place: BaseCache,
}

/// Executables that grew by less are not worth a word: the same code differs by a few bytes.
const WORTH_SAYING: f64 = 0.001;

impl Base {
    /// Checks `commit` out beside the user's checkout, builds its benches and lists them.
    pub(crate) fn build(
        context: &Context,
        repository: &Repository,
        suite: &BenchSuite,
        commit: BaseCommit,
        args: &MeasureArgs,
        skips: bool,
    ) -> Result<Self> {
        let short = commit.commit.short().to_owned();
        let place = BaseCache::claim(&repository.common_dir()?)?;
        ui::say(&format!("building the benches of {short}, the {}", commit.label));
        let sources = repository.check_out(&commit.commit.hash, &place.tree)?;
        let failed = || format!("{short}, the {}, cannot be measured", commit.label);
        let (workspace, shared) =
            workspace(context, repository, &place, args).with_context(failed)?;
        let build = || -> Result<(Built, Listing)> {
            let options = configs_above(&repository.root());
            let built = place.build_folder().build(&workspace, &options, &sources)?;
            let listing = Listing::of(&built.executables, &suite.launcher)?;
            Ok((built, listing))
        };
        let (built, mut listing) =
            again_if_damaged(&place, &suite.launcher, build).with_context(failed)?;
        let mut notes = shared;
        notes.append(&mut listing.notes);
        notes.extend(built.notes.iter().map(|note| format!("{short}: {note}")));
        let failed = |(name, reason): (&BenchmarkId, &String)| format!("{short}: {name}: {reason}");
        notes.extend(listing.failures.iter().map(failed));
        let accepted = accepted(&workspace).unwrap_or_else(|error| {
            notes.push(format!("{short}: {error:#}: no accepted regression is excused"));
            // What the base accepts excuses nothing more, and it may accept all of this.
            context.project.settings.accepted.clone()
        });
        let same = match skips {
            true => {
                let (own, root) = (&context.project.workspace, repository.root());
                let head = Side { built: &suite.built, workspace: own, root: &root };
                let base = Side { built: &built, workspace: &workspace, root: &place.tree };
                same_packages(head, base, &context.changed_files(repository, &commit.commit.hash)?)?
            }
            false => BTreeSet::new(),
        };
        let unlisted = listing.failures.keys().cloned().collect();
        let entries = BaseEntries::new(listing, &context.project.settings.renamed);
        Ok(Self { commit, entries, unlisted, accepted, notes, built, same, _place: place })
    }

    /// Everything that it has, under the names of today.
    pub(super) fn names(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.entries.names().chain(&self.unlisted)
    }

    /// How much the executables grew or shrank, where they did.
    pub(crate) fn sizes(&self, head: &Built) -> Option<String> {
        let size = |built: &Built| -> u64 {
            let files = built.files.values().flatten().filter_map(|path| fs::metadata(path).ok());
            files.map(|file| file.len()).sum()
        };
        let (base, head) = (size(&self.built), size(head));
        let change = LogRatio((head as f64 / base as f64).ln());
        (base > 0 && change.0.abs() >= WORTH_SAYING).then(|| {
            let (base, head) = (unit::bytes(base as f64), unit::bytes(head as f64));
            format!("the executables, {base} before, have {head} ({})", unit::change(change))
        })
    }

    /// Whether the benchmark's executables are the same on both sides, and nothing else that they
    /// might read differs.
    pub(crate) fn is_same(&self, name: &BenchmarkId) -> bool {
        let package = name.as_str().split('/').next().unwrap_or_default();
        self.same.contains(package)
    }
}

/// Builds a second time, from nothing, where the failure may be that of a kept target folder.
fn again_if_damaged<T>(
    place: &BaseCache,
    launcher: &Launcher,
    build: impl Fn() -> Result<T>,
) -> Result<T> {
    let folder = place.build_folder();
    if folder.is_empty() {
        return build();
    }
    build().or_else(|_| {
        launcher.check_interrupt()?;
        ui::say("the kept build may be damaged: building everything again");
        folder.empty()?;
        build()
    })
}

fn accepted(workspace: &Workspace) -> Result<Vec<Acceptance>> {
    let read = budget_file::read(&workspace.root)?;
    Ok(read.map_or_else(Vec::new, |(_, settings, _)| settings.accepted))
}

fn workspace(
    context: &Context,
    repository: &Repository,
    place: &BaseCache,
    args: &MeasureArgs,
) -> Result<(Workspace, Vec<String>)> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (root, own) = (real(&repository.root()), real(&context.project.workspace.root));
    let below = own.strip_prefix(&root).unwrap_or(Path::new(""));
    let folder = place.tree.join(below);
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        bail!("it has no {}", below.join("Cargo.toml").display());
    }
    let base = base_sources::Checkout { manifest: &manifest, tree: &place.tree };
    let own_manifest = own.join("Cargo.toml");
    let head = base_sources::Checkout { manifest: &own_manifest, tree: &root };
    let shared = base_sources::check(base, head)?;
    // Where the lock file is not committed, other versions of dependencies would be measured.
    let (lock, own_lock) = (folder.join("Cargo.lock"), own.join("Cargo.lock"));
    if !lock.exists() && own_lock.exists() {
        fs::copy(&own_lock, &lock).context("cannot copy Cargo.lock to the base")?;
    }
    let sh = Shell::new().context("cannot enter the current folder")?;
    let mut workspace = Workspace::find(&sh, Some(&manifest), &[])?;
    workspace
        .targets
        .retain(|target| args.package.is_empty() || args.package.contains(&target.package));
    Ok((workspace, shared))
}

/// Cargo's configuration in the folders above the checkout, which it would not find from the base's
/// place: both sides must be built alike. The user's own lies in cargo's home and holds everywhere.
fn configs_above(root: &Path) -> Vec<String> {
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let dirs = root.ancestors().skip(1).map(|dir| dir.join(".cargo"));
    let dirs = dirs.filter(|dir| Some(dir) != home.as_ref());
    let files = dirs.flat_map(|dir| ["config.toml", "config"].map(|name| dir.join(name)));
    files.filter(|file| file.is_file()).map(|file| format!("--config={}", file.display())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_above_the_checkout_is_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join(".cargo/config.toml");
        fs::create_dir_all(config.parent().unwrap()).unwrap();
        fs::write(&config, "").unwrap();
        let handed_on = configs_above(&dir.path().join("project"));
        assert!(handed_on.contains(&format!("--config={}", config.display())), "{handed_on:?}");
        assert!(!configs_above(dir.path()).contains(&handed_on[0]));
    }
}

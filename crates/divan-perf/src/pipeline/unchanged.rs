//! Finds packages whose benches are identical in base and head.

use crate::bench::{Built, Launcher, ListedBenchmark, Workspace, opens_none};
use crate::budget_file::BUDGET_FILE;
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The build of the base or the head, with its location.
#[derive(Clone, Copy, Debug)]
pub(super) struct BuildTree<'a> {
    pub(super) built: &'a Built,
    pub(super) workspace: &'a Workspace,
    /// The root of its worktree.
    pub(super) root: &'a Path,
}

/// Packages whose benches are identical: all their executables have the same bytes, including programs
/// that a bench can start, and libraries that they load.
#[derive(Debug, Default)]
pub(super) struct IdenticalPackages {
    /// Those into which each changed file was compiled.
    pub(super) unchanged: BTreeSet<String>,
    /// The others, with the changed files that a bench can read at run time.
    pub(super) if_unread: BTreeMap<String, ReadableFiles>,
}

/// Changed files that were not compiled into a package.
#[derive(Debug, Default)]
pub(super) struct ReadableFiles {
    /// Those that the head has.
    head: WatchedFiles,
    /// Those that only the base has.
    base: WatchedFiles,
}

/// Files, and the folders that list them if only one side has them.
#[derive(Debug, Default)]
struct WatchedFiles {
    files: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

/// Finds the identical packages. `changed` are the files in which the two sides differ.
pub(super) fn identical_packages(
    head: BuildTree<'_>,
    base: BuildTree<'_>,
    changed: &[String],
) -> Result<IdenticalPackages> {
    let mut identical = IdenticalPackages::default();
    for package in head.built.files.keys() {
        let [files, others] =
            [head, base].map(|side| side.built.run_files(side.workspace, package));
        if files.len() != others.len() {
            continue;
        }
        let mut pairs = files.iter().zip(&others);
        let is_identical = pairs.try_fold(true, |all, (one, other)| {
            Ok::<_, anyhow::Error>(all && is_equal(one, other)?)
        })?;
        if !is_identical {
            continue;
        }
        let of_head = not_compiled(changed, head, package);
        let of_base = not_compiled(changed, base, package);
        if of_head.is_empty() && of_base.is_empty() {
            identical.unchanged.insert(package.clone());
        } else {
            let files = ReadableFiles::of(head.root, &of_head, base.root, &of_base);
            identical.if_unread.insert(package.clone(), files);
        }
    }
    Ok(identical)
}

/// The files among `changed`, those since an earlier commit, that a bench of `package` can read.
///
/// `None` if one of them was removed: a bench that looks for it is not noticed.
pub(super) fn readable_since(
    changed: &[String],
    tree: BuildTree<'_>,
    package: &str,
) -> Option<ReadableFiles> {
    let root = fs::canonicalize(tree.root).unwrap_or_else(|_| tree.root.to_owned());
    let is_removed =
        |path: &String| !is_budget_file(&root, tree.workspace, path) && !exists(&root, path);
    if changed.iter().any(is_removed) {
        return None;
    }
    let mut readable = ReadableFiles::default();
    for path in not_compiled(changed, tree, package) {
        // It may be new, and then the list of its folder changed.
        readable.head.add(&root, &path, true);
    }
    Some(readable)
}

impl ReadableFiles {
    /// The files that differ between two trees, of which `of_head` and `of_base` exist there.
    fn of(head: &Path, of_head: &[String], base: &Path, of_base: &[String]) -> Self {
        let mut readable = Self::default();
        for path in of_head {
            readable.head.add(head, path, !exists(base, path));
        }
        for path in of_base.iter().filter(|path| !exists(head, path)) {
            readable.base.add(base, path, true);
        }
        readable
    }

    /// Whether none of the benchmarks opens one of the files. `head` and `base` are the benchmarks in
    /// the two builds.
    pub(super) fn are_unread(
        &self,
        launcher: &Launcher,
        head: &[ListedBenchmark],
        base: &[ListedBenchmark],
    ) -> Result<bool> {
        Ok(self.head.are_unread(launcher, head)? && self.base.are_unread(launcher, base)?)
    }
}

impl WatchedFiles {
    fn add(&mut self, root: &Path, path: &str, lists: bool) {
        let file = root.join(path);
        if lists {
            let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
            self.folders.extend(folders.map(Path::to_owned));
        }
        self.files.push(file);
    }

    fn are_unread(&self, launcher: &Launcher, entries: &[ListedBenchmark]) -> Result<bool> {
        let folders: Vec<PathBuf> = self.folders.iter().cloned().collect();
        Ok(self.files.is_empty() || opens_none(launcher, entries, &self.files, &folders)?)
    }
}

/// The `changed` files that exist in a build and were not compiled into `package` there.
fn not_compiled(changed: &[String], tree: BuildTree<'_>, package: &str) -> Vec<String> {
    let root = fs::canonicalize(tree.root).unwrap_or_else(|_| tree.root.to_owned());
    let is_relevant =
        |path: &&String| !is_budget_file(&root, tree.workspace, path) && exists(&root, path);
    let changed: Vec<&String> = changed.iter().filter(is_relevant).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let sources = tree.built.sources(tree.workspace, package, &root);
    changed.into_iter().filter(|path| !sources.contains(*path)).cloned().collect()
}

fn exists(root: &Path, path: &str) -> bool {
    fs::symlink_metadata(root.join(path)).is_ok()
}

/// Whether only this program reads the file.
fn is_budget_file(root: &Path, workspace: &Workspace, path: &str) -> bool {
    let real = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
    root.join(path) == real(workspace.root.clone()).join(BUDGET_FILE)
}

fn is_equal(one: &Path, other: &Path) -> Result<bool> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(one.file_name() == other.file_name() && read(one)? == read(other)?)
}

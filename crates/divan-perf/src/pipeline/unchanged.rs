//! Finds packages whose benches are identical in base and head.

use crate::bench::{Built, Workspace};
use crate::budget_file::BUDGET_FILE;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
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

/// Packages whose benches are identical. All their executables have the same bytes, including programs
/// that a bench can start. Each of the `changed` files was compiled into them.
///
/// Any other changed file prevents this, as a bench can read it at run time.
pub(super) fn unchanged_packages(
    head: BuildTree<'_>,
    base: BuildTree<'_>,
    changed: &[String],
) -> Result<BTreeSet<String>> {
    let mut unchanged = BTreeSet::new();
    for (package, files) in &head.built.files {
        let others = base.built.files.get(package);
        let Some(others) = others.filter(|others| others.len() == files.len()) else { continue };
        let mut pairs = files.iter().zip(others);
        let is_identical = pairs.try_fold(true, |all, (one, other)| {
            Ok::<_, anyhow::Error>(all && is_equal(one, other)?)
        })?;
        if is_identical
            && is_compiled(changed, head, package)
            && is_compiled(changed, base, package)
        {
            unchanged.insert(package.clone());
        }
    }
    Ok(unchanged)
}

/// Whether each of the `changed` files that exist in a build was compiled into `package` there.
fn is_compiled(changed: &[String], tree: BuildTree<'_>, package: &str) -> bool {
    let root = fs::canonicalize(tree.root).unwrap_or_else(|_| tree.root.to_owned());
    let is_relevant = |path: &String| !is_budget_file(&root, tree.workspace, path);
    let mut changed = changed.iter().filter(|path| is_relevant(path)).peekable();
    if changed.peek().is_none() {
        return true;
    }
    let sources = tree.built.sources(tree.workspace, package, &root);
    let exists = |path: &String| fs::symlink_metadata(root.join(path)).is_ok();
    changed.all(|path| sources.contains(path) || !exists(path))
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

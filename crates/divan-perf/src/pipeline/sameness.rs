//! Whether a benchmark does the same on both sides of a comparison.

use crate::bench::{Built, Workspace};
use crate::budget_file::BUDGET_FILE;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A build of one side, and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) built: &'a Built,
    pub(super) workspace: &'a Workspace,
    /// The root of its work tree.
    pub(super) root: &'a Path,
}

/// Packages whose benches do the same: all executables, programs that a bench may start included,
/// are the same bytes, and of the files of the repository only those differ that went into them.
/// `changed` are the paths of the files that differ.
///
/// A bench may read any other file while it runs.
pub(super) fn same_packages(
    head: Side<'_>,
    base: Side<'_>,
    changed: &[String],
) -> Result<BTreeSet<String>> {
    let mut same = BTreeSet::new();
    for (package, files) in &head.built.files {
        let others = base.built.files.get(package);
        let Some(others) = others.filter(|others| others.len() == files.len()) else { continue };
        let mut pairs = files.iter().zip(others);
        let is_same = pairs.try_fold(true, |all, (one, other)| {
            Ok::<_, anyhow::Error>(all && is_equal(one, other)?)
        })?;
        if is_same && is_compiled(changed, head, package) && is_compiled(changed, base, package) {
            same.insert(package.clone());
        }
    }
    Ok(same)
}

/// Whether each of `changed` that a side has went into the executables of `package` there.
fn is_compiled(changed: &[String], side: Side<'_>, package: &str) -> bool {
    let root = fs::canonicalize(side.root).unwrap_or_else(|_| side.root.to_owned());
    let here = |path: &String| !is_budget_file(&root, side.workspace, path);
    let mut changed = changed.iter().filter(|path| here(path)).peekable();
    if changed.peek().is_none() {
        return true;
    }
    let sources = side.built.sources(side.workspace, package, &root);
    let is_there = |path: &String| fs::symlink_metadata(root.join(path)).is_ok();
    changed.all(|path| sources.contains(path) || !is_there(path))
}

/// What this program alone reads.
fn is_budget_file(root: &Path, workspace: &Workspace, path: &str) -> bool {
    let real = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
    root.join(path) == real(workspace.root.clone()).join(BUDGET_FILE)
}

fn is_equal(one: &Path, other: &Path) -> Result<bool> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(one.file_name() == other.file_name() && read(one)? == read(other)?)
}

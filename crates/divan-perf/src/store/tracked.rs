//! Checks whether folders belong to a repository.

use super::answer;
use super::git::git;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use xshell::Shell;

/// A file below `folder` that git tracks. `None` if there is none, or no repository.
pub(crate) fn tracked_below(folder: &Path) -> Result<Option<String>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let sh = Shell::new().context("cannot enter the current folder")?;
    sh.change_dir(folder);
    let files = answer(git!(sh, "git ls-files -z -- .")).ok().flatten();
    Ok(files.and_then(|files| files.split('\0').next().map(str::to_owned)))
}

/// Whether the repository around `dir` tracks a file.
pub(crate) fn is_tracked(dir: &Path, file: &Path) -> bool {
    let Ok(sh) = Shell::new() else { return false };
    sh.change_dir(dir);
    let files = answer(git!(sh, "git --literal-pathspecs ls-files -- {file}"));
    files.is_ok_and(|files| files.is_some())
}

/// The path of a folder in its repository, with `/`: `.` for the root. `None` without a repository.
pub(crate) fn path_in_repository(folder: &Path) -> Result<Option<String>> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    sh.change_dir(folder);
    if answer(git!(sh, "git rev-parse --show-toplevel")).ok().flatten().is_none() {
        return Ok(None);
    }
    let below = answer(git!(sh, "git rev-parse --show-prefix"))?.unwrap_or_default();
    let below = below.trim_end_matches('/');
    Ok(Some(if below.is_empty() { ".".to_owned() } else { below.to_owned() }))
}

/// The git directory of the repository around `dir`; `None` without a repository.
pub(crate) fn git_folder(dir: &Path) -> Result<Option<PathBuf>> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    sh.change_dir(dir);
    let folder = git!(sh, "git rev-parse --path-format=absolute --git-common-dir");
    let folder = answer(folder).ok().flatten().map(PathBuf::from);
    Ok(folder.map(|folder| folder.canonicalize().unwrap_or(folder)))
}

//! Files of the checkout that git does not track, in the work tree of a base.

use super::git::git;
use super::{Repository, text};
use anyhow::{Context as _, Result, bail};
use perf_judge::unit::{self, counted};
use perf_report::visible;
use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The largest number of files that are copied.
const MAX_FILES: usize = 10_000;
/// The largest size of all of them, in bytes.
const MAX_BYTES: u64 = 4 << 30;

/// The copied files.
#[derive(Debug, Default)]
pub(crate) struct CopiedFiles {
    /// Their paths, relative to the root of the work tree.
    pub(crate) paths: BTreeSet<String>,
    /// Which patterns and files had no effect, and why.
    pub(crate) notes: Vec<String>,
}

impl Repository {
    /// Copies the untracked files of the workspace that match `patterns` to the work tree at
    /// `tree`. A file of the base itself is kept.
    ///
    /// A copy never shares its contents with the original, so the base cannot change the user's
    /// files. It has the modification time of the original, so cargo builds nothing again.
    pub(crate) fn copy_untracked(&self, patterns: &[String], tree: &Path) -> Result<CopiedFiles> {
        let root = self.root();
        let mut copied = CopiedFiles::default();
        let (mut found, mut bytes) = (BTreeSet::new(), 0);
        for pattern in patterns {
            let matching = self.untracked_like(pattern)?;
            if matching.is_empty() {
                copied.notes.push(format!(
                    "no untracked file matches `{}` of `base.files` in perf-budgets.json",
                    visible(pattern)
                ));
            }
            found.extend(matching);
        }
        if found.len() > MAX_FILES {
            bail!(
                "cannot copy {} to the base, more than {MAX_FILES}: narrow `base.files` in perf-budgets.json",
                counted(found.len(), "file", "files")
            );
        }
        for path in found {
            let cannot = || format!("cannot copy {} to the base", visible(&path));
            let metadata = fs::symlink_metadata(root.join(&path)).with_context(cannot)?;
            if !metadata.is_file() {
                let path = visible(&path);
                copied
                    .notes
                    .push(format!("{path} is not copied to the base: it is no regular file"));
                continue;
            }
            bytes += metadata.len();
            if bytes > MAX_BYTES {
                let limit = unit::bytes(MAX_BYTES as f64);
                bail!(
                    "cannot copy more than {limit} to the base: narrow `base.files` in perf-budgets.json"
                );
            }
            let Some(target) = free_place(tree, &path).with_context(cannot)? else { continue };
            copy(&root.join(&path), &target, &metadata).with_context(cannot)?;
            copied.paths.insert(path);
        }
        Ok(copied)
    }

    /// The untracked files of the workspace that match a pattern, also ignored ones, relative to the
    /// repository's root.
    fn untracked_like(&self, pattern: &str) -> Result<Vec<String>> {
        let (sh, workspace) = (&self.sh, self.root().join(&self.workspace));
        let pattern = format!(":(glob){pattern}");
        let others = git!(sh, "git -C {workspace} ls-files --others --full-name -z -- {pattern}");
        let others = others.quiet().output();
        let others =
            others.context("cannot list the files of `base.files` in perf-budgets.json")?;
        Ok(text(others.stdout).split_terminator('\0').map(str::to_owned).collect())
    }

    /// Files of the base's work tree that are not of its commit.
    pub(crate) fn untracked_in(&self, tree: &Path) -> Result<Vec<String>> {
        let sh = &self.sh;
        let Some(admin) = self.admin_dir(tree)? else { return Ok(Vec::new()) };
        let others = git!(sh, "git -C {tree} ls-files --others -z");
        let others = others.env("GIT_DIR", admin).env("GIT_WORK_TREE", tree).quiet().output();
        let others = others.context("cannot list the files of the base")?;
        Ok(text(others.stdout).split_terminator('\0').map(str::to_owned).collect())
    }
}

/// The path of a new file in `tree`, whose folders are created; `None` if the base has a file there.
fn free_place(tree: &Path, path: &str) -> Result<Option<PathBuf>> {
    let mut place = tree.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let is_last = parts.peek().is_none();
        match fs::symlink_metadata(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound && is_last => return Ok(Some(place)),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir(&place)?,
            Err(error) => return Err(error.into()),
            Ok(metadata) if metadata.is_dir() && !is_last => {}
            Ok(_) if is_last => return Ok(None),
            // A link could lead out of the tree.
            Ok(_) => bail!("{} is no folder in the base", visible(part)),
        }
    }
    Ok(None)
}

fn copy(from: &Path, to: &Path, metadata: &Metadata) -> Result<()> {
    fs::copy(from, to)?;
    // A read-only copy keeps its new time, and cargo builds more than necessary.
    let _ = metadata
        .modified()
        .and_then(|modified| File::options().append(true).open(to)?.set_modified(modified));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, forked, git};
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A repository with a workspace in `tool`, and the base's tree of its first commit.
    struct Place {
        repository: tempfile::TempDir,
        cache: tempfile::TempDir,
        opened: Repository,
    }

    impl Place {
        fn new() -> Self {
            let (repository, _) = forked();
            let at = repository.path();
            write(at, "tool/tracked.bin", "of the commit");
            write(at, "tool/own.bin", "of the base");
            write(at, ".gitignore", "*.bin\n");
            git(at, &["add", "--force", "."]);
            let base = commit(at, "base");
            git(at, &["rm", "--quiet", "--cached", "tool/own.bin"]);
            commit(at, "no longer tracked");
            let opened = Repository::open(&at.join("tool"), &HistoryRef::default()).unwrap();
            let cache = tempfile::tempdir().unwrap();
            opened.check_out(&base, &cache.path().join("tree")).unwrap();
            Self { repository, cache, opened }
        }

        fn tree(&self) -> PathBuf {
            self.cache.path().join("tree")
        }

        fn copy(&self, patterns: &[&str]) -> Result<CopiedFiles> {
            let patterns: Vec<String> = patterns.iter().map(|&text| text.to_owned()).collect();
            self.opened.copy_untracked(&patterns, &self.tree())
        }
    }

    #[test]
    fn untracked_files_of_the_workspace_are_copied_and_nothing_else() {
        let place = Place::new();
        let at = place.repository.path();
        for path in ["tool/data/a.bin", "tool/data/b/c d.bin", "tool/data/new.txt", "data/x.bin"] {
            write(at, path, path);
        }
        write(at, "tool/own.bin", "of the head");
        write(at, "tool/tracked.bin", "changed");
        let copied = place.copy(&["data/**", "*.bin", "absent/**"]).unwrap();
        let paths: Vec<&str> = copied.paths.iter().map(String::as_str).collect();
        assert_eq!(paths, ["tool/data/a.bin", "tool/data/b/c d.bin", "tool/data/new.txt"]);
        assert!(copied.notes[0].contains("`absent/**`"), "{:?}", copied.notes);
        let read = |path: &str| fs::read_to_string(place.tree().join(path)).unwrap();
        assert_eq!(read("tool/data/b/c d.bin"), "tool/data/b/c d.bin");
        assert_eq!(read("tool/own.bin"), "of the base");
        assert_eq!(read("tool/tracked.bin"), "of the commit");
        let time =
            |root: &Path| fs::metadata(root.join("tool/data/a.bin")).unwrap().modified().unwrap();
        assert_eq!(time(at), time(&place.tree()));
        let added = place.opened.untracked_in(&place.tree()).unwrap();
        assert_eq!(added, paths);
        // The copy is a file of its own.
        write(&place.tree(), "tool/data/a.bin", "by the base");
        assert_eq!(fs::read_to_string(at.join("tool/data/a.bin")).unwrap(), "tool/data/a.bin");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_neither_copied_nor_followed() {
        use std::os::unix::fs::symlink;
        let place = Place::new();
        let (at, elsewhere) = (place.repository.path(), tempfile::tempdir().unwrap());
        write(elsewhere.path(), "secret.bin", "secret");
        symlink(elsewhere.path().join("secret.bin"), at.join("tool/link.bin")).unwrap();
        symlink(elsewhere.path(), at.join("tool/folder.bin")).unwrap();
        write(at, "tool/data/a.bin", "");
        let copied = place.copy(&["*.bin", "folder.bin/**"]).unwrap();
        assert!(copied.paths.is_empty(), "{copied:?}");
        assert!(copied.notes.iter().any(|note| note.contains("link.bin is not copied")));
        // A folder of the checkout is a link out of the tree in the base.
        symlink(elsewhere.path(), place.tree().join("tool/data")).unwrap();
        let error = format!("{:#}", place.copy(&["data/**"]).unwrap_err());
        assert!(error.contains("data is no folder in the base"), "{error}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }
}

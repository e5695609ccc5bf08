//! The index, and the files that git does not compare with it.
//!
//! `git update-index --assume-unchanged`, `--skip-worktree` and sparse checkouts mark entries.
//! `git status` and `git diff` then report neither a change of the file nor its absence.

use super::git::git;
use super::{Repository, text};
use anyhow::{Context as _, Result, bail};
use perf_judge::unit::counted;
use perf_report::visible;
use std::fs;
use std::path::Path;
use xshell::Cmd;

/// The start of a file's mode. Symbolic links and submodules have others.
const FILE_MODE: &str = "100";
/// The number of paths in one command line, which Windows limits to 32 kB.
const PATHS_PER_COMMAND: usize = 100;

/// A tracked path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) path: String,
    /// Mode, object and stage, for example `100644 0cfbf08 0`.
    pub(super) state: String,
    flag: IndexFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IndexFlag {
    None,
    /// Git treats the file as unchanged.
    AssumeUnchanged,
    /// Git accepts that the file is absent.
    SkipWorktree,
}

impl IndexEntry {
    /// Whether git does not compare the file.
    pub(super) fn is_hidden(&self) -> bool {
        self.flag != IndexFlag::None
    }

    fn exists(&self, root: &Path) -> bool {
        fs::symlink_metadata(root.join(&self.path)).is_ok()
    }

    /// Whether a regular file exists at the path.
    fn is_file(&self, root: &Path) -> bool {
        let metadata = fs::symlink_metadata(root.join(&self.path));
        self.state.starts_with(FILE_MODE) && metadata.is_ok_and(|metadata| metadata.is_file())
    }

    fn object(&self) -> &str {
        self.state.split(' ').nth(1).unwrap_or_default()
    }
}

/// All entries of the index; `git` runs in the root of the work tree.
pub(super) fn entries(git: Cmd<'_>) -> Result<Vec<IndexEntry>> {
    let listed = git.args(["ls-files", "-v", "--stage", "-z"]).quiet().output()?;
    Ok(text(listed.stdout).split_terminator('\0').filter_map(entry).collect())
}

/// Parses `S 100644 <object> 0\tpath`. A lower-case letter means assume-unchanged.
fn entry(line: &str) -> Option<IndexEntry> {
    let (tag, rest) = line.split_once(' ')?;
    let (state, path) = rest.split_once('\t')?;
    let flag = match tag {
        "S" | "s" => IndexFlag::SkipWorktree,
        _ if tag.starts_with(|c: char| c.is_ascii_lowercase()) => IndexFlag::AssumeUnchanged,
        _ => IndexFlag::None,
    };
    Some(IndexEntry { path: path.to_owned(), state: state.to_owned(), flag })
}

impl Repository {
    /// Fails if tracked files of the workspace are absent without a change in `git status`:
    /// benchmarks could be missing unnoticed.
    pub(crate) fn check_nothing_left_out(&self) -> Result<()> {
        let root = self.root();
        let mut left_out = self.hidden_entries()?;
        left_out.retain(|entry| entry.path.starts_with(&self.workspace) && !entry.exists(&root));
        let Some(first) = left_out.first() else { return Ok(()) };
        bail!(
            "benchmarks could be missing: this checkout leaves out {} of the workspace, e.g. {}. Run `git sparse-checkout disable`. For files marked by hand, run `git update-index --no-skip-worktree --no-assume-unchanged` and `git restore` with their names",
            counted(left_out.len(), "file", "files"),
            visible(&first.path)
        )
    }

    /// Files that differ from the index although `git status` does not report them. A file that a
    /// sparse checkout leaves out is not a change.
    pub(super) fn hidden_changes(&self) -> Result<Vec<String>> {
        let root = self.root();
        let mut hidden = self.hidden_entries()?;
        hidden.retain(|entry| entry.flag == IndexFlag::AssumeUnchanged || entry.exists(&root));
        let (files, others): (Vec<_>, Vec<_>) =
            hidden.into_iter().partition(|entry| entry.is_file(&root));
        let mut changed: Vec<String> = others.into_iter().map(|entry| entry.path).collect();
        for files in files.chunks(PATHS_PER_COMMAND) {
            let objects = self.hash(files)?;
            let pairs = files.iter().zip(objects.lines());
            let differing = pairs.filter(|(entry, object)| entry.object() != *object);
            changed.extend(differing.map(|(entry, _)| entry.path.clone()));
        }
        Ok(changed)
    }

    /// A note on changes that `git status` does not report; `None` if there are none.
    pub(crate) fn hidden_change_note(&self) -> Result<Option<String>> {
        let changed = self.hidden_changes()?;
        Ok(changed.first().map(|first| {
            format!(
                "uncommitted changes that `git status` does not show, because of assume-unchanged or skip-worktree: {}, e.g. {}",
                counted(changed.len(), "file", "files"),
                visible(first)
            )
        }))
    }

    fn hidden_entries(&self) -> Result<Vec<IndexEntry>> {
        let sh = &self.sh;
        let mut entries = entries(git!(sh, "git")).context("cannot list the tracked files")?;
        entries.retain(IndexEntry::is_hidden);
        Ok(entries)
    }

    /// The hashes that git computes for the files, one per line.
    fn hash(&self, files: &[IndexEntry]) -> Result<String> {
        let sh = &self.sh;
        let paths = files.iter().map(|entry| &entry.path);
        let objects = git!(sh, "git hash-object --").args(paths).quiet().read();
        objects.context("cannot read the files that are marked assume-unchanged or skip-worktree")
    }
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, git};
    use super::*;

    #[test]
    fn flags_are_read_from_the_letters_of_git() {
        let flag = |line: &str| entry(line).map(|entry| entry.flag);
        for (tag, expected) in [
            ("H", IndexFlag::None),
            ("M", IndexFlag::None),
            ("h", IndexFlag::AssumeUnchanged),
            ("m", IndexFlag::AssumeUnchanged),
            ("S", IndexFlag::SkipWorktree),
            ("s", IndexFlag::SkipWorktree),
        ] {
            assert_eq!(flag(&format!("{tag} 100644 0cfb 0\ta b")), Some(expected), "{tag}");
        }
        assert_eq!(flag(""), None);
    }

    /// A description, a change of a repository with `a`, `b` and `crate/c`, the expected hidden
    /// changes, and whether a workspace in `crate` and one in the root are refused.
    type HiddenChangeCase = (&'static str, fn(&Path), &'static [&'static str], [bool; 2]);

    fn mark(at: &Path, how: &str, path: &str) {
        git(at, &["update-index", how, path]);
    }

    const ASSUME: &str = "--assume-unchanged";
    const SKIP: &str = "--skip-worktree";

    const CASES: [HiddenChangeCase; 8] = [
        ("nothing", |_| {}, &[], [false; 2]),
        ("a mark alone", |at| mark(at, ASSUME, "a"), &[], [false; 2]),
        (
            "a change that is assumed not to be",
            |at| {
                mark(at, ASSUME, "a");
                fs::write(at.join("a"), "changed").unwrap();
            },
            &["a"],
            [false; 2],
        ),
        (
            "a change of a skipped file",
            |at| {
                mark(at, SKIP, "crate/c");
                fs::write(at.join("crate/c"), "changed").unwrap();
            },
            &["crate/c"],
            [false; 2],
        ),
        (
            "a file that is gone",
            |at| {
                mark(at, ASSUME, "a");
                fs::remove_file(at.join("a")).unwrap();
            },
            &["a"],
            [false, true],
        ),
        (
            "a folder in the place of a file",
            |at| {
                mark(at, ASSUME, "a");
                fs::remove_file(at.join("a")).unwrap();
                fs::create_dir(at.join("a")).unwrap();
            },
            &["a"],
            [false; 2],
        ),
        (
            "a sparse checkout around the workspace",
            |at| drop(git(at, &["sparse-checkout", "set", "--no-cone", "/*", "!/b"])),
            &[],
            [false, true],
        ),
        (
            "a sparse checkout of the workspace",
            |at| drop(git(at, &["sparse-checkout", "set", "--no-cone", "/*", "!/crate/c"])),
            &[],
            [true, true],
        ),
    ];

    #[test]
    fn what_git_does_not_compare_is_compared() {
        for (what, change, changed, refused) in CASES {
            let dir = tempfile::tempdir().unwrap();
            let at = dir.path();
            git(at, &["init", "--quiet", "--initial-branch=main"]);
            fs::create_dir(at.join("crate")).unwrap();
            for path in ["a", "b", "crate/c", "crate/d"] {
                fs::write(at.join(path), path).unwrap();
            }
            git(at, &["add", "--all"]);
            let head = commit(at, "first");
            change(at);
            let open = |dir: &Path| Repository::open(dir, &HistoryRef::default()).unwrap();
            let root = open(at);
            assert_eq!(root.hidden_changes().unwrap(), changed, "{what}");
            assert_eq!(root.head().unwrap().dirty, !changed.is_empty(), "{what}");
            assert_eq!(root.changed_files(&head).unwrap(), changed, "{what}");
            assert_eq!(root.hidden_change_note().unwrap().is_some(), !changed.is_empty());
            let is_refused = |at: &Path| open(at).check_nothing_left_out().is_err();
            assert_eq!([is_refused(&at.join("crate")), is_refused(at)], refused, "{what}");
        }
    }

    /// Writes as many bytes as before, at the same time: only the time of the inode differs.
    fn replace_unseen(path: &Path) {
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        fs::write(path, "y").unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(modified).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn settings_that_hide_changes_are_not_followed() {
        let settings: [&[[&str; 2]]; 3] = [
            &[["core.trustctime", "false"], ["core.checkStat", "minimal"]],
            &[["core.ignoreStat", "true"]],
            &[["core.fsmonitor", "true #"], ["core.fsmonitorHookVersion", "1"]],
        ];
        for settings in settings {
            let dir = tempfile::tempdir().unwrap();
            let at = dir.path();
            git(at, &["init", "--quiet", "--initial-branch=main"]);
            settings.iter().for_each(|[key, value]| drop(git(at, &["config", key, value])));
            fs::write(at.join("a"), "x").unwrap();
            let file = fs::File::options().write(true).open(at.join("a")).unwrap();
            file.set_modified(
                std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000),
            )
            .unwrap();
            git(at, &["add", "a"]);
            let head = commit(at, "first");
            git(at, &["reset", "--quiet", "--hard"]);
            git(at, &["status"]);
            // Git compares whole seconds.
            std::thread::sleep(std::time::Duration::from_millis(1100));
            replace_unseen(&at.join("a"));
            assert_eq!(git(at, &["status", "--porcelain"]), "", "{settings:?}");
            let repository = Repository::open(at, &HistoryRef::default()).unwrap();
            assert!(repository.head().unwrap().dirty, "{settings:?}");
            assert_eq!(repository.changed_files(&head).unwrap(), ["a"], "{settings:?}");
        }
    }
}

//! The files of a work tree, by which a later build finds the changed ones.

use super::answer;
use super::git::{COMPARE_ALL_FILES, git};
use super::index::{self, IndexEntry};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use xshell::{Cmd, Shell};

/// The tracked files and new sources by path, each with its object or a stamp of size and time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceState {
    /// The folder that the paths are relative to.
    #[serde(skip)]
    root: PathBuf,
    files: BTreeMap<String, String>,
}

impl SourceState {
    /// The files of the work tree around `dir` with uncommitted changes, without those below
    /// `target`. `None` without a repository.
    pub(crate) fn around(dir: &Path, target: &Path) -> Result<Option<Self>> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        sh.change_dir(dir);
        let root = answer(git!(sh, "git rev-parse --show-toplevel")).ok().flatten();
        let Some(root) = root.map(PathBuf::from) else { return Ok(None) };
        sh.change_dir(&root);
        let read = Self::read(root, || git!(sh, "git {COMPARE_ALL_FILES...}"));
        let state = read.context("cannot list the files of the work tree")?;
        Ok(Some(state.without(target)))
    }

    /// Reads the work tree at `root`; `git` runs there.
    pub(super) fn read<'a>(root: PathBuf, git: impl Fn() -> Cmd<'a>) -> Result<Self> {
        let (hidden, compared): (Vec<_>, Vec<_>) =
            index::entries(git())?.into_iter().partition(IndexEntry::is_hidden);
        // Mode and object identify the contents of a file that equals the index.
        let mut files: BTreeMap<String, String> =
            compared.into_iter().map(|entry| (entry.path, entry.state)).collect();
        // The index has no object for files that were changed after `git add`, or never added.
        let changed = ["--no-optional-locks", "diff", "--name-only", "--no-renames", "-z", "--"];
        // Other untracked files are logs and results rather than sources.
        let others = ["ls-files", "--others", "--exclude-standard", "-z", "--", "*.rs", "*.toml"];
        let unknown = [paths(git().args(changed))?, paths(git().args(others))?].concat();
        for path in unknown.into_iter().chain(hidden.into_iter().map(|entry| entry.path)) {
            match stamp(&root.join(&path)) {
                Some(stamp) => files.insert(path, stamp),
                None => files.remove(&path),
            };
        }
        // Cargo compares the contents of lock files, and writes them itself.
        files.retain(|path, _| !path.ends_with("Cargo.lock"));
        Ok(Self { root, files })
    }

    /// Whether a file differs from its state `before`, and its modification time is not after
    /// `built`. A build that compares these times would treat it as unchanged.
    pub(crate) fn hides_change(&self, before: &Self, built: SystemTime) -> bool {
        let is_old = |path: &String| self.modified(path).is_some_and(|time| time <= built);
        // A new path was in no build, and the file that includes it has changed too.
        let changed =
            |(path, id): &(&String, &String)| before.files.get(*path).is_some_and(|was| was != *id);
        self.files.iter().filter(changed).any(|(path, _)| is_old(path))
    }

    /// Whether a file was modified at `built` or earlier, for a build from unknown sources.
    pub(crate) fn may_hide_change(&self, built: SystemTime) -> bool {
        self.files.keys().filter_map(|path| self.modified(path)).any(|time| time <= built)
    }

    /// Both states combined. A file that differs counts as changed in any later comparison.
    pub(crate) fn mixed(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        for (path, id) in &other.files {
            if mixed.files.get(path) != Some(id) {
                mixed.files.insert(path.clone(), String::new());
            }
        }
        mixed
    }

    /// Adds the files of a folder below the root, e.g. of a submodule.
    pub(super) fn add_below(&mut self, folder: &str, other: Self) {
        let below = other.files.into_iter().map(|(path, id)| (format!("{folder}/{path}"), id));
        self.files.extend(below);
    }

    /// The same with further files. `paths` are relative to the root of the work tree.
    #[must_use]
    pub(crate) fn with_files<'a>(mut self, paths: impl Iterator<Item = &'a String>) -> Self {
        for path in paths {
            if let Some(stamp) = stamp(&self.root.join(path)) {
                self.files.insert(path.clone(), stamp);
            }
        }
        self
    }

    fn without(mut self, folder: &Path) -> Self {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let below = real(&self.root).zip(real(folder));
        if let Some(Ok(below)) = below.as_ref().map(|(root, folder)| folder.strip_prefix(root)) {
            self.files.retain(|path, _| !Path::new(path).starts_with(below));
        }
        self
    }

    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.files.keys()
    }

    fn modified(&self, path: &str) -> Option<SystemTime> {
        let metadata = fs::symlink_metadata(self.root.join(path));
        metadata.and_then(|metadata| metadata.modified()).ok()
    }
}

/// Size and modification time of a file that git has no object for.
fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let modified = metadata.modified().ok()?;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Some(format!("{} bytes at {}", metadata.len(), since.as_nanos()))
}

fn paths(command: Cmd<'_>) -> Result<Vec<String>> {
    let output = command.quiet().output()?;
    let text = super::text(output.stdout);
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::base_commit::tests::{commit, git};
    use super::*;
    use std::time::Duration;

    /// A description, a change of the work tree, and whether its modification times hide it.
    type ChangeCase = (&'static str, fn(&Path), bool);

    const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

    fn age(path: &Path) {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + LONG_AGO).unwrap();
    }

    const CASES: [ChangeCase; 12] = [
        ("nothing", |_| {}, false),
        ("an old time alone", |at| age(&at.join("a.rs")), false),
        ("a change", |at| fs::write(at.join("a.rs"), "changed").unwrap(), false),
        ("an untracked file", |at| fs::write(at.join("new.rs"), "new").unwrap(), false),
        ("a file that is gone", |at| fs::remove_file(at.join("a.rs")).unwrap(), false),
        ("a build", |at| fs::write(at.join("target/a.rs"), "").unwrap(), false),
        ("a new name", |at| fs::rename(at.join("b.rs"), at.join("c.rs")).unwrap(), false),
        (
            "a file in the place of another",
            |at| fs::rename(at.join("b.rs"), at.join("a.rs")).unwrap(),
            true,
        ),
        (
            "a change with an old time that git is set to ignore",
            |at| {
                git(at, &["update-index", "--assume-unchanged", "a.rs"]);
                fs::write(at.join("a.rs"), "changed").unwrap();
                age(&at.join("a.rs"));
            },
            true,
        ),
        ("an ignored file", |at| fs::write(at.join("x.ignored"), "").unwrap(), false),
        (
            "a change with an old time",
            |at| {
                fs::write(at.join("a.rs"), "changed").unwrap();
                age(&at.join("a.rs"));
            },
            true,
        ),
        (
            "a commit with an old time",
            |at| {
                fs::write(at.join("a.rs"), "other").unwrap();
                git(at, &["commit", "--quiet", "--all", "--message=other"]);
                age(&at.join("a.rs"));
            },
            true,
        ),
    ];

    #[test]
    fn changes_that_times_do_not_show_are_found() {
        for (what, change, hidden) in CASES {
            let dir = tempfile::tempdir().unwrap();
            git(dir.path(), &["init", "--quiet", "--initial-branch=main"]);
            fs::write(dir.path().join("a.rs"), "first").unwrap();
            fs::write(dir.path().join("b.rs"), "second").unwrap();
            fs::create_dir(dir.path().join("target")).unwrap();
            fs::write(dir.path().join("target/b.rs"), "").unwrap();
            fs::write(dir.path().join(".gitignore"), "*.ignored").unwrap();
            git(dir.path(), &["add", "a.rs", "b.rs", ".gitignore"]);
            commit(dir.path(), "first");
            let target = dir.path().join("target");
            let state = || SourceState::around(dir.path(), &target).unwrap().unwrap();
            let before = state();
            let built = SystemTime::now();
            std::thread::sleep(Duration::from_millis(20));
            change(dir.path());
            let after = state();
            assert_eq!(after.hides_change(&before, built), hidden, "{what}");
            assert!(!after.hides_change(&after.mixed(&after), built), "{what}");
            assert!(after.may_hide_change(built), "{what}");
            assert!(after.files.keys().all(|path| !path.starts_with("target/")), "{what}");
        }
    }

    #[test]
    fn a_file_of_one_of_two_builds_has_changed_since_both() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.rs"), "").unwrap();
        let state = |id: &str| SourceState {
            root: dir.path().to_owned(),
            files: [("a.rs".to_owned(), id.to_owned())].into(),
        };
        let (one, other) = (state("1"), state("2"));
        let now = SystemTime::now() + Duration::from_secs(5);
        assert!(one.hides_change(&other.mixed(&one), now));
        assert!(other.hides_change(&other.mixed(&one), now));
        assert!(!one.hides_change(&one.mixed(&one), now));
    }
}

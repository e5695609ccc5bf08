//! The work tree that the base of a comparison is checked out into.
//!
//! It is kept in a cache, where other programs may have damaged it. With a broken `.git`, git would
//! find a repository around the cache and change that one. Git is therefore run only if the tree
//! belongs to this repository, and with explicit folders.
//!
//! Its submodules come from the git directories of the checkout's submodules, with an index of
//! their own. Nothing is fetched, and the submodules of the checkout are not touched.

use super::Repository;
use super::git::{COMPARE_ALL_FILES, git};
use super::index;
use super::source_state::SourceState;
use super::submodules::BaseSubmodule;
use crate::files::remove;
use anyhow::{Context as _, Result, ensure};
use perf_judge::ident::digest;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell};

const NO_HOOKS: &str = "core.hooksPath=/dev/null";
/// Git would use the git directories of the checkout's submodules.
const NO_SUBMODULES: &str = "submodule.recurse=false";
/// A new work tree would inherit the sparse checkout.
const NO_SPARSE: &str = "core.sparseCheckout=false";

impl Repository {
    /// Checks a commit out into the work tree at `tree`, and returns its files.
    ///
    /// A tree that is damaged or belongs to another repository is replaced. Hooks do not run, and
    /// files of other commits and builds are removed.
    pub(crate) fn check_out(&self, commit: &str, tree: &Path) -> Result<SourceState> {
        let submodules = self.base_submodules(commit)?;
        let switch = |admin: PathBuf| -> Result<SourceState> {
            let mut sources = switch(tree, &admin, commit)?;
            for submodule in &submodules {
                sources.add_below(&submodule.path, fill(submodule, tree, &admin)?);
            }
            Ok(sources)
        };
        let existing = self.admin_dir(tree)?.map(switch);
        if let Some(Ok(files)) = existing {
            return Ok(files);
        }
        let cannot = || format!("cannot check {commit} out into {}", tree.display());
        self.make_tree(commit, tree).with_context(cannot)?;
        let admin = self.admin_dir(tree)?;
        let admin = admin
            .context("git did not create a work tree there. Remove the folder, and try again")
            .with_context(cannot)?;
        switch(admin).with_context(cannot)
    }

    fn make_tree(&self, commit: &str, tree: &Path) -> Result<()> {
        remove(tree)?;
        // With two `--force`, git accepts a registered tree that was removed or is locked.
        let add = ["worktree", "add", "--quiet", "--detach", "--force", "--force"];
        Ok(git(&self.sh).args(add).arg(tree).arg(commit).quiet().run()?)
    }

    /// The folder of this repository with the index and HEAD of the work tree at `tree`. `None` if
    /// the two do not link to each other.
    pub(super) fn admin_dir(&self, tree: &Path) -> Result<Option<PathBuf>> {
        let trees = self.common_dir()?.join("worktrees");
        Ok(linked(tree).filter(|admin| real(admin.parent()) == real(Some(&trees))))
    }
}

/// The folder that the `.git` file of a work tree links to, if that links back to the tree.
fn linked(tree: &Path) -> Option<PathBuf> {
    let link = tree.join(".git");
    let is_folder = fs::symlink_metadata(tree).ok()?.is_dir();
    let is_file = fs::symlink_metadata(&link).ok()?.is_file();
    let named = fs::read_to_string(&link).ok()?;
    let admin = tree.join(named.strip_prefix("gitdir: ")?.trim_end());
    let back = fs::read_to_string(admin.join("gitdir")).ok()?;
    let names_back = real(Some(&admin.join(back.trim_end()))) == real(Some(&link));
    (is_folder && is_file && names_back).then_some(admin)
}

/// An existing path without symbolic links, so that two spellings of it compare equal.
fn real(path: Option<&Path>) -> Option<PathBuf> {
    fs::canonicalize(path?).ok()
}

fn switch(tree: &Path, admin: &Path, commit: &str) -> Result<SourceState> {
    let sh = Shell::new()?;
    sh.change_dir(tree);
    let git = || git(&sh).env("GIT_DIR", admin).env("GIT_WORK_TREE", tree).quiet();
    let checkout = git().args(["checkout", "--quiet", "--detach", "--force", commit]);
    checkout.ignore_stdout().ignore_stderr().run()?;
    git().args(["clean", "-ffdxq"]).run()?;
    let is_complete = !index::entries(git())?.iter().any(index::IndexEntry::is_hidden);
    ensure!(is_complete, "git leaves files out of the work tree, or does not compare them");
    SourceState::read(tree.to_owned(), git)
}

/// Checks a submodule out into its folder of the work tree. `admin` is the work tree's folder in
/// the git directory. It keeps the index, so that only changed files are written.
fn fill(submodule: &BaseSubmodule, tree: &Path, admin: &Path) -> Result<SourceState> {
    let BaseSubmodule { path, commit, git_dir } = submodule;
    let place = tree.join(path);
    let is_folder = fs::symlink_metadata(&place).is_ok_and(|place| place.is_dir());
    ensure!(is_folder, "git left no folder for the submodule {path}");
    remove(&place.join(".git"))?;
    let indexes = admin.join("perf-submodules");
    fs::create_dir_all(&indexes)?;
    let index = indexes.join(format!("{:016x}", digest(path.as_bytes())));
    let sh = Shell::new()?;
    sh.change_dir(&place);
    let git = || {
        let git = git(&sh).env("GIT_DIR", git_dir).env("GIT_WORK_TREE", &place);
        git.env("GIT_INDEX_FILE", &index).quiet()
    };
    let read = || git().args(["read-tree", "--reset", "-u", commit]).ignore_stderr().run();
    if read().is_err() {
        // A killed process left it behind, or another one damaged it.
        remove(&index.with_extension("lock"))?;
        remove(&index)?;
        read().with_context(|| format!("cannot check the submodule {path} out"))?;
    }
    git().args(["clean", "-ffdxq"]).run()?;
    SourceState::read(place.clone(), git)
}

/// Git without hooks, submodules and sparse checkouts, in the folder of `sh`.
fn git(sh: &Shell) -> Cmd<'_> {
    git!(sh, "git -c {NO_HOOKS} -c {NO_SUBMODULES} -c {NO_SPARSE} {COMPARE_ALL_FILES...}")
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, forked, git};
    use super::*;

    /// The folders of a test.
    struct TestFolders {
        repository: PathBuf,
        tree: PathBuf,
        /// Another repository, and a work tree of it.
        other: PathBuf,
        /// A work tree of the user's.
        own: PathBuf,
    }

    impl TestFolders {
        fn admin(&self) -> PathBuf {
            linked(&self.tree).unwrap()
        }

        fn link(&self, text: &str) {
            fs::write(self.tree.join(".git"), text).unwrap();
        }

        fn link_of(&self, tree: &Path) -> String {
            fs::read_to_string(tree.join(".git")).unwrap()
        }

        fn assert_unchanged(&self, first: &str) {
            for tree in [&self.own, &self.other] {
                assert_eq!(git(tree, &["status", "--porcelain"]), "?? kept");
                assert_eq!(git(tree, &["symbolic-ref", "--short", "HEAD"]), "elsewhere");
            }
            assert_eq!(git(&self.repository, &["rev-parse", "main~1"]), first);
        }
    }

    type TreeDamage = (&'static str, fn(&TestFolders));

    const DAMAGES: [TreeDamage; 23] = [
        ("none", |_| {}),
        ("no tree", |at| fs::remove_dir_all(&at.tree).unwrap()),
        ("a file for the tree", |at| {
            fs::remove_dir_all(&at.tree).unwrap();
            fs::write(&at.tree, "").unwrap();
        }),
        ("no files", |at| fs::remove_file(at.tree.join("file")).unwrap()),
        ("other files", |at| fs::write(at.tree.join("file"), "damaged").unwrap()),
        ("no .git", |at| fs::remove_file(at.tree.join(".git")).unwrap()),
        ("an empty .git", |at| at.link("")),
        ("a .git that is no link", |at| at.link("\0binary\n")),
        ("a .git that leads nowhere", |at| at.link("gitdir: /nowhere/worktrees/tree\n")),
        ("a folder for .git", |at| {
            fs::remove_file(at.tree.join(".git")).unwrap();
            fs::create_dir(at.tree.join(".git")).unwrap();
        }),
        ("the .git of another repository", |at| {
            fs::remove_file(at.tree.join(".git")).unwrap();
            git(&at.tree, &["init", "--quiet"]);
        }),
        ("the .git of another repository's work tree", |at| at.link(&at.link_of(&at.other))),
        ("the .git of the user's work tree", |at| at.link(&at.link_of(&at.own))),
        ("a lock left behind", |at| fs::write(at.admin().join("index.lock"), "").unwrap()),
        ("a broken index", |at| fs::write(at.admin().join("index"), "DIRC").unwrap()),
        ("a change that git is set to ignore", |at| {
            git(&at.tree, &["update-index", "--assume-unchanged", "file"]);
            fs::write(at.tree.join("file"), "damaged").unwrap();
        }),
        ("a file that git is set to leave out", |at| {
            git(&at.tree, &["update-index", "--skip-worktree", "file"]);
            fs::remove_file(at.tree.join("file")).unwrap();
        }),
        ("a sparse checkout", |at| {
            git(&at.tree, &["sparse-checkout", "set", "--no-cone", "/*", "!/file"]);
        }),
        ("a sparse checkout of the repository", |at| {
            git(&at.repository, &["sparse-checkout", "set", "--no-cone", "/*", "!/file"]);
            fs::remove_dir_all(&at.tree).unwrap();
        }),
        ("a repository that ignores modification times", |at| {
            git(&at.repository, &["config", "core.ignoreStat", "true"]);
            fs::remove_dir_all(&at.tree).unwrap();
        }),
        ("a broken HEAD", |at| fs::write(at.admin().join("HEAD"), "nothing").unwrap()),
        ("no common folder", |at| fs::remove_file(at.admin().join("commondir")).unwrap()),
        ("a locked tree that was removed", |at| {
            git(&at.repository, &["worktree", "lock", at.tree.to_str().unwrap()]);
            fs::remove_dir_all(&at.tree).unwrap();
        }),
    ];

    /// A work tree at `at` on a branch of its own, with a file that git does not know.
    fn work_tree(repository: &Path, at: &Path) {
        let path = at.to_str().unwrap();
        git(repository, &["worktree", "add", "--quiet", "-b", "elsewhere", path]);
        fs::write(at.join("kept"), "by the user").unwrap();
    }

    #[test]
    fn a_damaged_tree_is_made_again_and_nothing_else_is_touched() {
        for (damage, apply) in DAMAGES {
            let (dir, [first, ..]) = forked();
            let (stranger, _) = forked();
            let around = tempfile::tempdir().unwrap();
            // As where the home is a repository: git would find it from a broken tree.
            git(around.path(), &["init", "--quiet", "--initial-branch=elsewhere"]);
            fs::write(around.path().join("file"), "of the user").unwrap();
            git(around.path(), &["add", "file"]);
            let around_head = commit(around.path(), "around");
            let folders = TestFolders {
                repository: dir.path().to_owned(),
                tree: around.path().join("cache/tree"),
                other: stranger.path().join("other"),
                own: dir.path().join("own"),
            };
            fs::write(dir.path().join("file"), "of the commit").unwrap();
            git(dir.path(), &["add", "file"]);
            let wanted = commit(dir.path(), "with a file");
            work_tree(dir.path(), &folders.own);
            work_tree(stranger.path(), &folders.other);
            let repository = Repository::open(dir.path(), &HistoryRef::default()).unwrap();
            repository.check_out(&wanted, &folders.tree).unwrap();

            apply(&folders);
            let checked_out = repository.check_out(&wanted, &folders.tree);
            checked_out.unwrap_or_else(|error| panic!("{damage}: {error:#}"));
            let file = fs::read_to_string(folders.tree.join("file")).unwrap();
            assert_eq!(file, "of the commit", "{damage}");
            assert_eq!(git(&folders.tree, &["rev-parse", "HEAD"]), wanted, "{damage}");
            assert_eq!(git(&folders.tree, &["status", "--porcelain"]), "", "{damage}");
            folders.assert_unchanged(&first);
            assert_eq!(git(around.path(), &["rev-parse", "HEAD"]), around_head, "{damage}");
            assert_eq!(git(around.path(), &["status", "--porcelain"]), "?? cache/", "{damage}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_tree_is_not_followed() {
        let (dir, [first, ..]) = forked();
        let (cache, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(elsewhere.path().join("kept"), "").unwrap();
        let tree = cache.path().join("tree");
        std::os::unix::fs::symlink(elsewhere.path(), &tree).unwrap();
        let repository = Repository::open(dir.path(), &HistoryRef::default()).unwrap();
        repository.check_out(&first, &tree).unwrap();
        assert!(elsewhere.path().join("kept").exists());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_repository_that_is_made_again_at_the_same_path_has_its_tree_again() {
        let (dir, [first, ..]) = forked();
        let cache = tempfile::tempdir().unwrap();
        let (path, tree) = (cache.path().join("clone"), cache.path().join("tree"));
        for _ in 0..2 {
            let origin = dir.path().to_str().unwrap();
            git(cache.path(), &["clone", "--quiet", origin, path.to_str().unwrap()]);
            let repository = Repository::open(&path, &HistoryRef::default()).unwrap();
            repository.check_out(&first, &tree).unwrap();
            assert_eq!(git(&tree, &["rev-parse", "HEAD"]), first);
            fs::remove_dir_all(&path).unwrap();
        }
    }

    #[test]
    fn submodules_of_the_tree_are_left_alone_whatever_is_configured() {
        let (dir, [first, ..]) = forked();
        let (data, _) = forked();
        let at = dir.path();
        let url = data.path().to_str().unwrap();
        let allow = ["-c", "protocol.file.allow=always"];
        git(at, &[&allow[..], &["submodule", "--quiet", "add", url, "data"]].concat());
        let with = commit(at, "with a submodule");
        git(at, &["submodule", "--quiet", "deinit", "--force", "data"]);
        git(at, &["config", "submodule.recurse", "true"]);
        git(at, &["config", "submodule.active", "."]);
        let cache = tempfile::tempdir().unwrap();
        let tree = cache.path().join("tree");
        let repository = Repository::open(at, &HistoryRef::default()).unwrap();
        repository.check_out(&first, &tree).unwrap();
        let admin = repository.admin_dir(&tree).unwrap().unwrap();
        switch(&tree, &admin, &with).unwrap();
        assert_eq!(fs::read_dir(tree.join("data")).unwrap().count(), 0);
    }

    fn add_submodule(at: &Path, of: &Path, path: &str) {
        let allow = ["-c", "protocol.file.allow=always"];
        let add = ["submodule", "--quiet", "add", of.to_str().unwrap(), path];
        git(at, &[&allow[..], &add].concat());
    }

    fn write_and_commit(at: &Path, file: &str, text: &str) -> String {
        fs::write(at.join(file), text).unwrap();
        git(at, &["add", "."]);
        commit(at, text)
    }

    #[test]
    fn submodules_of_the_base_are_checked_out_and_those_of_the_checkout_stay() {
        let [project, outer, inner] = [(); 3].map(|()| forked().0);
        let (at, checked_out) = (project.path(), project.path().join("deps/outer"));
        write_and_commit(inner.path(), "inner.rs", "1");
        add_submodule(outer.path(), inner.path(), "inner");
        write_and_commit(outer.path(), "outer.rs", "1");
        add_submodule(at, outer.path(), "deps/outer");
        let recurse = ["submodule", "--quiet", "update", "--init", "--recursive"];
        git(at, &[&["-c", "protocol.file.allow=always"], &recurse[..]].concat());
        let first = commit(at, "with submodules");
        write_and_commit(&checked_out, "outer.rs", "2");
        git(at, &["add", "."]);
        let second = commit(at, "with a newer one");
        let without = {
            git(at, &["rm", "--quiet", "--cached", "deps/outer"]);
            commit(at, "without")
        };
        fs::write(checked_out.join("outer.rs"), "by the user").unwrap();

        let cache = tempfile::tempdir().unwrap();
        let tree = cache.path().join("tree");
        let repository = Repository::open(at, &HistoryRef::default()).unwrap();
        let (file, below) = (tree.join("deps/outer/outer.rs"), tree.join("deps/outer/inner"));
        let damages: [fn(&Path, &Path); 6] = [
            |_, _| {},
            |place, _| fs::write(place.join("outer.rs"), "damaged").unwrap(),
            |place, _| fs::remove_dir_all(place).unwrap(),
            |place, _| fs::write(place.join("inner/left over.rs"), "by a build").unwrap(),
            |place, _| git(place, &["init", "--quiet"]).clear(),
            |_, admin| {
                for index in fs::read_dir(admin.join("perf-submodules")).unwrap() {
                    fs::write(index.unwrap().path(), "DIRC").unwrap();
                }
            },
        ];
        for damage in damages {
            for (commit, text) in [(&second, "2"), (&first, "1")] {
                repository.check_out(commit, &tree).unwrap();
                assert_eq!(fs::read_to_string(&file).unwrap(), text);
                assert_eq!(fs::read_to_string(below.join("inner.rs")).unwrap(), "1");
                assert!(!below.join("left over.rs").exists());
            }
            let written = fs::metadata(&file).unwrap().modified().unwrap();
            let sources = repository.check_out(&first, &tree).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
            let has = |path: &str| sources.paths().any(|known| known == path);
            assert!(has("deps/outer/outer.rs") && has("deps/outer/inner/inner.rs"));
            damage(&tree.join("deps/outer"), &linked(&tree).unwrap());
        }
        repository.check_out(&without, &tree).unwrap();
        assert!(!tree.join("deps").exists());
        assert_eq!(fs::read_to_string(checked_out.join("outer.rs")).unwrap(), "by the user");
        assert_eq!(git(&checked_out, &["status", "--porcelain"]), "M outer.rs");
    }

    #[test]
    fn a_tree_is_used_again_for_another_commit() {
        let (dir, [first, second, _]) = forked();
        let cache = tempfile::tempdir().unwrap();
        let tree = cache.path().join("tree");
        let repository = Repository::open(dir.path(), &HistoryRef::default()).unwrap();
        for commit in [&first, &second, &first] {
            repository.check_out(commit, &tree).unwrap();
            assert_eq!(git(&tree, &["rev-parse", "HEAD"]), *commit);
            fs::write(tree.join("left over"), "by a build").unwrap();
        }
        // The cache was emptied.
        fs::remove_dir_all(&tree).unwrap();
        repository.check_out(&second, &tree).unwrap();
        assert!(!tree.join("left over").exists());
    }
}

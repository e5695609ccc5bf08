//! Submodules of the checkout, and those of a base with their places in this clone.

use super::base_commit::BaseCommit;
use super::git::{COMPARE_ALL_FILES, git};
use super::{Repository, text};
use anyhow::{Context as _, Result, bail, ensure};
use perf_report::visible;
use std::fs;
use std::path::{Path, PathBuf};

/// The mode of a submodule's entry in a tree.
const SUBMODULE: &str = "160000";
/// The largest number of submodules of a base, nested ones included.
const MAX_SUBMODULES: usize = 1000;

/// A submodule of a base.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BaseSubmodule {
    /// Its path in the work tree, with `/`.
    pub(super) path: String,
    /// The commit that the base records.
    pub(super) commit: String,
    /// A git directory of this clone that has the commit.
    pub(super) git_dir: PathBuf,
}

impl Repository {
    /// Fails if this clone lacks a commit of a submodule of `base`.
    pub(crate) fn check_submodules(&self, base: &BaseCommit) -> Result<()> {
        let cannot = || format!("cannot build {}, the {}", base.commit.short(), base.label);
        self.base_submodules(&base.commit.hash).map(drop).with_context(cannot)
    }

    /// The submodules of a commit that the checkout uses or no longer has, each before those that it
    /// contains. A submodule that neither side checks out is left out.
    ///
    /// Each is searched by its commit in all git directories of submodules, because the hash
    /// identifies the contents. Names and addresses in `.gitmodules` are not used.
    pub(super) fn base_submodules(&self, commit: &str) -> Result<Vec<BaseSubmodule>> {
        let (root, git_dirs) = (self.root(), self.module_dirs()?);
        let mut found: Vec<BaseSubmodule> = Vec::new();
        let mut open = vec![(String::new(), self.common_dir()?, commit.to_owned())];
        while let Some((above, git_dir, commit)) = open.pop() {
            for (path, commit) in self.submodules_of(&git_dir, &commit)? {
                let path = format!("{above}{path}");
                if is_empty(&root.join(&path)) {
                    continue;
                }
                ensure!(
                    found.len() < MAX_SUBMODULES,
                    "it has more than {MAX_SUBMODULES} submodules"
                );
                let own = linked_git_dir(&root.join(&path));
                let mut candidates = own.iter().chain(&git_dirs);
                let Some(git_dir) = candidates.find(|dir| self.has_commit_in(dir, &commit)) else {
                    bail!("{}", missing(&path, &commit, own.is_some()));
                };
                open.push((format!("{path}/"), git_dir.clone(), commit.clone()));
                found.push(BaseSubmodule { path, commit, git_dir: git_dir.clone() });
            }
        }
        Ok(found)
    }

    /// The git directories of submodules that this clone has fetched, also of those that the
    /// checkout no longer has.
    fn module_dirs(&self) -> Result<Vec<PathBuf>> {
        let sh = &self.sh;
        let own = git!(sh, "git rev-parse --absolute-git-dir").quiet().read();
        let own = PathBuf::from(own.context("cannot find the git directory")?);
        let mut found = Vec::new();
        for dir in [own, self.common_dir()?] {
            add_git_dirs(&dir.join("modules"), &mut found);
        }
        Ok(found)
    }

    fn has_commit_in(&self, git_dir: &Path, commit: &str) -> bool {
        let (sh, object) = (&self.sh, format!("{commit}^{{commit}}"));
        let exists = git!(sh, "git --git-dir {git_dir} cat-file -e {object}");
        exists.quiet().ignore_stdout().ignore_stderr().run().is_ok()
    }

    /// Notes on submodules of the checkout that differ from the commit that HEAD records.
    pub(crate) fn submodule_notes(&self) -> Result<Vec<String>> {
        let sh = &self.sh;
        let status = git!(
            sh,
            "git {COMPARE_ALL_FILES...} --no-optional-locks status --porcelain=v2 -z --untracked-files=no --ignore-submodules=untracked --no-renames"
        );
        let status = status.quiet().output().context("cannot read the repository's status")?;
        Ok(text(status.stdout).split('\0').filter_map(note).collect())
    }

    /// Paths and commits of the submodules of a commit.
    fn submodules_of(&self, git_dir: &Path, commit: &str) -> Result<Vec<(String, String)>> {
        let sh = &self.sh;
        let tree = git!(sh, "git --git-dir {git_dir} ls-tree -r -z --full-tree {commit}");
        let tree = tree.quiet().output().with_context(|| format!("cannot read {commit}"))?;
        let tree = text(tree.stdout);
        let entries = tree.split('\0').filter_map(|entry| entry.split_once('\t'));
        let submodules = entries.filter_map(|(header, path)| {
            let mut fields = header.split(' ').filter(|_| header.starts_with(SUBMODULE));
            Some((path.to_owned(), fields.nth(2)?.to_owned()))
        });
        Ok(submodules.collect())
    }
}

/// The error that this clone lacks the commit of a submodule.
fn missing(path: &str, commit: &str, is_checked_out: bool) -> String {
    let (path, short) = (visible(path), commit.get(..12).unwrap_or(commit));
    let fix = if is_checked_out {
        format!("run `git -C {path} fetch origin {commit}`")
    } else {
        "check it out in a clone once, and run `git submodule update --init --recursive` there"
            .to_owned()
    };
    format!("this clone lacks {short}, the commit of its submodule {path}: {fix}")
}

/// The git directory that the `.git` of a checked-out submodule is, or links to.
fn linked_git_dir(submodule: &Path) -> Option<PathBuf> {
    let link = submodule.join(".git");
    if link.is_dir() {
        return Some(link);
    }
    let named = fs::read_to_string(&link).ok()?;
    Some(submodule.join(named.strip_prefix("gitdir: ")?.trim_end()))
}

/// Adds the git directories below `modules`. A submodule's name can have several parts.
fn add_git_dirs(modules: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(modules).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let dir = entry.path();
        if is_folder && dir.join("HEAD").is_file() && dir.join("objects").is_dir() {
            add_git_dirs(&dir.join("modules"), found);
            found.push(dir);
        } else if is_folder {
            add_git_dirs(&dir, found);
        }
    }
}

/// Whether the folder exists and is empty. Git leaves such a folder for a submodule.
fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The note for an entry of `git status`, if it is of a changed submodule: `1 XY SCMU …`.
fn note(entry: &str) -> Option<String> {
    let mut fields = entry.splitn(9, ' ');
    let (changes, submodule) = (fields.nth(1)?, fields.next()?);
    let path = fields.nth(5)?;
    let is_moved = !changes.starts_with('.') || submodule.contains('C');
    let difference = match (is_moved, submodule.contains('M')) {
        (true, false) => "is not at the commit that HEAD records",
        (false, true) => "has uncommitted changes",
        (true, true) => "is not at the commit that HEAD records, and has uncommitted changes",
        (false, false) => return None,
    };
    let is_submodule = submodule.starts_with('S');
    let path = visible(path);
    is_submodule.then(|| format!("the submodule {path} {difference}. It is measured as it is"))
}

#[cfg(test)]
mod tests {
    use super::super::HistoryRef;
    use super::super::base_commit::tests::{commit, git};
    use super::*;

    /// A repository with a commit that has the submodule `vendor/dep`, which is checked out.
    fn with_submodule() -> [tempfile::TempDir; 2] {
        let [repository, dependency] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for dir in [&repository, &dependency] {
            git(dir.path(), &["init", "--quiet", "--initial-branch=main"]);
            fs::write(dir.path().join("file"), "").unwrap();
            git(dir.path(), &["add", "file"]);
            commit(dir.path(), "first");
        }
        let url = dependency.path().to_str().unwrap();
        let allow = ["-c", "protocol.file.allow=always"];
        let add = [&allow[..], &["submodule", "--quiet", "add", url, "vendor/dep"]].concat();
        git(repository.path(), &add);
        commit(repository.path(), "with a submodule");
        [repository, dependency]
    }

    fn submodules(dir: &Path, base: &str) -> Result<Vec<String>> {
        let repository = Repository::open(dir, &HistoryRef::default()).unwrap();
        let base = repository.describe(base, "tip of main").unwrap();
        repository.check_submodules(&base)?;
        let found = repository.base_submodules(&base.commit.hash)?;
        Ok(found.into_iter().map(|submodule| submodule.path).collect())
    }

    #[test]
    fn submodules_that_are_used_or_gone_are_found_in_this_clone() {
        let [repository, _dependency] = with_submodule();
        let at = repository.path();
        assert_eq!(submodules(at, "HEAD").unwrap(), ["vendor/dep"]);
        assert!(submodules(at, "HEAD^").unwrap().is_empty());
        git(at, &["submodule", "--quiet", "deinit", "--force", "vendor/dep"]);
        assert!(submodules(at, "HEAD").unwrap().is_empty());
        git(at, &["rm", "--quiet", "vendor/dep"]);
        assert_eq!(submodules(at, "HEAD").unwrap(), ["vendor/dep"]);
        fs::remove_dir_all(at.join(".git/modules")).unwrap();
        let error = format!("{:#}", submodules(at, "HEAD").unwrap_err());
        assert!(error.contains("the tip of main: this clone lacks"), "{error}");
        assert!(error.contains("git submodule update --init --recursive"), "{error}");
    }

    /// The command of the error is run as it is printed.
    #[test]
    fn the_commit_of_a_submodule_that_was_not_fetched_can_be() {
        let [repository, dependency] = with_submodule();
        let (at, checked_out) = (repository.path(), repository.path().join("vendor/dep"));
        let newer = commit(dependency.path(), "newer");
        let entry = format!("160000,{newer},vendor/dep");
        git(at, &["update-index", "--cacheinfo", &entry]);
        commit(at, "with a newer one");
        let error = format!("{:#}", submodules(at, "HEAD").unwrap_err());
        let command = error.split('`').nth(1).unwrap();
        assert_eq!(command, format!("git -C vendor/dep fetch origin {newer}"));
        git(at, &command.split(' ').skip(1).collect::<Vec<_>>());
        assert_eq!(submodules(at, "HEAD").unwrap(), ["vendor/dep"]);
        assert_ne!(git(&checked_out, &["rev-parse", "HEAD"]), newer);
    }

    #[test]
    fn a_submodule_that_differs_from_the_commit_is_reported_whatever_is_configured() {
        let [repository, _dependency] = with_submodule();
        let at = repository.path();
        git(at, &["config", "submodule.vendor/dep.ignore", "all"]);
        git(at, &["config", "diff.ignoreSubmodules", "all"]);
        let state = || {
            let repository = Repository::open(at, &HistoryRef::default()).unwrap();
            let notes = repository.submodule_notes().unwrap();
            (notes.join("\n"), repository.head().unwrap().dirty)
        };
        assert_eq!(state(), (String::new(), false));
        fs::write(at.join("vendor/dep/untracked"), "").unwrap();
        assert_eq!(state(), (String::new(), false));
        fs::write(at.join("vendor/dep/file"), "changed").unwrap();
        let (notes, dirty) = state();
        assert!(notes.contains("vendor/dep has uncommitted changes") && dirty, "{notes}");
        commit(&at.join("vendor/dep"), "moved");
        assert!(state().0.contains("HEAD records, and has"), "{}", state().0);
        git(&at.join("vendor/dep"), &["checkout", "--quiet", "--", "file"]);
        let (notes, dirty) = state();
        assert!(notes.contains("is not at the commit that HEAD records.") && dirty, "{notes}");
        let hash = git(at, &["rev-parse", "HEAD"]);
        let opened = Repository::open(at, &HistoryRef::default()).unwrap();
        assert_eq!(opened.changed_files(&hash).unwrap(), ["vendor/dep"]);
    }
}

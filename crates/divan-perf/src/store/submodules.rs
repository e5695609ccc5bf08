//! Submodules. Git does not check them out in the work tree of a base.

use super::base_commit::BaseCommit;
use super::git::{COMPARE_ALL_FILES, git};
use super::{Repository, text};
use anyhow::{Context as _, Result, bail};
use perf_report::visible;
use std::fs;
use std::path::Path;

/// The mode of a submodule's entry in a tree.
const SUBMODULE: &str = "160000";

impl Repository {
    /// Fails if `base` has a submodule that this checkout uses or no longer has: the base would be
    /// built without it. A submodule that neither side checks out is ignored.
    pub(crate) fn check_submodules(&self, base: &BaseCommit) -> Result<()> {
        let root = self.root();
        let mut used = self.submodules_of(&base.commit.hash)?;
        used.retain(|path| !is_empty(&root.join(path)));
        if used.is_empty() {
            return Ok(());
        }
        bail!(
            "cannot build {}, the {}: submodules are not supported in a base, and it has {}. Compare with a commit without them, or measure without --compare",
            base.commit.short(),
            base.label,
            visible(&used.join(", "))
        )
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

    fn submodules_of(&self, commit: &str) -> Result<Vec<String>> {
        let sh = &self.sh;
        let tree = git!(sh, "git ls-tree -r -z --full-tree {commit}");
        let tree = tree.quiet().output().with_context(|| format!("cannot read {commit}"))?;
        let tree = text(tree.stdout);
        let entries = tree.split('\0').filter_map(|entry| entry.split_once('\t'));
        let submodules = entries.filter(|(header, _)| header.starts_with(SUBMODULE));
        Ok(submodules.map(|(_, path)| path.to_owned()).collect())
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

    fn check(dir: &Path, base: &str) -> Option<String> {
        let repository = Repository::open(dir, &HistoryRef::default()).unwrap();
        let base = repository.describe(base, "tip of main").unwrap();
        repository.check_submodules(&base).err().map(|error| error.to_string())
    }

    #[test]
    fn a_base_with_a_submodule_that_is_used_is_refused() {
        let [repository, _dependency] = with_submodule();
        let at = repository.path();
        let refused = check(at, "HEAD").unwrap();
        assert!(refused.contains("the tip of main: submodules are not supported"), "{refused}");
        assert!(refused.contains("vendor/dep"), "{refused}");
        assert_eq!(check(at, "HEAD^"), None);
        git(at, &["submodule", "--quiet", "deinit", "--force", "vendor/dep"]);
        assert_eq!(check(at, "HEAD"), None);
        git(at, &["rm", "--quiet", "vendor/dep"]);
        assert!(check(at, "HEAD").is_some());
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

//! The commit that a checkout is compared with.

use super::git::{COMPARE_ALL_FILES, git};
use super::{Repository, answer, text};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::check_branch;
use perf_judge::history::History;
use perf_judge::run::Commit;
use perf_report::{PreviousCommit, visible};
use std::path::{Path, PathBuf};

/// The base of a comparison.
#[derive(Clone, Debug)]
pub(crate) struct BaseCommit {
    /// The commit.
    pub(crate) commit: Commit,
    /// A description, for example `merge base with main`.
    pub(crate) label: String,
    /// A note about an ambiguous reference.
    pub(crate) note: Option<String>,
}

impl Repository {
    /// The merge base of HEAD and `reference`, or `reference` itself with `tip`.
    ///
    /// A branch has precedence over a tag of the same name, and a local branch over the remote's. A version
    /// such as `1.2` is also found by the tag `v1.2`.
    pub(crate) fn base(&self, reference: &str, tip: bool) -> Result<BaseCommit> {
        let tag = match self.named(reference)? {
            Some(_) => None,
            None => self.tag_of_version(reference)?,
        };
        let reference = tag.as_deref().unwrap_or(reference);
        let note = self.ambiguity_note(reference)?;
        Ok(BaseCommit { note, ..self.base_of(reference, tip)? })
    }

    /// The commit of `reference`. Prints a note if the reference is ambiguous.
    pub(crate) fn tip(&self, reference: &str) -> Result<Commit> {
        let BaseCommit { commit, note, .. } = self.base(reference, true)?;
        note.iter().for_each(|note| ui::say(&format!("note: {note}")));
        Ok(commit)
    }

    fn base_of(&self, reference: &str, tip: bool) -> Result<BaseCommit> {
        let Some(named) = self.named(reference)? else {
            return match self.pull_request_base()? {
                Some(parent) if !tip => self.describe(&parent, "first parent of the merge commit"),
                _ => bail!("{}", self.unknown_reference(reference)?),
            };
        };
        if tip {
            return self.describe(&named, &format!("tip of {reference}"));
        }
        let sh = &self.sh;
        if let Some(base) = answer(git!(sh, "git merge-base {named} HEAD"))? {
            return self.describe(&base, &format!("merge base with {reference}"));
        }
        match self.pull_request_base()? {
            Some(parent) => self.describe(&parent, "first parent of the merge commit"),
            None if self.is_shallow()? => bail!(
                "cannot find the merge base of HEAD and {reference}: this clone is too shallow. Run `git fetch --unshallow`, or check out with `fetch-depth: 0`"
            ),
            None => bail!(
                "cannot find the merge base of HEAD and {reference}: they have no common ancestor. Add --tip to compare with the tip of {reference}"
            ),
        }
    }

    /// Reads a commit's hash, author date and subject.
    pub(crate) fn describe(&self, hash: &str, label: &str) -> Result<BaseCommit> {
        let sh = &self.sh;
        let shown = git!(sh, "git show --no-patch --format=%H%x00%aI%x00%s {hash} --");
        let shown = shown.quiet().output().with_context(|| {
            format!("cannot read the commit {hash}: run `git fetch` if this clone lacks it")
        })?;
        let shown = text(shown.stdout);
        let mut fields = shown.trim_end().splitn(3, '\0').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        let (hash, author_date, subject) = (next(), next(), next());
        let commit = Commit { hash, branch: None, subject, author_date, dirty: false };
        Ok(BaseCommit { commit, label: label.to_owned(), note: None })
    }

    /// Whether this clone has the commit. It may lack the commits of recorded runs.
    pub(crate) fn has_commit(&self, hash: &str) -> Result<bool> {
        Ok(self.commit_at(hash)?.is_some())
    }

    /// Tracked files in which the work tree differs from a commit.
    pub(crate) fn changed_files(&self, commit: &str) -> Result<Vec<String>> {
        let sh = &self.sh;
        let diff = git!(sh, "git {COMPARE_ALL_FILES...} --no-optional-locks diff");
        let diff = diff.args(["--name-only", "--no-renames", "-z", "--ignore-submodules=none"]);
        let diff = diff.args([commit, "--"]).quiet().output();
        let diff = diff.context("cannot compare the work tree with the base")?;
        let mut changed = self.hidden_changes()?;
        changed.extend(text(diff.stdout).split_terminator('\0').map(str::to_owned));
        Ok(changed)
    }

    /// Files in which two commits differ, submodules included.
    pub(crate) fn changed_between(&self, one: &str, other: &str) -> Result<Vec<String>> {
        let sh = &self.sh;
        let diff = git!(sh, "git diff --name-only --no-renames -z --ignore-submodules=none");
        let diff = diff.args([one, other, "--"]).quiet().output();
        let diff = diff.with_context(|| format!("cannot compare {one} with {other}"))?;
        Ok(text(diff.stdout).split_terminator('\0').map(str::to_owned).collect())
    }

    /// Files of the work tree that git neither tracks nor ignores.
    pub(crate) fn untracked_files(&self) -> Result<Vec<String>> {
        let sh = &self.sh;
        let others = git!(sh, "git {COMPARE_ALL_FILES...} ls-files --others --exclude-standard -z");
        let others = others.quiet().output();
        let others = others.context("cannot list the files that git does not track")?;
        Ok(text(others.stdout).split_terminator('\0').map(str::to_owned).collect())
    }

    /// The root of the checkout.
    pub(crate) fn root(&self) -> PathBuf {
        self.sh.current_dir()
    }

    /// The commit of a branch of this clone or of the remote, or of another reference.
    fn named(&self, reference: &str) -> Result<Option<String>> {
        match self.branch_tip(reference)? {
            Some((_, commit)) => Ok(Some(commit)),
            None => self.commit_at(reference),
        }
    }

    /// The full name and the commit of a branch of this clone, or else of the remote.
    fn branch_tip(&self, name: &str) -> Result<Option<(String, String)>> {
        let remote = format!("refs/remotes/{}/{name}", self.remote);
        // `HEAD` and `HEAD~1` are of the checked-out commit, never of the remote's default branch.
        let is_head = name.split(['~', '^', '@', ':']).next() == Some("HEAD");
        let places = [format!("refs/heads/{name}"), remote];
        for place in places.into_iter().filter(|_| !is_head) {
            if let Some(commit) = self.commit_at(&place)? {
                return Ok(Some((place, commit)));
            }
        }
        Ok(None)
    }

    /// A note if a branch and a tag have the name `reference`.
    fn ambiguity_note(&self, reference: &str) -> Result<Option<String>> {
        let Some((branch, _)) = self.branch_tip(reference)? else { return Ok(None) };
        let tag = format!("refs/tags/{reference}");
        Ok(self.commit_at(&tag)?.map(|_| {
            format!("`{reference}` is a branch and a tag: compared with the branch {branch}; --compare {tag} compares with the tag")
        }))
    }

    /// The first parent of HEAD, if HEAD is the merge commit of a pull request. A shallow clone may
    /// have no other base.
    fn pull_request_base(&self) -> Result<Option<String>> {
        let sh = &self.sh;
        let is_detached = answer(git!(sh, "git symbolic-ref --quiet HEAD"))?.is_none();
        let is_merge = self.commit_at("HEAD^2")?.is_some();
        Ok(self.commit_at("HEAD^1")?.filter(|_| is_detached && is_merge))
    }

    /// Whether git tracks the file.
    pub(crate) fn is_tracked(&self, file: &Path) -> Result<bool> {
        let sh = &self.sh;
        Ok(answer(git!(sh, "git ls-files --error-unmatch -- {file}"))?.is_some())
    }

    /// Whether this clone has the parent of HEAD.
    pub(crate) fn previous_commit(&self) -> Result<PreviousCommit> {
        Ok(match (self.commit_at("HEAD~1")?, self.is_shallow()?) {
            (Some(_), _) => PreviousCommit::Available,
            (None, true) => PreviousCommit::Shallow,
            (None, false) => PreviousCommit::Absent,
        })
    }

    /// Whether this clone is shallow.
    pub(crate) fn is_shallow(&self) -> Result<bool> {
        let sh = &self.sh;
        Ok(answer(git!(sh, "git rev-parse --is-shallow-repository"))?.as_deref() == Some("true"))
    }

    fn unknown_reference(&self, reference: &str) -> Result<String> {
        let remote = &self.remote;
        let unknown =
            format!("cannot find `{reference}`: neither this clone nor {remote} has such a branch");
        let fetched = fetched(reference, remote);
        if let Some(tags) = self.similar_tags(reference)? {
            return Ok(format!("cannot find the version `{reference}`: {tags}"));
        }
        if self.is_shallow()? {
            let fetched = fetched.map_or_else(String::new, |fetched| format!(" {fetched}"));
            return Ok(format!(
                "{unknown} or commit, and this clone is shallow. Run `git fetch --unshallow {remote}{fetched}`, or check out with `fetch-depth: 0`"
            ));
        }
        let base = self.base_branch(None, &History::default())?;
        let other = if base.is_missing || base.name == reference {
            "name another reference".to_owned()
        } else {
            format!("compare with the base branch: `--compare {}`", visible(&base.name))
        };
        let fix = match fetched {
            Some(fetched) => format!("Run `git fetch {remote} {fetched}`, or {other}"),
            None => format!("To fix it, {other}"),
        };
        Ok(format!("{unknown} or commit. {fix}"))
    }
}

/// What `git fetch` must be given to find `reference`: a branch or a commit. `None` for another
/// revision, e.g. `HEAD~1`, which cannot be fetched by name.
fn fetched(reference: &str, remote: &str) -> Option<String> {
    let is_hash = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash(reference) && reference.len() >= SHORTEST_HASH {
        return (reference.len() >= FULL_HASH).then(|| reference.to_owned());
    }
    let branch = reference.strip_prefix(&format!("{remote}/")).unwrap_or(reference);
    let is_branch = check_branch(branch).is_ok();
    is_branch.then(|| format!("{branch}:refs/remotes/{remote}/{branch}"))
}

/// The digits of the shortest hash that git prints, and of a full one.
const SHORTEST_HASH: usize = 7;
const FULL_HASH: usize = 40;

#[cfg(test)]
pub(crate) mod tests {
    use super::super::HistoryRef;
    use super::*;
    use std::process::Command;

    pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        let name =
            ["-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "commit.gpgSign=false"];
        let output = command.current_dir(dir).args(name).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        text(output.stdout).trim().to_owned()
    }

    pub(in crate::store) fn commit(dir: &Path, message: &str) -> String {
        git(dir, &["commit", "--quiet", "--allow-empty", "--message", message]);
        git(dir, &["rev-parse", "HEAD"])
    }

    /// `main` with two commits and `feature`, which left it after the first; on `feature`.
    pub(in crate::store) fn forked() -> (tempfile::TempDir, [String; 3]) {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        git(at, &["init", "--quiet", "--initial-branch=main"]);
        let first = commit(at, "first");
        let second = commit(at, "second");
        git(at, &["checkout", "--quiet", "-b", "feature", &first]);
        let own = commit(at, "own");
        (dir, [first, second, own])
    }

    fn base(dir: &Path, reference: &str, tip: bool) -> Result<String> {
        Ok(Repository::open(dir, &HistoryRef::default())?.base(reference, tip)?.commit.hash)
    }

    #[test]
    fn a_branch_is_compared_with_where_it_left_the_other() {
        let (dir, [first, second, _]) = forked();
        assert_eq!(base(dir.path(), "main", false).unwrap(), first);
        assert_eq!(base(dir.path(), "main", true).unwrap(), second);
        assert_eq!(base(dir.path(), &second, false).unwrap(), first);
    }

    #[test]
    fn a_branch_that_only_origin_has_is_found_there() {
        let (dir, [first, ..]) = forked();
        let clone = tempfile::tempdir().unwrap();
        git(clone.path(), &["clone", "--quiet", dir.path().to_str().unwrap(), "."]);
        assert_eq!(base(clone.path(), "main", false).unwrap(), first);
        // The remote's HEAD is another commit.
        let own = [commit(clone.path(), "one"), commit(clone.path(), "two")];
        assert_eq!(base(clone.path(), "HEAD~1", true).unwrap(), own[0]);
        assert_eq!(base(clone.path(), "HEAD", true).unwrap(), own[1]);
    }

    #[test]
    fn the_merge_commit_of_a_pull_request_has_its_base_as_first_parent() {
        let (dir, [_, second, own]) = forked();
        git(dir.path(), &["checkout", "--quiet", "--detach", "main"]);
        git(dir.path(), &["merge", "--quiet", "--no-ff", "--message=merge", &own]);
        assert_eq!(base(dir.path(), "main", false).unwrap(), second);

        // Runners check it out with a depth of two, without any branch.
        let shallow = tempfile::tempdir().unwrap();
        let at = shallow.path();
        git(dir.path(), &["branch", "pull"]);
        let url = format!("file://{}", dir.path().display());
        git(at, &["init", "--quiet"]);
        git(at, &["fetch", "--quiet", "--depth=2", &url, "refs/heads/pull"]);
        git(at, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
        assert_eq!(base(at, "main", false).unwrap(), second);
    }

    /// The arguments of the git command that an error names.
    fn named_command(error: &str) -> Vec<&str> {
        error.split('`').find_map(|part| part.strip_prefix("git ")).unwrap().split(' ').collect()
    }

    /// The printed command is run.
    #[test]
    fn the_command_for_a_clone_of_one_branch_makes_the_comparison_possible() {
        let (dir, [first, second, _]) = forked();
        let url = format!("file://{}", dir.path().display());
        let single = ["--single-branch", "--branch=feature"];
        for (options, reference, expected) in [
            (&["--depth=1"][..], "main", &first),
            (&["--depth=1"], "origin/main", &first),
            (&["--depth=1"], "HEAD~1", &first),
            (&["--depth=1"], &second, &first),
            (&[], "main", &first),
            (&[], "origin/main", &first),
            (&[], &second, &first),
        ] {
            let copy = tempfile::tempdir().unwrap();
            let at = copy.path();
            git(at, &[&["clone", "--quiet"], options, &single, &[&url, "."]].concat());
            let mut found = base(at, reference, false);
            // A commit alone is fetched without what is before HEAD.
            for _ in 0..2 {
                let Err(error) = &found else { break };
                git(at, &named_command(&format!("{error:#}")));
                found = base(at, reference, false);
            }
            assert_eq!(found.unwrap(), *expected, "{reference} {options:?}");
        }
    }

    #[test]
    fn the_parent_of_the_first_commit_is_no_branch_to_fetch() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "--quiet", "--initial-branch=trunk"]);
        commit(dir.path(), "first");
        let previous = |dir: &Path| {
            Repository::open(dir, &HistoryRef::default()).unwrap().previous_commit().unwrap()
        };
        let error = base(dir.path(), "HEAD~1", false).unwrap_err().to_string();
        assert!(!error.contains("git fetch") && error.contains("--compare trunk"), "{error}");
        assert_eq!(previous(dir.path()), PreviousCommit::Absent);
        commit(dir.path(), "second");
        assert_eq!(previous(dir.path()), PreviousCommit::Available);
        let copy = tempfile::tempdir().unwrap();
        let url = format!("file://{}", dir.path().display());
        git(copy.path(), &["clone", "--quiet", "--depth=1", &url, "."]);
        assert_eq!(previous(copy.path()), PreviousCommit::Shallow);
        // The advice of a first run.
        git(copy.path(), &["fetch", "--quiet", "--deepen", "1"]);
        assert_eq!(previous(copy.path()), PreviousCommit::Available);
    }

    #[test]
    fn a_clone_that_is_too_shallow_says_how_to_deepen_it() {
        let (dir, _) = forked();
        let shallow = tempfile::tempdir().unwrap();
        let url = format!("file://{}", dir.path().display());
        git(shallow.path(), &["clone", "--quiet", "--depth=1", "--no-single-branch", &url, "."]);
        let error = base(shallow.path(), "main", false).unwrap_err().to_string();
        assert!(error.contains("git fetch --unshallow"), "{error}");
        let error = base(shallow.path(), "nowhere", false).unwrap_err().to_string();
        assert!(error.contains("shallow") && error.contains("nowhere"), "{error}");
    }
}

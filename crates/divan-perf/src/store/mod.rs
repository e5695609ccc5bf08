//! The repository: what is checked out, and the history on its branch.
//!
//! Only plumbing commands of git are used. The user's work tree, index, HEAD and stash are never
//! touched. A run is committed directly to the history branch. The branch is moved only if it is
//! still at the commit that was read.

mod base_branch;
mod base_files;
mod base_commit;
mod base_tree;
mod commit_range;
mod backfill_range;
mod lineage;
mod follow_rotation;
mod git;
mod import;
mod index;
mod objects;
mod publish;
mod read;
mod release_tag;
mod record;
mod remote;
mod rotate;
mod series;
mod site_branch;
mod source_state;
pub(crate) mod spool;
mod submodules;
mod restore;
mod tracked;

pub(crate) use backfill_range::{BackfillCommit, RangeSelection};
pub(crate) use base_branch::{BaseBranch, history_on_base_branch};
pub(crate) use base_commit::BaseCommit;
#[cfg(test)]
pub(crate) use base_commit::tests::git as test_git;
pub(crate) use commit_range::CommitRange;
pub(crate) use git::clear_git_variables;
pub(crate) use import::{Author, Change, NewCommit};
pub(crate) use objects::Objects;
pub(crate) use read::{HistoryFile, NewestRuns, SkippedRun};
pub(crate) use record::{Addition, MeasurementFile};
pub(crate) use remote::DEFAULT_TIMEOUT;
pub(crate) use restore::{MissingFiles, SearchRange};
pub(crate) use rotate::{DerivedFiles, Rotation};
pub(crate) use series::{Days, RecordedSeries};
pub(crate) use source_state::SourceState;
pub(crate) use tracked::{git_folder, is_tracked, path_in_repository, tracked_below};

use anyhow::{Context as _, Result, bail};
use git::{COMPARE_ALL_FILES, git};
use perf_judge::ident::digest;
use perf_judge::run::Commit;
use perf_report::visible;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use xshell::{Cmd, Shell};

/// A repository with at least one commit.
#[derive(Debug)]
pub(crate) struct Repository {
    sh: Shell,
    /// The workspace's folder relative to the repository's root.
    workspace: String,
    branch: String,
    /// The folder of the history on the branch: empty, or with a slash at its end.
    prefix: String,
    remote: String,
    /// After this time without output from the remote, a command is ended.
    remote_timeout: Duration,
    /// The configured base branches; `None`: the default branch.
    base_branches: Option<Vec<String>>,
    /// Checked commits of the history, each with its complete commit.
    complete_commits: RefCell<BTreeMap<String, String>>,
}

/// The branch, folder and remote of a history. Git accepts the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HistoryRef {
    pub(crate) branch: String,
    /// The folder on the branch; empty for its root.
    pub(crate) folder: String,
    pub(crate) remote: String,
    /// After this time without output from the remote, a command is ended.
    pub(crate) remote_timeout: Duration,
    /// The configured base branches; `None`: the default branch.
    pub(crate) base_branches: Option<Vec<String>>,
}

impl Default for HistoryRef {
    fn default() -> Self {
        Self {
            branch: "gh-pages".to_owned(),
            folder: String::new(),
            remote: "origin".to_owned(),
            remote_timeout: DEFAULT_TIMEOUT,
            base_branches: None,
        }
    }
}

impl Repository {
    /// Opens the repository around `dir`.
    pub(crate) fn open(dir: &Path, history: &HistoryRef) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        sh.change_dir(dir);
        if git!(sh, "git --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            bail!("cannot run git: it was not found. Install it and add it to PATH");
        }
        let Some(root) = answer(git!(sh, "git rev-parse --show-toplevel"))? else {
            bail!(
                "cannot open the history: {} is not in a git repository. Run `git init` and commit",
                dir.display()
            );
        };
        let workspace = answer(git!(sh, "git rev-parse --show-prefix"))?.unwrap_or_default();
        sh.change_dir(PathBuf::from(root));
        let repository = Self {
            sh,
            workspace,
            branch: history.branch.clone(),
            prefix: prefix(&history.folder),
            remote: history.remote.clone(),
            remote_timeout: history.remote_timeout,
            base_branches: history.base_branches.clone(),
            complete_commits: RefCell::default(),
        };
        if repository.commit_at("HEAD")?.is_none() {
            bail!("cannot record runs: this repository has no commit yet. Commit first");
        }
        Ok(repository)
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> Result<Commit> {
        let sh = &self.sh;
        let commit = self.describe("HEAD", "")?.commit;
        // With the optional lock, git would refresh the user's index.
        let changes =
            git!(sh, "git {COMPARE_ALL_FILES...} --no-optional-locks status --porcelain --untracked-files=no --ignore-submodules=untracked").quiet();
        let changes = changes.read().context("cannot read the repository's status")?;
        Ok(Commit {
            branch: self.checked_out_branch()?,
            dirty: !changes.is_empty() || !self.hidden_changes()?.is_empty(),
            ..commit
        })
    }

    /// The branch that is checked out; `None` if HEAD is detached.
    ///
    /// `git symbolic-ref --short` would print `heads/main` if a tag has the name of the branch.
    fn checked_out_branch(&self) -> Result<Option<String>> {
        let sh = &self.sh;
        let head = answer(git!(sh, "git symbolic-ref --quiet HEAD"))?;
        Ok(head.map(|head| head.strip_prefix("refs/heads/").unwrap_or(&head).to_owned()))
    }

    /// Fails if the repository is read-only, or the history branch cannot be moved. The branch must
    /// not be checked out, a base branch, symbolic, or in conflict with the name of another branch.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let sh = &self.sh;
        self.check_is_no_base_branch()?;
        self.check_not_checked_out(&self.branch)?;
        self.check_name_conflict(&self.branch)?;
        self.check_not_symbolic(&self.local_ref())?;
        self.check_not_symbolic(&self.tracking_ref())?;
        for reference in self.own_references()? {
            self.check_not_symbolic(&reference)?;
        }
        git!(sh, "git hash-object -w --stdin")
            .stdin("")
            .quiet()
            .ignore_stdout()
            .run()
            .context("cannot record the run: the repository is not writable. Fix its permissions, or use --no-record")
    }

    /// Fails if `branch` is checked out in a work tree.
    fn check_not_checked_out(&self, branch: &str) -> Result<()> {
        let sh = &self.sh;
        let trees = git!(sh, "git worktree list --porcelain").quiet().read()?;
        let ours = format!("branch refs/heads/{branch}");
        // A work tree whose folder was removed is still listed, as prunable.
        let is_there = |block: &&str| !block.lines().any(|line| line.starts_with("prunable"));
        let mut blocks = trees.split("\n\n").filter(is_there);
        if let Some(tree) = blocks.find(|block| block.lines().any(|line| line == ours)) {
            let folder = tree.lines().next().unwrap_or_default().trim_start_matches("worktree ");
            bail!(
                "cannot move `{branch}`: it is checked out in {folder}. Check out another branch there, or use --no-record"
            );
        }
        Ok(())
    }

    /// Fails if a reference is symbolic: git would move the reference behind it.
    fn check_not_symbolic(&self, reference: &str) -> Result<()> {
        let sh = &self.sh;
        let Some(other) = answer(git!(sh, "git symbolic-ref --quiet {reference}"))? else {
            return Ok(());
        };
        bail!(
            "cannot move `{reference}`: it is a symbolic reference to `{}`. Run `git symbolic-ref --delete {reference}`, or name another branch",
            visible(&other)
        )
    }

    /// The references below `refs/perf`, which only this tool uses.
    fn own_references(&self) -> Result<Vec<String>> {
        let sh = &self.sh;
        let own = git!(sh, "git for-each-ref --format=%(refname) refs/perf").quiet().output();
        let own = own.context("cannot list the references of this tool")?;
        Ok(text(own.stdout).lines().map(str::to_owned).collect())
    }

    /// Fails if git cannot create `branch` because of another branch: `a` and `a/b` exclude each
    /// other.
    fn check_name_conflict(&self, branch: &str) -> Result<()> {
        let sh = &self.sh;
        let others = git!(sh, "git for-each-ref --format=%(refname:lstrip=2) refs/heads");
        let others = others.quiet().output().context("cannot list the branches")?;
        let others = text(others.stdout);
        let is_below = |below: &str, above: &str| {
            below.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut others = others.lines();
        match others.find(|other| is_below(branch, other) || is_below(other, branch)) {
            Some(other) => bail!(
                "cannot create the branch `{branch}`: git does not accept it together with `{other}`. Choose another name"
            ),
            None => Ok(()),
        }
    }

    pub(crate) fn branch(&self) -> &str {
        &self.branch
    }

    /// A digest that no other workspace of this machine has.
    pub(crate) fn key(&self) -> Result<String> {
        let folder = self.common_dir()?;
        let workspace = format!("{}\0{}", folder.display(), self.workspace);
        Ok(format!("{:016x}", digest(workspace.as_bytes())))
    }

    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }

    /// The path on the branch of a path of the history.
    pub(crate) fn branch_path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Moves the history's branch to `commit`. Returns `false` if it is no longer at `read`.
    pub(crate) fn move_branch(&self, commit: &str, read: &str) -> Result<bool> {
        let local = self.commit_at(&self.local_ref())?;
        if local.as_deref().is_some_and(|local| local != read) {
            return Ok(false);
        }
        self.advance(&self.local_ref(), commit, local.as_deref())
    }

    fn local_ref(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The remote's branch as last fetched.
    fn tracking_ref(&self) -> String {
        format!("refs/remotes/{}/{}", self.remote, self.branch)
    }
}

/// The folder with a slash at its end, unless it is empty.
fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// The standard output of a command without the final line break. `None` if the command fails or
/// prints nothing.
fn answer(command: Cmd<'_>) -> Result<Option<String>> {
    let output = command.quiet().ignore_status().ignore_stderr().output()?;
    let printed = text(output.stdout).trim_end().to_owned();
    Ok((output.status.success() && !printed.is_empty()).then_some(printed))
}

/// Text from git. Bytes that are not UTF-8 are replaced.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use perf_judge::budget::check_branch;
    use std::process::Command;

    fn git_accepts(name: &str) -> bool {
        let mut command = Command::new("git");
        command.args(["check-ref-format", &format!("refs/heads/{name}")]);
        command.status().unwrap().success()
    }

    #[test]
    fn names_of_branches_are_those_that_git_accepts() {
        let parts = ["a", ".", "..", "/", "//", "@", "{", ".lock", "-", "~", "^", ":", "?", "*"];
        let more = ["[", "\\", " ", "\t", "\u{7f}", "ü", "\u{85}", "git"];
        let parts: Vec<&str> = parts.into_iter().chain(more).collect();
        let pairs = parts.iter().flat_map(|one| parts.iter().map(move |two| [*one, *two]));
        for [one, two] in pairs {
            for name in [format!("{one}{two}"), format!("x{one}{two}"), format!("{one}{two}x")] {
                let is_ours_alone = name.starts_with('-') || name == "@";
                let is_fine = check_branch(&name).is_ok();
                assert_eq!(is_fine, git_accepts(&name) && !is_ours_alone, "{name:?}");
            }
        }
    }
}

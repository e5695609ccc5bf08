//! The repository: what is checked out, and the history on its branch.
//!
//! Everything goes through git's plumbing. The user's work tree, index, HEAD and stash are never
//! touched: a run is committed straight onto the history branch, and the branch is moved only if
//! it still stands where it was read.

mod base_commit;
mod base_tree;
mod beginning;
mod follow;
mod git;
mod import;
mod index;
mod objects;
mod publish;
mod read;
mod record;
mod remote;
mod rotate;
mod series;
mod site_branch;
mod source_state;
pub(crate) mod spool;
mod submodules;
mod whole;
mod tracked;

pub(crate) use base_commit::BaseCommit;
#[cfg(test)]
pub(crate) use base_commit::tests::git as test_git;
pub(crate) use git::forget_outer_repository;
pub(crate) use import::{Author, Change, Commit as NewCommit};
pub(crate) use objects::Objects;
pub(crate) use read::{File, LeftOut, Recorded};
pub(crate) use record::{Addition, Entry};
pub(crate) use remote::DEFAULT_TIMEOUT;
pub(crate) use rotate::{Derived, Rotation};
pub(crate) use series::{Days, Series};
pub(crate) use source_state::SourceState;
pub(crate) use tracked::{git_folder, tracked_below};
pub(crate) use whole::{Dropped, Since};

use anyhow::{Context as _, Result, bail};
use git::{EVERY_FILE, git};
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
    /// The workspace's folder from the repository's root.
    workspace: String,
    branch: String,
    /// What stands before `data/` on the branch: nothing, or a folder with a slash.
    prefix: String,
    remote: String,
    /// How long the remote may be silent.
    remote_timeout: Duration,
    /// Commits of the history that were looked at, with those that lack nothing in their place.
    whole: RefCell<BTreeMap<String, String>>,
}

/// Where a history lies: names that were checked to be ones that git takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HistoryRef {
    /// The branch.
    pub(crate) branch: String,
    /// The folder on it; empty for its root.
    pub(crate) folder: String,
    /// The remote that it is shared by.
    pub(crate) remote: String,
    /// How long the remote may be silent.
    pub(crate) remote_timeout: Duration,
}

impl Default for HistoryRef {
    fn default() -> Self {
        Self {
            branch: "gh-pages".to_owned(),
            folder: String::new(),
            remote: "origin".to_owned(),
            remote_timeout: DEFAULT_TIMEOUT,
        }
    }
}

impl Repository {
    /// Opens the repository around `dir`.
    pub(crate) fn open(dir: &Path, place: &HistoryRef) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        sh.change_dir(dir);
        if git!(sh, "git --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            bail!("git was not found: install it");
        }
        let Some(root) = answer(git!(sh, "git rev-parse --show-toplevel"))? else {
            bail!(
                "{} is in no git repository, so there is no history: run `git init` and commit",
                dir.display()
            );
        };
        let workspace = answer(git!(sh, "git rev-parse --show-prefix"))?.unwrap_or_default();
        sh.change_dir(PathBuf::from(root));
        let repository = Self {
            sh,
            workspace,
            branch: place.branch.clone(),
            prefix: prefix(&place.folder),
            remote: place.remote.clone(),
            remote_timeout: place.remote_timeout,
            whole: RefCell::default(),
        };
        if repository.commit_at("HEAD")?.is_none() {
            bail!(
                "this repository has no commit yet, so there is nothing that runs could be of: commit first"
            );
        }
        Ok(repository)
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> Result<Commit> {
        let sh = &self.sh;
        let commit = self.describe("HEAD", "")?.commit;
        // Without the optional lock, asking for the status does not refresh the user's index.
        let changes =
            git!(sh, "git {EVERY_FILE...} --no-optional-locks status --porcelain --untracked-files=no --ignore-submodules=untracked").quiet();
        let changes = changes.read().context("cannot read the repository's status")?;
        Ok(Commit {
            branch: answer(git!(sh, "git symbolic-ref --quiet --short HEAD"))?,
            dirty: !changes.is_empty() || !self.hidden_changes()?.is_empty(),
            ..commit
        })
    }

    /// Fails if the history branch is checked out somewhere: moving it would pull the ground from
    /// under that work tree.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let sh = &self.sh;
        self.check_not_checked_out(&self.branch)?;
        self.check_beside_others(&self.branch)?;
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
            .context("the repository cannot be written, so the run could not be recorded: mend that, or use --no-record")
    }

    /// Fails if `branch` is checked out somewhere.
    fn check_not_checked_out(&self, branch: &str) -> Result<()> {
        let sh = &self.sh;
        let trees = git!(sh, "git worktree list --porcelain").quiet().read()?;
        let ours = format!("branch refs/heads/{branch}");
        // One whose folder is gone is still listed, and there is nothing left to pull away.
        let is_there = |block: &&str| !block.lines().any(|line| line.starts_with("prunable"));
        let mut blocks = trees.split("\n\n").filter(is_there);
        if let Some(tree) = blocks.find(|block| block.lines().any(|line| line == ours)) {
            let place = tree.lines().next().unwrap_or_default().trim_start_matches("worktree ");
            bail!(
                "`{branch}` is checked out in {place}, and recording a run moves it: check out another branch there, or use --no-record"
            );
        }
        Ok(())
    }

    /// Fails if a reference that this tool moves stands for another one, which would be moved in its
    /// place.
    fn check_not_symbolic(&self, reference: &str) -> Result<()> {
        let sh = &self.sh;
        let Some(other) = answer(git!(sh, "git symbolic-ref --quiet {reference}"))? else {
            return Ok(());
        };
        bail!(
            "`{reference}` is a symbolic reference to `{}`, which would be moved instead: remove it with `git symbolic-ref --delete {reference}`, or name another branch",
            visible(&other)
        )
    }

    /// References that no user sees, which commits pass through.
    fn own_references(&self) -> Result<Vec<String>> {
        let sh = &self.sh;
        let own = git!(sh, "git for-each-ref --format=%(refname) refs/perf").quiet().output();
        let own = own.context("cannot list the references of this tool")?;
        Ok(text(own.stdout).lines().map(str::to_owned).collect())
    }

    /// Fails if git cannot have `branch` beside the branches that there are: to git, `a` in `a/b` is
    /// a folder, and cannot be a branch too.
    fn check_beside_others(&self, branch: &str) -> Result<()> {
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
                "git cannot have a branch `{branch}` beside `{other}`, which there is: choose another name"
            ),
            None => Ok(()),
        }
    }

    /// The history's branch.
    pub(crate) fn branch(&self) -> &str {
        &self.branch
    }

    /// A short name that no other workspace of this machine has.
    pub(crate) fn key(&self) -> Result<String> {
        let folder = self.common_dir()?;
        let place = format!("{}\0{}", folder.display(), self.workspace);
        Ok(format!("{:016x}", digest(place.as_bytes())))
    }

    /// The remote that the history is shared by.
    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }

    /// How the branch calls a path of the history.
    pub(crate) fn in_place(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Moves the history's branch on from where it was read. `false`: it stands elsewhere by now.
    pub(crate) fn move_branch(&self, commit: &str, read: &str) -> Result<bool> {
        let local = self.commit_at(&self.local_ref())?;
        match local.as_deref().is_none_or(|local| local == read) {
            true => self.advance(&self.local_ref(), commit, local.as_deref()),
            false => Ok(false),
        }
    }

    fn local_ref(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The remote's branch as last fetched.
    fn tracking_ref(&self) -> String {
        format!("refs/remotes/{}/{}", self.remote, self.branch)
    }
}

/// A folder on the history's branch as what stands before its paths.
fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// What a command says on one line, or `None` if it fails or says nothing.
fn answer(command: Cmd<'_>) -> Result<Option<String>> {
    let output = command.quiet().ignore_status().ignore_stderr().output()?;
    let said = text(output.stdout).trim_end().to_owned();
    Ok((output.status.success() && !said.is_empty()).then_some(said))
}

/// Text as git stores it, which need not be UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use perf_judge::budget::check_branch;
    use std::process::Command;

    /// Whether git takes it as the name of a branch.
    fn git_takes(name: &str) -> bool {
        let mut command = Command::new("git");
        command.args(["check-ref-format", &format!("refs/heads/{name}")]);
        command.status().unwrap().success()
    }

    #[test]
    fn names_of_branches_are_those_that_git_takes() {
        let parts = ["a", ".", "..", "/", "//", "@", "{", ".lock", "-", "~", "^", ":", "?", "*"];
        let more = ["[", "\\", " ", "\t", "\u{7f}", "ü", "\u{85}", "git"];
        let parts: Vec<&str> = parts.into_iter().chain(more).collect();
        let pairs = parts.iter().flat_map(|one| parts.iter().map(move |two| [*one, *two]));
        for [one, two] in pairs {
            for name in [format!("{one}{two}"), format!("x{one}{two}"), format!("{one}{two}x")] {
                let is_ours_alone = name.starts_with('-') || name == "@";
                let is_fine = check_branch(&name).is_ok();
                assert_eq!(is_fine, git_takes(&name) && !is_ours_alone, "{name:?}");
            }
        }
    }
}

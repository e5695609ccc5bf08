//! The repository: what is checked out, and the history on its branch.
//!
//! Everything goes through git's plumbing. The user's work tree, index, HEAD and stash are never
//! touched: a run is committed straight onto the history branch, and the branch is moved only if
//! it still stands where it was read.

mod base;
mod record;
mod read;

pub(crate) use base::BaseCommit;
pub(crate) use read::Recorded;
pub(crate) use record::Entry;

use anyhow::{Context as _, Result, bail};
use perf_core::run::Commit;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// A repository with at least one commit.
#[derive(Debug)]
pub(crate) struct Repository {
    sh: Shell,
    branch: String,
}

impl Repository {
    /// Opens the repository around `dir`; the history lies on `branch`.
    pub(crate) fn open(dir: &Path, branch: &str) -> Result<Self> {
        let sh = Shell::new().context("cannot enter the current folder")?;
        sh.change_dir(dir);
        if cmd!(sh, "git --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            bail!("git was not found: install it");
        }
        let Some(root) = answer(cmd!(sh, "git rev-parse --show-toplevel"))? else {
            bail!(
                "{} is in no git repository, so there is no history: run `git init` and commit",
                dir.display()
            );
        };
        sh.change_dir(PathBuf::from(root));
        if cmd!(sh, "git check-ref-format --branch {branch}")
            .quiet()
            .ignore_stdout()
            .ignore_stderr()
            .run()
            .is_err()
        {
            bail!("`{branch}` cannot be a branch's name");
        }
        let repository = Self { sh, branch: branch.to_owned() };
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
            cmd!(sh, "git --no-optional-locks status --porcelain --untracked-files=no").quiet();
        Ok(Commit {
            branch: answer(cmd!(sh, "git symbolic-ref --quiet --short HEAD"))?,
            dirty: !changes.read().context("cannot read the repository's status")?.is_empty(),
            ..commit
        })
    }

    /// Fails if the history branch is checked out somewhere: moving it would pull the ground from
    /// under that work tree.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let (sh, branch) = (&self.sh, &self.branch);
        let trees = cmd!(sh, "git worktree list --porcelain").quiet().read()?;
        let ours = format!("branch refs/heads/{branch}");
        let mut blocks = trees.split("\n\n");
        if let Some(tree) = blocks.find(|block| block.lines().any(|line| line == ours)) {
            let place = tree.lines().next().unwrap_or_default().trim_start_matches("worktree ");
            bail!(
                "`{branch}` is checked out in {place}, and recording a run moves it: check out another branch there, or use --no-record"
            );
        }
        cmd!(sh, "git hash-object -w --stdin")
            .stdin("")
            .quiet()
            .ignore_stdout()
            .run()
            .context("the repository cannot be written, so the run could not be recorded: mend that, or use --no-record")
    }
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

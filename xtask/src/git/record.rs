//! Adding a run to the history branch.

use super::Repository;
use anyhow::{Context as _, Result, bail};
use perf_core::history::path_of;
use perf_core::run::Run;
use xshell::cmd;

/// How often a branch that somebody else moves meanwhile is tried again.
const TRIES: usize = 5;

impl Repository {
    /// Commits the run's file onto the history branch and returns the commit.
    ///
    /// One `git fast-import` writes blob, trees and commit, whatever the length of the history,
    /// under a reference of its own; then the branch moves by compare-and-swap.
    pub(crate) fn record(&self, run: &Run) -> Result<String> {
        for _ in 0..TRIES {
            let local = self.commit_at(&format!("refs/heads/{}", self.branch))?;
            let parent = self.tip()?;
            let commit = self.import(run, parent.as_deref())?;
            if self.advance(&commit, local.as_deref())? {
                return Ok(commit);
            }
        }
        bail!("`{}` kept moving while the run was being added: try again", self.branch)
    }

    fn import(&self, run: &Run, parent: Option<&str>) -> Result<String> {
        let sh = &self.sh;
        let incoming = format!("refs/perf/incoming/{}", run.id);
        let stream = stream(run, &incoming, parent, &self.committer());
        cmd!(sh, "git fast-import --quiet --done --date-format=raw")
            .stdin(stream)
            .quiet()
            .run()
            .context("cannot write the run into the repository")?;
        let commit = self.commit_at(&incoming)?.context("git wrote no commit")?;
        cmd!(sh, "git update-ref -d {incoming}").quiet().run()?;
        Ok(commit)
    }

    /// Moves the branch from `old`, or from not being there. `false`: it stands elsewhere by now.
    fn advance(&self, commit: &str, old: Option<&str>) -> Result<bool> {
        let (sh, reference) = (&self.sh, format!("refs/heads/{}", self.branch));
        let absent = "0".repeat(commit.len());
        let old = old.unwrap_or(&absent);
        let moved = cmd!(sh, "git update-ref -m perf {reference} {commit} {old}");
        if moved.quiet().ignore_stderr().run().is_ok() {
            return Ok(true);
        }
        let now = self.commit_at(&reference)?;
        if now.as_deref().unwrap_or(&absent) == old {
            bail!("the branch `{}` cannot be moved: is the repository writable?", self.branch);
        }
        Ok(false)
    }

    /// The user's identity, or a neutral one where none is configured.
    fn committer(&self) -> String {
        let sh = &self.sh;
        let ident = super::answer(cmd!(sh, "git var GIT_COMMITTER_IDENT"));
        let named = ident
            .ok()
            .flatten()
            .and_then(|ident| ident.rfind('>').map(|end| ident[..=end].to_owned()));
        named.unwrap_or_else(|| "cargo xtask perf <perf@localhost>".to_owned())
    }
}

/// The commit as `git fast-import` reads it.
fn stream(run: &Run, reference: &str, parent: Option<&str>, committer: &str) -> String {
    let measured = run.commit.as_ref().map_or("nothing", |commit| commit.hash.as_str());
    let message =
        format!("perf: record {}\n\nMeasures {measured} on machine {}.\n", run.id, run.machine.key);
    let parent = parent.map_or_else(String::new, |parent| format!("from {parent}\n"));
    let (path, contents) = (path_of(run), run.to_json());
    format!(
        "feature done\ncommit {reference}\ncommitter {committer} {} +0000\ndata {}\n{message}{parent}M 100644 inline {path}\ndata {}\n{contents}\ndone\n",
        run.started.timestamp(),
        message.len(),
        contents.len(),
    )
}

//! Adding files to the history branch.

use super::Repository;
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use perf_core::history::path_of;
use perf_core::report::{Comparison, Qualification};
use perf_core::run::Run;
use xshell::cmd;

/// A file for the history: it is written once and never changed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    id: String,
    path: String,
    contents: String,
    message: String,
    time: DateTime<Utc>,
}

impl From<&Run> for Entry {
    fn from(run: &Run) -> Self {
        let measured = run.commit.as_ref().map_or("nothing", |commit| commit.hash.as_str());
        let (id, key) = (&run.id, &run.machine.key);
        Self {
            id: id.clone(),
            path: path_of(run),
            contents: run.to_json(),
            message: format!("perf: record {id}\n\nMeasures {measured} on machine {key}.\n"),
            time: run.started,
        }
    }
}

impl From<&Qualification> for Entry {
    fn from(qualification: &Qualification) -> Self {
        let (id, key) = (qualification.id(), &qualification.machine.key);
        Self {
            path: qualification.path(),
            contents: qualification.to_json(),
            message: format!("perf: record {id}\n\nQualifies machine {key}.\n"),
            time: qualification.started,
            id,
        }
    }
}

impl From<&Comparison> for Entry {
    fn from(comparison: &Comparison) -> Self {
        let head = comparison.head.as_ref().map_or("nothing", |commit| commit.hash.as_str());
        let (id, base, key) = (&comparison.id, &comparison.base, &comparison.machine.key);
        Self {
            id: id.clone(),
            path: comparison.path(),
            contents: comparison.to_json(),
            message: format!(
                "perf: record {id}\n\nCompares {head} with {base} on machine {key}.\n"
            ),
            time: comparison.started,
        }
    }
}

/// How often a branch that somebody else moves meanwhile is tried again.
const TRIES: usize = 5;

impl Repository {
    /// Commits a file onto the history branch and returns the commit.
    ///
    /// One `git fast-import` writes blob, trees and commit, whatever the length of the history,
    /// under a reference of its own; then the branch moves by compare-and-swap.
    pub(crate) fn record(&self, entry: &Entry) -> Result<String> {
        for _ in 0..TRIES {
            let local = self.commit_at(&format!("refs/heads/{}", self.branch))?;
            let parent = self.tip()?;
            let commit = self.import(entry, parent.as_deref())?;
            if self.advance(&commit, local.as_deref())? {
                return Ok(commit);
            }
        }
        bail!("`{}` kept moving while the measurement was being added: try again", self.branch)
    }

    fn import(&self, entry: &Entry, parent: Option<&str>) -> Result<String> {
        let sh = &self.sh;
        let incoming = format!("refs/perf/incoming/{}", entry.id);
        let stream = stream(entry, &incoming, parent, &self.committer());
        cmd!(sh, "git fast-import --quiet --done --date-format=raw")
            .stdin(stream)
            .quiet()
            .run()
            .context("cannot write into the repository")?;
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
fn stream(entry: &Entry, reference: &str, parent: Option<&str>, committer: &str) -> String {
    let Entry { path, contents, message, time, .. } = entry;
    let parent = parent.map_or_else(String::new, |parent| format!("from {parent}\n"));
    format!(
        "feature done\ncommit {reference}\ncommitter {committer} {} +0000\ndata {}\n{message}{parent}M 100644 inline {path}\ndata {}\n{contents}\ndone\n",
        time.timestamp(),
        message.len(),
        contents.len(),
    )
}

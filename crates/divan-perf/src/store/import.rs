//! Writes commits by `git fast-import`, and moves references to them.

use super::git::git;
use super::{Repository, answer};
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A commit to be written.
#[derive(Debug)]
pub(crate) struct NewCommit<'a> {
    /// The parents. `changes` are made to the files of the first one.
    pub(crate) parents: Vec<&'a str>,
    pub(crate) author: Author,
    pub(crate) message: String,
    pub(crate) time: DateTime<Utc>,
    pub(crate) changes: Vec<Change>,
}

/// The author of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// The user, or a neutral name where none is configured.
    Configured,
    /// A neutral name, so that the same contents give the same commit.
    Neutral,
}

/// A change of a file. Its path starts at the root of the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Writes a file with these contents.
    Write { path: String, contents: Vec<u8> },
    /// Adds a file or a folder by its object in the repository.
    Link { path: String, object: String, is_folder: bool },
    /// Removes a file or a folder.
    Remove { path: String },
}

const NEUTRAL: &str = "cargo xtask perf <perf@localhost>";

/// The age from which a lock of a reference is taken for one of a killed process: moving a
/// reference takes milliseconds.
const STALE_LOCK_AGE: Duration = Duration::from_secs(10);
/// The time for which a locked reference is tried again.
const LOCK_TIMEOUT: Duration = Duration::from_secs(15);
/// The number of processes that can write at once without waiting for each other.
const SLOTS: u8 = 32;

impl Repository {
    /// Writes a commit and returns its hash.
    ///
    /// One `git fast-import` writes the files, folders and the commit. Its cost does not depend on
    /// the length of the history. It needs a reference to write to. These references are never
    /// deleted: a deletion locks all references, and a killed process would leave the lock.
    pub(crate) fn import(&self, commit: &NewCommit<'_>) -> Result<String> {
        let sh = &self.sh;
        let committer = match commit.author {
            Author::Configured => self.committer(),
            Author::Neutral => NEUTRAL.to_owned(),
        };
        let started = now();
        loop {
            let slot = format!("refs/perf/incoming/{}", fastrand::u8(..SLOTS));
            let written = git!(sh, "git fast-import --quiet --force --done --date-format=raw")
                .stdin(commit.stream(&slot, &committer))
                .quiet()
                .ignore_status()
                .output()?;
            if written.status.success() {
                return Ok(super::text(written.stdout).trim().to_owned());
            }
            let why = super::text(written.stderr);
            if !is_lock_error(&why) || now().saturating_sub(started) > LOCK_TIMEOUT {
                // The other lines are a report on git's internal state.
                let why = why.lines().find(|line| line.starts_with("fatal:")).unwrap_or(why.trim());
                bail!(
                    "git could not write to the repository: {why}. Check its permissions and the free disk space"
                );
            }
            self.remove_stale_lock(&slot)?;
        }
    }

    /// Moves a reference from `old` to `commit`, or creates it if `old` is `None`. Returns `false` if
    /// the reference is not at `old`.
    pub(crate) fn advance(&self, reference: &str, commit: &str, old: Option<&str>) -> Result<bool> {
        let sh = &self.sh;
        let absent = "0".repeat(commit.len());
        let from = old.unwrap_or(&absent);
        if from == commit {
            return Ok(true);
        }
        let started = now();
        loop {
            let moved = git!(sh, "git update-ref -m perf {reference} {commit} {from}");
            let moved = moved.quiet().ignore_status().output()?;
            if moved.status.success() {
                return Ok(true);
            }
            if self.commit_at(reference)?.as_deref() != old {
                return Ok(false);
            }
            let why = super::text(moved.stderr);
            // `a` and `a/b` exclude each other, so another try would fail too.
            if why.contains("; cannot create") || now().saturating_sub(started) > LOCK_TIMEOUT {
                bail!(
                    "cannot move `{reference}`: {}. End other git processes, or remove its lock file",
                    why.trim()
                );
            }
            self.remove_stale_lock(reference)?;
            std::thread::sleep(Duration::from_millis(fastrand::u64(5..50)));
        }
    }

    /// Removes the lock that a process left when it was killed while it moved a reference.
    pub(super) fn remove_stale_lock(&self, reference: &str) -> Result<()> {
        let lock = self.common_dir()?.join(format!("{reference}.lock"));
        let age = fs::metadata(&lock).and_then(|metadata| metadata.modified()).ok();
        let age = age.and_then(|since| SystemTime::now().duration_since(since).ok());
        if age.is_some_and(|age| age > STALE_LOCK_AGE) {
            fs::remove_file(&lock)
                .with_context(|| format!("cannot remove the stale lock {}", lock.display()))?;
        }
        Ok(())
    }

    /// The user's identity, or a neutral one where none is configured.
    fn committer(&self) -> String {
        let sh = &self.sh;
        let ident = answer(git!(sh, "git var GIT_COMMITTER_IDENT"));
        let named = ident
            .ok()
            .flatten()
            .and_then(|ident| ident.rfind('>').map(|end| ident[..=end].to_owned()));
        named.unwrap_or_else(|| NEUTRAL.to_owned())
    }

    /// The git directory that all work trees of the repository share.
    pub(crate) fn common_dir(&self) -> Result<PathBuf> {
        let sh = &self.sh;
        let dir = git!(sh, "git rev-parse --path-format=absolute --git-common-dir").quiet().read();
        Ok(PathBuf::from(dir.context("cannot find the repository's git directory")?))
    }
}

impl NewCommit<'_> {
    /// The input of `git fast-import` for this commit.
    fn stream(&self, reference: &str, committer: &str) -> Vec<u8> {
        let Self { message, time, .. } = self;
        let (seconds, length) = (time.timestamp().max(0), message.len());
        let mut stream = format!(
            "feature done\ncommit {reference}\nmark :1\ncommitter {committer} {seconds} +0000\ndata {length}\n{message}\n"
        )
        .into_bytes();
        for (i, parent) in self.parents.iter().enumerate() {
            let link = if i == 0 { "from" } else { "merge" };
            stream.extend(format!("{link} {parent}\n").bytes());
        }
        self.changes.iter().for_each(|change| change.write(&mut stream));
        stream.extend(b"get-mark :1\ndone\n");
        stream
    }
}

impl Change {
    fn write(&self, stream: &mut Vec<u8>) {
        match self {
            Self::Write { path, contents } => {
                let (path, length) = (quoted(path), contents.len());
                stream.extend(format!("M 100644 inline {path}\ndata {length}\n").bytes());
                stream.extend(contents);
                stream.push(b'\n');
            }
            Self::Link { path, object, is_folder } => {
                let mode = if *is_folder { "040000" } else { "100644" };
                stream.extend(format!("M {mode} {object} {}\n", quoted(path)).bytes());
            }
            Self::Remove { path } => stream.extend(format!("D {}\n", quoted(path)).bytes()),
        }
    }
}

/// A quoted path for `git fast-import`. The path may have any characters.
fn quoted(path: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{path}\"")
}

/// Whether git's message reports a lock of another process.
pub(super) fn is_lock_error(why: &str) -> bool {
    let parts = [
        "cannot lock ref",
        "failed to update ref",
        "unable to update local ref",
        ".lock': File exists",
    ];
    parts.iter().any(|part| why.contains(part))
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_written_as_git_reads_it() {
        let write = Change::Write { path: "a \"b\"\n".to_owned(), contents: b"x\n".to_vec() };
        let link = Change::Link { path: "c".to_owned(), object: "12".to_owned(), is_folder: true };
        let commit = NewCommit {
            parents: vec!["aa", "bb"],
            author: Author::Neutral,
            message: "one\n".to_owned(),
            time: DateTime::from_timestamp(7, 0).unwrap(),
            changes: vec![write, link, Change::Remove { path: "d".to_owned() }],
        };
        let stream = super::super::text(commit.stream("refs/x", "A <a@b>"));
        let lines = [
            "feature done",
            "commit refs/x",
            "mark :1",
            "committer A <a@b> 7 +0000",
            "data 4",
            "one",
            "",
            "from aa",
            "merge bb",
            "M 100644 inline \"a \\\"b\\\"\\n\"",
            "data 2",
            "x",
            "",
            "M 040000 12 \"c\"",
            "D \"d\"",
            "get-mark :1",
            "done\n",
        ];
        assert_eq!(stream, lines.join("\n"));
    }
}

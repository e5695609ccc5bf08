//! The site on a branch of its own: one commit without a parent, replaced each time, so that no
//! clone grows by it.

use super::git::git;
use super::import::{Author, Change, Commit};
use super::publish::{Pushed, pause};
use super::{Repository, answer, text};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

/// How a commit of ours begins, by which a branch is known to hold nothing else.
const TITLE: &str = "perf: the site";

const TRIES: u32 = 10;

impl Repository {
    /// Puts `files`, by path, on `branch` in place of what it held; to the remote too if `publish`
    /// says so. `time` is that of the run they show.
    pub(crate) fn replace_site(
        &self,
        branch: &str,
        files: Vec<(String, Vec<u8>)>,
        time: DateTime<Utc>,
        publish: bool,
    ) -> Result<String> {
        let reference = format!("refs/heads/{branch}");
        let local = self.commit_at(&reference)?;
        local.as_deref().map_or(Ok(()), |commit| self.check_is_site(branch, commit))?;
        let write = |(path, contents)| Change::Write { path, contents };
        // GitHub would take the pages for sources of another generator.
        let plain = (".nojekyll".to_owned(), Vec::new());
        let commit = self.import(&Commit {
            parents: Vec::new(),
            author: Author::Neutral,
            message: format!("{TITLE} as of {}\n", time.format("%Y-%m-%d %H:%M:%S UTC")),
            time,
            changes: files.into_iter().chain([plain]).map(write).collect(),
        })?;
        if !self.advance(&reference, &commit, local.as_deref())? {
            bail!("`{branch}` was moved by somebody else meanwhile: try again");
        }
        if !publish {
            return Ok(format!("the site is on the local branch `{branch}`"));
        }
        self.push_site(branch, &commit)
    }

    /// Fails if `branch`, the remote's too if `publish` says so, cannot be the site's: before
    /// anything is measured.
    pub(crate) fn check_site_branch(&self, branch: &str, publish: bool) -> Result<()> {
        if branch == self.branch {
            bail!("`{branch}` holds the history, which only grows: give the site another branch");
        }
        self.check_not_checked_out(branch)?;
        self.check_beside_others(branch)?;
        self.check_not_symbolic(&format!("refs/heads/{branch}"))?;
        let local = self.commit_at(&format!("refs/heads/{branch}"))?;
        let theirs = publish.then(|| self.fetch_site(branch)).transpose()?.flatten();
        let known = local.iter().chain(&theirs);
        known.into_iter().try_for_each(|commit| self.check_is_site(branch, commit))
    }

    fn push_site(&self, branch: &str, commit: &str) -> Result<String> {
        let (sh, remote) = (&self.sh, &self.remote);
        let reference = format!("refs/heads/{branch}");
        for attempt in 1..=TRIES {
            let theirs = self.fetch_site(branch)?;
            theirs.as_deref().map_or(Ok(()), |theirs| self.check_is_site(branch, theirs))?;
            let lease = format!("--force-with-lease={reference}:{}", theirs.unwrap_or_default());
            let pushed =
                git!(sh, "git push --porcelain --progress {lease} {remote} {commit}:{reference}");
            match Pushed::of(self.ask_remote(pushed)?) {
                Pushed::Yes => return Ok(format!("the site is on {remote}/{branch}")),
                Pushed::Raced => pause(attempt),
                Pushed::Refused(why) | Pushed::Deaf(why) => {
                    bail!("{remote} did not take the site on `{branch}`: {why}")
                }
            }
        }
        bail!("`{branch}` on {remote} kept moving")
    }

    /// Where the remote's site stands; its commit is fetched to be looked at.
    fn fetch_site(&self, branch: &str) -> Result<Option<String>> {
        let (sh, remote) = (&self.sh, &self.remote);
        let reference = format!("refs/heads/{branch}");
        let listed = self.ask_remote(git!(sh, "git ls-remote {remote} {reference}"))?;
        if !listed.status.success() {
            bail!("cannot ask {remote} for `{branch}`: {}", text(listed.stderr).trim());
        }
        let listed = text(listed.stdout);
        let Some(commit) = listed.split_whitespace().next() else { return Ok(None) };
        let fetched = git!(
            sh,
            "git -c gc.auto=0 fetch --progress --no-tags --no-write-fetch-head --refmap= {remote} {reference}"
        );
        let fetched = self.ask_remote(fetched)?;
        if !fetched.status.success() {
            bail!("cannot fetch `{branch}` from {remote}: {}", text(fetched.stderr).trim());
        }
        Ok(Some(commit.to_owned()))
    }

    /// Fails unless the commit is one that this tool made, and alone.
    fn check_is_site(&self, branch: &str, commit: &str) -> Result<()> {
        let sh = &self.sh;
        let facts = answer(git!(sh, "git show --no-patch --format=%P|%s {commit} --"))?;
        let is_ours = facts.is_some_and(|facts| facts.starts_with(&format!("|{TITLE}")));
        if !is_ours {
            bail!(
                "`{branch}` holds something else than the site, which would be lost: give --site-branch a name of its own"
            );
        }
        Ok(())
    }
}

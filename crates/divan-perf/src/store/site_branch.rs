//! The site on a branch of its own. The branch has one commit without a parent, which is replaced
//! each time, so clones do not grow.

use super::git::git;
use super::import::{Author, Change, NewCommit};
use super::publish::{PushOutcome, pause};
use super::{Repository, answer, text};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

/// The title of the site's commits, which identifies a branch as the site's.
const TITLE: &str = "perf: the site";

const TRIES: u32 = 10;

impl Repository {
    /// Replaces the contents of `branch` by `files`, which are given by path. With `publish`, the
    /// remote's branch is replaced too. `time` is that of the newest run in them.
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
        // Without this file, GitHub would run the pages through Jekyll.
        let no_jekyll = (".nojekyll".to_owned(), Vec::new());
        let commit = self.import(&NewCommit {
            parents: Vec::new(),
            author: Author::Neutral,
            message: format!("{TITLE} as of {}\n", time.format("%Y-%m-%d %H:%M:%S UTC")),
            time,
            changes: files.into_iter().chain([no_jekyll]).map(write).collect(),
        })?;
        if !self.advance(&reference, &commit, local.as_deref())? {
            bail!(
                "cannot replace the site on `{branch}`: another process moved the branch. Run the command again"
            );
        }
        if !publish {
            return Ok(format!("the site is on the local branch `{branch}`"));
        }
        self.push_site(branch, &commit)
    }

    /// Fails if `branch` cannot be the site's branch. With `publish`, the remote's branch is checked
    /// too.
    pub(crate) fn check_site_branch(&self, branch: &str, publish: bool) -> Result<()> {
        if branch == self.branch {
            bail!(
                "cannot publish the site on `{branch}`: it has the history. Name another branch by --site-branch"
            );
        }
        self.check_not_checked_out(branch)?;
        self.check_name_conflict(branch)?;
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
            match PushOutcome::of(self.run_remote(pushed)?) {
                PushOutcome::Accepted => return Ok(format!("the site is on {remote}/{branch}")),
                PushOutcome::Raced => pause(attempt),
                PushOutcome::Refused(why) | PushOutcome::Unreachable(why) => {
                    bail!("cannot push the site to `{branch}` on {remote}: {why}")
                }
            }
        }
        bail!(
            "cannot push the site: other pushes to `{branch}` on {remote} came first {TRIES} times. Run the command again"
        )
    }

    /// Fetches the commit of the remote's site branch; `None` if there is no such branch.
    fn fetch_site(&self, branch: &str) -> Result<Option<String>> {
        let (sh, remote) = (&self.sh, &self.remote);
        let reference = format!("refs/heads/{branch}");
        let listed = self.run_remote(git!(sh, "git ls-remote {remote} {reference}"))?;
        if !listed.status.success() {
            bail!("cannot read `{branch}` of {remote}: {}", text(listed.stderr).trim());
        }
        let listed = text(listed.stdout);
        let Some(commit) = listed.split_whitespace().next() else { return Ok(None) };
        let fetched = git!(
            sh,
            "git -c gc.auto=0 fetch --progress --no-tags --no-write-fetch-head --refmap= {remote} {reference}"
        );
        let fetched = self.run_remote(fetched)?;
        if !fetched.status.success() {
            bail!("cannot fetch `{branch}` from {remote}: {}", text(fetched.stderr).trim());
        }
        Ok(Some(commit.to_owned()))
    }

    /// Fails unless the commit is a site of this tool, and has no parent.
    fn check_is_site(&self, branch: &str, commit: &str) -> Result<()> {
        let sh = &self.sh;
        let header = answer(git!(sh, "git show --no-patch --format=%P|%s {commit} --"))?;
        let is_ours = header.is_some_and(|header| header.starts_with(&format!("|{TITLE}")));
        if !is_ours {
            bail!(
                "cannot replace `{branch}` by the site: it has other contents, which would be lost. Name another branch by --site-branch"
            );
        }
        Ok(())
    }
}

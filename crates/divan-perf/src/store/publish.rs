//! Sharing the history with a remote: fetch, merge by union, push. Never by force.

use super::git::git;
use super::import::{Author, Change, NewCommit, is_lock_error};
use super::lineage::Lineage;
use super::objects::Objects;
use super::remote::{self, RemoteTimeout};
use super::{Repository, answer, text};
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use perf_judge::history::{Place, place_of};
use std::process::Output;
use std::time::Duration;
use xshell::Cmd;

/// How often a push or a fetch is tried while others change the branch.
const TRIES: u32 = 60;
/// How often a remote that cannot be reached is tried again.
const UNREACHABLE_RETRIES: u32 = 3;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many runs of an unrelated history are searched for a commit of this repository.
const SEARCHED_RUNS: usize = 50;

/// The result of a push.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PushOutcome {
    /// The remote has the commit.
    Accepted,
    /// Another push came first.
    Raced,
    /// The remote, or a hook of this clone, refused the push for this reason.
    Refused(String),
    /// The remote could not be reached for this reason.
    Unreachable(String),
}

impl Repository {
    /// Fetches the history from the remote, and returns its newest commit. `None`: the remote has
    /// no history.
    pub(crate) fn fetch(&self) -> Result<Option<String>> {
        let (sh, remote) = (&self.sh, &self.remote);
        let tracking = self.tracking_ref();
        let refspec = format!("+{}:{tracking}", self.local_ref());
        // A shallow clone stays shallow: the past of the history is not needed to add to it.
        let before = self.commit_at(&tracking)?;
        let depth = (before.is_none() && self.is_shallow()?).then_some("--depth=1");
        for _ in 0..TRIES {
            let fetched = git!(
                sh,
                "git -c gc.auto=0 -c maintenance.auto=false fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {depth...} {remote} {refspec}"
            );
            let fetched = self.run_remote(fetched)?;
            if fetched.status.success() {
                let now = self.commit_at(&tracking)?;
                self.join_replaced(before.as_deref(), now.as_deref())?;
                return Ok(now);
            }
            let why = text(fetched.stderr);
            if why.contains("couldn't find remote ref") {
                return Ok(None);
            }
            // Another process of this clone fetches it too, or was killed during its fetch.
            if !is_lock_error(&why) {
                bail!("cannot fetch `{}` from {remote}: {}", self.branch, why.trim());
            }
            self.remove_stale_lock(&tracking)?;
            pause(4);
        }
        bail!(
            "cannot fetch `{}`: `{tracking}` stays locked. End other git processes, or remove its lock file",
            self.branch
        )
    }

    /// Joins the local branch with the remote's branch as it was `before`, if that was replaced by
    /// force: no other reference has its commits.
    fn join_replaced(&self, before: Option<&str>, now: Option<&str>) -> Result<()> {
        let Some((before, now)) = before.zip(now) else { return Ok(()) };
        if self.contains(now, before)? || self.lineage_of(before, now)? != Lineage::Same {
            return Ok(());
        }
        for _ in 0..TRIES {
            let ours = self.commit_at(&self.local_ref())?;
            let Some(joined) = self.join(ours.as_deref(), Some(before))? else { return Ok(()) };
            if self.advance(&self.local_ref(), &joined, ours.as_deref())? {
                return Ok(());
            }
        }
        bail!(
            "cannot join `{}` with the replaced history of {}: other processes kept moving the branch. Run the command again",
            self.branch,
            self.remote
        )
    }

    /// Fetches this many older commits of the history into a shallow clone.
    pub(super) fn deepen(&self, commits: u32) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        let (depth, tracking) = (format!("--deepen={commits}"), self.tracking_ref());
        let refspec = format!("+{}:{tracking}", self.local_ref());
        let fetched = git!(
            sh,
            "git -c gc.auto=0 -c maintenance.auto=false fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {depth} {remote} {refspec}"
        );
        let fetched = self.run_remote(fetched)?;
        if !fetched.status.success() {
            bail!("cannot fetch older commits from {remote}: {}", text(fetched.stderr).trim());
        }
        Ok(())
    }

    /// Fails unless the remote exists and this user can push to it.
    pub(crate) fn check_remote(&self) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        if answer(git!(sh, "git remote get-url {remote}"))?.is_none() {
            bail!(
                "cannot publish: there is no remote `{remote}`. Name one of `git remote -v` by --remote"
            );
        }
        let probe =
            git!(sh, "git push --dry-run --no-verify --progress {remote} HEAD:refs/perf/probe");
        let probe = self.run_remote(probe)?;
        if !probe.status.success() {
            bail!(
                "cannot push to {remote}: {}. Fix the access, or measure without --publish",
                text(probe.stderr).trim()
            );
        }
        Ok(())
    }

    /// Joins the local history with the remote's and pushes it. Returns a message about it.
    ///
    /// If this fails, the local branch has everything, and the next publishing pushes it.
    pub(crate) fn publish(&self) -> Result<String> {
        let (remote, branch) = (&self.remote, &self.branch);
        let mut retries = 0;
        for attempt in 1..=TRIES {
            let theirs = match self.fetch() {
                Ok(theirs) => theirs,
                Err(error) if retries == UNREACHABLE_RETRIES || error.is::<RemoteTimeout>() => {
                    return Err(error.context(self.not_published()));
                }
                Err(_) => {
                    retries += 1;
                    pause(attempt);
                    continue;
                }
            };
            let ours = self.commit_at(&self.local_ref())?;
            // If the remote's branch was deleted, this clone still has what was fetched of it.
            let known = theirs
                .clone()
                .map_or_else(|| self.commit_at(&self.tracking_ref()), |it| Ok(Some(it)))?;
            let Some(joined) = self.join(ours.as_deref(), known.as_deref())? else {
                return Ok(format!("nothing to publish: `{branch}` has no history"));
            };
            let outcome = if theirs.as_deref() == Some(&joined) {
                PushOutcome::Accepted
            } else {
                self.push(&joined, &self.local_ref()).with_context(|| self.not_published())?
            };
            match outcome {
                PushOutcome::Accepted => {
                    // If another process has moved the branch, its next publishing joins both.
                    self.advance(&self.local_ref(), &joined, ours.as_deref())?;
                    self.set_tracking_ref(&joined)?;
                    return Ok(format!("published as {} on {remote}/{branch}", &joined[..12]));
                }
                PushOutcome::Raced => {}
                PushOutcome::Refused(why) => {
                    return Err(
                        anyhow!("{remote} refused the push: {why}").context(self.not_published())
                    );
                }
                PushOutcome::Unreachable(why) if retries == UNREACHABLE_RETRIES => {
                    return Err(
                        anyhow!("cannot reach {remote}: {why}").context(self.not_published())
                    );
                }
                PushOutcome::Unreachable(_) => retries += 1,
            }
            pause(attempt);
        }
        Err(anyhow!("other pushes to `{branch}` on {remote} came first {TRIES} times")
            .context(self.not_published()))
    }

    /// Runs a git command that contacts the remote. It must have the option `--progress`, if git
    /// offers that.
    pub(super) fn run_remote(&self, command: Cmd<'_>) -> Result<Output> {
        remote::run(command, &self.remote, self.remote_timeout)
    }

    fn not_published(&self) -> String {
        let branch = &self.branch;
        format!(
            "cannot publish the history; it is kept on the local branch `{branch}`. Run `cargo xtask perf history add --publish` to try again"
        )
    }

    /// A commit with the files of both histories; `None` if there is neither.
    fn join(&self, ours: Option<&str>, theirs: Option<&str>) -> Result<Option<String>> {
        let (ours, theirs) = match (ours, theirs) {
            (Some(ours), Some(theirs)) => (ours, theirs),
            (ours, theirs) => {
                return ours.or(theirs).map(|tip| self.complete_commit(tip)).transpose();
            }
        };
        if self.contains(theirs, ours)? {
            return self.complete_commit(theirs).map(Some);
        }
        if self.contains(ours, theirs)? {
            return self.complete_commit(ours).map(Some);
        }
        let (theirs, ours) = (self.complete_commit(theirs)?, self.complete_commit(ours)?);
        self.check_same_lineage(&ours, &theirs)?;
        self.check_same_project(&ours, &theirs)?;
        self.import_complete(&NewCommit {
            parents: vec![&theirs, &ours],
            author: Author::Configured,
            message: "perf: merge two histories\n".to_owned(),
            time: self.time_of(&theirs)?.max(self.time_of(&ours)?),
            changes: self.union(&theirs, &ours)?,
        })
        .map(Some)
    }

    /// Fails if the remote's history is of another project. It then has no commit in common with this
    /// clone's history, and this repository has none of the measured commits.
    fn check_same_project(&self, ours: &str, theirs: &str) -> Result<()> {
        let sh = &self.sh;
        // A shallow clone lacks commits of its own project as well.
        let is_related = answer(git!(sh, "git merge-base {ours} {theirs}"))?.is_some();
        if is_related || self.is_shallow()? {
            return Ok(());
        }
        let (mut objects, mut is_empty) = (self.objects(), true);
        for file in self.newest_runs(&mut objects, theirs, SEARCHED_RUNS, &mut Vec::new())? {
            let commit = self.run_in(&mut objects, &file)?.ok().and_then(|run| run.commit);
            match commit {
                Some(commit) if self.commit_at(&commit.hash)?.is_none() => is_empty = false,
                _ => return Ok(()),
            }
        }
        if is_empty {
            return Ok(());
        }
        let (branch, remote) = (&self.branch, &self.remote);
        bail!(
            "cannot join `{branch}` with {remote}: its runs are of commits that this repository does not have, like those of another project. If they are of this project, run `git fetch {remote}`. Otherwise name another history by --branch or --remote"
        )
    }

    /// The files of `ours` that `theirs` lacks, as changes of it. No run is read, and equal folders
    /// are skipped.
    fn union(&self, theirs: &str, ours: &str) -> Result<Vec<Change>> {
        let sh = &self.sh;
        let folder = format!("{}data", self.prefix);
        let differing =
            git!(sh, "git diff-tree -r -z --no-renames {theirs} {ours} -- {folder}").quiet();
        let differing = text(differing.output().context("cannot compare two histories")?.stdout);
        let mut fields = differing.split_terminator('\0');
        let mut objects = self.objects();
        let mut changes = Vec::new();
        while let (Some(header), Some(path)) = (fields.next(), fields.next()) {
            let header: Vec<&str> = header.split(' ').collect();
            let [_, _, _, object, status] = header[..] else {
                bail!("cannot read the output of `git diff-tree`: {}", header.join(" "))
            };
            let below = path.strip_prefix(&self.prefix).unwrap_or(path);
            match status {
                "A" => changes.push(Change::Link {
                    path: path.to_owned(),
                    object: object.to_owned(),
                    is_folder: false,
                }),
                "M" if place_of(below) == Place::Series => {
                    changes.extend(self.joined_day_index(
                        &mut objects,
                        [theirs, ours],
                        below,
                        object,
                    )?);
                }
                // Files that only `theirs` has stay. Runs that both have are never replaced.
                _ => {}
            }
        }
        Ok(changes)
    }

    /// A day index with the rows of both commits, as a change of the first.
    fn joined_day_index(
        &self,
        objects: &mut Objects,
        commits: [&str; 2],
        path: &str,
        our_object: &str,
    ) -> Result<Option<Change>> {
        let [theirs, ours] = commits.map(|commit| self.day_index(objects, Some(commit), path));
        Ok(match (theirs?, ours?) {
            (Some(theirs), Some(ours)) => Some(self.change(path, theirs.merge(ours).to_text())),
            // A day index of a newer format is not changed.
            (Some(_), None) => Some(Change::Link {
                path: self.branch_path(path),
                object: our_object.to_owned(),
                is_folder: false,
            }),
            (None, _) => None,
        })
    }

    /// Pushes a commit, without force.
    fn push(&self, commit: &str, reference: &str) -> Result<PushOutcome> {
        let (sh, remote) = (&self.sh, &self.remote);
        let refspec = format!("{commit}:{reference}");
        let pushed = git!(sh, "git push --porcelain --progress {remote} {refspec}");
        Ok(PushOutcome::of(self.run_remote(pushed)?))
    }

    /// Sets the remote-tracking reference, which a push does not do in clones that do not fetch
    /// this branch.
    pub(super) fn set_tracking_ref(&self, commit: &str) -> Result<()> {
        let tracking = self.tracking_ref();
        let known = self.commit_at(&tracking)?;
        self.advance(&tracking, commit, known.as_deref()).map(drop)
    }

    pub(super) fn time_of(&self, commit: &str) -> Result<DateTime<Utc>> {
        let sh = &self.sh;
        let seconds = git!(sh, "git show --no-patch --format=%ct {commit} --").quiet().read()?;
        let time = seconds.trim().parse().ok().and_then(|time| DateTime::from_timestamp(time, 0));
        time.with_context(|| format!("cannot read the time of {commit}: run `git fsck`"))
    }
}

impl PushOutcome {
    pub(super) fn of(output: Output) -> Self {
        if output.status.success() {
            return Self::Accepted;
        }
        let (statuses, why) = (text(output.stdout), text(output.stderr));
        let Some(line) = statuses.lines().find(|line| line.starts_with('!')) else {
            let message = why.trim().replace('\n', "; ");
            // If a hook of this clone refuses, git prints this line and no status.
            let is_hook = why.contains("failed to push some refs");
            return if is_hook { Self::Refused(message) } else { Self::Unreachable(message) };
        };
        let reason = line.rsplit('\t').next().unwrap_or(line);
        let raced = [
            "fetch first",
            "non-fast-forward",
            "stale info",
            "incorrect old value",
            "reference already exists",
        ];
        // The remote's own refusal is no race: its settings forbid replacing a branch.
        let is_policy = reason == "[remote rejected] (non-fast-forward)";
        if !is_policy && raced.iter().any(|sign| reason.contains(sign)) || is_lock_error(reason) {
            return Self::Raced;
        }
        let remote: Vec<&str> =
            why.lines().filter_map(|line| line.strip_prefix("remote: ")).collect();
        let messages = remote.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        Self::Refused(messages.chain([reason]).collect::<Vec<_>>().join("; "))
    }
}

/// Sleeps for a random time that grows with each attempt, so that two processes do not collide
/// again.
pub(super) fn pause(attempt: u32) {
    let longest = Duration::from_millis(25).saturating_mul(2_u32.saturating_pow(attempt.min(10)));
    std::thread::sleep(longest.min(LONGEST_PAUSE).mul_f64(fastrand::f64()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn pushed(porcelain: &str, stderr: &str) -> PushOutcome {
        let mut output = Command::new("git").arg("--no-such-option").output().unwrap();
        output.stdout = porcelain.as_bytes().to_vec();
        output.stderr = stderr.as_bytes().to_vec();
        PushOutcome::of(output)
    }

    #[test]
    fn a_race_is_distinguished_from_a_refusal() {
        let line = |reason: &str| format!("To x\n!\tabc:refs/heads/gh-pages\t{reason}\nDone\n");
        for reason in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/gh-pages': is at a but expected b)",
            "[remote rejected] (incorrect old value provided)",
            "[remote rejected] (failed to update ref)",
        ] {
            assert_eq!(pushed(&line(reason), ""), PushOutcome::Raced, "{reason}");
        }
        let hook = "[remote rejected] (pre-receive hook declined)";
        let refused = pushed(&line(hook), "remote: no perf data here        \nerror: failed\n");
        assert_eq!(refused, PushOutcome::Refused(format!("no perf data here; {hook}")));
        let policy = "[remote rejected] (non-fast-forward)";
        assert_eq!(pushed(&line(policy), ""), PushOutcome::Refused(policy.to_owned()));
        let message = "not on a Friday\nerror: failed to push some refs to 'x'\n";
        assert!(
            matches!(pushed("", message), PushOutcome::Refused(why) if why.starts_with("not on a Friday"))
        );
        let unreachable = pushed("", "fatal: unable to access 'x': 403\n");
        assert_eq!(
            unreachable,
            PushOutcome::Unreachable("fatal: unable to access 'x': 403".to_owned())
        );
    }
}

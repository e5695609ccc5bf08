//! Sharing the history with a remote: fetch, merge by union, push. Never by force.

use super::beginning::Beginning;
use super::git::git;
use super::import::{Author, Change, Commit, is_lock_trouble};
use super::objects::Objects;
use super::remote::{self, Unanswered};
use super::{Repository, answer, text};
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use perf_judge::history::{Place, place_of};
use std::process::Output;
use std::time::Duration;
use xshell::Cmd;

/// How often a push that others forestall is tried again.
const TRIES: u32 = 60;
/// How often a remote that does not answer is tried again.
const DEAF_TRIES: u32 = 3;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many runs of an unrelated history are asked for a commit that is known here.
const LOOKED_AT: usize = 50;

/// What became of a push.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The remote has it.
    Yes,
    /// Somebody else was faster.
    Raced,
    /// The remote does not want it, for this reason.
    Refused(String),
    /// The remote could not be asked.
    Deaf(String),
}

impl Repository {
    /// Fetches the history from the remote. `None`: the remote has none.
    pub(crate) fn fetch(&self) -> Result<Option<String>> {
        let (sh, remote) = (&self.sh, &self.remote);
        let tracking = self.tracking_ref();
        let refspec = format!("+{}:{tracking}", self.local_ref());
        // A clone that is shallow stays so: the past of the history is not needed to add to it.
        let before = self.commit_at(&tracking)?;
        let depth = (before.is_none() && self.is_shallow()?).then_some("--depth=1");
        for _ in 0..TRIES {
            let fetched = git!(
                sh,
                "git -c gc.auto=0 -c maintenance.auto=false fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {depth...} {remote} {refspec}"
            );
            let fetched = self.ask_remote(fetched)?;
            if fetched.status.success() {
                let now = self.commit_at(&tracking)?;
                self.keep_replaced(before.as_deref(), now.as_deref())?;
                return Ok(now);
            }
            let why = text(fetched.stderr);
            if why.contains("couldn't find remote ref") {
                return Ok(None);
            }
            // Another process of this clone fetches it too, or was killed while it did.
            if !is_lock_trouble(&why) {
                bail!("cannot fetch `{}` from {remote}: {}", self.branch, why.trim());
            }
            self.remove_stale_lock(&tracking)?;
            pause(4);
        }
        bail!("`{tracking}` stays locked: does another git process run?")
    }

    /// Keeps what the remote's branch was `before`, on the local one, if somebody put another in its
    /// place: no other reference has it any more.
    fn keep_replaced(&self, before: Option<&str>, now: Option<&str>) -> Result<()> {
        let Some((before, now)) = before.zip(now) else { return Ok(()) };
        if self.contains(now, before)? || self.beginning_of(before, now)? != Beginning::Same {
            return Ok(());
        }
        for _ in 0..TRIES {
            let ours = self.commit_at(&self.local_ref())?;
            let Some(joined) = self.join(ours.as_deref(), Some(before))? else { return Ok(()) };
            if self.advance(&self.local_ref(), &joined, ours.as_deref())? {
                return Ok(());
            }
        }
        bail!("`{}` kept moving while it was joined with what {} had", self.branch, self.remote)
    }

    /// Fetches this many older commits of a history that was fetched in part.
    pub(super) fn deepen(&self, commits: u32) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        let (depth, tracking) = (format!("--deepen={commits}"), self.tracking_ref());
        let refspec = format!("+{}:{tracking}", self.local_ref());
        let fetched = git!(
            sh,
            "git -c gc.auto=0 -c maintenance.auto=false fetch --progress --no-tags --no-write-fetch-head --no-recurse-submodules --refmap= {depth} {remote} {refspec}"
        );
        let fetched = self.ask_remote(fetched)?;
        if !fetched.status.success() {
            bail!("cannot fetch from {remote}: {}", text(fetched.stderr).trim());
        }
        Ok(())
    }

    /// Fails unless the remote is there and lets this user push.
    pub(crate) fn check_remote(&self) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        if answer(git!(sh, "git remote get-url {remote}"))?.is_none() {
            bail!(
                "there is no remote `{remote}` to publish to: `git remote -v` lists what there is"
            );
        }
        let probe =
            git!(sh, "git push --dry-run --no-verify --progress {remote} HEAD:refs/perf/probe");
        let probe = self.ask_remote(probe)?;
        if !probe.status.success() {
            bail!("{remote} takes no push: {}", text(probe.stderr).trim());
        }
        Ok(())
    }

    /// Brings what the local history has to the remote, and the other way pair; says what was
    /// done.
    ///
    /// Whatever happens, the local branch keeps everything: what could not be published is
    /// published with what comes next.
    pub(crate) fn publish(&self) -> Result<String> {
        let (remote, branch) = (&self.remote, &self.branch);
        let mut deaf = 0;
        for attempt in 1..=TRIES {
            let theirs = match self.fetch() {
                Ok(theirs) => theirs,
                Err(error) if deaf == DEAF_TRIES || error.is::<Unanswered>() => {
                    return Err(error.context(self.kept()));
                }
                Err(_) => {
                    deaf += 1;
                    pause(attempt);
                    continue;
                }
            };
            let ours = self.commit_at(&self.local_ref())?;
            // Where somebody deleted the remote's branch, this clone still has what it was.
            let known = theirs
                .clone()
                .map_or_else(|| self.commit_at(&self.tracking_ref()), |it| Ok(Some(it)))?;
            let Some(joined) = self.join(ours.as_deref(), known.as_deref())? else {
                return Ok(format!("there is no history to publish on `{branch}`"));
            };
            let pushed = match theirs.as_deref() == Some(&joined) {
                true => Pushed::Yes,
                false => self.push(&joined, &self.local_ref()).with_context(|| self.kept())?,
            };
            match pushed {
                Pushed::Yes => {
                    // If another process has moved it meanwhile, its next publishing joins them.
                    self.advance(&self.local_ref(), &joined, ours.as_deref())?;
                    self.remember(&joined)?;
                    return Ok(format!("published as {} on {remote}/{branch}", &joined[..12]));
                }
                Pushed::Raced => {}
                Pushed::Refused(why) => {
                    return Err(anyhow!("{remote} refused the history: {why}").context(self.kept()));
                }
                Pushed::Deaf(why) if deaf == DEAF_TRIES => {
                    return Err(anyhow!("{remote} cannot be reached: {why}").context(self.kept()));
                }
                Pushed::Deaf(_) => deaf += 1,
            }
            pause(attempt);
        }
        Err(anyhow!("`{branch}` on {remote} kept moving").context(self.kept()))
    }

    /// Runs a git command that asks the remote, which must be told `--progress`.
    pub(super) fn ask_remote(&self, command: Cmd<'_>) -> Result<Output> {
        remote::run(command, &self.remote, self.remote_timeout)
    }

    fn kept(&self) -> String {
        let branch = &self.branch;
        format!(
            "the history is kept on the local branch `{branch}` and not published; the next publishing carries it"
        )
    }

    /// A commit that has all that either has: `None` if there is neither.
    fn join(&self, ours: Option<&str>, theirs: Option<&str>) -> Result<Option<String>> {
        let (ours, theirs) = match (ours, theirs) {
            (Some(ours), Some(theirs)) => (ours, theirs),
            (ours, theirs) => return ours.or(theirs).map(|tip| self.whole(tip)).transpose(),
        };
        if self.contains(theirs, ours)? {
            return self.whole(theirs).map(Some);
        }
        if self.contains(ours, theirs)? {
            return self.whole(ours).map(Some);
        }
        let (theirs, ours) = (self.whole(theirs)?, self.whole(ours)?);
        self.check_same_beginning(&ours, &theirs)?;
        self.check_same_project(&ours, &theirs)?;
        self.import_whole(&Commit {
            parents: vec![&theirs, &ours],
            author: Author::Configured,
            message: "perf: join two histories\n".to_owned(),
            time: self.time_of(&theirs)?.max(self.time_of(&ours)?),
            changes: self.union(&theirs, &ours)?,
        })
        .map(Some)
    }

    /// Fails where two histories have nothing in common and the remote's runs are of commits that
    /// this repository does not have: a remote's address may have been changed to another project's.
    fn check_same_project(&self, ours: &str, theirs: &str) -> Result<()> {
        let sh = &self.sh;
        // A shallow clone has few commits, so that nothing follows from one that it lacks.
        let is_related = answer(git!(sh, "git merge-base {ours} {theirs}"))?.is_some();
        if is_related || self.is_shallow()? {
            return Ok(());
        }
        let (mut objects, mut is_empty) = (self.objects(), true);
        for file in self.newest_runs(&mut objects, theirs, LOOKED_AT, &mut Vec::new())? {
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
            "`{branch}` on {remote} has nothing in common with this clone's and holds runs of commits that this repository does not have, as another project's history does: `git fetch {remote}` brings the commits if it is this project's, --branch and --remote name another place if not"
        )
    }

    /// What `theirs` lacks of `ours`. Runs are never read: equal folders are passed over.
    fn union(&self, theirs: &str, ours: &str) -> Result<Vec<Change>> {
        let sh = &self.sh;
        let folder = format!("{}data", self.prefix);
        let differing =
            git!(sh, "git diff-tree -r -z --no-renames {theirs} {ours} -- {folder}").quiet();
        let differing = text(differing.output().context("cannot compare two histories")?.stdout);
        let mut fields = differing.split_terminator('\0');
        let mut objects = self.objects();
        let mut changes = Vec::new();
        while let (Some(facts), Some(path)) = (fields.next(), fields.next()) {
            let facts: Vec<&str> = facts.split(' ').collect();
            let [_, _, _, object, status] = facts[..] else {
                bail!("git says: {}", facts.join(" "))
            };
            let below = path.strip_prefix(&self.prefix).unwrap_or(path);
            match status {
                "A" => changes.push(Change::Link {
                    path: path.to_owned(),
                    object: object.to_owned(),
                    is_folder: false,
                }),
                "M" if place_of(below) == Place::Series => {
                    changes.extend(self.joined_chunk(
                        &mut objects,
                        [theirs, ours],
                        below,
                        object,
                    )?);
                }
                // What only they have stays, and what both have is never replaced.
                _ => {}
            }
        }
        Ok(changes)
    }

    /// The lines of both sides of a day's day_index, as a change of the first.
    fn joined_chunk(
        &self,
        objects: &mut Objects,
        commits: [&str; 2],
        path: &str,
        our_object: &str,
    ) -> Result<Option<Change>> {
        let [theirs, ours] = commits.map(|commit| self.day_index(objects, Some(commit), path));
        Ok(match (theirs?, ours?) {
            (Some(theirs), Some(ours)) => Some(self.change(path, theirs.merge(ours).to_text())),
            // What a later version wrote is left as it is.
            (Some(_), None) => Some(Change::Link {
                path: self.in_place(path),
                object: our_object.to_owned(),
                is_folder: false,
            }),
            (None, _) => None,
        })
    }

    /// Pushes a commit, if the remote's branch is in its past.
    fn push(&self, commit: &str, reference: &str) -> Result<Pushed> {
        let (sh, remote) = (&self.sh, &self.remote);
        let refspec = format!("{commit}:{reference}");
        let pushed = git!(sh, "git push --porcelain --progress {remote} {refspec}");
        Ok(Pushed::of(self.ask_remote(pushed)?))
    }

    /// Notes where the remote stands, for clones that do not track this branch.
    pub(super) fn remember(&self, commit: &str) -> Result<()> {
        let tracking = self.tracking_ref();
        let known = self.commit_at(&tracking)?;
        self.advance(&tracking, commit, known.as_deref()).map(drop)
    }

    pub(super) fn time_of(&self, commit: &str) -> Result<DateTime<Utc>> {
        let sh = &self.sh;
        let seconds = git!(sh, "git show --no-patch --format=%ct {commit} --").quiet().read()?;
        let time = seconds.trim().parse().ok().and_then(|time| DateTime::from_timestamp(time, 0));
        time.with_context(|| format!("{commit} has no time"))
    }
}

impl Pushed {
    pub(super) fn of(output: Output) -> Self {
        if output.status.success() {
            return Self::Yes;
        }
        let (told, why) = (text(output.stdout), text(output.stderr));
        let Some(line) = told.lines().find(|line| line.starts_with('!')) else {
            let said = why.trim().replace('\n', "; ");
            // This clone's own hook refused: git says so only by what it does not say.
            let is_hook = why.contains("failed to push some refs");
            return if is_hook { Self::Refused(said) } else { Self::Deaf(said) };
        };
        let reason = line.rsplit('\t').next().unwrap_or(line);
        let raced = [
            "fetch first",
            "non-fast-forward",
            "stale info",
            "incorrect old value",
            "reference already exists",
        ];
        // What the remote itself calls so was no race: it lets nobody begin a branch anew.
        let is_policy = reason == "[remote rejected] (non-fast-forward)";
        if !is_policy && raced.iter().any(|sign| reason.contains(sign)) || is_lock_trouble(reason) {
            return Self::Raced;
        }
        let remote: Vec<&str> =
            why.lines().filter_map(|line| line.strip_prefix("remote: ")).collect();
        let said = remote.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        Self::Refused(said.chain([reason]).collect::<Vec<_>>().join("; "))
    }
}

/// Waits, by chance and longer each time, so that those who collided do not collide again.
pub(super) fn pause(attempt: u32) {
    let longest = Duration::from_millis(25).saturating_mul(2_u32.saturating_pow(attempt.min(10)));
    std::thread::sleep(longest.min(LONGEST_PAUSE).mul_f64(fastrand::f64()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn pushed(porcelain: &str, stderr: &str) -> Pushed {
        let mut output = Command::new("git").arg("--no-such-option").output().unwrap();
        output.stdout = porcelain.as_bytes().to_vec();
        output.stderr = stderr.as_bytes().to_vec();
        Pushed::of(output)
    }

    #[test]
    fn a_race_is_told_from_a_refusal() {
        let line = |reason: &str| format!("To x\n!\tabc:refs/heads/gh-pages\t{reason}\nDone\n");
        for reason in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/gh-pages': is at a but expected b)",
            "[remote rejected] (incorrect old value provided)",
            "[remote rejected] (failed to update ref)",
        ] {
            assert_eq!(pushed(&line(reason), ""), Pushed::Raced, "{reason}");
        }
        let hook = "[remote rejected] (pre-receive hook declined)";
        let told = pushed(&line(hook), "remote: no perf data here        \nerror: failed\n");
        assert_eq!(told, Pushed::Refused(format!("no perf data here; {hook}")));
        let policy = "[remote rejected] (non-fast-forward)";
        assert_eq!(pushed(&line(policy), ""), Pushed::Refused(policy.to_owned()));
        let said = "not on a Friday\nerror: failed to push some refs to 'x'\n";
        assert!(
            matches!(pushed("", said), Pushed::Refused(why) if why.starts_with("not on a Friday"))
        );
        let deaf = pushed("", "fatal: unable to access 'x': 403\n");
        assert_eq!(deaf, Pushed::Deaf("fatal: unable to access 'x': 403".to_owned()));
    }
}

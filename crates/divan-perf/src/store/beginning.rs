//! Whether two histories can be joined: one may have been restarted.

use super::Repository;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::check_branch;
use serde::Deserialize;

/// Where a history that was restarted says so: what it is, it says by its contents.
pub(super) const ROTATION_NOTE: &str = "data/restarted.json";

/// What a history that was restarted says of the one before.
#[derive(Debug, Deserialize)]
pub(super) struct RotationNote {
    /// The commit that it was started from.
    pub(super) from: String,
    /// The branch that keeps that commit.
    pub(super) archive: String,
}

/// How two histories began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// They can be joined.
    Same,
    /// This clone's was restarted, and the remote's is the one before.
    OursIsLater,
    /// The remote's was restarted, and this clone's is the one before.
    TheirsIsLater,
}

impl Repository {
    /// Fails if one of two histories was restarted and the other was not: their union would
    /// bring back what was left behind.
    pub(super) fn check_same_beginning(&self, ours: &str, theirs: &str) -> Result<()> {
        let (branch, remote) = (&self.branch, &self.remote);
        match self.beginning_of(ours, theirs)? {
            Beginning::Same => Ok(()),
            Beginning::TheirsIsLater => bail!(
                "`{branch}` was restarted on {remote}, and this clone has the history from before: `cargo xtask perf history follow-restart` goes on from {remote}'s and keeps what only this clone recorded"
            ),
            Beginning::OursIsLater => bail!(
                "`{branch}` was restarted here, and {remote} has the history from before: if it was pushed by mistake, replace it with `git push --force-with-lease {remote} {branch}`"
            ),
        }
    }

    /// Fails if this clone and the remote, as last fetched, cannot be joined any more.
    pub(crate) fn check_restarts(&self) -> Result<()> {
        let ours = self.commit_at(&self.local_ref())?;
        let theirs = self.commit_at(&self.tracking_ref())?;
        let Some((ours, theirs)) = ours.zip(theirs) else { return Ok(()) };
        if self.contains(&ours, &theirs)? || self.contains(&theirs, &ours)? {
            return Ok(());
        }
        self.check_same_beginning(&ours, &theirs)
    }

    /// Which of two histories was restarted, if not both or neither.
    pub(super) fn beginning_of(&self, ours: &str, theirs: &str) -> Result<Beginning> {
        let mut objects = self.objects();
        let mut beginning = |commit: &str| {
            // Another program may have taken all of `data/` away.
            let whole = self.whole(commit)?;
            let is_empty = objects.folder(&self.at(&whole, "data"))?.is_empty();
            let note = objects.file(&self.at(&whole, ROTATION_NOTE))?;
            Ok::<_, anyhow::Error>((is_empty, note))
        };
        let ((ours_is_empty, our_note), (theirs_is_empty, their_note)) =
            (beginning(ours)?, beginning(theirs)?);
        if our_note == their_note || ours_is_empty || theirs_is_empty {
            return Ok(Beginning::Same);
        }
        let Some(note) = their_note else { return Ok(Beginning::OursIsLater) };
        let before_ours = self.rotation_note(ours)?.map(|restarted| restarted.from);
        let before_ours = before_ours.filter(|from| matches!(self.commit_at(from), Ok(Some(_))));
        let was = before_ours.and_then(|from| objects.file(&self.at(&from, ROTATION_NOTE)).ok()?);
        Ok(match was.as_ref() == Some(&note) {
            true => Beginning::OursIsLater,
            false => Beginning::TheirsIsLater,
        })
    }

    /// What a history says of its restart.
    pub(super) fn rotation_note(&self, commit: &str) -> Result<Option<RotationNote>> {
        let mut objects = self.objects();
        let whole = self.whole(commit)?;
        let Some(note) = objects.file(&self.at(&whole, ROTATION_NOTE))? else { return Ok(None) };
        let rotation: RotationNote = serde_json::from_str(&note)
            .with_context(|| format!("{ROTATION_NOTE} on {} cannot be read", self.branch))?;
        if let Err(why) = check_branch(&rotation.archive) {
            bail!("{ROTATION_NOTE} on {} names no branch: {why}", self.branch);
        }
        if !rotation.from.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!("{ROTATION_NOTE} on {} names no commit", self.branch);
        }
        Ok(Some(rotation))
    }
}

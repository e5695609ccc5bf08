//! Whether two histories can be joined: one of them may have been rotated.

use super::Repository;
use anyhow::{Context as _, Result, bail};
use perf_judge::budget::check_branch;
use serde::Deserialize;

/// The file of a rotated history that names the history before. Older versions read it by this
/// name, and recognize a rotation by its contents.
pub(super) const ROTATION_FILE: &str = "data/restarted.json";

/// The contents of [`ROTATION_FILE`].
#[derive(Debug, Deserialize)]
pub(super) struct RotationRecord {
    /// The last commit of the history before.
    pub(super) from: String,
    /// The branch that has that commit.
    pub(super) archive: String,
}

/// Which of two histories was rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lineage {
    /// Neither, or both by the same rotation: they can be joined.
    Same,
    /// This clone's was rotated. The remote has the history before.
    OursRotated,
    /// The remote's was rotated. This clone has the history before.
    TheirsRotated,
}

impl Repository {
    /// Fails if only one of two histories was rotated: a join would restore the runs that the
    /// rotation left out.
    pub(super) fn check_same_lineage(&self, ours: &str, theirs: &str) -> Result<()> {
        let (branch, remote) = (&self.branch, &self.remote);
        match self.lineage_of(ours, theirs)? {
            Lineage::Same => Ok(()),
            Lineage::TheirsRotated => bail!(
                "cannot join `{branch}` with {remote}: its history was rotated, and this clone has the one before. Run `cargo xtask perf history follow-rotation`; it keeps the runs that only this clone recorded"
            ),
            Lineage::OursRotated => bail!(
                "cannot join `{branch}` with {remote}: the history was rotated here, and {remote} has the one before. If that was pushed by mistake, run `git push --force-with-lease {remote} {branch}`"
            ),
        }
    }

    /// Fails if the histories of this clone and of the remote, as last fetched, cannot be joined.
    pub(crate) fn check_rotations(&self) -> Result<()> {
        let ours = self.commit_at(&self.local_ref())?;
        let theirs = self.commit_at(&self.tracking_ref())?;
        let Some((ours, theirs)) = ours.zip(theirs) else { return Ok(()) };
        if self.contains(&ours, &theirs)? || self.contains(&theirs, &ours)? {
            return Ok(());
        }
        self.check_same_lineage(&ours, &theirs)
    }

    /// Compares the rotations of two histories.
    pub(super) fn lineage_of(&self, ours: &str, theirs: &str) -> Result<Lineage> {
        let mut objects = self.objects();
        let mut rotation = |commit: &str| {
            // Another program may have removed all of `data/`.
            let complete = self.complete_commit(commit)?;
            let is_empty = objects.folder(&self.at(&complete, "data"))?.is_empty();
            let record = objects.file(&self.at(&complete, ROTATION_FILE))?;
            Ok::<_, anyhow::Error>((is_empty, record))
        };
        let ((ours_is_empty, our_record), (theirs_is_empty, their_record)) =
            (rotation(ours)?, rotation(theirs)?);
        if our_record == their_record || ours_is_empty || theirs_is_empty {
            return Ok(Lineage::Same);
        }
        let Some(their_record) = their_record else { return Ok(Lineage::OursRotated) };
        let before_ours = self.rotation_record(ours)?.map(|rotation| rotation.from);
        let before_ours = before_ours.filter(|from| matches!(self.commit_at(from), Ok(Some(_))));
        let record_before =
            before_ours.and_then(|from| objects.file(&self.at(&from, ROTATION_FILE)).ok()?);
        if record_before.as_ref() == Some(&their_record) {
            Ok(Lineage::OursRotated)
        } else {
            Ok(Lineage::TheirsRotated)
        }
    }

    /// The last rotation of a history; `None` if it was never rotated.
    ///
    /// Fails if the file is malformed, or names no valid branch and commit.
    pub(super) fn rotation_record(&self, commit: &str) -> Result<Option<RotationRecord>> {
        let mut objects = self.objects();
        let complete = self.complete_commit(commit)?;
        let Some(text) = objects.file(&self.at(&complete, ROTATION_FILE))? else {
            return Ok(None);
        };
        let branch = &self.branch;
        let restore = || {
            format!(
                "cannot read {ROTATION_FILE} on {branch}: restore it there from an earlier commit"
            )
        };
        let rotation: RotationRecord = serde_json::from_str(&text).with_context(restore)?;
        if let Err(why) = check_branch(&rotation.archive) {
            bail!("{}. Its `archive` is not a branch: {why}", restore());
        }
        if !rotation.from.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!("{}. Its `from` is not a commit", restore());
        }
        Ok(Some(rotation))
    }
}

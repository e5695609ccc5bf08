//! Writes measurements to disk, then into the history, then to the remote.

use crate::args::OutputArgs;
use crate::files::files_below;
use crate::output::{OutputFolder, SITE};
use crate::store::spool::{Spool, SpoolOutcome};
use crate::store::{MeasurementFile, Repository};
use crate::ui;
use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use std::rc::Rc;

/// Spools, records and publishes measurements, as the flags require.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// The history and its spool; `None` with `--no-record`.
    history: Option<(Rc<Repository>, Spool)>,
    output: OutputFolder,
    publish: bool,
    site_branch: Option<String>,
}

impl Recorder {
    /// Checks the requirements of recording and publishing, and records pending measurements.
    pub(super) fn prepare(
        repository: Option<&Rc<Repository>>,
        output: &OutputFolder,
        args: &OutputArgs,
    ) -> Result<Self> {
        let recorder = Self::new(repository.filter(|_| !args.record.no_record), output, args)?;
        let Some((repository, pending)) = &recorder.history else { return Ok(recorder) };
        repository.check_writable()?;
        if args.record.publish {
            repository.check_remote()?;
            repository.fetch()?;
        }
        repository.check_rotations()?;
        if let Some(branch) = &args.site_branch {
            repository.check_site_branch(branch, args.record.publish)?;
        }
        let recording = pending.record(repository)?;
        print_unrecorded(&recording, pending);
        if let Some(commit) = recording.commit {
            ui::say(&format!(
                "recorded the pending measurements of an earlier run in commit {} of {}",
                &commit[..12],
                repository.branch()
            ));
        }
        Ok(recorder)
    }

    /// A recorder in `repository`; without one nothing is recorded.
    pub(super) fn new(
        repository: Option<&Rc<Repository>>,
        output: &OutputFolder,
        args: &OutputArgs,
    ) -> Result<Self> {
        let pending = |repository: &Rc<Repository>| {
            let pending = Spool::of(&output.path(""), repository)?;
            Ok::<_, anyhow::Error>((repository.clone(), pending))
        };
        Ok(Self {
            history: repository.map(pending).transpose()?,
            output: output.clone(),
            publish: args.record.publish,
            site_branch: args.site_branch.clone(),
        })
    }

    /// Whether measurements are recorded in a history.
    pub(crate) fn records(&self) -> bool {
        self.history.is_some()
    }

    /// Writes measurements to disk, so that they survive a failure of a later step.
    pub(crate) fn spool(&self, entries: &[MeasurementFile]) -> Result<()> {
        if let Some((_, pending)) = &self.history {
            return pending.add(entries);
        }
        entries.iter().try_for_each(|entry| {
            let path = format!("unrecorded/{}.json", entry.id);
            self.output.write(&path, entry.contents.as_bytes()).map(drop)
        })
    }

    /// Adds the spooled measurements to the history, unless `--no-record` is set.
    pub(crate) fn record(&self) -> Result<()> {
        let Some((repository, pending)) = &self.history else { return Ok(()) };
        let recording = pending.record(repository).with_context(|| {
            format!(
                "the measurements are not recorded, but kept in {}: fix the cause, then run `cargo xtask perf history add`",
                pending.folder().display()
            )
        })?;
        print_unrecorded(&recording, pending);
        if let Some(commit) = recording.commit {
            let (short, branch) = (&commit[..12], repository.branch());
            ui::say(&format!("recorded in commit {short} of {branch}"));
        }
        Ok(())
    }

    /// Publishes the history if `--publish` is set.
    pub(crate) fn publish(&self) -> Result<()> {
        if let Some((repository, _)) = self.history.as_ref().filter(|_| self.publish) {
            ui::say(&repository.publish()?);
        }
        Ok(())
    }

    /// Commits the site to its branch if `--site-branch` is set. `started` is the start of its newest
    /// run.
    pub(super) fn publish_site(&self, started: DateTime<Utc>) -> Result<()> {
        let Some(((repository, _), branch)) = self.history.as_ref().zip(self.site_branch.as_ref())
        else {
            return Ok(());
        };
        let files = files_below(&self.output.path(SITE))?;
        ui::say(&repository.replace_site(branch, files, started, self.publish)?);
        Ok(())
    }
}

fn print_unrecorded(recording: &SpoolOutcome, pending: &Spool) {
    for why in &recording.not_recorded {
        ui::say(&format!("note: {why}; the measurement stays in {}", pending.folder().display()));
    }
}

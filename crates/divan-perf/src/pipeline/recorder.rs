//! Where measurements go: to disk first, then into the history, then to the remote.

use crate::args::OutputArgs;
use crate::files::files_below;
use crate::output::{OutputFolder, SITE};
use crate::store::spool::{Spool, SpoolOutcome};
use crate::store::{MeasurementFile, Repository};
use crate::ui;
use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use std::rc::Rc;

/// Keeps, records and publishes, as far as that was asked for.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// The history that is recorded in; `None`: nothing is.
    history: Option<(Rc<Repository>, Spool)>,
    output: OutputFolder,
    publish: bool,
    site_branch: Option<String>,
}

impl Recorder {
    /// Checks what recording and publishing need, and records what an earlier process could not.
    pub(super) fn prepare(
        repository: Option<&Rc<Repository>>,
        output: &OutputFolder,
        args: &OutputArgs,
    ) -> Result<Self> {
        let recorder = Self::new(repository.filter(|_| !args.no_record), output, args)?;
        let Some((repository, pending)) = &recorder.history else { return Ok(recorder) };
        repository.check_writable()?;
        if args.publish {
            repository.check_remote()?;
            repository.fetch()?;
        }
        repository.check_rotations()?;
        if let Some(branch) = &args.site_branch {
            repository.check_site_branch(branch, args.publish)?;
        }
        let recording = pending.record(repository)?;
        say_what_is_left(&recording, pending);
        if let Some(commit) = recording.commit {
            ui::say(&format!("recorded what an earlier run had measured, as {}", &commit[..12]));
        }
        Ok(recorder)
    }

    /// A recorder in `repository`, or of nothing.
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
            publish: args.publish,
            site_branch: args.site_branch.clone(),
        })
    }

    /// Whether measurements become part of a history.
    pub(crate) fn records(&self) -> bool {
        self.history.is_some()
    }

    /// Puts measurements on disk before anything else is done with them.
    pub(crate) fn keep(&self, entries: &[MeasurementFile]) -> Result<()> {
        if let Some((_, pending)) = &self.history {
            return pending.add(entries);
        }
        entries.iter().try_for_each(|entry| {
            let path = format!("unrecorded/{}.json", entry.id);
            self.output.write(&path, entry.contents.as_bytes()).map(drop)
        })
    }

    /// Adds what was kept to the history, unless that is not wanted.
    pub(crate) fn record(&self) -> Result<()> {
        let Some((repository, pending)) = &self.history else { return Ok(()) };
        let recorded = pending.record(repository).with_context(|| {
            format!(
                "what was measured is kept in {} and not recorded: the next run, or `cargo xtask perf history add`, records it",
                pending.folder().display()
            )
        })?;
        say_what_is_left(&recorded, pending);
        if let Some(commit) = recorded.commit {
            ui::say(&format!("recorded as {} on {}", &commit[..12], repository.branch()));
        }
        Ok(())
    }

    /// Publishes the history, if that is asked for.
    pub(crate) fn publish(&self) -> Result<()> {
        if let Some((repository, _)) = self.history.as_ref().filter(|_| self.publish) {
            ui::say(&repository.publish()?);
        }
        Ok(())
    }

    /// Puts the site on its branch, if that is asked for. `started`: when what it shows was
    /// measured.
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

fn say_what_is_left(recording: &SpoolOutcome, pending: &Spool) {
    for why in &recording.not_recorded {
        ui::say(&format!("note: {why}; it is kept in {}", pending.folder().display()));
    }
}

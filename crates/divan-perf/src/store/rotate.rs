//! Replaces a history by a new one with its newest runs. The former history is archived on another
//! branch.

use super::Repository;
use super::git::git;
use super::import::{Author, Change, NewCommit};
use super::lineage::ROTATION_FILE;
use super::objects::Objects;
use super::publish::PushOutcome;
use super::read::{HistoryFile, file_name};
use anyhow::{Result, anyhow, bail};
use perf_judge::history::{DayIndex, NameTable};
use perf_judge::run::Run;
use perf_report::{Calibration, Comparison, Versus};
use serde_json::json;
use std::collections::BTreeMap;

/// The options of a rotation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation<'a> {
    /// How many of the newest runs the new history has.
    pub(crate) keep: usize,
    /// The branch for the former history.
    pub(crate) archive: &'a str,
    /// Whether the remote's history is rotated as well.
    pub(crate) publish: bool,
}

impl Repository {
    /// Rotates the history. Returns a message about it.
    pub(crate) fn rotate(&self, rotation: &Rotation<'_>) -> Result<String> {
        self.check_writable()?;
        self.check_name_conflict(rotation.archive)?;
        let archive = format!("refs/heads/{}", rotation.archive);
        self.check_not_symbolic(&archive)?;
        if self.commit_at(&archive)?.is_some() {
            bail!(
                "cannot archive the history as `{}`: that branch exists. Name another by --archive",
                rotation.archive
            );
        }
        if rotation.publish {
            self.publish()?;
        } else if self.commit_at(&self.tracking_ref())?.is_some() {
            bail!(
                "cannot rotate this clone alone: {} has the history too, and the next fetch would restore it. Add --publish",
                self.remote
            );
        }
        let Some(tip) = self.commit_at(&self.local_ref())? else {
            bail!(
                "cannot rotate `{}`: it has no history. Run `cargo xtask perf` to record a run",
                self.branch
            );
        };
        let old = self.complete_commit(&tip)?;
        if !self.advance(&self.local_ref(), &old, Some(&tip))? {
            return Err(self.moved());
        }
        let commit = self.first_commit(&old, rotation)?;
        if !self.advance(&archive, &old, None)? {
            bail!(
                "cannot create the branch `{}`: another process created it at the same time. Name another by --archive",
                rotation.archive
            );
        }
        if rotation.publish {
            self.replace_remote(&old, &commit, &archive)?;
            self.set_tracking_ref(&commit)?;
        }
        if !self.advance(&self.local_ref(), &commit, Some(&old))? {
            return Err(self.moved());
        }
        let (branch, name) = (&self.branch, rotation.archive);
        Ok(format!(
            "rotated `{branch}`: it starts at {}, and the former history is on `{name}`",
            &commit[..12]
        ))
    }

    fn moved(&self) -> anyhow::Error {
        anyhow!(
            "cannot rotate `{}`: another process moved it at the same time. Run the command again with another --archive",
            self.branch
        )
    }

    /// The first commit of the new history: the newest runs of `old`, and the files of other
    /// programs.
    fn first_commit(&self, old: &str, rotation: &Rotation<'_>) -> Result<String> {
        let mut objects = self.objects();
        let mut unread = Vec::new();
        let kept = self.newest_runs(&mut objects, old, rotation.keep, &mut unread)?;
        if let Some(why) = unread.first() {
            bail!("cannot rotate a damaged history: {why}");
        }
        let link =
            |path: String, object: String, is_folder| Change::Link { path, object, is_folder };
        let everything = format!("{old}^{{tree}}");
        let sh = &self.sh;
        let everything = git!(sh, "git rev-parse {everything}").quiet().read()?;
        let mut changes = vec![
            link(String::new(), everything, true),
            Change::Remove { path: format!("{}data", self.prefix) },
        ];
        for file in kept.iter().chain(&self.other_measurements(&mut objects, old, &kept)?) {
            let path = format!("{}{}", self.prefix, file.path);
            changes.push(link(path, file.object.clone(), false));
        }
        changes.extend(self.series_of(&mut objects, &kept)?);
        let record = json!({"schema": 1, "kind": "restart", "from": old, "archive": rotation.archive, "kept": kept.len()});
        changes.push(self.change(ROTATION_FILE, format!("{record}\n")));
        self.import_complete(&NewCommit {
            parents: Vec::new(),
            author: Author::Configured,
            message: format!(
                "perf: rotate the history\n\nThe former history is on `{}`.\n",
                rotation.archive
            ),
            time: self.time_of(old)?,
            changes,
        })
    }

    /// All calibrations, and the comparisons of commits and of alternatives since the day of the
    /// oldest kept run.
    fn other_measurements(
        &self,
        objects: &mut Objects,
        old: &str,
        kept: &[HistoryFile],
    ) -> Result<Vec<HistoryFile>> {
        let day = |path: &str| {
            path.splitn(3, '/').nth(2).and_then(|rest| rest.get(..10)).map(str::to_owned)
        };
        let since = kept.last().and_then(|file| day(&file.path)).unwrap_or_default();
        let mut files = Vec::new();
        let calibrations = Calibration::FOLDERS.map(|folder| (folder, true));
        let dated = [Comparison::FOLDER, Versus::FOLDER].map(|folder| (folder, false));
        for (folder, is_kept) in calibrations.into_iter().chain(dated) {
            for entry in objects.files_below(&self.at(old, folder))? {
                let path = format!("{folder}/{}", entry.name);
                if is_kept || day(&path) >= Some(since.clone()) {
                    files.push(HistoryFile { object: entry.object, path });
                }
            }
        }
        Ok(files)
    }

    fn series_of(&self, objects: &mut Objects, kept: &[HistoryFile]) -> Result<Vec<Change>> {
        let mut derived = DerivedFiles::default();
        for file in kept {
            match self.run_in(objects, file)? {
                Ok(run) => derived.add(&file.path, &run),
                Err(skipped) => bail!("cannot rotate a damaged history: {}", skipped.why),
            }
        }
        let files = derived.files().into_iter();
        Ok(files.map(|(path, contents)| self.change(&path, contents)).collect())
    }

    /// Pushes the archive branch first, so that the remote always has the former history.
    fn replace_remote(&self, old: &str, new: &str, archive: &str) -> Result<()> {
        let (sh, remote) = (&self.sh, &self.remote);
        let reference = self.local_ref();
        let lease = format!("--force-with-lease={reference}:{old}");
        let saved = format!("{old}:{archive}");
        let replaced = format!("{new}:{reference}");
        for (push, raced) in [
            (
                git!(sh, "git push --porcelain --progress {remote} {saved}"),
                "it has a branch with the name of the archive",
            ),
            (
                git!(sh, "git push --porcelain --progress {lease} {remote} {replaced}"),
                "another run was pushed to it at the same time",
            ),
        ] {
            match PushOutcome::of(self.run_remote(push)?) {
                PushOutcome::Accepted => {}
                PushOutcome::Raced => bail!(
                    "cannot rotate the history on {remote}: {raced}. Run the command again with another --archive"
                ),
                PushOutcome::Refused(why) | PushOutcome::Unreachable(why) => bail!(
                    "cannot rotate the history on {remote}: {why}. Fix that, and run the command again with another --archive"
                ),
            }
        }
        Ok(())
    }
}

/// The files that are computed from runs: day indexes and name tables.
#[derive(Debug, Default)]
pub(crate) struct DerivedFiles {
    day_indexes: BTreeMap<String, DayIndex>,
    names: BTreeMap<String, String>,
}

impl DerivedFiles {
    /// Adds the run whose file is at `path`.
    pub(crate) fn add(&mut self, path: &str, run: &Run) {
        let names = NameTable::of(run);
        self.names.entry(NameTable::path(&names.key())).or_insert_with(|| names.to_json());
        if let Some(path) = DayIndex::path_for(path) {
            self.day_indexes.entry(path).or_default().add(run);
        }
    }

    /// Keeps the row of `known` for the run whose file at `path` cannot be read.
    pub(crate) fn keep(&mut self, path: &str, known: DayIndex) {
        if let Some(day_index) = DayIndex::path_for(path) {
            let id = file_name(path).trim_end_matches(".json");
            let rows = self.day_indexes.entry(day_index).or_default();
            *rows = std::mem::take(rows).merge(known.only(id));
        }
    }

    /// The files by path.
    pub(crate) fn files(self) -> BTreeMap<String, String> {
        let day_indexes =
            self.day_indexes.into_iter().map(|(path, day_index)| (path, day_index.to_text()));
        day_indexes.chain(self.names).collect()
    }
}

//! Measurements on disk that are not in the history yet, so that none is lost if the process ends.

use crate::files::{DATA_BYTES, write_atomically};
use crate::foreign_files::read_text;
use crate::store::{MeasurementFile, Repository};
use anyhow::{Context as _, Result, bail};
use perf_judge::run::Run;
use perf_report::{Calibration, Comparison, Versus, visible};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with one file per measurement.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
}

/// The result of recording the spooled measurements.
#[derive(Debug, Default)]
pub(crate) struct SpoolOutcome {
    /// The newest commit of the branch, if any measurement was recorded.
    pub(crate) commit: Option<String>,
    /// Which measurements were not recorded, and why.
    pub(crate) not_recorded: Vec<String>,
}

#[derive(Deserialize)]
struct SpooledKind {
    kind: String,
}

impl Spool {
    /// The folder of a repository, workspace and branch below `output`, which several may share.
    pub(crate) fn of(output: &Path, repository: &Repository) -> Result<Self> {
        let branch = repository.branch().replace('/', "%2F");
        Ok(Self { folder: output.join("pending").join(repository.key()?).join(branch) })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Other folders of the output with measurements: of other workspaces, of other branches, or of
    /// this workspace before it was moved.
    pub(crate) fn others(&self) -> Vec<PathBuf> {
        let pending = self.folder.parent().and_then(Path::parent);
        let folders = pending.into_iter().flat_map(below);
        let inner = folders.flat_map(|folder| below(&folder).into_iter().chain([folder]));
        let has_measurements = |folder: &PathBuf| {
            *folder != self.folder && below(folder).iter().any(|file| is_json(file))
        };
        inner.filter(has_measurements).collect()
    }

    /// Writes measurements to the folder.
    pub(crate) fn add(&self, entries: &[MeasurementFile]) -> Result<()> {
        entries
            .iter()
            .try_for_each(|entry| write_atomically(&self.file(entry), entry.contents.as_bytes()))
    }

    /// Records all measurements of the folder, also those of earlier processes, and removes them
    /// from it.
    pub(crate) fn record(&self, repository: &Repository) -> Result<SpoolOutcome> {
        let mut recording = SpoolOutcome::default();
        let mut entries = Vec::new();
        for entry in self.entries(&mut recording.not_recorded)? {
            // The measurement may be of another repository that was at this path before.
            match entry.unknown_commit(repository)? {
                None => entries.push(entry),
                Some(commit) => recording.not_recorded.push(format!(
                    "cannot record {}: this repository does not have its commit {}. Run `git fetch`, or remove the file",
                    entry.id,
                    visible(commit)
                )),
            }
        }
        if entries.is_empty() {
            return Ok(recording);
        }
        let addition = repository.record(&entries)?;
        recording.not_recorded.extend(addition.refused.iter().map(|refusal| refusal.why.clone()));
        let is_recorded = |entry: &&MeasurementFile| !addition.refuses(&entry.id);
        for entry in entries.iter().filter(is_recorded) {
            self.remove(entry)?;
        }
        let is_any = addition.refused.len() < entries.len();
        recording.commit = is_any.then_some(addition.commit);
        Ok(recording)
    }

    fn remove(&self, entry: &MeasurementFile) -> Result<()> {
        // Another process may have recorded and removed it.
        let file = self.file(entry);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", file.display()))
            }
            _ => Ok(()),
        }
    }

    /// The measurements in the folder. Files that cannot be read are reported in `not_recorded`.
    fn entries(&self, not_recorded: &mut Vec<String>) -> Result<Vec<MeasurementFile>> {
        let mut files: Vec<PathBuf> = match fs::read_dir(&self.folder) {
            Ok(files) => files.filter_map(|file| Some(file.ok()?.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read {}", self.folder.display()));
            }
        };
        files.retain(|file| is_json(file));
        files.sort();
        let mut entries = Vec::new();
        for file in &files {
            match read(file) {
                Ok(entry) => entries.push(entry),
                Err(error) => not_recorded.push(format!("{error:#}")),
            }
        }
        Ok(entries)
    }

    fn file(&self, entry: &MeasurementFile) -> PathBuf {
        self.folder.join(format!("{}.json", entry.id))
    }
}

fn below(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.is_file()
}

/// Reads a file of the history: a run, a comparison of commits or of alternatives, or a calibration.
pub(crate) fn read(file: &Path) -> Result<MeasurementFile> {
    parse(&read_text(file, DATA_BYTES)?)
        .with_context(|| format!("cannot record {}", file.display()))
}

/// Parses a file of the history, like [`read`].
pub(crate) fn parse(text: &str) -> Result<MeasurementFile> {
    let SpooledKind { kind } =
        serde_json::from_str(text).context("`cargo xtask perf` did not write this file")?;
    let entry = match kind.as_str() {
        // The id is a digest of the text, which may be of a newer format: the text must not change.
        "run" => MeasurementFile::from(&Run::verified(text)?).with_contents(text),
        "comparison" => MeasurementFile::from(&Comparison::from_json(text)?).with_contents(text),
        "calibration" | "qualification" => {
            MeasurementFile::from(&Calibration::from_json(text)?).with_contents(text)
        }
        // versus.json has the same contents in several lines.
        "versus" => MeasurementFile::from(&Versus::from_json(text)?),
        _ => bail!("its kind is `{}`: name a run, comparison or calibration", visible(&kind)),
    };
    entry.check_path()?;
    Ok(entry)
}

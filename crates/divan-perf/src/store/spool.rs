//! What was measured and is not in the history yet: it survives whatever ends the process.

use crate::files::{DATA_BYTES, write_whole};
use crate::foreign_files::read_text;
use crate::store::{Entry, Repository};
use anyhow::{Context as _, Result, bail};
use perf_judge::run::Run;
use perf_report::{Calibration, Comparison, visible};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a file a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    folder: PathBuf,
}

/// What became of the measurements that were kept.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Where the branch stands, if any of them is there now.
    pub(crate) commit: Option<String>,
    /// Why others stay where they are kept.
    pub(crate) left: Vec<String>,
}

#[derive(Deserialize)]
struct SpooledKind {
    kind: String,
}

impl Pending {
    /// Below `output`, which several repositories and workspaces may share.
    pub(crate) fn of(output: &Path, repository: &Repository) -> Result<Self> {
        let branch = repository.branch().replace('/', "%2F");
        Ok(Self { folder: output.join("pending").join(repository.key()?).join(branch) })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Other folders of the output in which measurements wait: of other workspaces, or of this one
    /// when it was elsewhere or recorded on another branch.
    pub(crate) fn others(&self) -> Vec<PathBuf> {
        let pending = self.folder.parent().and_then(Path::parent);
        let folders = pending.into_iter().flat_map(below);
        let inner = folders.flat_map(|folder| below(&folder).into_iter().chain([folder]));
        let waits = |folder: &PathBuf| {
            *folder != self.folder && below(folder).iter().any(|file| is_json(file))
        };
        inner.filter(waits).collect()
    }

    /// Keeps measurements until they are recorded.
    pub(crate) fn keep(&self, entries: &[Entry]) -> Result<()> {
        entries
            .iter()
            .try_for_each(|entry| write_whole(&self.file(entry), entry.contents.as_bytes()))
    }

    /// Records everything that was kept, by this process or by one that did not live to do it.
    pub(crate) fn record(&self, repository: &Repository) -> Result<Recording> {
        let mut recording = Recording::default();
        let mut entries = Vec::new();
        for entry in self.entries(&mut recording.left)? {
            // Another repository may have been at this path before.
            match entry.unknown_commit(repository)? {
                None => entries.push(entry),
                Some(commit) => recording.left.push(format!(
                    "{} measures {}, a commit that this repository does not have",
                    entry.id,
                    visible(commit)
                )),
            }
        }
        if entries.is_empty() {
            return Ok(recording);
        }
        let addition = repository.record(&entries)?;
        recording.left.extend(addition.refused.iter().map(|refusal| refusal.why.clone()));
        let is_recorded = |entry: &&Entry| !addition.refuses(&entry.id);
        for entry in entries.iter().filter(is_recorded) {
            self.remove(entry)?;
        }
        let is_any = addition.refused.len() < entries.len();
        recording.commit = is_any.then_some(addition.commit);
        Ok(recording)
    }

    fn remove(&self, entry: &Entry) -> Result<()> {
        // Another process may have recorded it too.
        let file = self.file(entry);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", file.display()))
            }
            _ => Ok(()),
        }
    }

    /// What was kept; why a file of these must be left where it is goes to `left`.
    fn entries(&self, left: &mut Vec<String>) -> Result<Vec<Entry>> {
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
                Err(error) => left.push(format!("{error:#}")),
            }
        }
        Ok(entries)
    }

    fn file(&self, entry: &Entry) -> PathBuf {
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

/// Reads a file of the history: a run, a comparison or a calibration.
pub(crate) fn read(file: &Path) -> Result<Entry> {
    entry(&read_text(file, DATA_BYTES)?)
        .with_context(|| format!("{} cannot be recorded", file.display()))
}

/// The same, of its text.
pub(crate) fn entry(text: &str) -> Result<Entry> {
    let SpooledKind { kind } =
        serde_json::from_str(text).context("it is not a file that `cargo xtask perf` wrote")?;
    let entry = match kind.as_str() {
        // Another version may have written it: the file stays as it is.
        "run" => Entry::from(&Run::verified(text)?).written_as(text),
        "comparison" => Entry::from(&Comparison::from_json(text)?).written_as(text),
        "calibration" | "qualification" => {
            Entry::from(&Calibration::from_json(text)?).written_as(text)
        }
        _ => bail!("it holds a `{}`", visible(&kind)),
    };
    entry.check_place()?;
    Ok(entry)
}

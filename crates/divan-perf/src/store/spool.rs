//! What was measured and is not in the history yet: it survives whatever ends the process.

use crate::files::write_whole;
use crate::store::{Entry, Repository};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::run::Run;
use perf_report::{Comparison, Qualification, visible};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a file a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Pending {
    /// Below `output`, for a history on `branch`.
    pub(crate) fn of(output: &Path, branch: &str) -> Self {
        Self { folder: output.join("pending").join(branch.replace('/', "%2F")) }
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps measurements until they are recorded.
    pub(crate) fn keep(&self, entries: &[Entry]) -> Result<()> {
        entries
            .iter()
            .try_for_each(|entry| write_whole(&self.file(entry), entry.contents.as_bytes()))
    }

    /// Records everything that was kept, by this process or by one that did not live to do it.
    /// `None`: there was nothing.
    pub(crate) fn record(&self, repository: &Repository) -> Result<Option<String>> {
        let entries = self.entries()?;
        if entries.is_empty() {
            return Ok(None);
        }
        let commit = repository.record(&entries)?;
        for entry in &entries {
            // Another process may have recorded it too.
            let file = self.file(entry);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", file.display()));
                }
                _ => {}
            }
        }
        Ok(Some(commit))
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        let mut files: Vec<PathBuf> = match fs::read_dir(&self.folder) {
            Ok(files) => files.filter_map(|file| Some(file.ok()?.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read {}", self.folder.display()));
            }
        };
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        let read = files.iter().filter_map(|file| match read(file) {
            Ok(entry) => Some(entry),
            Err(error) => {
                ui::say(&format!("note: {error:#}; it is left where it is"));
                None
            }
        });
        Ok(read.collect())
    }

    fn file(&self, entry: &Entry) -> PathBuf {
        self.folder.join(format!("{}.json", entry.id))
    }
}

/// Reads a file of the history: a run, a comparison or a qualification.
pub(crate) fn read(file: &Path) -> Result<Entry> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    entry(&text).with_context(|| format!("{} cannot be recorded", file.display()))
}

/// The same, of its text.
pub(crate) fn entry(text: &str) -> Result<Entry> {
    let Kind { kind } =
        serde_json::from_str(text).context("it is not a file that `cargo xtask perf` wrote")?;
    let entry = match kind.as_str() {
        "run" => Entry::from(&Run::from_json(text)?),
        "comparison" => Entry::from(&Comparison::from_json(text)?),
        "qualification" => Entry::from(&Qualification::from_json(text)?),
        _ => bail!("it holds a `{}`", visible(&kind)),
    };
    entry.check_place()?;
    Ok(entry)
}

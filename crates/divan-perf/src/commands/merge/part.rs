//! The outputs of the parts. Other jobs wrote them, possibly of a fork. They are read within limits,
//! never through a link, and rejected if they contradict each other.

use crate::foreign_files::{list_folder, read_text, refuse_link};
use crate::output::REPORT;
use crate::report_file;
use crate::store::MeasurementFile;
use crate::store::spool;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::History;
use perf_judge::run::{Run, RunError};
use perf_report::{Comparison, REPORT_BYTES, Report, visible};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder with a part's measurements, which the part does not record itself.
const UNRECORDED: &str = "unrecorded";

/// The fix for a measurement of another commit.
const REMOVE_EARLIER: &str =
    "if an earlier run wrote it, record the file by `cargo xtask perf history add`, then remove it";

/// The most files of a folder; a real one has far fewer.
const MAX_FILES: usize = 1000;
/// The most bytes of all files together.
const MAX_BYTES: u64 = 8 * REPORT_BYTES;

/// The parts to merge.
pub(super) struct MeasuredParts {
    pub(super) parts: Vec<MeasuredPart>,
    /// Bytes that may still be read.
    bytes_left: u64,
    /// Notes about jobs that ended before they wrote a report.
    pub(super) unfinished: Vec<String>,
}

/// The report of a part, and its measurements.
pub(super) struct MeasuredPart {
    /// The path of the report.
    pub(super) path: PathBuf,
    pub(super) report: Report,
    /// The run that the report is about.
    pub(super) run: Option<Run>,
    /// Other runs of its commit.
    pub(super) earlier: Vec<Run>,
    /// Other measurements to record.
    pub(super) others: Vec<MeasurementFile>,
    /// The comparisons in the report, and whether each has a file.
    comparisons: BTreeMap<String, (Comparison, bool)>,
}

impl MeasuredParts {
    /// Reads the reports in `folders`, or in the folders directly below.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self> {
        let mut measured =
            Self { parts: Vec::new(), bytes_left: MAX_BYTES, unfinished: Vec::new() };
        for folder in folders {
            refuse_link(folder)?;
            let parts =
                if is_part(folder) { vec![folder.clone()] } else { measured.below(folder)? };
            for part in parts {
                let path = part.join(REPORT);
                let report = report_file::parse(&path, &text(&path, &mut measured.bytes_left)?)?;
                measured.parts.push(MeasuredPart::new(path, report));
            }
        }
        Ok(measured)
    }

    /// Reads the measurements in the folders of the reports.
    pub(super) fn read_measurements(&mut self) -> Result<()> {
        for part in &mut self.parts {
            for file in measurements(&part.path)? {
                let text = text(&file, &mut self.bytes_left)?;
                part.add(&text)
                    .with_context(|| format!("{} cannot be recorded", file.display()))?;
            }
        }
        Ok(())
    }

    /// The folders below `folder` with a report. Folders with measurements alone are noted.
    fn below(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let folders = list_folder(folder, MAX_FILES)?;
        let (parts, others): (Vec<_>, Vec<_>) =
            folders.into_iter().partition(|folder| is_part(folder));
        if parts.is_empty() {
            bail!(
                "{} contains no {REPORT}: write it by `cargo xtask perf --partition I/N --output DIR`",
                folder.display()
            );
        }
        let unfinished = others.iter().filter(|folder| exists(&folder.join(UNRECORDED)));
        self.unfinished.extend(unfinished.map(|folder| {
            format!(
                "{} has measurements but no {REPORT}: its job ended early, run it again",
                folder.display()
            )
        }));
        Ok(parts)
    }
}

impl MeasuredPart {
    fn new(path: PathBuf, report: Report) -> Self {
        let comparisons = Comparison::all_of(&report).into_iter();
        let comparisons = comparisons.map(|own| (own.id.clone(), (own, false))).collect();
        Self { path, report, run: None, earlier: Vec::new(), others: Vec::new(), comparisons }
    }

    /// Adds a file of the part's measurements.
    fn add(&mut self, text: &str) -> Result<()> {
        match Run::verified(text) {
            Ok(run) => self.add_run(run),
            // It may be a comparison or a calibration.
            Err(RunError::Malformed(_)) => match Comparison::from_json(text) {
                Ok(comparison) => self.add_comparison(&comparison, text),
                Err(_) => {
                    self.others.push(spool::parse(text)?);
                    Ok(())
                }
            },
            Err(error) => Err(error.into()),
        }
    }

    fn add_run(&mut self, run: Run) -> Result<()> {
        if let Some(contradiction) = self.report.contradiction_with(&run) {
            bail!("{contradiction} in {}: {REMOVE_EARLIER}", self.path.display());
        }
        if run.id == self.report.run.id {
            self.run = Some(run);
        } else {
            self.earlier.push(run);
        }
        Ok(())
    }

    fn add_comparison(&mut self, comparison: &Comparison, text: &str) -> Result<()> {
        if comparison.head != self.report.run.commit {
            bail!("its commit differs from {}: {REMOVE_EARLIER}", self.path.display());
        }
        if let Some((own, has_file)) = self.comparisons.get_mut(&comparison.id) {
            if own != comparison {
                bail!("its values differ from {}: remove one of the files", self.path.display());
            }
            *has_file = true;
        }
        self.others.push(spool::parse(text)?);
        Ok(())
    }

    /// A note about a measurement of the report without a file; a run in `history` needs none.
    pub(super) fn missing_note(&self, history: &History) -> Option<String> {
        let run = self.report.run_of_numbers().filter(|_| self.run.is_none());
        if let Some(id) = run {
            let is_known = history.runs().any(|run| run.id == id);
            return (!is_known).then(|| self.note_of(id));
        }
        let mut missing = self.comparisons.iter().filter(|(_, (_, has_file))| !has_file);
        missing.next().map(|(id, _)| self.note_of(id))
    }

    fn note_of(&self, id: &str) -> String {
        let folder = self.path.with_file_name(UNRECORDED);
        let part = self.report.partition.as_ref().map(|partition| partition.part);
        let part =
            part.map_or_else(String::new, |part| format!("part {} of {}: ", part.part, part.of));
        format!(
            "{part}its measurement {} is not in {}: upload that folder too",
            visible(id),
            folder.display()
        )
    }
}

fn is_part(folder: &Path) -> bool {
    exists(&folder.join(REPORT))
}

/// Whether the path exists, even as a link.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The files with measurements in the folder of a report.
fn measurements(report: &Path) -> Result<Vec<PathBuf>> {
    let folder = report.with_file_name(UNRECORDED);
    if !exists(&folder) {
        return Ok(Vec::new());
    }
    let mut files = list_folder(&folder, MAX_FILES)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    Ok(files)
}

/// Reads a file, and subtracts its bytes from `bytes_left`.
fn text(path: &Path, bytes_left: &mut u64) -> Result<String> {
    let text = read_text(path, REPORT_BYTES.min(*bytes_left))?;
    *bytes_left -= text.len() as u64;
    Ok(text)
}

//! What the parts left. Other jobs wrote it, possibly of a fork: it is read within limits, never
//! through a link, and refused where it contradicts itself.

use crate::foreign_files::{list_folder, read_text, refuse_link};
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

/// Where a part's measurements lie below its folder, as it records none itself.
const UNRECORDED: &str = "unrecorded";
const REPORT: &str = "report.json";

/// Where a measurement of another commit may come from.
const LEFT_BEHIND: &str = "if an earlier run wrote to this folder, record its file by `cargo xtask perf history add` and remove it";

/// What a folder may hold: far more than any honest one does.
const ENTRIES: usize = 1000;
/// What all files together may have, in bytes.
const ALL_BYTES: u64 = 8 * REPORT_BYTES;

/// Everything that is to be merged.
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    /// Bytes that may still be read.
    left: u64,
    /// Folders of jobs that ended before they wrote a report, for people.
    pub(super) unfinished: Vec<String>,
}

/// What a part left: its report, and its measurements.
pub(super) struct Part {
    /// The report's file.
    pub(super) path: PathBuf,
    pub(super) report: Report,
    /// The run that the report is about.
    pub(super) run: Option<Run>,
    /// Other runs of its commit.
    pub(super) earlier: Vec<Run>,
    /// What else is to be recorded.
    pub(super) others: Vec<MeasurementFile>,
    /// What the report says of pairs, and whether there is a file of it.
    comparisons: BTreeMap<String, (Comparison, bool)>,
}

impl Parts {
    /// Reads the reports in `folders`, or in the folders below.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self> {
        let mut read = Self { parts: Vec::new(), left: ALL_BYTES, unfinished: Vec::new() };
        for folder in folders {
            refuse_link(folder)?;
            let parts = if is_part(folder) { vec![folder.clone()] } else { read.below(folder)? };
            for part in parts {
                let path = part.join(REPORT);
                let report = report_file::parse(&path, &text(&path, &mut read.left)?)?;
                read.parts.push(Part::new(path, report));
            }
        }
        Ok(read)
    }

    /// Reads the measurements beside the reports.
    pub(super) fn read_measurements(&mut self) -> Result<()> {
        for part in &mut self.parts {
            for file in measurements(&part.path)? {
                let text = text(&file, &mut self.left)?;
                part.take(&text)
                    .with_context(|| format!("{} cannot be recorded", file.display()))?;
            }
        }
        Ok(())
    }

    /// The folders below `folder` that hold a report; those that should are noted.
    fn below(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let folders = list_folder(folder, ENTRIES)?;
        let (parts, others): (Vec<_>, Vec<_>) =
            folders.into_iter().partition(|folder| is_part(folder));
        if parts.is_empty() {
            bail!("{} holds no report, nor a folder with one", folder.display());
        }
        let unfinished = others.iter().filter(|folder| is_there(&folder.join(UNRECORDED)));
        self.unfinished.extend(unfinished.map(|folder| {
            format!("{} has measurements and no {REPORT}: its job ended early", folder.display())
        }));
        Ok(parts)
    }
}

impl Part {
    fn new(path: PathBuf, report: Report) -> Self {
        let comparisons = Comparison::all_of(&report).into_iter();
        let comparisons = comparisons.map(|own| (own.id.clone(), (own, false))).collect();
        Self { path, report, run: None, earlier: Vec::new(), others: Vec::new(), comparisons }
    }

    /// Takes a file of the part's measurements.
    fn take(&mut self, text: &str) -> Result<()> {
        match Run::verified(text) {
            Ok(run) => self.take_run(run),
            // It may be another kind of file.
            Err(RunError::Malformed(_)) => match Comparison::from_json(text) {
                Ok(comparison) => self.take_comparison(&comparison, text),
                Err(_) => {
                    self.others.push(spool::parse(text)?);
                    Ok(())
                }
            },
            Err(error) => Err(error.into()),
        }
    }

    fn take_run(&mut self, run: Run) -> Result<()> {
        if let Some(odd) = self.report.contradiction_with(&run) {
            bail!("{odd} in {}: {LEFT_BEHIND}", self.path.display());
        }
        if run.id == self.report.run.id {
            self.run = Some(run);
        } else {
            self.earlier.push(run);
        }
        Ok(())
    }

    fn take_comparison(&mut self, comparison: &Comparison, text: &str) -> Result<()> {
        if comparison.head != self.report.run.commit {
            bail!("it is of another commit than {}: {LEFT_BEHIND}", self.path.display());
        }
        if let Some((own, has_file)) = self.comparisons.get_mut(&comparison.id) {
            if own != comparison {
                bail!("it has other numbers than {}", self.path.display());
            }
            *has_file = true;
        }
        self.others.push(spool::parse(text)?);
        Ok(())
    }

    /// What the report is about and is not there, for people; a run that `history` has is not lost.
    pub(super) fn lost(&self, history: &History) -> Option<String> {
        let run = self.report.run_of_numbers().filter(|_| self.run.is_none());
        if let Some(id) = run {
            let is_known = history.runs().any(|run| run.id == id);
            return (!is_known).then(|| self.without(id));
        }
        let mut lost = self.comparisons.iter().filter(|(_, (_, has_file))| !has_file);
        lost.next().map(|(id, _)| self.without(id))
    }

    fn without(&self, id: &str) -> String {
        let folder = self.path.with_file_name(UNRECORDED);
        let part = self.report.partition.as_ref().map(|partition| partition.part);
        let part =
            part.map_or_else(String::new, |part| format!("part {} of {}: ", part.part, part.of));
        format!("{part}what it measured, {}, is not in {}", visible(id), folder.display())
    }
}

fn is_part(folder: &Path) -> bool {
    is_there(&folder.join(REPORT))
}

/// Whether anything is there, even what is refused when it is read.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The files of the measurements beside a report.
fn measurements(report: &Path) -> Result<Vec<PathBuf>> {
    let folder = report.with_file_name(UNRECORDED);
    if !is_there(&folder) {
        return Ok(Vec::new());
    }
    let mut files = list_folder(&folder, ENTRIES)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    Ok(files)
}

/// Reads a file, and takes its bytes off those that are left for all.
fn text(path: &Path, left: &mut u64) -> Result<String> {
    let text = read_text(path, REPORT_BYTES.min(*left))?;
    *left -= text.len() as u64;
    Ok(text)
}

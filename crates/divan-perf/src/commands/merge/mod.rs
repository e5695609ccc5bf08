//! `cargo xtask perf merge`: what several machines measured, as one report and one recorded run.

use crate::args::{Format, Store};
use crate::pipeline::{self, Context};
use crate::report_file;
use crate::store::Entry;
use crate::store::spool;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use perf_judge::run::Run;
use perf_report::Report;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// What each part wrote by --output, or a folder of such folders.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) store: Store,
}

/// Where a part's measurements lie below its folder, as it records none itself.
const UNRECORDED: &str = "unrecorded";

/// Merges, records, judges nothing anew, and reports.
pub(crate) fn run(args: &MergeArgs) -> Result<ExitCode> {
    let folders = parts(&args.folders)?;
    let reports = folders.iter().map(|folder| report_file::read(&folder.join("report.json")));
    let reports: Vec<Report> = reports.collect::<Result<_>>()?;
    let report = Report::merged(reports).map_err(|why| anyhow!("cannot merge: {why}"))?;
    let context = Context::check(&args.store, &[])?;
    let is_whole = report.outcome.incomplete.is_empty();
    context.recorder.keep(&entries(&folders, is_whole)?)?;
    let recorded = context.recorder.record();
    pipeline::deliver(&context, &report, recorded, args.format, args.store.color)
}

/// The folders that hold a report.
fn parts(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut parts = Vec::new();
    for folder in folders {
        match is_part(folder) {
            true => parts.push(folder.clone()),
            false => parts.extend(below(folder)?),
        }
    }
    Ok(parts)
}

fn is_part(folder: &Path) -> bool {
    folder.join("report.json").is_file()
}

fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder);
    let listed = listed.with_context(|| format!("cannot read {}", folder.display()))?;
    let mut parts: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    parts.retain(|path| is_part(path));
    parts.sort();
    match parts.is_empty() {
        true => bail!("{} holds no report, nor a folder with one", folder.display()),
        false => Ok(parts),
    }
}

/// What the parts measured, the runs of one machine joined. Where a part is missing no run is
/// whole.
fn entries(folders: &[PathBuf], is_whole: bool) -> Result<Vec<Entry>> {
    let (mut runs, mut entries) = (Vec::new(), Vec::new());
    for file in folders.iter().flat_map(|folder| unrecorded(folder)) {
        let text = read(&file)?;
        match Run::from_json(&text) {
            Ok(run) => runs.push(Run { partial: run.partial || !is_whole, ..run }),
            Err(_) => entries.push(spool::entry(&text).with_context(|| cannot(&file))?),
        }
    }
    entries.extend(Run::joined(runs).iter().map(Entry::from));
    Ok(entries)
}

fn unrecorded(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join(UNRECORDED)).into_iter().flatten();
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn cannot(file: &Path) -> String {
    format!("{} cannot be recorded", file.display())
}

//! `cargo xtask perf merge`: what several machines measured, as one report and one recorded run.

mod part;

use crate::args::{Format, OutputArgs};
use crate::pipeline::{self, Context};
use crate::store::MeasurementFile;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use part::{Part, Parts};
use perf_judge::run::Run;
use perf_report::Report;
use std::collections::BTreeSet;
use std::path::PathBuf;
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
    pub(crate) store: OutputArgs,
}

/// Merges, records, and reports; the verdicts stay those of the parts.
pub(crate) fn run(args: &MergeArgs) -> Result<ExitCode> {
    let mut read = Parts::read(&args.folders)?;
    let report = merged(&read.parts)?;
    read.read_measurements()?;
    let Parts { parts, unfinished, .. } = read;
    let context = Context::check(&args.store, &[])?;
    let lost = parts.iter().filter_map(|part| part.lost(&context.history.recorded.history));
    let report = report.without(unfinished.into_iter().chain(lost));
    let is_complete = report.outcome.incomplete.is_empty();
    context.recorder.keep(&entries(parts, is_complete))?;
    let recorded = context.recorder.record();
    pipeline::deliver(&context, &report, recorded, args.format, args.store.color)
}

fn merged(parts: &[Part]) -> Result<Report> {
    for pair in parts.windows(2) {
        if let Some(odd) = pair[0].report.difference(&pair[1].report) {
            bail!("cannot merge {} and {}: {odd}", pair[0].path.display(), pair[1].path.display());
        }
    }
    let reports = parts.iter().map(|part| part.report.clone()).collect();
    Report::merged(reports).map_err(|why| anyhow!("cannot merge: {why}"))
}

/// What the parts measured, the runs of one machine joined. Where something is missing no run is
/// whole.
fn entries(parts: Vec<Part>, is_complete: bool) -> Vec<MeasurementFile> {
    let (mut runs, mut entries) = (Vec::new(), Vec::new());
    for part in parts {
        entries.extend(part.others);
        runs.extend(part.run.map(|run| Run { partial: run.partial || !is_complete, ..run }));
        // Measured before, into the same folder: it has its part of the benchmarks alone.
        let earlier = part.earlier.into_iter().map(|run| Run { partial: true, ..run }.with_id());
        entries.extend(earlier.map(|run| MeasurementFile::from(&run)));
    }
    // A part that is given twice was measured once.
    let mut known = BTreeSet::new();
    runs.retain(|run| known.insert(run.id.clone()));
    entries.extend(Run::joined(runs).iter().map(MeasurementFile::from));
    entries
}

//! `cargo xtask perf merge`: joins the outputs of several machines to one report and one run.

mod part;

use crate::args::{CargoArgs, OutputArgs, RunFormat, heading};
use crate::pipeline::{self, Context};
use crate::store::MeasurementFile;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use part::{MeasuredPart, MeasuredParts};
use perf_judge::run::Run;
use perf_report::Report;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Output folder of each partition, or a folder of them.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Print the report in this format.
    #[arg(long, value_enum, default_value_t = RunFormat::Human, help_heading = heading::OUTPUT)]
    pub(crate) format: RunFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Merges, records and reports. The verdicts of the parts are not changed.
pub(crate) fn run(args: &MergeArgs) -> Result<ExitCode> {
    let mut measured = MeasuredParts::read(&args.folders)?;
    let report = merged(&measured.parts)?;
    measured.read_measurements()?;
    let MeasuredParts { parts, unfinished, .. } = measured;
    let context = Context::check(&args.output, &CargoArgs::default())?;
    let missing =
        parts.iter().filter_map(|part| part.missing_note(&context.history.recorded.history));
    let report = report.without(unfinished.into_iter().chain(missing));
    let is_complete = report.outcome.incomplete.is_empty();
    context.recorder.spool(&entries(parts, is_complete))?;
    let recorded = context.recorder.record();
    pipeline::deliver(&context, &report, recorded, args.format, args.output.color)
}

fn merged(parts: &[MeasuredPart]) -> Result<Report> {
    for pair in parts.windows(2) {
        if let Some(difference) = pair[0].report.difference(&pair[1].report) {
            let (one, other) = (pair[0].path.display(), pair[1].path.display());
            bail!("cannot merge {one} and {other}: {difference}");
        }
    }
    let reports = parts.iter().map(|part| part.report.clone()).collect();
    Report::merged(reports).map_err(|why| anyhow!("cannot merge: {why}"))
}

/// The measurements of all parts, with the runs of one machine joined. If something is missing, each
/// run is marked as partial.
fn entries(parts: Vec<MeasuredPart>, is_complete: bool) -> Vec<MeasurementFile> {
    let (mut runs, mut entries) = (Vec::new(), Vec::new());
    for part in parts {
        entries.extend(part.others);
        runs.extend(part.run.map(|run| Run { partial: run.partial || !is_complete, ..run }));
        // An earlier measurement into the same folder has only its part of the benchmarks.
        let earlier = part.earlier.into_iter().map(|run| Run { partial: true, ..run }.with_id());
        entries.extend(earlier.map(|run| MeasurementFile::from(&run)));
    }
    // A part that is given twice counts once.
    let mut ids = BTreeSet::new();
    runs.retain(|run| ids.insert(run.id.clone()));
    entries.extend(Run::joined(runs).iter().map(MeasurementFile::from));
    entries
}

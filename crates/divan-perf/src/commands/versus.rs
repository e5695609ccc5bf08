//! `cargo xtask perf versus`: benchmarks of one build, compared with each other.

use crate::args::{CargoArgs, Format, MeasureArgs, RecordArgs, duration, heading, non_empty};
use crate::output::VERSUS;
use crate::pipeline::{self, Context, VersusQuery};
use crate::store::MeasurementFile;
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct VersusArgs {
    /// Names of the alternatives, or of their function or module.
    ///
    /// A name is the full name or its last parts. Functions with arguments are compared argument by
    /// argument. One name alone is a group, and its members are the alternatives. They are the
    /// arguments or types of a function, or the functions of a module or bench target.
    #[arg(required = true, value_name = "NAME", value_parser = non_empty)]
    names: Vec<String>,
    /// Compare the others with this alternative [default: the first].
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Print the times by numeric argument, and the exponent of their growth.
    ///
    /// The exponent is k in time ~ argument^k, fitted to the logarithms. One function alone is then
    /// measured and not compared.
    #[arg(long)]
    args: bool,
    /// Set the measured time per launch, in milliseconds [default: 20].
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(1..=60_000), help_heading = heading::MEASUREMENT)]
    launch_ms: Option<u16>,
    /// Measure within this time, e.g. 90s or 5m.
    ///
    /// The exit status is 3 if a benchmark is not decided by then. The time for building and listing
    /// does not count.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = heading::MEASUREMENT)]
    time_limit: Option<Duration>,
    /// Seed of the launch order [default: random].
    #[arg(long, value_name = "N", help_heading = heading::MEASUREMENT)]
    seed: Option<u32>,
    #[command(flatten)]
    cargo: CargoArgs,
    #[command(flatten)]
    record: RecordArgs,
    /// Print the comparison in this format.
    #[arg(long, value_enum, default_value_t = Format::Human, help_heading = heading::OUTPUT)]
    format: Format,
    /// Write versus.json to this folder [default: perf/ in the target folder].
    #[arg(long = "output", value_name = "DIR", help_heading = heading::OUTPUT)]
    output_dir: Option<PathBuf>,
    /// Color standard output.
    #[arg(long, value_enum, default_value_t = Color::Auto, help_heading = heading::OUTPUT)]
    color: Color,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Compares the alternatives, writes versus.json, records it in the history and prints the result.
///
/// The exit status is 0 for every verdict, and 3 if something was not measured or not decided in time.
pub(crate) fn run(args: &VersusArgs) -> Result<ExitCode> {
    let measure = args.measure();
    let context = Context::check(&measure.output, &measure.cargo)?;
    let query =
        VersusQuery { names: &args.names, baseline: args.baseline.as_deref(), by_args: args.args };
    let versus = pipeline::versus(&context, &measure, query)?;
    context.project.output.write(VERSUS, versus.to_json().as_bytes())?;
    if context.recorder.records() && versus.has_times() {
        context.recorder.spool(&[MeasurementFile::from(&versus)])?;
        context.recorder.record()?;
        context.recorder.publish()?;
    }
    let text = match args.format {
        Format::Human => versus.to_text(ui::width()),
        Format::Json => versus.to_json(),
        Format::Markdown => versus.to_markdown(),
    };
    ui::report(&text, args.color).context("cannot write to standard output")?;
    Ok(ExitCode::from(if versus.is_incomplete() { 3 } else { 0 }))
}

impl VersusArgs {
    fn measure(&self) -> MeasureArgs {
        let history = self.record.history.clone();
        let mut measure = MeasureArgs::unrecorded(history, PathBuf::new());
        measure.output.record = self.record.clone();
        measure.launch_ms = self.launch_ms;
        measure.time_limit = self.time_limit;
        measure.seed = self.seed;
        measure.cargo = self.cargo.clone();
        measure.output.manifest_path.clone_from(&self.manifest_path);
        measure.output.output_dir.clone_from(&self.output_dir);
        measure.output.color = self.color;
        measure
    }
}

//! `cargo xtask perf bisect`: the commit that changed a benchmark.

use crate::args::{CargoArgs, HistoryArgs, MeasureArgs, heading, revision};
use crate::interrupt::{Interrupt, Interrupted};
use crate::pipeline::{self, BisectRequest, Context, CountUse, PerfArgs};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct BisectArgs {
    /// Names of benchmarks, or their last parts.
    #[arg(required = true, value_name = "BENCH")]
    benchmarks: Vec<String>,
    /// A branch, tag, version or commit without the change.
    ///
    /// It is an ancestor of the bad commit.
    #[arg(long, value_name = "REF", value_parser = revision)]
    good: String,
    /// The same with the change.
    #[arg(long, value_name = "REF", value_parser = revision, default_value = "HEAD")]
    bad: String,
    /// Treat a merge as one commit.
    ///
    /// Only the first parent of each merge is followed, so commits of merged branches are not measured.
    #[arg(long)]
    first_parent: bool,
    /// Search by instructions and allocations alone, without timing.
    #[arg(long, conflicts_with = "no_counts", help_heading = heading::MEASUREMENT)]
    counts_only: bool,
    /// Search by time alone.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    no_counts: bool,
    /// Begin again instead of going on after an interrupt.
    #[arg(long, help_heading = heading::MEASUREMENT)]
    restart: bool,
    #[command(flatten)]
    cargo: CargoArgs,
    /// Write bisect.json to this folder [default: perf/ in the target folder].
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    output: Option<PathBuf>,
    /// Print the result in this format.
    #[arg(long, value_enum, default_value_t = BisectFormat::Human, help_heading = heading::OUTPUT)]
    format: BisectFormat,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BisectFormat {
    /// Text for a terminal.
    Human,
    /// bisect.json, for other programs.
    Json,
}

impl BisectArgs {
    fn counts(&self) -> CountUse {
        if self.counts_only {
            CountUse::Alone
        } else if self.no_counts {
            CountUse::Never
        } else {
            CountUse::WithTimes
        }
    }
}

/// The result in the output folder.
const FILE: &str = "bisect.json";

/// Searches for the commits, and prints and writes the result. The exit status is 3 if the commit of a
/// benchmark was not found.
pub(crate) fn run(args: &BisectArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let history = HistoryArgs { remote: "origin".to_owned(), ..HistoryArgs::default() };
    let mut measure = MeasureArgs::unrecorded(history, PathBuf::new());
    measure.output.manifest_path.clone_from(&args.manifest_path);
    measure.output.output_dir.clone_from(&args.output);
    measure.cargo = args.cargo.of_benchmarks(&args.benchmarks);
    let context = Context::check(&measure.output, &measure.cargo)?;
    let output = context.project.output.clone();
    let perf = PerfArgs::of_pairs(measure, args.counts());
    let request = BisectRequest {
        benchmarks: &args.benchmarks,
        good: &args.good,
        bad: &args.bad,
        first_parent: args.first_parent,
        restart: args.restart,
    };
    let bisection = pipeline::bisect(context, &request, &perf, &interrupt);
    if bisection.as_ref().is_err_and(|error| error.is::<Interrupted>()) {
        ui::say("the steps so far are kept: the same command goes on after them");
    }
    let bisection = bisection?;
    output.write(FILE, bisection.to_json().as_bytes())?;
    let text = match args.format {
        BisectFormat::Human => bisection.to_text(),
        BisectFormat::Json => bisection.to_json(),
    };
    ui::report(&text, Color::Auto).context("cannot write to standard output")?;
    Ok(ExitCode::from(if bisection.is_found() { 0 } else { 3 }))
}

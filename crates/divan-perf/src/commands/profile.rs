//! `cargo xtask perf profile`: where the instructions of one benchmark go.

use crate::args::{CargoArgs, HistoryArgs, MeasureArgs};
use crate::pipeline::{self, Context, ProfiledBenchmark};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::Args;
use perf_report::{FlameGraphs, Profile, flame_graphs};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// Name of the benchmark, or its last parts.
    benchmark: String,
    /// Show what changed since the merge base with this branch, tag or commit.
    #[arg(long, value_name = "REF")]
    compare: Option<String>,
    /// Draw the allocated blocks by call stack, too.
    #[arg(long)]
    memory: bool,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    cargo: CargoArgs,
    /// Write the files to this folder [default: perf/ in the target folder].
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// The folder of profiles in the output folder.
const FOLDER: &str = "profiles";

/// Profiles the benchmark, prints the result and the paths of its files.
pub(crate) fn run(args: &ProfileArgs) -> Result<ExitCode> {
    let history = HistoryArgs { remote: "origin".to_owned(), ..HistoryArgs::default() };
    let mut measure = MeasureArgs::unrecorded(history, PathBuf::new());
    measure.output.manifest_path.clone_from(&args.manifest_path);
    measure.output.output_dir.clone_from(&args.output);
    measure.cargo = args.cargo.clone();
    let mut context = Context::check(&measure.output, &measure.cargo)?;
    let compare = args.compare.as_deref();
    let profiled = pipeline::profile(&mut context, &measure, &args.benchmark, compare)?;
    let ProfiledBenchmark { name, base, head } = profiled;
    let FlameGraphs { instructions, allocations } = flame_graphs(&name, base.as_ref(), &head)?;
    let profile = Profile::new(name.clone(), base.as_ref(), &head);
    let stem = name.file_stem();
    let write = |extension: &str, text: &str| {
        let below = format!("{FOLDER}/{stem}{extension}");
        context.project.output.write(&below, text.as_bytes())
    };
    let mut pictures = vec![format!("{stem}.svg")];
    let mut files = vec![write(".svg", &instructions)?];
    if let Some(allocations) = allocations.filter(|_| args.memory) {
        pictures.push(format!("{stem}.allocations.svg"));
        files.push(write(".allocations.svg", &allocations)?);
    }
    files.push(write(".json", &profile.to_json())?);
    let page = profile.to_html(&pictures).context("cannot write the page")?;
    let page = write(".html", &page)?;
    files.insert(0, page.clone());
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    ui::report(&profile.to_text(ui::width(), &files), Color::Auto)
        .context("cannot write to standard output")?;
    if args.open {
        ui::open_in_browser(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}

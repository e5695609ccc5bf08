//! `cargo xtask perf explain`: a verdict of the last report, with every number behind it.

use crate::bench::Workspace;
use crate::report_file;
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use perf_judge::verdict::Verdict;
use perf_report::explain;
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The benchmark: its name, or the end of it.
    benchmark: String,
    /// Where the report is, instead of target/perf.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The workspace that was measured.
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Explains the verdicts of every benchmark that the name means.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let path = folder(args)?.join("report.json");
    if !path.exists() {
        bail!("there is no {}: measure first by `cargo xtask perf`", path.display());
    }
    let report = report_file::read(&path)?;
    let verdicts: Vec<&Verdict> = report.rows.iter().map(|row| &row.verdict).collect();
    let meant: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.name.is_named(&args.benchmark))
        .map(|verdict| explain(verdict))
        .collect();
    if meant.is_empty() {
        bail!("{}", unknown(&args.benchmark, &verdicts));
    }
    ui::report(&meant.join("\n"), Color::Auto).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn folder(args: &ExplainArgs) -> Result<PathBuf> {
    if let Some(output) = &args.output {
        return Ok(output.clone());
    }
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &[])?;
    Ok(workspace.target_dir.join("perf"))
}

fn unknown(name: &str, verdicts: &[&Verdict]) -> String {
    let all = verdicts.iter().map(|verdict| verdict.name.as_str());
    let near: Vec<&str> = all.filter(|known| known.contains(name)).take(10).collect();
    match near.is_empty() {
        true => format!("the last report has no benchmark `{name}`"),
        false => format!(
            "the last report has no benchmark `{name}`; these contain it: {}",
            near.join(", ")
        ),
    }
}

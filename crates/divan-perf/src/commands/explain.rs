//! `cargo xtask perf explain`: the numbers behind a verdict of the last report.

use crate::bench::Workspace;
use crate::output::{OutputFolder, REPORT};
use crate::report_file;
use crate::similar_names::{listed, similar};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use perf_judge::history::WorkspaceRuns;
use perf_judge::verdict::Verdict;
use perf_report::explain;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Name of the benchmark, or its last parts.
    ///
    /// If several benchmarks have these last parts, all are explained.
    benchmark: String,
    /// Read report.json from this folder [default: perf/ in the target folder].
    ///
    /// If the target folder is outside of the workspace, perf/ has a folder per workspace.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Explains the verdict of each benchmark whose name ends with the argument.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let (path, workspace) = report_path(args)?;
    if !path.exists() {
        bail!("there is no report {}: run `cargo xtask perf` first", path.display());
    }
    let report = match workspace {
        Some(workspace) => report_file::read_own(&path, &workspace)?,
        None => report_file::read(&path)?,
    };
    let verdicts: Vec<&Verdict> = report.rows.iter().map(|row| &row.verdict).collect();
    let explained: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.name.is_named(&args.benchmark))
        .map(|verdict| explain(verdict))
        .collect();
    if explained.is_empty() {
        bail!("{}", unknown_benchmark(&args.benchmark, &verdicts, &path));
    }
    ui::report(&explained.join("\n"), Color::Auto).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// The report, and the workspace that it must be of. A folder of `--output` can be of any.
fn report_path(args: &ExplainArgs) -> Result<(PathBuf, Option<WorkspaceRuns>)> {
    if let Some(output) = &args.output {
        return Ok((output.join(REPORT), None));
    }
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
    let own = workspace.runs(&BTreeMap::new())?;
    Ok((OutputFolder::last_report(None, &workspace), Some(own)))
}

fn unknown_benchmark(name: &str, verdicts: &[&Verdict], report: &Path) -> String {
    let similar = similar(verdicts.iter().map(|verdict| &verdict.name), name);
    let fix = if similar.is_empty() {
        format!("run `cargo xtask perf report {}` to list its benchmarks", report.display())
    } else {
        format!("use one of: {}", listed(&similar))
    };
    format!("the last report has no benchmark `{name}`; {fix}")
}

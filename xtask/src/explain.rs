//! `cargo xtask perf explain`: a verdict of the last report, with every number behind it.

use crate::bench::Workspace;
use crate::cli::{Color, ExplainArgs};
use crate::files::read_if_there;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_core::report::explain;
use perf_core::verdict::Verdict;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

/// The part of a report that is explained.
#[derive(Deserialize)]
struct Explainable {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    verdict: Verdict,
}

/// Explains the verdicts of every benchmark that the name means.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let path = folder(args)?.join("report.json");
    let Some(json) = read_if_there(&path)? else {
        bail!("there is no {}: measure first by `cargo xtask perf`", path.display());
    };
    let report: Explainable = serde_json::from_str(&json)
        .with_context(|| format!("{} is no report of this version", path.display()))?;
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

//! `cargo xtask perf report`: a saved report, rendered again. It needs neither cargo nor git.

use crate::github::{Rendering, ReportArgs};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_core::report::{
    Page, REPORT_BYTES, Report, to_annotations, to_markdown, to_outputs, to_terminal,
};
use perf_core::unit;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where a job's later steps and its page read from.
const OUTPUTS: &str = "GITHUB_OUTPUT";
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Renders a report as asked.
pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode> {
    let report = read(&args.file)?;
    let printed = match args.format {
        Rendering::Human => ui::report(&to_terminal(&report), args.color),
        Rendering::Json => ui::verbatim(&report.to_json()),
        Rendering::Markdown => ui::verbatim(&to_markdown(&report, Page::SUMMARY)),
        Rendering::Github => {
            append(SUMMARY, &to_markdown(&report, Page::SUMMARY))?;
            append(OUTPUTS, &to_outputs(&report))?;
            ui::verbatim(&to_annotations(&report, &args.folder))
        }
    };
    printed.context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a report, whoever wrote it.
pub(crate) fn read(path: &Path) -> Result<Report> {
    let unreadable = || format!("cannot read {}", path.display());
    let bytes = fs::metadata(path).with_context(unreadable)?.len();
    if bytes > REPORT_BYTES {
        let (bytes, most) = (unit::bytes(bytes as f64), unit::bytes(REPORT_BYTES as f64));
        bail!("{} has {bytes}, and no report has more than {most}", path.display());
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    Report::from_json(&text).with_context(|| format!("{} cannot be used", path.display()))
}

/// Adds to the file that GitHub names by `variable`.
pub(crate) fn append(variable: &str, text: &str) -> Result<()> {
    let Some(path) = env::var_os(variable).map(PathBuf::from) else {
        ui::say(&format!(
            "{variable} is not set: outside a job of GitHub nothing is written there"
        ));
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}, which {variable} names", path.display()))
}

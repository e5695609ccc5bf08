//! `cargo xtask perf report`: renders a saved report. It needs neither cargo nor git.

use crate::github::{OUTPUTS, SUMMARY, append};
use crate::report_file::{read, to_markdown};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use perf_report::{Page, to_annotations, to_outputs, to_terminal};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The report, e.g. target/perf/report.json.
    file: PathBuf,
    /// Print the report in this format.
    #[arg(long, value_enum, default_value_t = Rendering::Human)]
    format: Rendering,
    /// Folder of the measured workspace in its repository, for annotations.
    #[arg(long, value_name = "FOLDER", default_value = "", hide_default_value = true)]
    folder: String,
    /// Color standard output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rendering {
    /// Table for a terminal.
    Human,
    /// report.json in the current schema.
    Json,
    /// GitHub's Markdown.
    Markdown,
    /// Annotations, job summary and outputs of a GitHub job.
    Github,
}

/// Renders a report.
pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode> {
    let report = read(&args.file)?;
    let printed = match args.format {
        Rendering::Human => ui::report(&to_terminal(&report, ui::width()), args.color),
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

//! `cargo xtask perf report`: a saved report, rendered again. It needs neither cargo nor git.

use crate::github::{OUTPUTS, SUMMARY, append};
use crate::report_file::read;
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use perf_report::{Page, to_annotations, to_markdown, to_outputs, to_terminal};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The report: target/perf/report.json, or one from elsewhere.
    file: PathBuf,
    /// What it is rendered for.
    #[arg(long, value_enum, default_value_t = Rendering::Human)]
    format: Rendering,
    /// Where the measured workspace lies in its repository, for annotations of its files.
    #[arg(long, value_name = "FOLDER", default_value = "")]
    folder: String,
    /// Whether standard output is coloured.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rendering {
    /// A table.
    Human,
    /// The report as data, as this version writes it.
    Json,
    /// GitHub's Markdown.
    Markdown,
    /// A job: annotations on standard output, Markdown for its summary, outputs for later steps.
    Github,
}

/// Renders a report as asked.
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

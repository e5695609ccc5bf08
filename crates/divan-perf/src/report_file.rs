//! report.json, which another machine may have written.

use crate::command_name::named;
use crate::foreign_files::read_text;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::WorkspaceRuns;
use perf_report::{Page, REPORT_BYTES, Report, visible};
use std::path::Path;

/// Reads and validates a report.
pub(crate) fn read(path: &Path) -> Result<Report> {
    if !path.exists() {
        bail!(
            "there is no {}: run `cargo xtask perf`, which writes report.json to perf/ in the target folder",
            path.display()
        );
    }
    parse(path, &read_text(path, REPORT_BYTES)?)
}

/// Reads the last report of a workspace. A folder that several workspaces share can have the report
/// of another.
pub(crate) fn read_own(path: &Path, workspace: &WorkspaceRuns) -> Result<Report> {
    let report = read(path)?;
    if !report.is_of(workspace) {
        let names = report.run.workspace.as_deref().map(visible);
        let of = names.map_or_else(String::new, |name| format!(", of {name}"));
        bail!(
            "{} is the report of another workspace{of}: run `cargo xtask perf` in this one, or name its folder by --output",
            path.display()
        );
    }
    Ok(report)
}

/// The report in Markdown, with the name of this program.
pub(crate) fn to_markdown(report: &Report, page: Page<'_>) -> String {
    named(&perf_report::to_markdown(report, page)).into_owned()
}

/// Parses the text of the report at `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Report> {
    Report::from_json(text).with_context(|| format!("{} is not a readable report", path.display()))
}

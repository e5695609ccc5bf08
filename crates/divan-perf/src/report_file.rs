//! report.json, which another machine may have written.

use crate::foreign_files::read_text;
use anyhow::{Context as _, Result};
use perf_report::{REPORT_BYTES, Report};
use std::path::Path;

/// Reads a report, which is validated.
pub(crate) fn read(path: &Path) -> Result<Report> {
    parse(path, &read_text(path, REPORT_BYTES)?)
}

/// Parses the text of the report at `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Report> {
    Report::from_json(text).with_context(|| format!("{} is not a readable report", path.display()))
}

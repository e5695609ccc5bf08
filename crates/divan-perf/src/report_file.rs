//! A report's file, which another machine may have written.

use crate::foreign_files::read_text;
use anyhow::{Context as _, Result};
use perf_report::{REPORT_BYTES, Report};
use std::path::Path;

/// Reads a report, which another machine may have written.
pub(crate) fn read(path: &Path) -> Result<Report> {
    parse(path, &read_text(path, REPORT_BYTES)?)
}

/// The same, of its text.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Report> {
    Report::from_json(text).with_context(|| format!("{} cannot be used", path.display()))
}

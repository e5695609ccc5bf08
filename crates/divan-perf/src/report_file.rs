//! report.json, which another machine may have written.

use crate::foreign_files::read_text;
use anyhow::{Context as _, Result, bail};
use perf_report::{REPORT_BYTES, Report};
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

/// Parses the text of the report at `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Report> {
    Report::from_json(text).with_context(|| format!("{} is not a readable report", path.display()))
}

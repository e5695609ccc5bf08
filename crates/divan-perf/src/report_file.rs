//! A report's file, which another machine may have written.

use anyhow::{Context as _, Result, bail};
use perf_judge::unit;
use perf_report::{REPORT_BYTES, Report};
use std::fs;
use std::path::Path;

/// Reads a report, which another machine may have written.
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

//! The files that GitHub reads when a job's step has ended.

use crate::ui;
use anyhow::{Context as _, Result};
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// NameTable the file of what later steps read.
pub(crate) const OUTPUTS: &str = "GITHUB_OUTPUT";
/// NameTable the file of what the job's page shows.
pub(crate) const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

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

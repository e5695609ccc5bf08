//! The files that GitHub reads after a step of a job.

use crate::ui;
use anyhow::{Context as _, Result};
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// The environment variable with the path of the outputs for later steps.
pub(crate) const OUTPUTS: &str = "GITHUB_OUTPUT";
/// The environment variable with the path of the job summary.
pub(crate) const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Appends to the file whose path is in the environment variable.
pub(crate) fn append(variable: &str, text: &str) -> Result<()> {
    let Some(path) = env::var_os(variable).map(PathBuf::from) else {
        ui::say(&format!(
            "note: {variable} is not set, so nothing is written there (GitHub sets it in a job)"
        ));
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}, the file of {variable}", path.display()))
}

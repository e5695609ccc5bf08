//! `cargo xtask perf gate`: the decision about a pull request's check.

use super::args::GateArgs;
use super::job_files::{SUMMARY, append};
use crate::report_file;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_report::check::{Artefact, Needs, decide};
use std::process::ExitCode;

/// Prints the decision with its reason, and returns the exit status of the check.
pub(crate) fn run(args: &GateArgs) -> Result<ExitCode> {
    let needs: Needs = serde_json::from_str(&args.needs).context(
        "--needs is not the JSON of the jobs (set NEEDS to ${{ toJSON(needs) }} in the workflow)",
    )?;
    let decision = decide(&needs, &artefact(args));
    let word = if decision.passes { "passes" } else { "fails" };
    ui::say(&format!("the check {word}: {}", decision.reason));
    append(SUMMARY, &format!("\nThe check **{word}**.\n"))?;
    Ok(ExitCode::from(u8::from(!decision.passes)))
}

fn artefact(args: &GateArgs) -> Artefact {
    if !args.file.exists() {
        return Artefact::Missing;
    }
    let report = match report_file::read(&args.file) {
        Ok(report) => report,
        Err(error) => return Artefact::Unusable(format!("{error:#}")),
    };
    let measured = report.run.commit.as_ref().map(|commit| commit.hash.as_str());
    match args.commit.as_deref() {
        Some(required) if measured != Some(required) => {
            let measured = measured.unwrap_or("no commit");
            Artefact::Unusable(format!("it measured {measured}, but the check is for {required}"))
        }
        _ => Artefact::Read(Box::new(report)),
    }
}

//! `cargo xtask perf note`: one note on a merge request of GitLab, which is updated.

use super::api::Gitlab;
use crate::report_file::{self, to_markdown};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use perf_report::Page;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// The first line of the note, by which it is found. Markdown does not show it.
const MARKER: &str = "<!-- cuepoint-perf: the check's note -->";

/// The defaults are the variables of a pipeline of a merge request.
#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// Path of the report, which may be missing.
    #[arg(value_name = "REPORT")]
    file: PathBuf,
    /// Address of GitLab's API, e.g. `https://gitlab.com/api/v4`.
    #[arg(long, value_name = "URL", env = "CI_API_V4_URL")]
    api: String,
    /// Number of the project.
    #[arg(long, value_name = "ID", env = "CI_PROJECT_ID")]
    project: u64,
    /// Number of the merge request in the project.
    #[arg(long, value_name = "IID", env = "CI_MERGE_REQUEST_IID")]
    merge_request: u64,
    /// Link to this pipeline.
    #[arg(
        long,
        value_name = "URL",
        env = "CI_PIPELINE_URL",
        default_value = "",
        hide_default_value = true
    )]
    pipeline: String,
    /// Project access token with the scope `api`.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "PERF_NOTE_TOKEN",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    token: String,
    /// Print the note instead of writing it.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: String,
    author: NoteAuthor,
}

#[derive(PartialEq, Eq, Deserialize)]
struct NoteAuthor {
    id: u64,
}

/// Writes the note, or updates the existing one.
pub(crate) fn run(args: &NoteArgs) -> Result<ExitCode> {
    let body = body(args);
    if args.dry_run {
        ui::verbatim(&body).context("cannot write to standard output")?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.token.is_empty() {
        bail!(
            "cannot write the note: PERF_NOTE_TOKEN is not set. Add it to the variables of the project"
        );
    }
    let gitlab = Gitlab::at(&args.api, &args.token)?;
    let notes = format!("projects/{}/merge_requests/{}/notes", args.project, args.merge_request);
    let own: NoteAuthor = gitlab.get("user")?;
    let existing: Vec<Note> = gitlab.list(&notes)?;
    let existing =
        existing.into_iter().find(|note| note.author == own && note.body.starts_with(MARKER));
    let json = json!({"body": body});
    match existing {
        Some(note) => gitlab.send("PUT", &format!("{notes}/{}", note.id), &json)?,
        None => gitlab.send("POST", &notes, &json)?,
    }
    ui::say(&format!("updated the note on merge request {}", args.merge_request));
    Ok(ExitCode::SUCCESS)
}

/// The text of the note.
fn body(args: &NoteArgs) -> String {
    let link = Some(args.pipeline.as_str()).filter(|link| !link.is_empty());
    let end =
        link.map_or_else(String::new, |link| format!("\n<sub>[The pipeline]({link})</sub>\n"));
    let bytes = Page::COMMENT_BYTES.saturating_sub(MARKER.len() + end.len() + 2);
    let text = match report_file::read(&args.file) {
        Ok(report) => to_markdown(&report, Page { bytes, more: link }),
        Err(error) => {
            // The error quotes a file of the merge request's code, so only the log contains it.
            ui::say(&format!("note: {error:#}"));
            "## Performance check failed\n\nThere is no usable report. The log of the pipeline contains the cause.\n".to_owned()
        }
    };
    format!("{MARKER}\n{text}{end}")
}

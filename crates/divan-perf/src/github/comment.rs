//! `cargo xtask perf comment`: one comment on a pull request, which is updated.
//!
//! It runs the main branch's code with a token that may write. The report comes from a job that ran
//! the pull request's code, so it is read as untrusted data and rendered here.

use super::args::CommentArgs;
use super::event::FinishedRun;
use super::gh::{Gh, User};
use crate::report_file::{self, to_markdown};
use crate::ui;
use anyhow::{Context as _, Result};
use perf_report::Page;
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

/// The first line of the comment, by which it is found. Markdown does not show it.
const MARKER: &str = "<!-- cuepoint-perf: the check's comment -->";

/// The text above a report that passes although its workflow failed.
const CONTRADICTION: &str = "**The check failed**, although the report below passes. The log of the run contains the cause.\n\n";

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    user: Option<User>,
    body: Option<String>,
}

/// Writes the comment, or updates the existing one.
pub(crate) fn run(args: &CommentArgs) -> Result<ExitCode> {
    let finished = FinishedRun::read(&args.event)?;
    let Some(body) = body(args, &finished) else {
        ui::say(&format!(
            "no comment: the measuring workflow ended with `{}` and without a report",
            finished.conclusion
        ));
        return Ok(ExitCode::SUCCESS);
    };
    if args.dry_run {
        ui::verbatim(&body).context("cannot write to standard output")?;
        return Ok(ExitCode::SUCCESS);
    }
    let gh = Gh::find()?;
    match pull_request(&gh, &finished)? {
        None => {
            ui::say(&format!("no comment: no open pull request has {} as its head", finished.head))
        }
        Some(number) => put(&gh, &finished, number, &body)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of the comment; `None` if there is no report and the workflow did not fail.
fn body(args: &CommentArgs, finished: &FinishedRun) -> Option<String> {
    let FinishedRun { repository, run, head, .. } = finished;
    let address = args.server.address_of(repository, *run);
    let end = format!("\n<sub>[The run]({address}) of {head}</sub>\n");
    let page =
        Page { bytes: Page::COMMENT_BYTES - MARKER.len() - end.len() - 2, more: Some(&address) };
    let text = match (args.file.exists(), finished.conclusion.as_str()) {
        (true, _) => match report_file::read(&args.file) {
            Ok(report) if report.status == 0 && finished.conclusion == "failure" => {
                format!("{CONTRADICTION}{}", to_markdown(&report, page))
            }
            Ok(report) => to_markdown(&report, page),
            Err(error) => {
                // The error quotes untrusted text, so only the log contains it.
                ui::say(&format!("note: {error:#}"));
                unusable("Its report cannot be used")
            }
        },
        (false, "success" | "cancelled" | "skipped") => return None,
        (false, _) => unusable("The measurement ended without a report"),
    };
    Some(format!("{MARKER}\n{text}{end}"))
}

fn unusable(why: &str) -> String {
    format!("## Performance check failed\n\n{why}. The log of the run contains the cause.\n")
}

/// The open pull request whose head was measured.
///
/// GitHub cannot search the commits of forks, so it is found by branch. The commit is compared too, as
/// the branch may have newer commits.
fn pull_request(gh: &Gh, finished: &FinishedRun) -> Result<Option<u64>> {
    let FinishedRun { repository, owner, branch, head, .. } = finished;
    let fields = ["state=open".to_owned(), format!("head={owner}:{branch}")];
    let open: Vec<PullRequest> = gh.list(&format!("repos/{repository}/pulls"), &fields)?;
    Ok(open.iter().find(|pull| pull.head.sha == *head).map(|pull| pull.number))
}

fn put(gh: &Gh, finished: &FinishedRun, number: u64, body: &str) -> Result<()> {
    let issue = format!("repos/{}/issues", finished.repository);
    let comments: Vec<Comment> = gh.list(&format!("{issue}/{number}/comments"), &[])?;
    let json = json!({"body": body});
    match comments.iter().find(|comment| comment.is_ours()) {
        Some(existing) => gh.send("PATCH", &format!("{issue}/comments/{}", existing.id), &json)?,
        None => gh.send("POST", &format!("{issue}/{number}/comments"), &json)?,
    }
    ui::say(&format!("updated the comment on pull request {number}"));
    Ok(())
}

impl Comment {
    fn is_ours(&self) -> bool {
        let has_marker = self.body.as_ref().is_some_and(|body| body.starts_with(MARKER));
        has_marker && self.user.as_ref().is_some_and(User::is_bot)
    }
}

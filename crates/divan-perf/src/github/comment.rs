//! `cargo xtask perf comment`: one comment on a pull request, kept up to date.
//!
//! It runs where the token may write, from the main branch's code. The report comes from a job that
//! ran the pull request's own code: it is data, read strictly and rendered here.

use super::args::CommentArgs;
use super::event::Finished;
use super::gh::{Gh, User};
use crate::report_file;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_report::{Page, to_markdown};
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

/// What tells the comment from others: Markdown does not show it.
const MARKER: &str = "<!-- cuepoint-perf: the check's comment -->";

/// What stands above a report that says less than how its workflow ended.
const CONTRADICTION: &str =
    "**The check failed**, whatever the report below says: the run's log says why.\n\n";

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

/// Writes the comment, or brings the one that is there up to date.
pub(crate) fn run(args: &CommentArgs) -> Result<ExitCode> {
    let finished = Finished::read(&args.event)?;
    let Some(body) = body(args, &finished) else {
        ui::say(&format!("nothing to say: the measuring ended as {}", finished.conclusion));
        return Ok(ExitCode::SUCCESS);
    };
    if args.dry_run {
        ui::verbatim(&body).context("cannot write to standard output")?;
        return Ok(ExitCode::SUCCESS);
    }
    let gh = Gh::find()?;
    match pull_request(&gh, &finished)? {
        None => ui::say(&format!("no open pull request has {} as its head", finished.head)),
        Some(number) => put(&gh, &finished, number, &body)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What the comment says; `None` where a newer run will say it, or nothing was measured.
fn body(args: &CommentArgs, finished: &Finished) -> Option<String> {
    let Finished { repository, run, head, .. } = finished;
    let address = args.server.address_of(repository, *run);
    let end = format!("\n<sub>[The run]({address}) of {head}</sub>\n");
    let page =
        Page { bytes: Page::COMMENT_BYTES - MARKER.len() - end.len() - 2, more: Some(&address) };
    let said = match (args.file.exists(), finished.conclusion.as_str()) {
        (true, _) => match report_file::read(&args.file) {
            Ok(report) if report.status == 0 && finished.conclusion == "failure" => {
                format!("{CONTRADICTION}{}", to_markdown(&report, page))
            }
            Ok(report) => to_markdown(&report, page),
            Err(error) => {
                // What is wrong with it quotes it: that stays in the log.
                ui::say(&format!("{error:#}"));
                unusable("Its report cannot be used")
            }
        },
        (false, "success" | "cancelled" | "skipped") => return None,
        (false, _) => unusable("The measuring ended without a report"),
    };
    Some(format!("{MARKER}\n{said}{end}"))
}

fn unusable(why: &str) -> String {
    format!("## Performance check failed\n\n{why}: the run's log says why.\n")
}

/// The open pull request whose head was measured: by branch, as forks' commits cannot be asked for,
/// and by commit, as the branch may have moved on.
fn pull_request(gh: &Gh, finished: &Finished) -> Result<Option<u64>> {
    let Finished { repository, owner, branch, head, .. } = finished;
    let fields = ["state=open".to_owned(), format!("head={owner}:{branch}")];
    let open: Vec<PullRequest> = gh.list(&format!("repos/{repository}/pulls"), &fields)?;
    Ok(open.iter().find(|pull| pull.head.sha == *head).map(|pull| pull.number))
}

fn put(gh: &Gh, finished: &Finished, number: u64, body: &str) -> Result<()> {
    let issue = format!("repos/{}/issues", finished.repository);
    let comments: Vec<Comment> = gh.list(&format!("{issue}/{number}/comments"), &[])?;
    let json = json!({"body": body});
    match comments.iter().find(|comment| comment.is_ours()) {
        Some(known) => gh.send("PATCH", &format!("{issue}/comments/{}", known.id), &json)?,
        None => gh.send("POST", &format!("{issue}/{number}/comments"), &json)?,
    }
    ui::say(&format!("the comment on pull request {number} is up to date"));
    Ok(())
}

impl Comment {
    fn is_ours(&self) -> bool {
        let begins = self.body.as_ref().is_some_and(|body| body.starts_with(MARKER));
        begins && self.user.as_ref().is_some_and(User::is_bot)
    }
}

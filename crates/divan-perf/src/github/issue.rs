//! `cargo xtask perf issue`: an issue that is open as long as the recorded runs of a branch fail.

use super::args::IssueArgs;
use super::event::is_repository;
use super::gh::{Gh, User};
use crate::report_file::{self, to_markdown};
use crate::ui;
use anyhow::{Result, bail};
use perf_report::{Page, Report, visible};
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

#[derive(Deserialize)]
struct Issue {
    number: u64,
    title: String,
    user: Option<User>,
    pull_request: Option<serde::de::IgnoredAny>,
}

/// Opens, updates or closes the issue.
pub(crate) fn run(args: &IssueArgs) -> Result<ExitCode> {
    if !is_repository(&args.repository) {
        bail!("`{}` is no repository: write --repository OWNER/NAME", visible(&args.repository));
    }
    let report = report_file::read(&args.file)?;
    if report.partition.is_some() {
        // The other parts may have regressions, so their issue must stay open.
        bail!(
            "{} is the report of one partition: merge all parts first by `cargo xtask perf merge`",
            args.file.display()
        );
    }
    let gh = Gh::find()?;
    let title = title(&report);
    let path = format!("repos/{}/issues", args.repository);
    let open: Vec<Issue> = gh.list(&path, &["state=open".to_owned()])?;
    let existing = open.iter().find(|issue| issue.is_ours(&title)).map(|issue| issue.number);
    let body = body(args, &report);
    match (report.status, existing) {
        (1, None) => gh.send("POST", &path, &json!({"title": title, "body": body}))?,
        (1, Some(number)) => {
            gh.send("PATCH", &format!("{path}/{number}"), &json!({"body": body}))?
        }
        (0, Some(number)) => close(&gh, &format!("{path}/{number}"), &body)?,
        _ => {}
    }
    ui::say(match (report.status, existing) {
        (1, None) => "opened an issue: the recorded run fails",
        (1, Some(_)) => "updated the open issue: the recorded run fails",
        (0, Some(_)) => "closed the issue: the recorded run passes",
        (0, None) => "no issue is open and none is needed: the recorded run passes",
        _ => "the run is incomplete: the issue is not changed",
    });
    Ok(ExitCode::SUCCESS)
}

fn title(report: &Report) -> String {
    let branch = report.run.commit.as_ref().and_then(|commit| commit.branch.as_deref());
    format!("perf: {} got slower", visible(branch.unwrap_or(&report.reference.branch)))
}

fn body(args: &IssueArgs, report: &Report) -> String {
    let address = args.server.address_of(&args.repository, args.run);
    let end = format!("\n<sub>[The run]({address})</sub>\n");
    let page = Page { bytes: Page::COMMENT_BYTES - end.len(), more: Some(&address) };
    to_markdown(report, page) + &end
}

fn close(gh: &Gh, issue: &str, body: &str) -> Result<()> {
    gh.send("POST", &format!("{issue}/comments"), &json!({"body": body}))?;
    gh.send("PATCH", issue, &json!({"state": "closed"}))
}

impl Issue {
    fn is_ours(&self, title: &str) -> bool {
        let by_bot = self.user.as_ref().is_some_and(User::is_bot);
        self.title == title && by_bot && self.pull_request.is_none()
    }
}

//! The command line of what GitHub's workflows call, as typed.

use crate::cli::Color;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The report: target/perf/report.json, or one from elsewhere.
    pub(crate) file: PathBuf,
    /// What it is rendered for.
    #[arg(long, value_enum, default_value_t = Rendering::Human)]
    pub(crate) format: Rendering,
    /// Where the measured workspace lies in its repository, for annotations of its files.
    #[arg(long, value_name = "FOLDER", default_value = "")]
    pub(crate) folder: String,
    /// Whether standard output is coloured.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rendering {
    /// A table.
    Human,
    /// The report as data, as this version writes it.
    Json,
    /// GitHub's Markdown.
    Markdown,
    /// A job: annotations on standard output, Markdown for its summary, outputs for later steps.
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The report that the measuring jobs left.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// How the jobs before this one ended, as GitHub's toJSON(needs) says it.
    #[arg(long, value_name = "JSON", env = "NEEDS")]
    pub(crate) needs: String,
    /// The commit that the report must be of.
    #[arg(long, value_name = "HASH", env = "GITHUB_SHA")]
    pub(crate) commit: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CommentArgs {
    /// The report, from a job that is not trusted; there may be none.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// The event that started this workflow: the end of the workflow that measured.
    #[arg(long, value_name = "FILE", env = "GITHUB_EVENT_PATH")]
    pub(crate) event: PathBuf,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Print the comment, and write none.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IssueArgs {
    /// The report of a recorded run.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// The repository, as owner/name.
    #[arg(long, value_name = "NAME", env = "GITHUB_REPOSITORY")]
    pub(crate) repository: String,
    #[command(flatten)]
    pub(crate) server: Server,
    /// The workflow run that measured.
    #[arg(long, value_name = "ID", env = "GITHUB_RUN_ID")]
    pub(crate) run: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Where GitHub is.
    #[arg(
        long = "server",
        value_name = "URL",
        env = "GITHUB_SERVER_URL",
        default_value = "https://github.com"
    )]
    url: String,
}

impl Server {
    /// The address of a workflow run.
    pub(crate) fn address_of(&self, repository: &str, run: u64) -> String {
        format!("{}/{repository}/actions/runs/{run}", self.url)
    }
}

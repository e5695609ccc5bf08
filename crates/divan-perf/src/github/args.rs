//! The flags of the commands for GitHub workflows.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Path of the report of the measuring jobs.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// Results of the jobs before this one: GitHub's toJSON(needs).
    #[arg(long, value_name = "JSON", env = "NEEDS")]
    pub(crate) needs: String,
    /// Require a report of this commit.
    #[arg(long, value_name = "HASH", env = "GITHUB_SHA")]
    pub(crate) commit: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CommentArgs {
    /// Path of the report, which may be missing.
    ///
    /// It comes from a job that ran the code of the pull request, so it is read as untrusted data.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// File with the workflow_run event that started this workflow.
    #[arg(long, value_name = "FILE", env = "GITHUB_EVENT_PATH")]
    pub(crate) event: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Print the comment instead of writing it.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IssueArgs {
    /// Path of the report of a recorded run.
    #[arg(value_name = "REPORT")]
    pub(crate) file: PathBuf,
    /// Open the issue in this repository.
    #[arg(long, value_name = "OWNER/NAME", env = "GITHUB_REPOSITORY")]
    pub(crate) repository: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Link to this workflow run.
    #[arg(long, value_name = "ID", env = "GITHUB_RUN_ID")]
    pub(crate) run: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Use the GitHub server at this URL.
    #[arg(
        long = "server",
        value_name = "URL",
        env = "GITHUB_SERVER_URL",
        default_value = "https://github.com"
    )]
    url: String,
}

impl ServerArgs {
    /// The URL of a workflow run.
    pub(crate) fn address_of(&self, repository: &str, run: u64) -> String {
        format!("{}/{repository}/actions/runs/{run}", self.url)
    }
}

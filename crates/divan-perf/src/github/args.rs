//! The command line of what GitHub's workflows call, as typed.

use clap::Args;
use std::path::PathBuf;

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

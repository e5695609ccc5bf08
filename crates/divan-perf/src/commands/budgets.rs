//! `cargo xtask perf budgets`: perf-budgets.json beside what was recorded. Nothing is built.

use crate::args::HistoryArgs;
use crate::bench::Workspace;
use crate::budget_file::{BUDGET_FILE, in_file, read};
use crate::store::{NewestRuns, Repository};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use perf_judge::budget::{self, BudgetFile, Budgets, Recent};
use perf_judge::unit;
use perf_report::{headroom, reasons, visible};
use similar::TextDiff;
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct BudgetsArgs {
    #[command(subcommand)]
    task: BudgetsTask,
    #[command(flatten)]
    place: HistoryArgs,
    /// Use the budgets of another cargo workspace.
    #[arg(long, global = true, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
enum BudgetsTask {
    /// Check perf-budgets.json, and show what the newest recorded run leaves of each budget.
    ///
    /// Exit status: 0 if the file is right, 2 if it is not.
    Check,
    /// Propose limits that fit the recorded runs, as a diff for `git apply` or `patch -p1`.
    ///
    /// The reasons go to standard error. Apply the diff in the workspace's root.
    Suggest,
}

/// Does what was asked of the budgets.
pub(crate) fn run(args: &BudgetsArgs) -> Result<ExitCode> {
    match args.task {
        BudgetsTask::Check => check(args),
        BudgetsTask::Suggest => suggest(args),
    }
}

/// Checks the file, and shows what the newest recorded run leaves of each budget.
fn check(args: &BudgetsArgs) -> Result<ExitCode> {
    let workspace = workspace(args)?;
    let (text, file, budgets) = read_there(&workspace)?;
    let (recorded, branch) = match history(&workspace, args, &file) {
        Ok(known) => known,
        Err(error) => {
            ui::say(&format!("no recorded run can be read: {error:#}"));
            (NewestRuns::default(), file.base_branch(None).to_owned())
        }
    };
    let recent = Recent::of(&recorded.history, &branch, &file.renamed);
    match &recent {
        None => ui::say(&format!("benchmark names are not checked: {}", nothing(&branch))),
        Some(recent) => {
            let newest = newest(recent, &branch);
            ui::say(&format!("benchmark names are checked against the {newest}"));
            file.check_names(&text, &budgets, &recent.names()).map_err(|error| in_file(&error))?;
        }
    }
    print(&headroom(&budgets, recent.as_ref()))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints limits that fit the recorded runs as a diff, and the reasons to standard error.
fn suggest(args: &BudgetsArgs) -> Result<ExitCode> {
    let workspace = workspace(args)?;
    let (text, file, budgets) = read_there(&workspace)?;
    let (recorded, branch) =
        history(&workspace, args, &file).context("the recorded runs cannot be read")?;
    let Some(recent) = Recent::of(&recorded.history, &branch, &file.renamed) else {
        ui::say(&format!("nothing to propose: {}", nothing(&branch)));
        return Ok(ExitCode::SUCCESS);
    };
    let advice = budget::suggest(&budgets, &recent);
    let new = budget::apply(&text, &advice).map_err(|error| in_file(&error))?;
    let runs = unit::counted(recent.count(), "run", "runs");
    ui::say(&format!("from {runs} on one machine, the newest {}", newest(&recent, &branch)));
    ui::say(reasons(&advice).trim_end());
    match new == text {
        true => ui::say("nothing to propose"),
        false => print(&diff(&text, &new))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn workspace(args: &BudgetsArgs) -> Result<Workspace> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    Workspace::find(&sh, args.manifest_path.as_deref(), &[])
}

fn read_there(workspace: &Workspace) -> Result<(String, BudgetFile, Budgets)> {
    match read(&workspace.root)? {
        Some(read) => Ok(read),
        None => bail!("there is no {}", workspace.root.join(BUDGET_FILE).display()),
    }
}

/// What is recorded, and the branch whose runs count.
fn history(
    workspace: &Workspace,
    args: &BudgetsArgs,
    file: &BudgetFile,
) -> Result<(NewestRuns, String)> {
    let repository = Repository::open(&workspace.root, &args.place.location(file)?)?;
    let recorded = repository.history()?;
    recorded.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    let branch = repository.head()?.branch;
    Ok((recorded, file.base_branch(branch.as_deref()).to_owned()))
}

fn newest(recent: &Recent<'_>, branch: &str) -> String {
    let run = recent.newest();
    let commit = run.commit.as_ref().map_or("nothing", |commit| commit.short());
    let (commit, branch) = (visible(commit), visible(branch));
    format!("run of {} ({commit} on {branch})", run.started.format("%Y-%m-%d %H:%M UTC"))
}

fn nothing(branch: &str) -> String {
    format!("no whole run of {} is recorded", visible(branch))
}

fn print(text: &str) -> Result<()> {
    ui::verbatim(text).context("cannot write to standard output")
}

/// A diff that `git apply` and `patch -p1` take in the workspace's root.
fn diff(old: &str, new: &str) -> String {
    // Lines end where git says they do: a lone \r ends none.
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let (before, after) = (format!("a/{BUDGET_FILE}"), format!("b/{BUDGET_FILE}"));
    diff.unified_diff().header(&before, &after).to_string()
}

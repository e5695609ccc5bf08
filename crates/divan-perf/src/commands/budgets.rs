//! `cargo xtask perf budgets`: checks and suggestions for perf-budgets.json. Nothing is built.

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
#[command(mut_args(|arg| arg.global(true)))]
pub(crate) struct BudgetsArgs {
    #[command(subcommand)]
    task: BudgetsTask,
    #[command(flatten)]
    history: HistoryArgs,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
enum BudgetsTask {
    /// Check perf-budgets.json and show the headroom of each budget.
    ///
    /// The headroom is measured in the newest recorded run. The exit status is 2 if the file has an
    /// error.
    Check,
    /// Suggest limits from recorded runs, as a diff.
    ///
    /// The reasons go to standard error. Apply the diff in the workspace's root, e.g.
    /// `cargo xtask perf budgets suggest | git apply`.
    Suggest,
}

/// Runs the subcommand.
pub(crate) fn run(args: &BudgetsArgs) -> Result<ExitCode> {
    match args.task {
        BudgetsTask::Check => check(args),
        BudgetsTask::Suggest => suggest(args),
    }
}

/// Checks the file and prints the headroom of each budget in the newest recorded run.
fn check(args: &BudgetsArgs) -> Result<ExitCode> {
    let workspace = workspace(args)?;
    let (text, file, budgets) = read_file(&workspace)?;
    let (recorded, branch) = match history(&workspace, args, &file) {
        Ok(history) => history,
        Err(error) => {
            ui::say(&format!(
                "note: the recorded runs cannot be read, so benchmark names are not checked: {error:#}"
            ));
            (NewestRuns::default(), "the base branch".to_owned())
        }
    };
    let recent = Recent::of(&recorded.history, &branch, &file.renamed);
    match &recent {
        None => ui::say(&format!("benchmark names are not checked: {}", no_runs(&branch))),
        Some(recent) => {
            let newest = newest(recent, &branch);
            ui::say(&format!("benchmark names are checked by the {newest}"));
            file.check_names(&text, &budgets, &recent.names()).map_err(|error| in_file(&error))?;
        }
    }
    let accepted = file.accepted.len();
    ui::say(&format!(
        "checked {}",
        unit::counted(accepted, "accepted regression", "accepted regressions")
    ));
    if budgets.is_empty() {
        print(&format!("no budgets: add one to {BUDGET_FILE}\n"))?;
    } else {
        print(&headroom(&budgets, recent.as_ref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints suggested limits as a diff, and the reasons to standard error.
fn suggest(args: &BudgetsArgs) -> Result<ExitCode> {
    let workspace = workspace(args)?;
    let (text, file, budgets) = read_file(&workspace)?;
    let (recorded, branch) = history(&workspace, args, &file).context(
        "cannot read the recorded runs; check them by `cargo xtask perf history verify`",
    )?;
    let Some(recent) = Recent::of(&recorded.history, &branch, &file.renamed) else {
        ui::say(&format!("no suggestion: {}", no_runs(&branch)));
        return Ok(ExitCode::SUCCESS);
    };
    let suggestions = budget::suggest(&budgets, &recent);
    let new = budget::apply(&text, &suggestions).map_err(|error| in_file(&error))?;
    let runs = unit::counted(recent.count(), "run", "runs");
    ui::say(&format!(
        "suggestions from {runs} on one machine, the newest is the {}",
        newest(&recent, &branch)
    ));
    ui::say(reasons(&suggestions).trim_end());
    if new == text {
        ui::say("no suggestion: the limits fit the recorded runs");
    } else {
        print(&diff(&text, &new))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn workspace(args: &BudgetsArgs) -> Result<Workspace> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    Workspace::find(&sh, args.manifest_path.as_deref())
}

fn read_file(workspace: &Workspace) -> Result<(String, BudgetFile, Budgets)> {
    match read(&workspace.root)? {
        Some(read) => Ok(read),
        None => bail!(
            "there is no {}: create it, docs/config.md describes its keys",
            workspace.root.join(BUDGET_FILE).display()
        ),
    }
}

/// The recorded runs, and the base branch.
fn history(
    workspace: &Workspace,
    args: &BudgetsArgs,
    file: &BudgetFile,
) -> Result<(NewestRuns, String)> {
    let repository = Repository::open(&workspace.root, &args.history.history_ref(file)?)?;
    let mut recorded = repository.history()?;
    recorded.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    recorded.of_workspace(&workspace.runs(&file.renamed)?);
    let branch = repository.head()?.branch;
    let base = recorded.of_base_branch(&repository, branch.as_deref())?;
    Ok((recorded, base.name))
}

fn newest(recent: &Recent<'_>, branch: &str) -> String {
    let run = recent.newest();
    let commit = run.commit.as_ref().map_or("nothing", |commit| commit.short());
    let (commit, branch) = (visible(commit), visible(branch));
    format!("run of {} ({commit} on {branch})", run.started.format("%Y-%m-%d %H:%M UTC"))
}

fn no_runs(branch: &str) -> String {
    format!("no complete run of {} is recorded, run `cargo xtask perf` there", visible(branch))
}

fn print(text: &str) -> Result<()> {
    ui::verbatim(text).context("cannot write to standard output")
}

/// A diff that `git apply` and `patch -p1` take in the workspace's root.
fn diff(old: &str, new: &str) -> String {
    // As in git, only \n ends a line.
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let (before, after) = (format!("a/{BUDGET_FILE}"), format!("b/{BUDGET_FILE}"));
    diff.unified_diff().header(&before, &after).to_string()
}

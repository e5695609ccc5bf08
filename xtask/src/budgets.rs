//! `cargo xtask perf budgets`: perf-budgets.json beside what was recorded. Nothing is built.

use crate::bench::Workspace;
use crate::cli::BudgetsArgs;
use crate::files::read_if_there;
use crate::git::{Recorded, Repository};
use crate::ui;
use anyhow::{Context as _, Result, anyhow, bail};
use perf_core::budget::{self, BudgetError, BudgetFile, Budgets, Recent};
use perf_core::report::{headroom, reasons, visible};
use perf_core::unit;
use similar::TextDiff;
use std::path::Path;
use std::process::ExitCode;
use xshell::Shell;

/// Where a workspace keeps its budgets.
pub(crate) const BUDGET_FILE: &str = "perf-budgets.json";

/// A budget file's text, settings and budgets, if there is one below `root`.
pub(crate) fn read(root: &Path) -> Result<Option<(String, BudgetFile, Budgets)>> {
    let Some(text) = read_if_there(&root.join(BUDGET_FILE))? else { return Ok(None) };
    let (file, budgets) = BudgetFile::parse(&text).map_err(|error| in_file(&error))?;
    Ok(Some((text, file, budgets)))
}

/// The error with the file's name before its place.
pub(crate) fn in_file(error: &BudgetError) -> anyhow::Error {
    anyhow!("{BUDGET_FILE}:{error}")
}

/// Checks the file, and shows what the newest recorded run leaves of each budget.
pub(crate) fn check(args: &BudgetsArgs) -> Result<ExitCode> {
    let workspace = workspace(args)?;
    let (text, file, budgets) = read_there(&workspace)?;
    let (recorded, branch) = match history(&workspace, args, &file) {
        Ok(known) => known,
        Err(error) => {
            ui::say(&format!("no recorded run can be read: {error:#}"));
            (Recorded::default(), file.base_branch(None).to_owned())
        }
    };
    let recent = Recent::of(&recorded.history, &branch, &file.renamed);
    match &recent {
        None => ui::say(&format!("benchmark names are not checked: {}", nothing(&branch))),
        Some(recent) => {
            let newest = newest(recent, &branch);
            ui::say(&format!("benchmark names are checked against the {newest}"));
            BudgetFile::check_names(&text, &budgets, &recent.names())
                .and_then(|()| budget::check_accepted(&text, &file.accepted, &recent.names()))
                .map_err(|error| in_file(&error))?;
        }
    }
    print(&headroom(&budgets, recent.as_ref()))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints limits that fit the recorded runs as a diff, and the reasons to standard error.
pub(crate) fn suggest(args: &BudgetsArgs) -> Result<ExitCode> {
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
) -> Result<(Recorded, String)> {
    let repository = Repository::open(&workspace.root, &args.place.location(&file.history))?;
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

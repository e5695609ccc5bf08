//! Checks of the history, its remote, and the workflows of the repository.

use super::finding::Finding;
use super::workflow;
use crate::args::HistoryArgs;
use crate::bench::Workspace;
use crate::budget_file;
use crate::files::{TEXT_BYTES, read_if_there};
use crate::store::{BaseBranch, Repository};
use anyhow::Result;
use perf_judge::unit;
use std::fs;
use std::path::{Path, PathBuf};

/// Checks the repository around the workspace.
pub(super) fn check(workspace: &Workspace, args: &HistoryArgs) -> Vec<Finding> {
    let settings = budget_file::read(&workspace.root).ok().flatten().map(|(_, file, _)| file);
    let location = args.history_ref(&settings.unwrap_or_default());
    let repository = match location.and_then(|at| Repository::open(&workspace.root, &at)) {
        Ok(repository) => repository,
        Err(error) => return vec![Finding::fix(format!("{error:#}"), "git init")],
    };
    [
        history(&repository),
        base_branch(&repository),
        local_clone(&repository, workspace),
        workflows(&repository.root(), existing_base(&repository).as_deref()),
    ]
    .concat()
}

fn history(repository: &Repository) -> Vec<Finding> {
    let branch = repository.branch();
    let recorded = match repository.history() {
        Ok(recorded) => recorded,
        Err(error) => {
            let what = format!("the history on {branch} cannot be read: {error:#}");
            return vec![Finding::fix(what, "cargo xtask perf history verify")];
        }
    };
    let newest = recorded.history.runs().next_back();
    let runs = unit::counted(recorded.history.len(), "run", "runs");
    let summary = match newest {
        Some(run) => {
            let day = run.started.format("%Y-%m-%d");
            Finding::ok(format!("{runs} recorded on {branch}, the newest on {day}"))
        }
        None => Finding::note(format!("no run is recorded on {branch} yet"), "cargo xtask perf"),
    };
    let notes =
        recorded.notes.iter().map(|note| Finding::note(note, "cargo xtask perf history verify"));
    [summary].into_iter().chain(notes).collect()
}

/// The base branch of the checkout.
fn found_base(repository: &Repository) -> Result<(BaseBranch, Option<String>)> {
    // The finding about the history names an error of reading it.
    let recorded = repository.history().unwrap_or_default().history;
    let checked_out = repository.head().ok().and_then(|head| head.branch);
    let base = repository.base_branch(checked_out.as_deref(), &recorded)?;
    Ok((base, checked_out))
}

fn existing_base(repository: &Repository) -> Option<String> {
    found_base(repository).ok().filter(|(base, _)| !base.is_missing).map(|(base, _)| base.name)
}

/// Checks that runs of the base branch can be recorded.
fn base_branch(repository: &Repository) -> Vec<Finding> {
    let (base, checked_out) = match found_base(repository) {
        Ok(base) => base,
        Err(error) => return vec![Finding::fix(format!("{error:#}"), "git status")],
    };
    let BaseBranch { name, reason, is_missing, .. } = base;
    let set = |branch: &str| {
        format!("\"base_branches\": [\"{branch}\"]   # in perf-budgets.json, see docs/config.md")
    };
    vec![if is_missing {
        let own = checked_out.unwrap_or_else(|| "NAME".to_owned());
        let what = format!(
            "the base branch `{name}` does not exist ({reason}), so no run is ever part of a baseline"
        );
        Finding::fix(what, set(&own))
    } else {
        Finding::ok(format!("baselines come from the runs of `{name}` ({reason})"))
    }]
}

fn local_clone(repository: &Repository, workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match repository.check_remote() {
        Ok(()) => Finding::ok("the remote can be reached"),
        Err(error) => Finding::note(
            format!("the history cannot be shared: {error:#}"),
            "git remote add origin URL",
        ),
    });
    if let Err(error) = repository.check_writable() {
        findings.push(Finding::fix(format!("{error:#}"), "git config user.name NAME"));
    }
    if repository.is_shallow().unwrap_or_default() {
        let what = "this clone is shallow: older commits cannot be built for a comparison";
        findings.push(Finding::note(what, "git fetch --unshallow"));
    }
    let lock = workspace.root.join("Cargo.lock");
    if lock.exists() && !repository.is_tracked(&lock).unwrap_or(true) {
        let what =
            "Cargo.lock is not committed: a new version of a dependency can change the times";
        findings.push(Finding::fix(what, "git add --force Cargo.lock"));
    }
    findings
}

fn workflows(root: &Path, base: Option<&str>) -> Vec<Finding> {
    let listed = fs::read_dir(root.join(".github/workflows")).into_iter().flatten();
    let mut files: Vec<PathBuf> = listed.filter_map(|file| Some(file.ok()?.path())).collect();
    files.sort();
    let (mut findings, mut running) = (Vec::new(), 0);
    for file in
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "yml" || e == "yaml"))
    {
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let text = read_if_there(file, TEXT_BYTES).ok().flatten().unwrap_or_default();
        running += usize::from(workflow::runs_this_tool(&text));
        findings.extend(workflow::check(&name, &text, base));
    }
    if running == 0 {
        findings.push(Finding::note(
            "no workflow runs `cargo xtask perf`",
            "cargo xtask perf init   # writes them, and docs/ci.md describes the steps",
        ));
    } else if findings.is_empty() {
        let count = unit::counted(running, "workflow runs", "workflows run");
        findings.push(Finding::ok(format!("{count} this tool, without a problem")));
    }
    findings
}

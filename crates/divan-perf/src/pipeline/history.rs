//! The repository of the workspace and its recorded runs.

use crate::store::{BaseBranch, NewestRuns, Repository};
use anyhow::Result;
use chrono::{DateTime, Utc};
use perf_judge::baseline::LENGTH;
use perf_judge::history::{NameTable, RunRow, WorkspaceRuns};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Machine, Run};
use std::rc::Rc;

/// The commit that is checked out, and the recorded runs.
#[derive(Debug, Default)]
pub(crate) struct RecordedHistory {
    /// The commit that is checked out.
    pub(crate) commit: Option<Commit>,
    pub(crate) recorded: NewestRuns,
    /// Notes about the checkout for the report.
    pub(crate) notes: Vec<String>,
    /// The branch whose runs form the baselines.
    pub(crate) base_branch: BaseBranch,
    /// The workspace whose runs these are.
    pub(crate) workspace: WorkspaceRuns,
    repository: Option<Rc<Repository>>,
}

/// Differences between the checkout and its commit that `git status` does not show.
fn checkout_notes(repository: &Repository) -> Result<Vec<String>> {
    let mut notes = repository.submodule_notes()?;
    notes.extend(repository.hidden_change_note()?);
    Ok(notes)
}

impl RecordedHistory {
    /// Reads the commit and the runs of a workspace; empty without a repository.
    pub(super) fn read(
        repository: Option<Rc<Repository>>,
        workspace: WorkspaceRuns,
    ) -> Result<Self> {
        let Some(repository) = repository else {
            return Ok(Self { workspace, ..Self::default() });
        };
        let commit = repository.head()?;
        let mut recorded = repository.history()?;
        let base_branch = recorded.of_base_branch(&repository, commit.branch.as_deref())?;
        let mut notes = checkout_notes(&repository)?;
        notes.extend(recorded.of_workspace(&workspace));
        Ok(Self {
            base_branch,
            workspace,
            commit: Some(commit),
            notes,
            recorded,
            repository: Some(repository),
        })
    }

    /// Adds older runs of a machine whose baseline is not among the newest runs of all machines and
    /// workspaces.
    pub(crate) fn complete_baseline(&mut self, machine: &Machine) -> Result<()> {
        let Some(repository) = self.repository.clone().filter(|_| self.recorded.is_cut) else {
            return Ok(());
        };
        let BaseBranch { name: branch, former_names, .. } = &self.base_branch;
        let is_own = |run: &&Run| run.machine.key == machine.key && run.is_baseline_for(branch);
        let mut missing =
            LENGTH.saturating_sub(self.recorded.history.runs().filter(is_own).count());
        if missing == 0 {
            return Ok(());
        }
        let oldest = self.recorded.history.runs().next().map(|run| run.started);
        let until = oldest.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let is_of_branch = |name: &String| name == branch || former_names.contains(name);
        let is_own = |row: &RunRow, names: &NameTable| {
            let is_here = row.machine == machine.key && self.workspace.has_row(row, names);
            is_here && row.branch.as_ref().is_some_and(is_of_branch)
        };
        let mut older = Vec::new();
        let notes = repository.older_runs(until, is_own, |run| {
            older.push(run);
            missing -= 1;
            missing > 0
        })?;
        let history = std::mem::take(&mut self.recorded.history);
        let mut history = older.into_iter().fold(history, |mut history, run| {
            history.add(run);
            history
        });
        history = history.with_branch_renamed(branch, former_names);
        self.recorded.history = history;
        self.notes.extend(notes);
        Ok(())
    }

    /// The repository; `None` outside of git.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.repository.as_deref()
    }

    /// The same for owners of what borrows it.
    pub(super) fn shared_repository(&self) -> Option<Rc<Repository>> {
        self.repository.clone()
    }

    /// The time of a launch in the newest complete run, in ns, with all rows of the benchmark.
    pub(super) fn costs(&self) -> impl Fn(&BenchmarkId) -> Option<f64> {
        let newest = self.recorded.history.runs().rfind(|run| run.is_complete_and_clean());
        move |name| {
            let rows = newest?.benchmarks.iter();
            let own = rows.filter(|row| row.name == *name || row.name.is_below(name.as_str()));
            let cost = own
                .map(|row| {
                    f64::from(row.sample_size) * f64::from(row.sample_count) * row.time_ns.median
                })
                .sum::<f64>();
            (cost > 0.0).then_some(cost)
        }
    }
}

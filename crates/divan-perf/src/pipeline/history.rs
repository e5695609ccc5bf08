//! The repository of the workspace, and the runs that it holds.

use crate::store::{Recorded, Repository};
use anyhow::Result;
use perf_judge::budget::BudgetFile;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use std::rc::Rc;

/// What is checked out, and what was recorded before.
#[derive(Debug, Default)]
pub(crate) struct KnownHistory {
    /// The commit that is checked out.
    pub(crate) commit: Option<Commit>,
    pub(crate) recorded: Recorded,
    /// What the reader should know of the checkout.
    pub(crate) notes: Vec<String>,
    /// The branch whose runs make the baselines.
    pub(crate) base_branch: String,
    repository: Option<Rc<Repository>>,
}

/// How the checkout differs from its commit where `git status` alone does not explain it.
fn checkout_notes(repository: &Repository) -> Result<Vec<String>> {
    let mut notes = repository.submodule_notes()?;
    notes.extend(repository.hidden_change_note()?);
    Ok(notes)
}

impl KnownHistory {
    /// Reads both; without a repository nothing is known.
    pub(super) fn read(repository: Option<Rc<Repository>>, settings: &BudgetFile) -> Result<Self> {
        let commit = repository.as_ref().map(|repository| repository.head()).transpose()?;
        let recorded = repository.as_ref().map(|repository| repository.history()).transpose()?;
        let notes = repository.as_deref().map(checkout_notes).transpose()?;
        let own = commit.as_ref().and_then(|commit| commit.branch.as_deref());
        Ok(Self {
            base_branch: settings.base_branch(own).to_owned(),
            commit,
            notes: notes.unwrap_or_default(),
            recorded: recorded.unwrap_or_default(),
            repository,
        })
    }

    /// The repository, where there is one.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.repository.as_deref()
    }

    /// What a launch of a benchmark took when it was recorded last, in ns; all of its rows together.
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

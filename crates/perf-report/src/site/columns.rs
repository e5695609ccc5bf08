//! The runs that the drawings of the overview have as columns.

use super::levels::BenchmarkLevels;
use std::collections::BTreeSet;

/// The most runs of the drawing, the newest.
const COLUMNS: usize = 96;

/// The runs that are columns: their places among the shown runs.
pub(super) struct Columns(Vec<usize>);

impl Columns {
    pub(super) fn of(levels: &[BenchmarkLevels<'_>]) -> Self {
        let runs = levels.iter().flat_map(|benchmark| benchmark.values.iter().map(|(run, _)| *run));
        let all: Vec<usize> = runs.collect::<BTreeSet<usize>>().into_iter().collect();
        Self(all[all.len().saturating_sub(COLUMNS)..].to_vec())
    }

    /// The number of runs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of the oldest run.
    pub(super) fn first(&self) -> usize {
        self.0.first().copied().unwrap_or_default()
    }

    /// The places of the runs, the oldest first.
    pub(super) fn places(&self) -> &[usize] {
        &self.0
    }

    /// The column of the run at a place.
    pub(super) fn of_run(&self, run: usize) -> Option<usize> {
        self.0.iter().position(|other| *other == run)
    }
}

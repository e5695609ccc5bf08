//! Runs of one commit that measured different benchmarks, joined.

use super::Run;
use crate::ident::BenchmarkId;
use std::collections::BTreeSet;

impl Run {
    /// Joins runs of one commit that measured different benchmarks, into one run per machine.
    ///
    /// A joined run is complete if all of its parts are. A run that repeats a benchmark remains a
    /// separate partial run, because a run has each benchmark once and no measurement may be lost.
    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut by_machine: Vec<Self> = Vec::new();
        let mut repeated: Vec<Self> = Vec::new();
        for part in parts {
            match by_machine.iter_mut().find(|run| run.machine.key == part.machine.key) {
                Some(run) if run.shares_benchmarks_with(&part) => repeated.push(part),
                Some(run) => run.take(part),
                None => by_machine.push(part),
            }
        }
        let partitioned = by_machine.len() > 1;
        let joined = by_machine.into_iter().map(|run| Self { partitioned, ..run });
        let repeated = repeated.into_iter().map(|run| Self { partial: true, ..run });
        joined.chain(repeated).map(Self::in_order).map(Self::with_id).collect()
    }

    fn shares_benchmarks_with(&self, other: &Self) -> bool {
        let own: BTreeSet<&BenchmarkId> = self.benchmarks.iter().map(|row| &row.name).collect();
        other.benchmarks.iter().any(|row| own.contains(&row.name))
    }

    fn take(&mut self, part: Self) {
        self.started = self.started.min(part.started);
        self.partial |= part.partial;
        self.benchmarks.extend(part.benchmarks);
        self.unfinished.extend(part.unfinished);
    }

    fn in_order(mut self) -> Self {
        self.benchmarks.sort_by(|one, other| one.name.cmp(&other.name));
        self.unfinished.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }
}

//! Counts of recorded runs, kept in the output folder for later runs of the same executables.

use super::counting::BenchmarkCounts;
use crate::files::{DATA_BYTES, read_text, write_atomically};
use anyhow::Result;
use perf_judge::run::{Quantities, Quantity};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// The counts of benchmarks by what was counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct RunCounts {
    /// Distinguishes it from the other files of the folder.
    kind: RunCountsFile,
    entries: BTreeMap<String, RunCount>,
    /// How often counts were kept. Higher numbers are newer.
    kept: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
enum RunCountsFile {
    #[default]
    #[serde(rename = "run-counts")]
    RunCounts,
}

/// The counts of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunCount {
    /// The commit that was measured, without other changes.
    pub(crate) commit: String,
    counts: Quantities,
    spreads: Quantities,
    has_other_allocator: bool,
    order: u64,
}

/// The most benchmarks whose counts are kept: those of some builds of a large workspace.
const MAX_KEPT: usize = 10_000;

impl RunCounts {
    /// The counts in the file. They are only a cache, so a file that cannot be read has none.
    pub(crate) fn read(path: &Path) -> Self {
        let text = read_text(path, DATA_BYTES).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&RunCount> {
        self.entries.get(key)
    }

    /// Keeps the counts of a benchmark whose instructions were counted. Others are counted again: the reason
    /// can be one of the machine.
    pub(crate) fn keep(&mut self, key: String, commit: &str, counted: &BenchmarkCounts) {
        let is_counted = counted.counts.contains_key(&Quantity::Instructions);
        if !is_counted || counted.refused.is_some() {
            return;
        }
        self.kept += 1;
        let kept = RunCount {
            commit: commit.to_owned(),
            counts: counted.counts.clone(),
            spreads: counted.spreads.clone(),
            has_other_allocator: counted.has_other_allocator,
            order: self.kept,
        };
        self.entries.insert(key, kept);
    }

    /// Writes the newest counts.
    pub(crate) fn write(&mut self, path: &Path) -> Result<()> {
        self.forget_oldest(MAX_KEPT);
        write_atomically(path, &serde_json::to_vec(self)?)
    }

    fn forget_oldest(&mut self, most: usize) {
        let mut orders: Vec<u64> = self.entries.values().map(|kept| kept.order).collect();
        orders.sort_by_key(|order| Reverse(*order));
        if let Some(newest_forgotten) = orders.get(most) {
            self.entries.retain(|_, kept| kept.order > *newest_forgotten);
        }
    }
}

impl RunCount {
    /// Whether it has the spread of repeated counts.
    pub(crate) fn has_spreads(&self) -> bool {
        !self.spreads.is_empty()
    }

    pub(crate) fn to_counts(&self) -> BenchmarkCounts {
        BenchmarkCounts {
            counts: self.counts.clone(),
            spreads: self.spreads.clone(),
            has_other_allocator: self.has_other_allocator,
            ..BenchmarkCounts::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn counted(instructions: f64) -> BenchmarkCounts {
        let counts = Quantities::from([(Quantity::Instructions, instructions)]);
        BenchmarkCounts { counts, ..BenchmarkCounts::default() }
    }

    #[test]
    fn kept_counts_are_read_again_and_the_oldest_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts.json");
        assert!(RunCounts::read(&path).entries.is_empty(), "there is no file");
        let mut kept = RunCounts::default();
        for (key, instructions) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("a", 4.0)] {
            kept.keep(key.to_owned(), "1a2b", &counted(instructions));
        }
        kept.write(&path).unwrap();
        let mut read = RunCounts::read(&path);
        assert_eq!(read.get("a").map(RunCount::to_counts), Some(counted(4.0)));
        assert_eq!(read.get("b").map(|kept| kept.commit.as_str()), Some("1a2b"));
        read.forget_oldest(2);
        assert_eq!(read.entries.keys().collect::<Vec<_>>(), ["a", "c"]);
        fs::write(&path, "{\"entries\":").unwrap();
        assert!(RunCounts::read(&path).entries.is_empty(), "the file is damaged");
    }

    #[test]
    fn counts_without_instructions_are_not_kept() {
        let mut kept = RunCounts::default();
        let refused = Some("its samples cannot be proved".to_owned());
        kept.keep("a".to_owned(), "1a2b", &BenchmarkCounts { refused, ..counted(1.0) });
        let allocations = Quantities::from([(Quantity::AllocCount, 3.0)]);
        let uncounted = BenchmarkCounts { counts: allocations, ..BenchmarkCounts::default() };
        kept.keep("b".to_owned(), "1a2b", &uncounted);
        assert!(kept.entries.is_empty());
    }
}

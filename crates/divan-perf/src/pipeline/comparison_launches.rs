//! What the launches of comparisons measured.

use crate::bench::{Measurement, PairedLaunches};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Pair};
use std::collections::BTreeMap;

/// Launches of base and head in comparisons, by benchmark.
#[derive(Debug, Default)]
pub(crate) struct ComparisonLaunches {
    pub(crate) base: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    pub(crate) pairs: BTreeMap<BenchmarkId, Vec<Pair>>,
    pub(crate) head: Measurement,
}

impl ComparisonLaunches {
    pub(super) fn add(&mut self, paired: PairedLaunches) {
        for (name, pairs) in paired.pairs {
            self.pairs.entry(name).or_default().extend(pairs);
        }
        for (name, results) in paired.base {
            self.base.entry(name).or_default().extend(results);
        }
        self.add_head(Measurement {
            launch_results: paired.head,
            failures: paired.failures,
            cut_short: paired.cut_short,
            ..Measurement::default()
        });
    }

    /// Adds launches of the head alone.
    pub(super) fn add_head(&mut self, measurement: Measurement) {
        self.head.add(measurement);
    }
}

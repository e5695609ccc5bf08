//! The result of one launch of one benchmark.

use super::Quantities;
use crate::stats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A statistic of a launch that verdicts use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The minimum.
    #[serde(alias = "fastest")]
    Min,
    /// The median of the samples.
    #[default]
    Median,
}

impl Statistic {
    /// Both statistics.
    pub const ALL: [Self; 2] = [Self::Min, Self::Median];
}

/// Below this time per iteration, in ns, the compiler removed the code. A processor executes no
/// iteration in half a cycle.
const EMPTY_NS: f64 = 0.1;

/// The two statistics of one launch, in ns per iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTimes {
    /// The minimum.
    #[serde(alias = "fastest")]
    pub min: f64,
    /// The median of the samples.
    pub median: f64,
}

impl LaunchTimes {
    /// The value of one statistic, in ns per iteration.
    pub fn get(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Min => self.min,
            Statistic::Median => self.median,
        }
    }

    /// Whether the compiler removed the code of the benchmark.
    fn is_empty(&self) -> bool {
        (0.0..EMPTY_NS).contains(&self.median)
    }
}

/// Whether the compiler removed the code of a benchmark, by most of its launches.
pub fn are_empty<'a>(launches: impl IntoIterator<Item = &'a LaunchTimes>) -> bool {
    let (empty, others): (Vec<&LaunchTimes>, Vec<&LaunchTimes>) =
        launches.into_iter().partition(|launch| launch.is_empty());
    empty.len() > others.len()
}

/// Allocations per iteration, counted by Divan's allocator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alloc {
    /// Allocations.
    pub count: f64,
    /// Bytes allocated.
    pub bytes: f64,
    /// The largest number of bytes at once; absent unless a sample is one iteration.
    pub peak_bytes: Option<f64>,
}

/// The result of one launch of one benchmark. Times are in ns per iteration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaunchResult {
    /// The minimum.
    pub min_ns: f64,
    /// The maximum.
    pub max_ns: f64,
    /// The median of the samples.
    pub median_ns: f64,
    /// The mean of the samples.
    pub mean_ns: f64,
    /// Iterations per sample.
    pub sample_size: u32,
    /// Samples.
    pub sample_count: u32,
    /// All samples in the order of measurement, if they were recorded.
    pub samples_ns: Option<Vec<f64>>,
    /// Processor time of the process in ns, start-up included.
    pub cpu_ns: Option<f64>,
    /// The largest resident memory of the process in bytes.
    pub peak_rss_bytes: Option<f64>,
    /// The throughput per second at the median time, by unit.
    pub throughput: BTreeMap<String, f64>,
    /// The allocations, if the benchmark counts them.
    pub alloc: Option<Alloc>,
    /// What the process used between the first and the last sample, per iteration. The making of
    /// inputs between the samples is included.
    #[serde(default, skip_serializing_if = "Quantities::is_empty")]
    pub resources: Quantities,
}

impl LaunchResult {
    /// The two statistics that verdicts use.
    pub fn times(&self) -> LaunchTimes {
        LaunchTimes { min: self.min_ns, median: self.median_ns }
    }

    /// Iterations in all samples.
    pub fn iterations(&self) -> u64 {
        u64::from(self.sample_size) * u64::from(self.sample_count)
    }

    /// The quantile `p` of this launch's samples without the first, if they were recorded.
    pub fn quantile_ns(&self, p: f64) -> Option<f64> {
        let warm = self.samples_ns.as_ref()?.get(1..)?;
        stats::quantile(&stats::sorted(warm), p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_was_removed_is_recognised_by_its_time() {
        let launch = |ns| LaunchTimes { min: ns, median: ns };
        let cases: [(&[f64], bool); 7] = [
            (&[], false),
            (&[0.0], true),
            (&[0.002, 0.004, 0.0], true),
            (&[0.002, 0.004, 1.0], true),
            (&[0.002, 1.0], false),
            (&[0.1], false),
            (&[f64::NAN], false),
        ];
        for (times, expected) in cases {
            let launches: Vec<LaunchTimes> = times.iter().copied().map(launch).collect();
            assert_eq!(are_empty(&launches), expected, "{times:?}");
        }
    }
}

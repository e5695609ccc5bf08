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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    #[serde(skip_serializing_if = "Quantities::is_empty")]
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

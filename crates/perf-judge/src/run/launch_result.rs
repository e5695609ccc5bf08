//! What one launch says of one benchmark.

use crate::stats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One of the two robust numbers of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The minimum.
    #[serde(alias = "fastest")]
    Min,
    /// The median sample.
    #[default]
    Median,
}

impl Statistic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Min, Self::Median];
}

/// The two robust numbers of one launch, in ns an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTimes {
    /// The minimum.
    #[serde(alias = "fastest")]
    pub min: f64,
    /// The median sample.
    pub median: f64,
}

impl LaunchTimes {
    /// One of the two, in ns an iteration.
    pub fn get(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Min => self.min,
            Statistic::Median => self.median,
        }
    }
}

/// Allocations of one iteration, as Divan's allocator counts them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alloc {
    /// Allocations.
    pub count: f64,
    /// Bytes allocated.
    pub bytes: f64,
    /// The most bytes held at once; known only where a sample is one iteration.
    pub peak_bytes: Option<f64>,
}

/// The result of one launch of one benchmark. Times are in ns per iteration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LaunchResult {
    /// The minimum.
    pub min_ns: f64,
    /// The maximum.
    pub max_ns: f64,
    /// The median sample.
    pub median_ns: f64,
    /// The mean of the samples.
    pub mean_ns: f64,
    /// Iterations a sample.
    pub sample_size: u32,
    /// Samples.
    pub sample_count: u32,
    /// Every sample in the order taken, where they are known.
    pub samples_ns: Option<Vec<f64>>,
    /// Processor time of the process in ns, start-up included.
    pub cpu_ns: Option<f64>,
    /// The largest resident memory of the process in bytes.
    pub peak_rss_bytes: Option<f64>,
    /// What Divan's counters say a second at the median time, by unit.
    pub throughput: BTreeMap<String, f64>,
    /// What the allocator says.
    pub alloc: Option<Alloc>,
}

impl LaunchResult {
    /// The two numbers that are judged.
    pub fn times(&self) -> LaunchTimes {
        LaunchTimes { min: self.min_ns, median: self.median_ns }
    }

    /// Iterations in all samples.
    pub fn iterations(&self) -> u64 {
        u64::from(self.sample_size) * u64::from(self.sample_count)
    }

    /// The quantile `p` of this launch's samples but the first, where they are known.
    pub fn quantile_ns(&self, p: f64) -> Option<f64> {
        let warm = self.samples_ns.as_ref()?.get(1..)?;
        stats::quantile(&stats::sorted(warm), p)
    }
}

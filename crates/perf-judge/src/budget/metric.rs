//! The quantities that a budget can limit.

use crate::run::{
    LaunchResult, Measured, P95_SAMPLES, P99_SAMPLES, Quantities, Quantity, TailAbsence,
};
use crate::unit;
use serde::{Deserialize, Serialize};

/// Why a run has no value for a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unmeasured {
    /// The benchmark did not finish.
    #[error("the benchmark has no result")]
    NoNumber,
    /// The percentile is absent.
    #[error(transparent)]
    Tail(#[from] TailAbsence),
    /// Instructions are not counted.
    #[error("instructions are counted on Linux with valgrind: apt install valgrind")]
    NoInstructions,
    /// Allocations are not counted.
    #[error("allocations were not counted: install divan::AllocProfiler in the bench target")]
    NoAllocations,
    /// The allocations are known without their peak.
    #[error("the peak of live bytes was not counted: Divan has it for a sample size of 1")]
    NoPeak,
    /// The operating system does not report it.
    #[error("this system does not report it")]
    NotReported,
}

/// A metric of a benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The mean time.
    Mean,
    /// The median time.
    Median,
    /// The median time, by its other name.
    P50,
    /// The 95th percentile of the time.
    #[default]
    P95,
    /// The 99th percentile of the time.
    P99,
    /// The minimum time.
    Min,
    /// The maximum time.
    Max,
    /// Instructions per iteration.
    Instructions,
    /// Allocations per iteration.
    AllocCount,
    /// Allocated bytes per iteration.
    AllocBytes,
    /// The largest increase of the live bytes in an iteration.
    AllocPeakBytes,
    /// Page faults per iteration, minor and major.
    PageFaults,
    /// The largest resident memory of the bench process.
    PeakRssBytes,
}

impl Metric {
    /// Whether its values are times in ns.
    pub fn is_time(self) -> bool {
        self.quantity().is_none() && !matches!(self, Self::PageFaults | Self::PeakRssBytes)
    }

    /// Whether it is a count. Counts are also known where nothing was timed.
    pub fn is_count(self) -> bool {
        self.quantity().is_some() || self == Self::PageFaults
    }

    /// Whether all launches give the same value, because it is a count that repeats.
    pub fn is_exact(self) -> bool {
        self.quantity().is_some_and(Quantity::repeats)
    }

    /// The recorded quantity that it limits, if it is a single one.
    pub fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Instructions => Some(Quantity::Instructions),
            Self::AllocCount => Some(Quantity::AllocCount),
            Self::AllocBytes => Some(Quantity::AllocBytes),
            Self::AllocPeakBytes => Some(Quantity::AllocPeakBytes),
            _ => None,
        }
    }

    /// The name in perf-budgets.json.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Min => "min",
            Self::Max => "max",
            Self::Instructions => "instructions",
            Self::AllocCount => "alloc_count",
            Self::AllocBytes => "alloc_bytes",
            Self::AllocPeakBytes => "alloc_peak_bytes",
            Self::PageFaults => "page_faults",
            Self::PeakRssBytes => "peak_rss_bytes",
        }
    }

    /// A value of this metric with its unit.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Instructions | Self::AllocCount | Self::PageFaults => unit::count(value),
            Self::AllocBytes | Self::AllocPeakBytes | Self::PeakRssBytes => unit::bytes(value),
            _ => unit::time(value),
        }
    }

    /// The pooled samples that a percentile needs; `None` for other metrics.
    pub fn samples_needed(self) -> Option<u32> {
        match self {
            Self::P95 => Some(P95_SAMPLES),
            Self::P99 => Some(P99_SAMPLES),
            _ => None,
        }
    }

    /// The factor from a number in perf-budgets.json to the metric's unit, and the ending of the keys
    /// of its limits. Times are written in milliseconds.
    pub(super) fn written(self) -> (f64, &'static str) {
        if self.is_time() { (1e6, "_ms") } else { (1.0, "") }
    }

    pub(super) fn of_run(self, measured: &Measured) -> Option<f64> {
        let times = &measured.time_ns;
        match self {
            Self::Mean => Some(times.mean),
            Self::Median | Self::P50 => Some(times.median),
            Self::P95 => times.p95,
            Self::P99 => times.p99,
            Self::Min => Some(times.min),
            Self::Max => Some(times.max),
            Self::PeakRssBytes => measured.peak_rss_bytes,
            Self::PageFaults => page_faults(&measured.counts),
            Self::Instructions | Self::AllocCount | Self::AllocBytes | Self::AllocPeakBytes => {
                measured.quantity(self.quantity()?)
            }
        }
    }

    /// The value of one launch. Launches are timed, and contain only the counts of Divan.
    pub(super) fn of_launch(self, launch: &LaunchResult) -> Option<f64> {
        match self {
            Self::Mean => Some(launch.mean_ns),
            Self::Median | Self::P50 => Some(launch.median_ns),
            Self::P95 => launch.quantile_ns(0.95),
            Self::P99 => launch.quantile_ns(0.99),
            Self::Min => Some(launch.min_ns),
            Self::Max => Some(launch.max_ns),
            Self::AllocCount => launch.alloc.map(|alloc| alloc.count),
            Self::AllocBytes => launch.alloc.map(|alloc| alloc.bytes),
            Self::AllocPeakBytes => launch.alloc.and_then(|alloc| alloc.peak_bytes),
            Self::Instructions => None,
            Self::PageFaults => page_faults(&launch.resources),
            Self::PeakRssBytes => launch.peak_rss_bytes,
        }
    }

    pub(super) fn absence(self, measured: &Measured) -> Unmeasured {
        let needed = self.samples_needed().and_then(|needed| measured.tail_absence(needed));
        needed.map_or(
            match self {
                Self::Instructions => Unmeasured::NoInstructions,
                Self::AllocPeakBytes if measured.alloc.is_some() => Unmeasured::NoPeak,
                Self::AllocCount | Self::AllocBytes | Self::AllocPeakBytes => {
                    Unmeasured::NoAllocations
                }
                _ => Unmeasured::NotReported,
            },
            Unmeasured::Tail,
        )
    }
}

fn page_faults(counts: &Quantities) -> Option<f64> {
    let minor = counts.get(&Quantity::MinorFaults)?;
    Some(minor + counts.get(&Quantity::MajorFaults).unwrap_or(&0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_known_without_a_time() {
        let names = |is_of: fn(Metric) -> bool| -> Vec<&str> {
            let all = [
                Metric::Median,
                Metric::P95,
                Metric::Instructions,
                Metric::AllocCount,
                Metric::AllocBytes,
                Metric::AllocPeakBytes,
                Metric::PageFaults,
                Metric::PeakRssBytes,
            ];
            all.into_iter().filter(|metric| is_of(*metric)).map(Metric::name).collect()
        };
        let exact = ["instructions", "alloc_count", "alloc_bytes", "alloc_peak_bytes"];
        assert_eq!(names(Metric::is_exact), exact);
        assert_eq!(names(Metric::is_count), [&exact[..], &["page_faults"]].concat());
    }
}

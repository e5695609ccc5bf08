//! The quantities that a budget can limit.

use crate::run::{LaunchResult, Measured, P95_SAMPLES, P99_SAMPLES, TailAbsence};
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
    /// Allocations are not counted.
    #[error("the bench target does not install divan::AllocProfiler")]
    NotCounted,
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
    /// Allocations per iteration.
    AllocCount,
    /// Allocated bytes per iteration.
    AllocBytes,
    /// The largest resident memory of the bench process.
    PeakRssBytes,
}

impl Metric {
    /// Whether its values are times in ns.
    pub fn is_time(self) -> bool {
        !matches!(self, Self::AllocCount | Self::AllocBytes | Self::PeakRssBytes)
    }

    /// Whether all launches give the same value: allocations are counted, not timed.
    pub(super) fn is_exact(self) -> bool {
        matches!(self, Self::AllocCount | Self::AllocBytes)
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
            Self::AllocCount => "alloc_count",
            Self::AllocBytes => "alloc_bytes",
            Self::PeakRssBytes => "peak_rss_bytes",
        }
    }

    /// A value of this metric with its unit.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::AllocCount => unit::count(value),
            Self::AllocBytes | Self::PeakRssBytes => unit::bytes(value),
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
            Self::AllocCount => measured.alloc.map(|alloc| alloc.count),
            Self::AllocBytes => measured.alloc.map(|alloc| alloc.bytes),
            Self::PeakRssBytes => measured.peak_rss_bytes,
        }
    }

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
            Self::PeakRssBytes => launch.peak_rss_bytes,
        }
    }

    pub(super) fn absence(self, measured: &Measured) -> Unmeasured {
        let needed = self.samples_needed().and_then(|needed| measured.tail_absence(needed));
        needed.map_or(
            match self {
                Self::AllocCount | Self::AllocBytes => Unmeasured::NotCounted,
                _ => Unmeasured::NotReported,
            },
            Unmeasured::Tail,
        )
    }
}

//! The summary of one benchmark's launches in a run.

use super::{Alloc, LaunchResult, LaunchTimes, Quantities, Quantity};
use crate::ident::BenchmarkId;
use crate::stats;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Pooled samples that a 95th percentile needs: three beyond it.
pub const P95_SAMPLES: u32 = 60;
/// Pooled samples that a 99th percentile needs: three beyond it.
pub const P99_SAMPLES: u32 = 300;

/// Why a percentile of a benchmark is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TailAbsence {
    /// The samples were not recorded.
    #[error("the samples were not recorded, only Divan's table")]
    TableOnly,
    /// It has fewer pooled samples than the percentile needs.
    #[error("{found} of {needed} samples")]
    TooFewSamples {
        /// The samples that the percentile needs.
        needed: u32,
        /// The samples that exist.
        found: u32,
    },
}

/// One benchmark of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The benchmark's name.
    pub name: BenchmarkId,
    /// The place of its function, if it was found.
    pub source: Option<Source>,
    /// Iterations per sample.
    #[serde(alias = "n")]
    pub sample_size: u32,
    /// Samples per launch.
    #[serde(alias = "s")]
    pub sample_count: u32,
    /// The times of all samples of all launches, without the first sample of each.
    pub time_ns: Times,
    /// The statistics that verdicts use: one entry per launch, in the order of measurement.
    pub launches: Vec<LaunchTimes>,
    /// Processor time of a whole launch, start-up included, in ns: the median over launches.
    pub cpu_ns: Option<f64>,
    /// The largest resident memory of a launch, in bytes: the median over launches.
    pub peak_rss_bytes: Option<f64>,
    /// The throughput per second at the median time, by unit (`B/s`, `item/s`).
    pub throughput: BTreeMap<String, f64>,
    /// The allocations, if the benchmark counts them.
    pub alloc: Option<Alloc>,
    /// What was counted besides, per iteration.
    #[serde(default, skip_serializing_if = "Quantities::is_empty")]
    pub counts: Quantities,
    /// By how much repeated counts of one build differ: the range as a share of the median.
    #[serde(default, skip_serializing_if = "Quantities::is_empty")]
    pub count_spreads: Quantities,
    /// The source of the samples; `None` if only Divan's table was recorded.
    pub tail_source: Option<TailSource>,
    /// The meaning of numbers of another tool; see [`Run::origin`](super::Run).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
}

/// The meaning of another tool's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// The metrics that it measured, by their names in an export. All others are placeholders.
    pub metrics: Vec<String>,
    /// The unit of the values in `time_ns`: `ns` for times.
    pub unit: String,
    /// Whether larger values are better.
    pub bigger_is_better: bool,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The path below the workspace, with `/` between its parts.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// The source of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TailSource {
    /// Recorded clock reads, whose summary equals Divan's table.
    Clock,
}

/// Times per iteration in ns. A sample is the mean over the iterations of its sample size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The minimum.
    pub min: f64,
    /// The mean; without samples, the median of the launches' means.
    pub mean: f64,
    /// The median; without samples, the median of the launches' medians.
    pub median: f64,
    /// The 95th percentile; absent below [`P95_SAMPLES`].
    pub p95: Option<f64>,
    /// The 99th percentile; absent below [`P99_SAMPLES`].
    pub p99: Option<f64>,
    /// The maximum.
    pub max: f64,
    /// The standard deviation of the samples; without them, of the launches' medians.
    pub std_dev: Option<f64>,
    /// All timed iterations together.
    pub total: f64,
    /// Pooled samples: 0 if only Divan's table was recorded.
    pub samples: u32,
    /// Iterations in all launches.
    pub iterations: u64,
}

impl Measured {
    /// Summarises the launches of one benchmark; `None` if there is none.
    pub fn of(
        name: BenchmarkId,
        source: Option<Source>,
        launches: &[LaunchResult],
    ) -> Option<Self> {
        let first = launches.first()?;
        Some(Self {
            name,
            source,
            sample_size: first.sample_size,
            sample_count: first.sample_count,
            time_ns: Times::of(launches)?,
            launches: launches.iter().map(LaunchResult::times).collect(),
            cpu_ns: over_launches(launches, |launch| launch.cpu_ns).map(coarse),
            peak_rss_bytes: over_launches(launches, |launch| launch.peak_rss_bytes),
            throughput: throughput(launches),
            alloc: alloc(launches),
            counts: resources(launches),
            count_spreads: Quantities::new(),
            tail_source: pooled(launches).map(|_| TailSource::Clock),
            foreign: None,
        })
    }

    /// The value of a quantity per iteration. Allocations that the benchmark counts itself are those
    /// of Divan.
    pub fn quantity(&self, quantity: Quantity) -> Option<f64> {
        let by_divan = self.alloc.and_then(|alloc| match quantity {
            Quantity::AllocCount => Some(alloc.count),
            Quantity::AllocBytes => Some(alloc.bytes),
            Quantity::AllocPeakBytes => alloc.peak_bytes,
            _ => None,
        });
        by_divan.or_else(|| self.counts.get(&quantity).copied())
    }

    /// The unit of the values in `time_ns`: `ns`, unless another tool measured another quantity.
    pub fn unit(&self) -> &str {
        self.foreign.as_ref().map_or("ns", |foreign| foreign.unit.as_str())
    }

    /// Why a percentile that needs `samples` pooled samples is absent; `None` if it is there.
    pub fn tail_absence(&self, samples: u32) -> Option<TailAbsence> {
        let (needed, found) = (samples, self.time_ns.samples);
        match self.tail_source {
            None => Some(TailAbsence::TableOnly),
            Some(_) if found < needed => Some(TailAbsence::TooFewSamples { needed, found }),
            Some(_) => None,
        }
    }

    /// Whether all of its numbers are finite. A run's file cannot hold others.
    pub(crate) fn is_finite(&self) -> bool {
        let time = &self.time_ns;
        let always = [time.min, time.mean, time.median, time.max, time.total];
        let maybe = [time.p95, time.p99, time.std_dev, self.cpu_ns, self.peak_rss_bytes];
        let launches = self.launches.iter().flat_map(|launch| [launch.min, launch.median]);
        let alloc = self.alloc.iter().flat_map(|alloc| [alloc.count, alloc.bytes]);
        let peak = self.alloc.iter().filter_map(|alloc| alloc.peak_bytes);
        let throughput = self.throughput.values().copied();
        let counts = self.counts.values().chain(self.count_spreads.values()).copied();
        let numbers = always.into_iter().chain(maybe.into_iter().flatten());
        numbers
            .chain(launches)
            .chain(alloc)
            .chain(peak)
            .chain(throughput)
            .chain(counts)
            .all(f64::is_finite)
    }

    /// The meaning of one sample, if it is not one iteration.
    pub fn sample_label(&self) -> Option<String> {
        (self.sample_size > 1).then(|| format!("of the mean of {}", self.sample_size))
    }
}

impl Times {
    fn of(launches: &[LaunchResult]) -> Option<Self> {
        let iterations = launches.iter().map(LaunchResult::iterations).sum();
        let times = match pooled(launches) {
            Some(samples) => Self::of_samples(&samples, launches[0].sample_size)?,
            None => Self::of_tables(launches)?,
        };
        let rounded = Self { iterations, ..times }.rounded();
        let total = rounded.total_of_samples(launches[0].sample_size).unwrap_or(rounded.total);
        Some(Self { total, ..rounded })
    }

    /// The total time of the samples, computed from the mean; `None` if only tables were recorded.
    /// A run's file leaves out a total that equals it.
    pub(crate) fn total_of_samples(&self, n: u32) -> Option<f64> {
        let iterations = f64::from(self.samples) * f64::from(n);
        (self.samples > 0).then(|| shortened(self.mean * iterations))
    }

    fn of_samples(samples: &[f64], n: u32) -> Option<Self> {
        let sorted = stats::sorted(samples);
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        let tail = |p, needed| stats::quantile(&sorted, p).filter(|_| count >= needed);
        Some(Self {
            min: *sorted.first()?,
            mean: stats::mean(&sorted)?,
            median: stats::median(&sorted)?,
            p95: tail(0.95, P95_SAMPLES),
            p99: tail(0.99, P99_SAMPLES),
            max: *sorted.last()?,
            std_dev: stats::std_dev(&sorted),
            total: sorted.iter().sum::<f64>() * f64::from(n),
            samples: count,
            iterations: 0,
        })
    }

    fn of_tables(launches: &[LaunchResult]) -> Option<Self> {
        let each = |of: fn(&LaunchResult) -> f64| launches.iter().map(of).collect::<Vec<f64>>();
        let total = launches.iter().map(|launch| launch.mean_ns * launch.iterations() as f64).sum();
        Some(Self {
            min: each(|launch| launch.min_ns).into_iter().reduce(f64::min)?,
            mean: stats::median(&each(|launch| launch.mean_ns))?,
            median: stats::median(&each(|launch| launch.median_ns))?,
            p95: None,
            p99: None,
            max: each(|launch| launch.max_ns).into_iter().reduce(f64::max)?,
            std_dev: stats::std_dev(&each(|launch| launch.median_ns)),
            total,
            samples: 0,
            iterations: 0,
        })
    }

    fn rounded(self) -> Self {
        Self {
            min: shortened(self.min),
            mean: shortened(self.mean),
            median: shortened(self.median),
            p95: self.p95.map(shortened),
            p99: self.p99.map(shortened),
            max: shortened(self.max),
            std_dev: self.std_dev.map(coarse),
            total: shortened(self.total),
            ..self
        }
    }
}

/// The value with four digits, as in Divan's table. Repeated measurements differ by more, and the
/// run's file has a third of the size.
pub(crate) fn shortened(value: f64) -> f64 {
    finite(&format!("{value:.3e}")).unwrap_or(value)
}

/// The samples of all launches, without the first of each, which is cold.
///
/// `None` if fewer than half of the launches have samples. About one launch in a thousand has none,
/// because its recorded samples do not match Divan's table.
fn pooled(launches: &[LaunchResult]) -> Option<Vec<f64>> {
    let known: Vec<&Vec<f64>> = launches.iter().filter_map(|l| l.samples_ns.as_ref()).collect();
    let pool: Vec<f64> = known.iter().flat_map(|samples| samples.iter().skip(1)).copied().collect();
    (!pool.is_empty() && known.len() * 2 >= launches.len()).then_some(pool)
}

fn over_launches(
    launches: &[LaunchResult],
    value: impl Fn(&LaunchResult) -> Option<f64>,
) -> Option<f64> {
    exact_over_launches(launches, value).map(shortened)
}

/// The value with three digits, for numbers that are printed and never compared.
pub(crate) fn coarse(value: f64) -> f64 {
    finite(&format!("{value:.2e}")).unwrap_or(value)
}

/// The parsed number, unless rounding up made it infinite.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn exact_over_launches(
    launches: &[LaunchResult],
    value: impl Fn(&LaunchResult) -> Option<f64>,
) -> Option<f64> {
    let known: Vec<f64> = launches.iter().filter_map(value).collect();
    stats::median(&known)
}

/// The median over launches of each resource.
fn resources(launches: &[LaunchResult]) -> Quantities {
    let used = launches.iter().flat_map(|launch| launch.resources.keys().copied());
    let quantities: BTreeSet<Quantity> = used.collect();
    let median = |quantity: Quantity| {
        over_launches(launches, |launch| launch.resources.get(&quantity).copied())
    };
    quantities.into_iter().filter_map(|quantity| Some((quantity, median(quantity)?))).collect()
}

fn throughput(launches: &[LaunchResult]) -> BTreeMap<String, f64> {
    let units = launches.iter().flat_map(|launch| launch.throughput.keys());
    let units: std::collections::BTreeSet<&String> = units.collect();
    let of = |unit: &String| over_launches(launches, |launch| launch.throughput.get(unit).copied());
    units.into_iter().filter_map(|unit| Some((unit.clone(), coarse(of(unit)?)))).collect()
}

fn alloc(launches: &[LaunchResult]) -> Option<Alloc> {
    let of = |value: fn(&Alloc) -> Option<f64>| {
        exact_over_launches(launches, |launch| launch.alloc.as_ref().and_then(value))
    };
    Some(Alloc {
        count: of(|alloc| Some(alloc.count))?,
        bytes: of(|alloc| Some(alloc.bytes))?,
        peak_bytes: of(|alloc| alloc.peak_bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::launch_result;
    use super::*;

    fn launch(samples: &[f64]) -> LaunchResult {
        LaunchResult {
            samples_ns: Some(samples.to_vec()),
            sample_count: samples.len() as u32,
            ..launch_result(1.0)
        }
    }

    fn summary(launches: &[LaunchResult]) -> Measured {
        Measured::of(BenchmarkId::from("a/b::c"), None, launches).unwrap()
    }

    #[test]
    fn the_cold_first_sample_of_each_launch_is_left_out() {
        let measured = summary(&[launch(&[99.0, 1.0, 3.0]), launch(&[99.0, 2.0, 4.0])]);
        let times = &measured.time_ns;
        assert_eq!((times.min, times.median, times.max, times.mean), (1.0, 2.5, 4.0, 2.5));
        assert_eq!((times.samples, times.iterations, times.total), (4, 6, 10.0));
    }

    #[test]
    fn percentiles_need_their_samples() {
        let few = summary(&[launch(&[1.0; 60])]);
        assert_eq!(few.time_ns.p95, None);
        assert_eq!(
            few.tail_absence(P95_SAMPLES).map(|absence| absence.to_string()).as_deref(),
            Some("59 of 60 samples")
        );
        let enough = summary(&[launch(&[1.0; 61])]);
        assert_eq!((enough.time_ns.p95, enough.time_ns.p99), (Some(1.0), None));
        assert_eq!(enough.tail_absence(P95_SAMPLES), None);
    }

    #[test]
    fn launches_without_samples_leave_the_table_once_they_are_most() {
        let bare =
            LaunchResult { samples_ns: None, min_ns: 0.5, max_ns: 9.0, ..launch_result(2.0) };
        let half = summary(&[launch(&[1.0; 100]), bare.clone()]);
        assert_eq!((half.tail_source, half.time_ns.samples), (Some(TailSource::Clock), 99));
        let most = summary(&[launch(&[1.0; 100]), bare.clone(), bare]);
        assert_eq!((most.tail_source, most.time_ns.samples), (None, 0));
        assert_eq!((most.time_ns.min, most.time_ns.max, most.time_ns.median), (0.5, 9.0, 2.0));
    }

    #[test]
    fn optional_numbers_of_no_launch_are_absent() {
        let measured = summary(&[
            launch_result(5.0),
            LaunchResult { cpu_ns: Some(7.0), ..launch_result(5.0) },
        ]);
        assert_eq!(measured.cpu_ns, Some(7.0));
        assert_eq!((measured.alloc, measured.peak_rss_bytes), (None, None));
        assert!(Measured::of(BenchmarkId::from("a/b::c"), None, &[]).is_none());
    }

    #[test]
    fn numbers_are_kept_to_four_digits() {
        assert_eq!(shortened(1_234_567.891).to_string(), "1235000");
        assert_eq!(shortened(0.0).to_string(), "0");
        assert_eq!((shortened(f64::MAX), coarse(f64::MIN)), (f64::MAX, f64::MIN));
    }
}

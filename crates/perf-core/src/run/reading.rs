//! What one launch says of one benchmark.

use super::{Alloc, LaunchTimes};
use crate::divan::{AllocKind, Figures, Rate, RateKind};
use crate::sample::{Recording, Samples};
use crate::stats;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one launch says of one benchmark. Times are ns an iteration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    /// The fastest sample.
    pub fastest_ns: f64,
    /// The slowest sample.
    pub slowest_ns: f64,
    /// The median sample.
    pub median_ns: f64,
    /// The mean of the samples.
    pub mean_ns: f64,
    /// Iterations a sample.
    pub n: u32,
    /// Samples.
    pub s: u32,
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

impl Reading {
    /// What a finished row says, with its proved samples and the process's recording where there
    /// are any.
    pub fn of(row: &Figures, samples: Option<&Samples>, process: Option<&Recording>) -> Self {
        let time = &row.time_ns;
        Self {
            fastest_ns: time.fastest.value,
            slowest_ns: time.slowest.value,
            median_ns: time.median.value,
            mean_ns: time.mean.value,
            n: u32::try_from(row.sample_size()).unwrap_or(u32::MAX),
            s: u32::try_from(row.samples).unwrap_or(u32::MAX),
            samples_ns: samples.map(iteration_ns),
            cpu_ns: process.and_then(|process| Some(process.cpu_ns? as f64)),
            peak_rss_bytes: process.and_then(|process| Some(process.peak_rss_bytes? as f64)),
            throughput: row.rates.iter().filter_map(rate).collect(),
            alloc: alloc(row),
        }
    }

    /// The two numbers that are judged.
    pub fn times(&self) -> LaunchTimes {
        LaunchTimes { fastest: self.fastest_ns, median: self.median_ns }
    }

    /// Iterations in all samples.
    pub fn iterations(&self) -> u64 {
        u64::from(self.n) * u64::from(self.s)
    }

    /// The quantile `p` of this launch's samples but the first, where they are known.
    pub fn quantile_ns(&self, p: f64) -> Option<f64> {
        let warm = self.samples_ns.as_ref()?.get(1..)?;
        stats::quantile(&stats::sorted(warm), p)
    }
}

/// Samples as Divan reports them: the mean of each sample's iterations.
fn iteration_ns(samples: &Samples) -> Vec<f64> {
    let iterations = samples.sample_size.max(1) as f64;
    samples.picos.iter().map(|picos| *picos as f64 / 1e3 / iterations).collect()
}

/// A rate over no time is infinite, which says nothing.
fn rate(rate: &Rate) -> Option<(String, f64)> {
    let unit = match rate.kind {
        RateKind::Bytes => "B/s",
        RateKind::Chars => "char/s",
        RateKind::Cycles => "Hz",
        RateKind::Items => "item/s",
    };
    let per_second = rate.per_second.median.value;
    per_second.is_finite().then(|| (unit.to_owned(), per_second))
}

/// Divan leaves out what did not happen, and prints nothing at all where nothing is counted: with
/// any of the others there, no line of allocations means none.
fn alloc(row: &Figures) -> Option<Alloc> {
    let of = |kind| row.allocs.iter().find(|alloc| alloc.kind == kind);
    let peak = of(AllocKind::Peak).filter(|_| row.sample_size() == 1);
    let counted = of(AllocKind::Alloc);
    (!row.allocs.is_empty()).then(|| Alloc {
        count: counted.map_or(0.0, |alloc| alloc.count.mean.value),
        bytes: counted.map_or(0.0, |alloc| alloc.bytes.mean.value),
        peak_bytes: peak.map(|peak| peak.bytes.slowest.value.max(peak.bytes.median.value)),
    })
}

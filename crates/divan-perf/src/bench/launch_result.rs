//! A launch's reading, from the row that Divan printed and the samples that were proved.

use divan_output::samples::{Recording, Samples};
use divan_output::{AllocKind, Figures, Rate, RateKind};
use perf_judge::run::{Alloc, LaunchResult};

/// What a finished row says, with its proved samples and the process's recording where there
/// are any.
pub(super) fn of(
    row: &Figures,
    samples: Option<&Samples>,
    process: Option<&Recording>,
) -> LaunchResult {
    let time = &row.time_ns;
    LaunchResult {
        min_ns: time.fastest.value,
        max_ns: time.slowest.value,
        median_ns: time.median.value,
        mean_ns: time.mean.value,
        sample_size: u32::try_from(row.sample_size()).unwrap_or(u32::MAX),
        sample_count: u32::try_from(row.samples).unwrap_or(u32::MAX),
        samples_ns: samples.map(iteration_ns),
        cpu_ns: process.and_then(|process| Some(process.cpu_ns? as f64)),
        peak_rss_bytes: process.and_then(|process| Some(process.peak_rss_bytes? as f64)),
        throughput: row.rates.iter().filter_map(rate).collect(),
        alloc: alloc(row),
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

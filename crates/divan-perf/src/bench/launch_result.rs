//! The result of a launch, from Divan's row and the proved samples.

use divan_output::samples::{Recording, Samples};
use divan_output::{AllocKind, Figures, Rate, RateKind};
use perf_judge::run::{Alloc, LaunchResult, Quantities};

/// The result of a finished row. `samples` are its proved samples, and `process` is the recording of
/// the process.
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
        resources: Quantities::new(),
    }
}

/// The mean time of an iteration in ns, per sample.
fn iteration_ns(samples: &Samples) -> Vec<f64> {
    let iterations = samples.sample_size.max(1) as f64;
    samples.picos.iter().map(|picos| *picos as f64 / 1e3 / iterations).collect()
}

/// The median rate with its unit; `None` if it is infinite, because the time was 0.
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

/// The allocations of a row. Divan omits kinds that did not occur. Without any line, it did not count
/// allocations.
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

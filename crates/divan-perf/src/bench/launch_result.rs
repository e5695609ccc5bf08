//! The results of a launch, from Divan's rows and the proved samples.

use super::ListedBenchmark;
use super::process::ProcessOutcome;
use divan_output::samples::{Allocated, Event, Marks, Rebuilt, Recording, Samples, Used, rebuild};
use divan_output::{
    AllocKind, Figures, Rate, RateKind, Row, Table, decoded, parse_table, timer_precision,
};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, LaunchResult, Quantities, Quantity};
use process_usage::ProcessUsage;

/// The reason if the clock reads show that a benchmark printed its row itself.
const CONTRADICTION: &str = "its row has more samples than the process took, so Divan did not print it. Let the bench print no table, and let it end through divan::main()";

/// The proved clock reads of a launch with one row, and what happened between its marks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProvedReads {
    /// The reads of the last sample.
    pub(super) last_sample: Option<Marks>,
    /// The reads from the first sample to the last one.
    pub(super) all: Option<Marks>,
    /// The allocations between the marks of the process.
    pub(super) allocated: Option<Allocated>,
    /// What the process used between its marks.
    pub(super) used: Option<Used>,
}

/// The results of the rows of a launch.
pub(super) struct LaunchResults {
    pub(super) rows: Vec<(BenchmarkId, LaunchResult)>,
    /// Whether the clock reads of the process were recorded.
    pub(super) is_recorded: bool,
    pub(super) proved: ProvedReads,
}

impl LaunchResults {
    /// Reads finished rows. Returns a reason if a row contradicts the recording.
    pub(super) fn read(
        entry: &ListedBenchmark,
        rows: &[Row],
        recorded: Option<&[u8]>,
        ended: &ProcessOutcome,
    ) -> Result<Self, String> {
        let recording = recorded.and_then(|bytes| Recording::parse(bytes).ok());
        // Divan 0.1.0 does not print it. It is only needed where Divan chose the sample size.
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let precision = timer_precision(&stderr).unwrap_or_default();
        let rebuilt = recording.as_ref().map(|recording| rebuild(recording, rows, precision));
        let stdout_len = ended.stdout.len() + ended.gaps.iter().map(|gap| gap.len).sum::<usize>();
        let mut results = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(figures) = row.figures() else { continue };
            let samples = match rebuilt.as_ref().and_then(|rebuilt| rebuilt.get(at)) {
                Some(Rebuilt::Proved(samples)) => Some(samples),
                Some(Rebuilt::Refused(refusal)) => match &recording {
                    Some(recording) if refusal.is_contradiction(recording, stdout_len) => {
                        return Err(CONTRADICTION.to_owned());
                    }
                    _ => None,
                },
                None => None,
            };
            results.push((name(entry, row, rows.len()), of(figures, samples, recording.as_ref())));
        }
        let proved = ProvedReads::of(rows, rebuilt.as_deref(), recording.as_ref());
        let is_read = |event: &Event| matches!(event, Event::Clock { .. });
        let is_recorded = recording.is_some_and(|recording| recording.events.iter().any(is_read));
        if let (false, [(_, result)], Some(used)) = (is_recorded, &mut results[..], &ended.usage) {
            add_whole_launch(result, used);
        }
        Ok(Self { rows: results, is_recorded, proved })
    }
}

impl ProvedReads {
    fn of(rows: &[Row], rebuilt: Option<&[Rebuilt]>, recording: Option<&Recording>) -> Self {
        let (&[_], Some([Rebuilt::Proved(samples), ..])) = (rows, rebuilt) else {
            return Self::default();
        };
        Self {
            last_sample: samples.last_sample,
            all: samples.all,
            allocated: recording.and_then(|recording| recording.allocated),
            used: recording.and_then(|recording| recording.used),
        }
    }
}

/// The rows of a benchmark in the output of its process.
pub(super) fn table(entry: &ListedBenchmark, ended: &ProcessOutcome) -> Table {
    let mut table = whole_table(entry, ended);
    table.keep_rows_of(&entry.listed);
    table
}

/// All rows in the output of a process of this benchmark's executable.
pub(super) fn whole_table(entry: &ListedBenchmark, ended: &ProcessOutcome) -> Table {
    let root = entry.listed.split("::").next().unwrap_or_default();
    let mut table = parse_table(&decoded(&ended.stdout), root);
    let gaps: Vec<(usize, usize)> = ended.gaps.iter().map(|gap| (gap.at, gap.len)).collect();
    table.add_gaps(&gaps);
    table
}

/// The listed name, or the name of the row if there is one row per thread count. Rows lack spaces
/// at the end of a name.
fn name(entry: &ListedBenchmark, row: &Row, rows: usize) -> BenchmarkId {
    let target = &entry.executable.target;
    match rows {
        1 => entry.id.clone(),
        _ => BenchmarkId::new(&target.package, &target.name, &row.path),
    }
}

/// What a process used in so many iterations, per iteration.
pub(super) fn resources(used: Used, iterations: u64) -> Quantities {
    let values = [
        (Quantity::MinorFaults, used.minor_faults),
        (Quantity::MajorFaults, used.major_faults),
        (Quantity::UserNs, used.user_ns),
        (Quantity::SystemNs, used.system_ns),
        (Quantity::VoluntarySwitches, used.voluntary_switches),
        (Quantity::InvoluntarySwitches, used.involuntary_switches),
    ];
    let iterations = iterations.max(1) as f64;
    values.map(|(quantity, value)| (quantity, value as f64 / iterations)).into()
}

/// Adds what a process without recorded clock reads used. It includes start-up and the making of
/// inputs, so it is no quantity of an iteration.
fn add_whole_launch(result: &mut LaunchResult, used: &ProcessUsage) {
    result.cpu_ns = Some(used.cpu_ns() as f64);
    let values = [
        (Quantity::LaunchUserNs, Some(used.user_ns)),
        (Quantity::LaunchSystemNs, Some(used.system_ns)),
        (Quantity::LaunchFaults, Some(used.page_faults)),
        (Quantity::LaunchSwitches, used.context_switches),
    ];
    let known = values.into_iter().filter_map(|(quantity, value)| Some((quantity, value? as f64)));
    result.resources = known.collect();
}

/// The result of a finished row. `samples` are its proved samples, and `process` is the recording of
/// the process.
fn of(row: &Figures, samples: Option<&Samples>, process: Option<&Recording>) -> LaunchResult {
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

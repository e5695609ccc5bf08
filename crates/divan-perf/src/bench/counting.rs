//! Counts of benchmarks: instructions and allocations. They do not depend on the machine's load, so
//! several processes run at the same time.

use super::instructions::{CountedSample, InstructionCount, InstructionCounter};
use super::launch::LaunchOutcome;
use super::recording_file::Marked;
use super::sample_config::SampleConfig;
use super::{Launcher, ListedBenchmark};
use anyhow::Result;
use perf_judge::run::{Alloc, LaunchResult, Quantities, Quantity};
use perf_judge::stats;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A benchmark to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountJob<'a> {
    pub(crate) entry: &'a ListedBenchmark,
    /// The thread count, if a launch has a row for each of several.
    pub(crate) threads: Option<u32>,
    /// The time of an iteration in ns.
    pub(crate) iteration_ns: f64,
    /// Whether its allocations are counted.
    pub(crate) allocations: bool,
    /// How often it is counted. From twice on, the counts show by how much they differ.
    pub(crate) repeats: u32,
    /// Ordinary launches, which count page faults.
    pub(crate) launches: Option<OrdinaryLaunches>,
}

/// Launches with the sample size and count of a measurement, so that their page faults per iteration are
/// comparable with those of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrdinaryLaunches {
    pub(crate) config: SampleConfig,
    /// The first one finds the marks of the samples, and counts nothing.
    pub(crate) launches: usize,
}

/// The counts of a benchmark per iteration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BenchmarkCounts {
    /// The median of repeated counts.
    pub(crate) counts: Quantities,
    /// The range of repeated counts as a share of their median; empty for a single count.
    pub(crate) spreads: Quantities,
    /// Why its instructions were not counted, although callgrind works.
    pub(crate) refused: Option<String>,
    /// The ordinary launches, if there were any. Their times are not used.
    pub(crate) launch_results: Vec<LaunchResult>,
}

/// Samples of a counting process. The last one is counted: the first one includes what happens once in
/// a process.
const SAMPLES: u32 = 2;
/// The minimum duration of a counted sample, in ns outside of callgrind: a million instructions.
/// What a sample adds to them, some hundreds, does not matter then.
const MIN_SAMPLE_NS: f64 = 300_000.0;
/// The largest sample size. Divan allocates memory for each iteration.
const MAX_SAMPLE_SIZE: u32 = 1 << 16;
/// The fewest allocations before the first sample of a process whose allocator is counted. Divan
/// makes hundreds.
const MIN_ALLOCATIONS_BEFORE: u64 = 50;

/// Counts all benchmarks on all processors, in the order of `jobs`, and returns notes on the launches.
/// `callgrind` counts instructions.
///
/// Fails if no process can be started, or after an interrupt.
pub(crate) fn count_all(
    launcher: &Launcher,
    callgrind: Option<&InstructionCounter>,
    jobs: &[CountJob<'_>],
) -> Result<(Vec<BenchmarkCounts>, Vec<String>)> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let workers: Vec<CountWorker> =
        (0..threads).map(|_| CountWorker::new(launcher, callgrind)).collect::<Result<_>>()?;
    let next = AtomicUsize::new(0);
    let counted = Mutex::new(vec![BenchmarkCounts::default(); jobs.len()]);
    let run = |worker: CountWorker| -> Result<Vec<String>> {
        while let Some((index, job)) = next_job(&next, jobs) {
            let counts = worker.count(job)?;
            let mut counted = counted.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            counted[index] = counts;
        }
        Ok(worker.launcher.notes())
    };
    let notes = thread::scope(|scope| {
        let running: Vec<_> =
            workers.into_iter().map(|worker| scope.spawn(|| run(worker))).collect();
        let ended = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect::<Result<Vec<_>>>()
    })?;
    let counted = counted.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    Ok((counted, notes.concat()))
}

fn next_job<'a, 'b>(
    next: &AtomicUsize,
    jobs: &'a [CountJob<'b>],
) -> Option<(usize, &'a CountJob<'b>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, jobs.get(index)?))
}

/// The counts of the processes of one repetition.
#[derive(Default)]
struct ProcessCounts {
    counts: Quantities,
    /// Why instructions were not counted.
    refused: Option<String>,
}

/// What one thread needs.
struct CountWorker {
    launcher: Launcher,
    callgrind: Option<InstructionCounter>,
}

impl CountWorker {
    fn new(launcher: &Launcher, callgrind: Option<&InstructionCounter>) -> Result<Self> {
        let callgrind = callgrind.map(InstructionCounter::another).transpose()?;
        Ok(Self { launcher: launcher.another()?, callgrind })
    }

    fn count(&self, job: &CountJob<'_>) -> Result<BenchmarkCounts> {
        let single = job.threads.map(|threads| job.entry.with_threads(threads));
        let job = CountJob { entry: single.as_ref().unwrap_or(job.entry), ..*job };
        let launch_results = self.launch(&job)?;
        let mut counted = self.count_in_processes(&job)?;
        counted.counts.extend(page_faults(&launch_results));
        Ok(BenchmarkCounts { launch_results, ..counted })
    }

    /// The ordinary launches; none if one of them fails, or has several rows.
    fn launch(&self, job: &CountJob<'_>) -> Result<Vec<LaunchResult>> {
        let Some(OrdinaryLaunches { config, launches }) = job.launches else {
            return Ok(Vec::new());
        };
        let mut results = Vec::new();
        for _ in 0..launches {
            self.launcher.check_interrupt()?;
            match self.launcher.launch(job.entry, Some(config), None)? {
                LaunchOutcome::Rows(rows) if rows.len() == 1 => {
                    results.extend(rows.into_iter().map(|(_, result)| result));
                }
                LaunchOutcome::Rows(_) | LaunchOutcome::Failure(_) => return Ok(Vec::new()),
            }
        }
        Ok(results)
    }

    fn count_in_processes(&self, job: &CountJob<'_>) -> Result<BenchmarkCounts> {
        let sample = self.sample(job.entry, sample_size(job.iteration_ns))?;
        // The difference of two processes varies, and takes long.
        let repeats = if sample.is_some() { job.repeats.max(1) } else { 1 };
        let mut counted = Vec::new();
        for _ in 0..repeats {
            match self.count_once(job, sample)? {
                ProcessCounts { refused: Some(reason), counts } => {
                    counted.push(counts);
                    return Ok(summary(&counted, Some(reason)));
                }
                ProcessCounts { counts, .. } => counted.push(counts),
            }
        }
        Ok(summary(&counted, None))
    }

    fn count_once(
        &self,
        job: &CountJob<'_>,
        sample: Option<CountedSample>,
    ) -> Result<ProcessCounts> {
        self.launcher.check_interrupt()?;
        let mut counted = ProcessCounts::default();
        if let Some(sample) = sample.filter(|_| job.allocations)
            && self.launcher.counts_allocations()
            && let Some(alloc) = self.allocations(job.entry, sample)?
        {
            counted.counts.insert(Quantity::AllocCount, alloc.count);
            counted.counts.insert(Quantity::AllocBytes, alloc.bytes);
            counted.counts.extend(alloc.peak_bytes.map(|bytes| (Quantity::AllocPeakBytes, bytes)));
        }
        if let Some(callgrind) = &self.callgrind {
            match callgrind.count(&self.launcher, job.entry, sample)? {
                InstructionCount::Counted(count) => {
                    counted.counts.insert(Quantity::Instructions, count);
                }
                InstructionCount::Refused(reason) => counted.refused = Some(reason),
            }
        }
        Ok(counted)
    }

    /// The clock reads of the sample to count; `None` if they cannot be proved.
    fn sample(&self, entry: &ListedBenchmark, sample_size: u32) -> Result<Option<CountedSample>> {
        let config = SampleConfig { sample_size, sample_count: SAMPLES };
        let launched = self.launcher.launch_to_count(entry, config, None)?;
        Ok(launched.proved.last_sample.map(|marks| CountedSample { config, marks }))
    }

    /// The allocations of an iteration. The peak is one of a sample with a single iteration.
    fn allocations(&self, entry: &ListedBenchmark, sample: CountedSample) -> Result<Option<Alloc>> {
        let Some(alloc) = self.allocations_of(entry, sample)? else { return Ok(None) };
        if sample.config.sample_size == 1 {
            return Ok(Some(alloc));
        }
        let config = SampleConfig { sample_size: 1, ..sample.config };
        let single = self.allocations_of(entry, CountedSample { config, ..sample })?;
        let peak_bytes = single.and_then(|single| single.peak_bytes);
        Ok(Some(Alloc { peak_bytes, ..alloc }))
    }

    fn allocations_of(
        &self,
        entry: &ListedBenchmark,
        CountedSample { config, marks }: CountedSample,
    ) -> Result<Option<Alloc>> {
        let marked = Some(Marked { marks, allocations: true });
        let proved = self.launcher.launch_to_count(entry, config, marked)?.proved;
        let allocated = proved.allocated.filter(|_| proved.last_sample == Some(marks));
        let allocated = allocated.filter(|counted| counted.before >= MIN_ALLOCATIONS_BEFORE);
        let iterations = f64::from(config.sample_size);
        Ok(allocated.map(|allocated| Alloc {
            count: allocated.count as f64 / iterations,
            bytes: allocated.bytes as f64 / iterations,
            peak_bytes: (config.sample_size == 1).then_some(allocated.peak_bytes as f64),
        }))
    }
}

/// The medians over launches.
fn page_faults(launches: &[LaunchResult]) -> impl Iterator<Item = (Quantity, f64)> {
    let median = |quantity| {
        let values = launches.iter().filter_map(|launch| launch.resources.get(&quantity).copied());
        Some((quantity, stats::median(&values.collect::<Vec<f64>>())?))
    };
    [Quantity::MinorFaults, Quantity::MajorFaults].into_iter().filter_map(median)
}

/// The median and the spread of each quantity.
fn summary(counted: &[Quantities], refused: Option<String>) -> BenchmarkCounts {
    let mut summary = BenchmarkCounts { refused, ..BenchmarkCounts::default() };
    for quantity in Quantity::ALL {
        let values: Vec<f64> =
            counted.iter().filter_map(|counts| counts.get(&quantity).copied()).collect();
        let sorted = stats::sorted(&values);
        let Some(median) = stats::median(&sorted) else { continue };
        summary.counts.insert(quantity, median);
        if let [least, .., most] = sorted[..] {
            let spread = (most - least) / median.max(f64::MIN_POSITIVE);
            summary.spreads.insert(quantity, if most > least { spread } else { 0.0 });
        }
    }
    summary
}

fn sample_size(iteration_ns: f64) -> u32 {
    let iterations = (MIN_SAMPLE_NS / iteration_ns.max(1.0)).ceil() as u32;
    iterations.next_power_of_two().min(MAX_SAMPLE_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_sample_has_about_a_million_instructions() {
        let sizes = [0.0, 3.0, 400.0, 299_000.0, 300_000.0, 1e9].map(sample_size);
        assert_eq!(sizes, [1 << 16, 1 << 16, 1024, 2, 1, 1]);
    }

    #[test]
    fn repeated_counts_have_a_median_and_a_spread() {
        let counts = |instructions: f64, allocations: f64| {
            Quantities::from([
                (Quantity::Instructions, instructions),
                (Quantity::AllocCount, allocations),
            ])
        };
        let all = [counts(1000.0, 0.0), counts(1010.0, 0.0), counts(1000.0, 0.0)];
        let of_all = summary(&all, None);
        assert_eq!((of_all.counts, of_all.spreads), (counts(1000.0, 0.0), counts(0.01, 0.0)));
        let of_one = summary(&all[1..2], Some("no total".to_owned()));
        assert_eq!((of_one.counts, of_one.spreads), (counts(1010.0, 0.0), Quantities::new()));
        assert_eq!(of_one.refused.as_deref(), Some("no total"));
    }
}

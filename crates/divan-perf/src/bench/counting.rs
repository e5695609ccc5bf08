//! Counts of benchmarks: instructions and allocations. They do not depend on the machine's load, so
//! several processes run at the same time.

use super::counted_sample::CountedSample;
use super::eta::EtaEstimator;
use super::instructions::{InstructionCount, InstructionCounter};
use super::parallel::on_all_processors;
use super::recording_file::Marked;
use super::sample_config::SampleConfig;
use super::{Launcher, ListedBenchmark};
use crate::ui::Progress;
use anyhow::Result;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, Quantities, Quantity};
use perf_judge::stats;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A benchmark to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountJob<'a> {
    pub(crate) entry: &'a ListedBenchmark,
    /// The time of an iteration in ns.
    pub(crate) iteration_ns: f64,
    /// Whether its allocations are counted.
    pub(crate) allocations: bool,
    /// How often it is counted. From twice on, the counts show by how much they differ.
    pub(crate) repeats: u32,
    /// The expected duration of a launch. Long ones are counted first, so that no processor waits at the
    /// end.
    pub(crate) launch: Duration,
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
}

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
    let worker = || CountWorker::new(launcher, callgrind);
    let progress = Mutex::new(CountProgress::start(jobs));
    let count = |worker: &CountWorker, index: &usize| {
        let job = &jobs[*index];
        let counts = worker.count(job)?;
        progress.lock().unwrap_or_else(PoisonError::into_inner).finished(job);
        Ok((*index, counts))
    };
    let order = longest_first(jobs);
    let (mut counted, workers) = on_all_processors(&order, worker, count)?;
    counted.sort_by_key(|(index, _)| *index);
    let counts = counted.into_iter().map(|(_, counts)| counts).collect();
    Ok((counts, workers.iter().flat_map(|worker| worker.launcher.notes()).collect()))
}

/// The indexes of the jobs in the order of their start.
fn longest_first(jobs: &[CountJob<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|index| Reverse(jobs[*index].launch));
    order
}

/// The progress of all threads.
struct CountProgress {
    progress: Progress,
    eta: EtaEstimator,
    benchmarks: usize,
    jobs: usize,
    done: usize,
}

impl CountProgress {
    fn start(jobs: &[CountJob<'_>]) -> Self {
        let names: BTreeSet<&BenchmarkId> = jobs.iter().map(|job| &job.entry.id).collect();
        let benchmarks = names.len();
        let progress = Progress::start("counting", "benchmark", "benchmarks", benchmarks);
        let eta = EtaEstimator::start(benchmarks);
        Self { progress, eta, benchmarks, jobs: jobs.len(), done: 0 }
    }

    /// Shows that a job is done. A benchmark of a comparison has two.
    fn finished(&mut self, job: &CountJob<'_>) {
        self.done += 1;
        let benchmarks = self.done * self.benchmarks / self.jobs;
        self.progress.at(&self.eta.state(benchmarks, job.entry.id.as_str()));
    }
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
        let sample = CountedSample::find(&self.launcher, job.entry, job.iteration_ns)?;
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
        CountedSample { config, marks, .. }: CountedSample,
    ) -> Result<Option<Alloc>> {
        let marked = Some(Marked { marks, warm_up: None, allocations: true });
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

#[cfg(test)]
mod tests {
    use super::*;

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

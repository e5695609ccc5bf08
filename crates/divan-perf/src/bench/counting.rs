//! Counts of benchmarks: instructions and allocations. They do not depend on the machine's load, so
//! several processes run at the same time.

use super::instructions::{CountedSample, InstructionCount, InstructionCounter};
use super::recording_file::Marked;
use super::sample_config::SampleConfig;
use super::{Launcher, ListedBenchmark};
use anyhow::Result;
use perf_judge::run::Alloc;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A benchmark to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountJob<'a> {
    pub(crate) entry: &'a ListedBenchmark,
    /// The time of an iteration in ns.
    pub(crate) iteration_ns: f64,
    /// Whether its allocations are counted.
    pub(crate) allocations: bool,
}

/// The counts of a benchmark per iteration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BenchmarkCounts {
    /// `None` without callgrind.
    pub(crate) instructions: Option<InstructionCount>,
    /// `None` if they were not counted.
    pub(crate) alloc: Option<Alloc>,
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
        self.launcher.check_interrupt()?;
        let sample_size = sample_size(job.iteration_ns);
        let sample = self.sample(job.entry, sample_size)?;
        let alloc = match sample.filter(|_| job.allocations && self.launcher.counts_allocations()) {
            Some(sample) => self.allocations(job.entry, sample)?,
            None => None,
        };
        let instructions = match &self.callgrind {
            Some(callgrind) => Some(callgrind.count(&self.launcher, job.entry, sample)?),
            None => None,
        };
        Ok(BenchmarkCounts { instructions, alloc })
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
}

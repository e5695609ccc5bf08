//! Counts of benchmarks: instructions and allocations. They do not depend on the machine's load, so
//! several processes run at the same time.

use super::counted_sample::CountedSample;
use super::eta::EtaEstimator;
use super::executed_sample::ExecutedSample;
use super::instructions::{CountedProcess, InstructionCount, InstructionCounter};
use super::launch::LaunchOutcome;
use super::recording_file::Marked;
use super::sample_config::SampleConfig;
use super::subtraction::CountRefused;
use super::{Launcher, ListedBenchmark};
use crate::parallel::on_all_processors;
use crate::ui::Progress;
use anyhow::Result;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Alloc, LaunchResult, Measured, Quantities, Quantity};
use perf_judge::stats;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A benchmark to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountJob<'a> {
    pub(crate) entry: &'a ListedBenchmark,
    /// The thread count, if a launch has a row for each of several.
    pub(crate) threads: Option<u32>,
    /// The sample size and count of a launch, which the size of the counted sample follows.
    pub(crate) config: SampleConfig,
    /// The time of an iteration in ns.
    pub(crate) iteration_ns: f64,
    /// Whether the executed code is listed.
    pub(crate) lists_code: bool,
    /// Whether its allocations are counted.
    pub(crate) allocations: bool,
    /// In how many processes it is counted. From two on, the counts show by how much they differ.
    pub(crate) repeats: u32,
    /// The expected duration of a launch. Long ones are counted first, so that no processor waits at the
    /// end.
    pub(crate) launch: Duration,
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
    /// The executed code, if it was asked for, or why it is not known.
    pub(crate) executed: Option<Result<ExecutedSample, String>>,
    /// Whether its allocations were not counted because its allocator is another than the system's.
    pub(crate) has_other_allocator: bool,
    /// The ordinary launches, if there were any. Their times are not used.
    pub(crate) launch_results: Vec<LaunchResult>,
}

/// The counts of all jobs in their order.
#[derive(Debug)]
pub(crate) struct AllCounts {
    pub(crate) counts: Vec<BenchmarkCounts>,
    /// Whether valgrind does not know an instruction of an executable.
    pub(crate) has_unknown_instruction: bool,
}

/// What to do about an executable with an instruction that valgrind does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUnknownInstruction {
    /// Count nothing more, because all jobs are counted with another build.
    Stop,
    /// Count the others.
    Refuse,
}

/// The fewest allocations before the first sample of a process whose allocator is counted. Divan
/// makes hundreds.
const MIN_ALLOCATIONS_BEFORE: u64 = 50;
/// Two processes agree that differ by at most this share of their instructions, a tenth of what is called
/// varying. Callgrind takes most of the time of counting, and a third process would add nothing.
const SAME_COUNT: f64 = 1e-4;

/// Counts all benchmarks on all processors. `callgrind` counts instructions.
///
/// Fails if no process can be started, or after an interrupt.
pub(crate) fn count_all(
    launcher: &Launcher,
    callgrind: Option<&InstructionCounter>,
    jobs: &[CountJob<'_>],
    on_unknown: OnUnknownInstruction,
) -> Result<AllCounts> {
    let worker = || CountWorker::new(launcher, callgrind);
    let progress = Mutex::new(CountProgress::start(jobs));
    let has_unknown_instruction = AtomicBool::new(false);
    let count = |worker: &CountWorker, index: &usize| {
        let is_stopped = on_unknown == OnUnknownInstruction::Stop
            && has_unknown_instruction.load(Ordering::Relaxed);
        if is_stopped {
            return Ok((*index, BenchmarkCounts::default()));
        }
        let job = &jobs[*index];
        let (counts, refused) = worker.count(job)?;
        if refused == Some(CountRefused::UnknownInstruction) {
            has_unknown_instruction.store(true, Ordering::Relaxed);
        }
        progress.lock().unwrap_or_else(PoisonError::into_inner).finished(job);
        Ok((*index, counts))
    };
    let order = longest_first(jobs);
    let (mut counted, workers) = on_all_processors(&order, worker, count)?;
    counted.sort_by_key(|(index, _)| *index);
    let counts = counted.into_iter().map(|(_, counts)| counts).collect();
    workers.into_iter().for_each(|worker| launcher.absorb(worker.launcher));
    Ok(AllCounts { counts, has_unknown_instruction: has_unknown_instruction.into_inner() })
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
    /// Launch durations of all jobs, and of those that are done.
    time: Duration,
    time_done: Duration,
}

impl CountProgress {
    fn start(jobs: &[CountJob<'_>]) -> Self {
        let names: BTreeSet<&BenchmarkId> = jobs.iter().map(|job| &job.entry.id).collect();
        let benchmarks = names.len();
        let progress = Progress::start("counting", "benchmark", "benchmarks", benchmarks);
        let eta = EtaEstimator::start(benchmarks);
        let time = jobs.iter().map(|job| job.launch).sum();
        let time_done = Duration::ZERO;
        Self { progress, eta, benchmarks, jobs: jobs.len(), done: 0, time, time_done }
    }

    /// Shows that a job is done. A benchmark of a comparison has two.
    fn finished(&mut self, job: &CountJob<'_>) {
        self.done += 1;
        let benchmarks = self.done * self.benchmarks / self.jobs;
        self.time_done += job.launch;
        let share = self.time_done.as_secs_f64() / self.time.as_secs_f64().max(f64::MIN_POSITIVE);
        self.progress.at(&self.eta.state_of(benchmarks, share, job.entry.id.as_str()));
    }
}

/// The counts of the processes of one repetition.
#[derive(Default)]
struct ProcessCounts {
    counts: Quantities,
    /// Why instructions were not counted.
    refused: Option<CountRefused>,
    has_other_allocator: bool,
    executed: Option<Result<ExecutedSample, String>>,
}

/// The allocations of an iteration.
enum AllocationCount {
    Counted(Alloc),
    /// The process allocates by other functions than those of the C library.
    OtherAllocator,
    /// The sample could not be proved.
    Unproved,
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

    /// The counts, and why instructions are not among them.
    fn count(&self, job: &CountJob<'_>) -> Result<(BenchmarkCounts, Option<CountRefused>)> {
        let single = job.threads.map(|threads| job.entry.with_threads(threads));
        let job = CountJob { entry: single.as_ref().unwrap_or(job.entry), ..*job };
        let launch_results = self.launch(&job)?;
        // Divan counts the requested bytes, and the library those of the blocks.
        let by_divan = Measured::of(job.entry.id.clone(), None, &launch_results);
        let by_divan = by_divan.filter(|measured| measured.alloc.is_some());
        let job = CountJob { allocations: job.allocations && by_divan.is_none(), ..job };
        let (mut counted, refused) = self.count_in_processes(&job)?;
        counted.counts.extend(by_divan.iter().flat_map(allocations_by_divan));
        counted.counts.extend(page_faults(&launch_results));
        Ok((BenchmarkCounts { launch_results, ..counted }, refused))
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

    fn count_in_processes(
        &self,
        job: &CountJob<'_>,
    ) -> Result<(BenchmarkCounts, Option<CountRefused>)> {
        let sample = CountedSample::find(&self.launcher, job.entry, job.config)?;
        // The difference of two processes varies, and takes long.
        let repeats = if sample.is_some() { job.repeats.max(1) } else { 1 };
        let mut counted = Vec::new();
        let mut last = ProcessCounts::default();
        while last.refused.is_none() && counted.len() < repeats as usize {
            let callgrind = self.callgrind.as_ref().filter(|_| !instructions_agree(&counted));
            let executed = last.executed.take();
            last = self.count_once(job, sample, callgrind)?;
            last.executed = last.executed.or(executed);
            counted.push(std::mem::take(&mut last.counts));
        }
        let counts = BenchmarkCounts {
            refused: last.refused.as_ref().map(CountRefused::to_string),
            has_other_allocator: last.has_other_allocator,
            executed: last.executed,
            ..summary(&counted)
        };
        Ok((counts, last.refused))
    }

    fn count_once(
        &self,
        job: &CountJob<'_>,
        sample: Option<CountedSample>,
        callgrind: Option<&InstructionCounter>,
    ) -> Result<ProcessCounts> {
        self.launcher.check_interrupt()?;
        let mut counted = ProcessCounts::default();
        if let Some(sample) = sample.filter(|_| job.allocations)
            && self.launcher.counts_allocations()
        {
            match self.allocations(job.entry, sample)? {
                AllocationCount::Counted(Alloc { count, bytes, peak_bytes }) => {
                    counted.counts.insert(Quantity::AllocCount, count);
                    counted.counts.insert(Quantity::AllocBytes, bytes);
                    let peak = peak_bytes.map(|bytes| (Quantity::AllocPeakBytes, bytes));
                    counted.counts.extend(peak);
                }
                AllocationCount::OtherAllocator => counted.has_other_allocator = true,
                AllocationCount::Unproved => {}
            }
        }
        if let Some(callgrind) = callgrind {
            match callgrind.count(&self.launcher, job.entry, sample, job.lists_code)? {
                InstructionCount::Counted(CountedProcess { instructions, executed }) => {
                    counted.counts.insert(Quantity::Instructions, instructions);
                    counted.executed = executed;
                }
                InstructionCount::Refused(refused) => counted.refused = Some(refused),
            }
        }
        Ok(counted)
    }

    /// The peak is one of a sample with a single iteration.
    fn allocations(
        &self,
        entry: &ListedBenchmark,
        sample: CountedSample,
    ) -> Result<AllocationCount> {
        let counted = self.allocations_of(entry, sample)?;
        let AllocationCount::Counted(alloc) = counted else { return Ok(counted) };
        if sample.config.sample_size == 1 {
            return Ok(counted);
        }
        let config = SampleConfig { sample_size: 1, ..sample.config };
        let peak_bytes = match self.allocations_of(entry, CountedSample { config, ..sample })? {
            AllocationCount::Counted(single) => single.peak_bytes,
            AllocationCount::OtherAllocator | AllocationCount::Unproved => None,
        };
        Ok(AllocationCount::Counted(Alloc { peak_bytes, ..alloc }))
    }

    /// Tries twice: on a busy machine a sample sometimes cannot be proved.
    fn allocations_of(
        &self,
        entry: &ListedBenchmark,
        sample: CountedSample,
    ) -> Result<AllocationCount> {
        match self.allocations_once(entry, sample)? {
            AllocationCount::Unproved => self.allocations_once(entry, sample),
            counted => Ok(counted),
        }
    }

    fn allocations_once(
        &self,
        entry: &ListedBenchmark,
        CountedSample { config, marks, .. }: CountedSample,
    ) -> Result<AllocationCount> {
        let marked = Some(Marked { marks, warm_up: None, allocations: true });
        let proved = self.launcher.launch_to_count(entry, config, marked)?.proved;
        let allocated = proved.allocated.filter(|_| proved.last_sample == Some(marks));
        let Some(allocated) = allocated else { return Ok(AllocationCount::Unproved) };
        if allocated.before < MIN_ALLOCATIONS_BEFORE {
            return Ok(AllocationCount::OtherAllocator);
        }
        let iterations = f64::from(config.sample_size);
        Ok(AllocationCount::Counted(Alloc {
            count: allocated.count as f64 / iterations,
            bytes: allocated.bytes as f64 / iterations,
            peak_bytes: (config.sample_size == 1).then_some(allocated.peak_bytes as f64),
        }))
    }
}

fn allocations_by_divan(measured: &Measured) -> impl Iterator<Item = (Quantity, f64)> {
    let quantities = [Quantity::AllocCount, Quantity::AllocBytes, Quantity::AllocPeakBytes];
    quantities.into_iter().filter_map(|quantity| Some((quantity, measured.quantity(quantity)?)))
}

/// The medians over launches.
fn page_faults(launches: &[LaunchResult]) -> impl Iterator<Item = (Quantity, f64)> {
    let median = |quantity| {
        let values = launches.iter().filter_map(|launch| launch.resources.get(&quantity).copied());
        Some((quantity, stats::median(&values.collect::<Vec<f64>>())?))
    };
    [Quantity::MinorFaults, Quantity::MajorFaults].into_iter().filter_map(median)
}

/// Whether all processes, at least two, executed the same number of instructions.
fn instructions_agree(counted: &[Quantities]) -> bool {
    let of_all = summary(counted);
    counted.len() > 1
        && of_all.spreads.get(&Quantity::Instructions).is_some_and(|spread| *spread <= SAME_COUNT)
}

/// The median and the spread of each quantity.
fn summary(counted: &[Quantities]) -> BenchmarkCounts {
    let mut summary = BenchmarkCounts::default();
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
    fn two_processes_that_agree_are_enough() {
        let counts = |instructions| Quantities::from([(Quantity::Instructions, instructions)]);
        let agree = |all: [f64; 2]| instructions_agree(&all.map(counts));
        assert!(agree([1e6, 1e6]) && agree([1e6, 1e6 + 99.0]) && !agree([1e6, 1e6 + 101.0]));
        assert!(!instructions_agree(&[counts(1e6)]));
        assert!(!instructions_agree(&[Quantities::new(), Quantities::new()]));
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
        let of_all = summary(&all);
        assert_eq!((of_all.counts, of_all.spreads), (counts(1000.0, 0.0), counts(0.01, 0.0)));
        let of_one = summary(&all[1..2]);
        assert_eq!((of_one.counts, of_one.spreads), (counts(1010.0, 0.0), Quantities::new()));
    }
}

//! Plans the benchmarks, and launches them several times in random order.

use super::launch::{LaunchOutcome, Launcher};
use super::sample_config::{self, DIVAN_SAMPLE_COUNT, ProbeEstimate, SampleConfig, SamplingTarget};
use super::{ListedBenchmark, Listing};
use crate::interrupt::Interrupt;
use crate::ui::Progress;
use anyhow::Result;
use perf_judge::baseline::Selector;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The results of repeated launches.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    /// Results by benchmark, in the order of the launches.
    pub(crate) launch_results: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// Reasons of failures by benchmark. A failed benchmark has no results.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// Whether the time limit ended the measurement.
    pub(crate) cut_short: bool,
}

/// Launches listed benchmarks with their sample sizes and counts.
#[derive(Debug)]
pub(crate) struct Runner {
    planned: Vec<PlannedBenchmark>,
    failures: BTreeMap<BenchmarkId, String>,
    pub(super) rng: fastrand::Rng,
    deadline: Option<Instant>,
}

/// A listed benchmark with its rows, sample size and sample count.
#[derive(Clone, Debug)]
pub(crate) struct PlannedBenchmark {
    pub(crate) entry: ListedBenchmark,
    /// The rows of a launch: one, or one per thread count.
    pub(crate) rows: Vec<BenchmarkId>,
    pub(crate) config: SampleConfig,
    /// The expected duration of a launch.
    pub(super) expected: Duration,
}

/// The maximum number of probing launches until the sample size is chosen.
const MAX_PROBES: usize = 6;
/// The maximum sampling time of a probing launch. A sample count of the benchmark's author that
/// needs more time is not detected.
const MAX_PROBE_TIME: Duration = Duration::from_secs(3);

/// Why a benchmark could not be planned.
enum ProbeError {
    /// The benchmark failed for this reason. Others can still be planned.
    Benchmark(String),
    /// No process can be started, or the user interrupted the program.
    Fatal(anyhow::Error),
}

impl From<anyhow::Error> for ProbeError {
    fn from(error: anyhow::Error) -> Self {
        Self::Fatal(error)
    }
}

impl Runner {
    /// Chooses the sample size and count of each listed benchmark: those of the recorded runs if
    /// they still fit `target`, otherwise by probing launches.
    pub(crate) fn plan(
        listing: Listing,
        launcher: &Launcher,
        past: Option<Selector<'_>>,
        target: impl Fn(&BenchmarkId) -> SamplingTarget,
        options: RunnerOptions,
    ) -> Result<Self> {
        let mut runner = Self {
            planned: Vec::new(),
            failures: listing.failures,
            rng: fastrand::Rng::with_seed(u64::from(options.seed)),
            deadline: options.time_limit.map(|limit| Instant::now() + limit),
        };
        let count = listing.entries.len();
        let mut progress = Progress::start("probing", count);
        let mut eta = EtaEstimator::default();
        for (at, entry) in listing.entries.into_iter().enumerate() {
            progress.at(at, count, entry.id.as_str(), eta.estimate(count - at));
            let started = Instant::now();
            let target = target(&entry.id);
            match probe(&entry, launcher, past.as_ref(), target) {
                Ok(planned) => runner.planned.push(planned),
                Err(ProbeError::Benchmark(reason)) => {
                    runner.failures.insert(entry.id, reason);
                }
                Err(ProbeError::Fatal(error)) => return Err(error),
            }
            eta.add(started.elapsed());
        }
        Ok(runner)
    }

    pub(crate) fn planned(&self) -> &[PlannedBenchmark] {
        &self.planned
    }

    /// Reasons by benchmark or target that cannot be launched.
    pub(crate) fn failures(&self) -> &BTreeMap<BenchmarkId, String> {
        &self.failures
    }

    /// The same without a time limit.
    pub(crate) fn without_deadline(self) -> Self {
        Self { deadline: None, ..self }
    }

    /// The same with a time limit that starts now.
    pub(crate) fn with_time(self, time: Duration) -> Self {
        Self { deadline: Some(Instant::now() + time), ..self }
    }

    /// Sets an environment variable for all later launches.
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.planned.iter_mut().for_each(|planned| planned.entry.set_variable(name, value));
    }

    /// The listed benchmark whose launches have this row.
    pub(crate) fn entry_of(&self, row: &BenchmarkId) -> Option<&ListedBenchmark> {
        let has_row = |planned: &&PlannedBenchmark| planned.rows.contains(row);
        self.planned.iter().find(has_row).map(|planned| &planned.entry)
    }

    /// The benchmarks whose launches have a row of `wanted`.
    pub(super) fn selecting(&self, wanted: &[BenchmarkId]) -> Vec<PlannedBenchmark> {
        let has_row =
            |planned: &&PlannedBenchmark| planned.rows.iter().any(|row| wanted.contains(row));
        self.planned.iter().filter(has_row).cloned().collect()
    }

    /// Whether the time limit is over.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Launches each benchmark with a row of `wanted`, in random order, and repeats that. A load
    /// peak then affects one launch of many benchmarks and not all launches of one.
    pub(crate) fn measure(
        &mut self,
        schedule: &LaunchSchedule,
        wanted: &[BenchmarkId],
        launcher: &Launcher,
        interrupt: &Interrupt,
    ) -> Result<Measurement> {
        let mut order = self.selecting(wanted);
        let mut measurement = Measurement::default();
        let mut done = 0;
        let mut progress = Progress::start(schedule.title, order.len() * schedule.launches);
        for left in (0..schedule.launches).rev() {
            let started = Instant::now();
            self.rng.shuffle(&mut order);
            for at in 0..order.len() {
                interrupt.check()?;
                if self.is_over() {
                    measurement.cut_short = true;
                    return Ok(measurement);
                }
                let total = done + order.len() * (left + 1) - at;
                let time = schedule.time_left(&order, at, left);
                progress.at(done, total, order[at].entry.id.as_str(), time);
                measurement.launch(&mut order[at], launcher)?;
                done += 1;
            }
            order.retain(|planned| !measurement.has_failed(planned));
            if left > 0 {
                std::thread::sleep(schedule.min_interval.saturating_sub(started.elapsed()));
            }
        }
        Ok(measurement)
    }
}

/// The number and pace of repeated launches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaunchSchedule {
    /// The title of the progress bar.
    pub(crate) title: &'static str,
    /// Launches of each benchmark.
    pub(crate) launches: usize,
    /// The minimum time from one launch of a benchmark to the next.
    pub(crate) min_interval: Duration,
}

impl LaunchSchedule {
    /// The expected time for the rest of `order` from `at`, and for `left` repetitions of `order`.
    fn time_left(&self, order: &[PlannedBenchmark], at: usize, left: usize) -> Duration {
        let sum =
            |planned: &[PlannedBenchmark]| planned.iter().map(|p| p.expected).sum::<Duration>();
        let repetition = sum(order).max(self.min_interval);
        sum(&order[at..]) + repetition * u32::try_from(left).unwrap_or(u32::MAX)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RunnerOptions {
    /// The seed of the launch order.
    pub(crate) seed: u32,
    /// The time limit for all launches.
    pub(crate) time_limit: Option<Duration>,
}

impl Measurement {
    fn launch(&mut self, planned: &mut PlannedBenchmark, launcher: &Launcher) -> Result<()> {
        let started = Instant::now();
        let outcome = launcher.measure(&planned.entry, planned.config)?;
        // A moving mean keeps the estimate of the time left steady.
        planned.expected = (planned.expected * 3 + started.elapsed()) / 4;
        match outcome.with_all(&planned.rows) {
            LaunchOutcome::Rows(rows) => {
                for (name, launch_result) in rows {
                    self.launch_results.entry(name).or_default().push(launch_result);
                }
            }
            LaunchOutcome::Failure(reason) => {
                for row in &planned.rows {
                    self.launch_results.remove(row);
                    self.failures.insert(row.clone(), reason.clone());
                }
            }
        }
        Ok(())
    }

    fn has_failed(&self, planned: &PlannedBenchmark) -> bool {
        planned.rows.iter().any(|row| self.failures.contains_key(row))
    }
}

/// Estimates the time left from the mean time of the finished steps.
#[derive(Default)]
struct EtaEstimator {
    total: Duration,
    count: u32,
}

impl EtaEstimator {
    fn add(&mut self, time: Duration) {
        self.total += time;
        self.count += 1;
    }

    fn estimate(&self, count: usize) -> Duration {
        let mean = self.total.checked_div(self.count).unwrap_or_default();
        mean * u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Plans a benchmark: one launch finds its rows, then the sample size and count are taken from the
/// recorded runs, or chosen by probing launches.
fn probe(
    entry: &ListedBenchmark,
    launcher: &Launcher,
    past: Option<&Selector<'_>>,
    target: SamplingTarget,
) -> Result<PlannedBenchmark, ProbeError> {
    let started = Instant::now();
    let single = SampleConfig { sample_size: 1, sample_count: 1 };
    let rows = launch_rows(entry, launcher, Some(single), None)?;
    let start_up = started.elapsed();
    let rows: Vec<BenchmarkId> = rows.into_iter().map(|(name, _)| name).collect();
    let recorded = past.and_then(|past| {
        let configs =
            rows.iter().map(|row| sample_config::reusable(&past.sample_config(row)?, target));
        configs.collect::<Option<Vec<SampleConfig>>>()?.into_iter().next()
    });
    let config = match recorded {
        Some(config) => config,
        None => choose(entry, launcher, target, start_up)?,
    };
    let launch = Duration::from_secs_f64(target.launch_ns / 1e9);
    Ok(PlannedBenchmark { entry: entry.clone(), rows, config, expected: start_up + launch })
}

/// Chooses the sample size by probing launches, until a sample is long enough, and then the sample
/// count. `start_up` is the time of a launch besides its samples.
fn choose(
    entry: &ListedBenchmark,
    launcher: &Launcher,
    target: SamplingTarget,
    start_up: Duration,
) -> Result<SampleConfig, ProbeError> {
    let started = Instant::now();
    let mut estimate = estimate_of(entry, launcher, None, start_up)?;
    // The author's sample count is only known if the time limit did not end the launch.
    let author_sample_count =
        estimate.author_sample_count.filter(|_| started.elapsed() < MAX_PROBE_TIME);
    let mut sample_size = sample_config::sample_size(estimate.min_ns);
    for _ in 0..MAX_PROBES {
        if sample_size == 1 {
            break;
        }
        let config = SampleConfig { sample_size, sample_count: DIVAN_SAMPLE_COUNT };
        estimate = estimate_of(entry, launcher, Some(config), start_up)?;
        if sample_config::is_long_enough(sample_size, estimate.min_ns) {
            break;
        }
        sample_size = sample_config::sample_size(estimate.min_ns);
    }
    let estimate = ProbeEstimate { author_sample_count, ..estimate };
    let sample_count = sample_config::sample_count(sample_size, estimate, target);
    Ok(SampleConfig { sample_size, sample_count })
}

/// A probing launch. The estimate is of its fastest row, which needs the largest sample size.
fn estimate_of(
    entry: &ListedBenchmark,
    launcher: &Launcher,
    config: Option<SampleConfig>,
    start_up: Duration,
) -> Result<ProbeEstimate, ProbeError> {
    let started = Instant::now();
    let rows = launch_rows(entry, launcher, config, Some(MAX_PROBE_TIME))?;
    let sampling = started.elapsed().saturating_sub(start_up);
    let samples: u32 = rows.iter().map(|(_, row)| row.sample_count).sum();
    let most_samples = rows.iter().map(|(_, row)| row.sample_count).max();
    Ok(ProbeEstimate {
        min_ns: rows.iter().map(|(_, row)| row.min_ns).fold(f64::INFINITY, f64::min),
        median_ns: rows.iter().map(|(_, row)| row.median_ns).fold(0.0, f64::max),
        author_sample_count: most_samples.filter(|samples| *samples != DIVAN_SAMPLE_COUNT),
        sample_wall_ns: sampling.as_nanos() as f64 / f64::from(samples.max(1)),
    })
}

fn launch_rows(
    entry: &ListedBenchmark,
    launcher: &Launcher,
    config: Option<SampleConfig>,
    max_time: Option<Duration>,
) -> Result<Vec<(BenchmarkId, LaunchResult)>, ProbeError> {
    match launcher.launch(entry, config, max_time)? {
        LaunchOutcome::Rows(rows) => Ok(rows),
        LaunchOutcome::Failure(reason) => Err(ProbeError::Benchmark(reason)),
    }
}

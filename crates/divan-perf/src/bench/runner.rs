//! Launches the planned benchmarks several times in random order.

use super::counting::BenchmarkCounts;
use super::launch::{LaunchOutcome, Launcher};
use super::launch_plan::{self, LaunchCost};
use super::plan::{self, PlannedBenchmark};
use super::sample_config::{SampleConfig, SamplingTargets};
use super::{ListedBenchmark, Listing};
use crate::cargo::Level;
use crate::interrupt::Interrupt;
use crate::ui::{Progress, ProgressState};
use anyhow::Result;
use perf_judge::baseline::Selector;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Counts by benchmark.
    pub(crate) counts: BTreeMap<BenchmarkId, BenchmarkCounts>,
    /// The level of the second build that was counted, if it was not the measured one.
    pub(crate) counted_for: Level,
}

/// Launches listed benchmarks with their sample sizes and counts.
#[derive(Debug)]
pub(crate) struct Runner {
    planned: Vec<PlannedBenchmark>,
    failures: BTreeMap<BenchmarkId, String>,
    idle: BTreeMap<BenchmarkId, String>,
    pub(super) rng: fastrand::Rng,
    deadline: Option<Instant>,
}

impl Runner {
    /// Chooses the sample size and count of each listed benchmark: those of the recorded runs if
    /// they still fit, otherwise by probing.
    pub(crate) fn plan(
        listing: Listing,
        launcher: &Launcher,
        past: Option<Selector<'_>>,
        targets: impl Fn(&BenchmarkId) -> SamplingTargets,
        options: RunnerOptions,
    ) -> Result<Self> {
        let deadline = options.time_limit.map(|limit| Instant::now() + limit);
        let plan = plan::plan(listing, launcher, past, &targets)?;
        Ok(Self {
            planned: plan.planned,
            failures: plan.failures,
            idle: plan.idle,
            rng: fastrand::Rng::with_seed(u64::from(options.seed)),
            deadline,
        })
    }

    /// Adds the benchmarks that another build has too, with the rows and the samples that they have there.
    /// They are not probed.
    pub(crate) fn add_as_in(&mut self, other: &Self, entries: Vec<ListedBenchmark>) {
        for entry in entries {
            let known = other.planned.iter().find(|planned| planned.entry.id == entry.id);
            self.planned.extend(known.map(|known| PlannedBenchmark { entry, ..known.clone() }));
        }
    }

    pub(crate) fn planned(&self) -> &[PlannedBenchmark] {
        &self.planned
    }

    /// Reasons by benchmark or target that cannot be launched.
    pub(crate) fn failures(&self) -> &BTreeMap<BenchmarkId, String> {
        &self.failures
    }

    /// Takes the benchmarks that ran and measured nothing. Those that `was_measured` before have failed,
    /// and the others are returned.
    pub(crate) fn take_idle(
        &mut self,
        was_measured: impl Fn(&BenchmarkId) -> Result<bool>,
    ) -> Result<Vec<BenchmarkId>> {
        let mut never_measured = Vec::new();
        for (name, reason) in std::mem::take(&mut self.idle) {
            if was_measured(&name)? {
                self.failures.insert(name, reason);
            } else {
                never_measured.push(name);
            }
        }
        Ok(never_measured)
    }

    /// The same without a time limit.
    pub(crate) fn without_deadline(self) -> Self {
        Self { deadline: None, ..self }
    }

    /// The same with a time limit that starts now.
    pub(crate) fn with_time(self, time: Duration) -> Self {
        Self { deadline: Some(Instant::now() + time), ..self }
    }

    /// The rest of the time limit; `None` without one.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Sets the launches of the initial measurement, in the order of [`Runner::planned`].
    pub(crate) fn set_launches(&mut self, launches: &[u16]) {
        for (planned, launches) in self.planned.iter_mut().zip(launches) {
            planned.launches = *launches;
        }
    }

    /// Sets the samples of the benchmark with this row. Returns whether it is planned.
    pub(crate) fn set_samples(
        &mut self,
        row: &BenchmarkId,
        sample_size: u32,
        sample_count: u32,
    ) -> bool {
        let mut planned = self.planned.iter_mut().filter(|planned| planned.rows.contains(row));
        planned.next().is_some_and(|planned| {
            planned.config = SampleConfig { sample_size, sample_count };
            true
        })
    }

    /// Sets an environment variable for all later launches.
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.planned.iter_mut().for_each(|planned| planned.entry.set_variable(name, value));
    }

    /// The listed benchmark whose launches have this row.
    pub(crate) fn entry_of(&self, row: &BenchmarkId) -> Option<&ListedBenchmark> {
        self.planned_of(row).map(|planned| &planned.entry)
    }

    /// The planned benchmark whose launches have this row.
    pub(crate) fn planned_of(&self, row: &BenchmarkId) -> Option<&PlannedBenchmark> {
        self.planned.iter().find(|planned| planned.rows.contains(row))
    }

    /// The benchmarks whose launches have a row of `wanted`.
    pub(super) fn selecting(&self, wanted: &[BenchmarkId]) -> Vec<PlannedBenchmark> {
        let wanted: BTreeSet<&BenchmarkId> = wanted.iter().collect();
        let has_row =
            |planned: &&PlannedBenchmark| planned.rows.iter().any(|row| wanted.contains(row));
        self.planned.iter().filter(has_row).cloned().collect()
    }

    /// Whether the time limit is over.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// The rows of `wanted` whose `launches` fit in the time limit, and the others. Those in `first` come
    /// first, then the fastest. Measured times decide nothing.
    pub(crate) fn split_by_time(
        &self,
        wanted: Vec<BenchmarkId>,
        first: &BTreeSet<BenchmarkId>,
        launches: impl Fn(&PlannedBenchmark) -> usize,
    ) -> (Vec<BenchmarkId>, Vec<BenchmarkId>) {
        let Some(left) = self.time_left() else { return (wanted, Vec::new()) };
        let selected = self.selecting(&wanted);
        let timed = selected.iter().map(|planned| (planned.expected(launches(planned)), planned));
        let mut timed: Vec<(Duration, &PlannedBenchmark)> = timed.collect();
        let is_late =
            |planned: &PlannedBenchmark| planned.rows.iter().all(|row| !first.contains(row));
        timed.sort_by_key(|(time, planned)| (is_late(planned), *time));
        let times: Vec<Duration> = timed.iter().map(|(time, _)| *time).collect();
        let fitting = launch_plan::fitting(&times, left);
        let rows = timed[..fitting].iter().flat_map(|(_, planned)| &planned.rows);
        let rows: BTreeSet<&BenchmarkId> = rows.collect();
        wanted.into_iter().partition(|name| rows.contains(name))
    }

    /// The rows of `wanted` with fewer results than the schedule has launches.
    pub(crate) fn unfinished(
        &self,
        schedule: &LaunchSchedule,
        wanted: &[BenchmarkId],
        results: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    ) -> Vec<BenchmarkId> {
        let done = |row: &BenchmarkId| results.get(row).map_or(0, Vec::len);
        let selected = self.selecting(wanted);
        let rows = selected.iter().flat_map(|planned| {
            let launches = schedule.launches_of(planned);
            planned.rows.iter().filter(move |row| done(row) < launches)
        });
        rows.filter(|row| wanted.contains(row)).cloned().collect()
    }

    /// Keeps the durations that launches of `launched` took.
    pub(super) fn remember_durations(&mut self, launched: &[PlannedBenchmark]) {
        let by_name: BTreeMap<&BenchmarkId, Duration> =
            launched.iter().map(|planned| (&planned.entry.id, planned.expected)).collect();
        for planned in &mut self.planned {
            planned.expected = by_name.get(&planned.entry.id).copied().unwrap_or(planned.expected);
        }
    }

    /// The costs of the initial measurement, in the order of [`Runner::planned`].
    pub(crate) fn costs(
        &self,
        cost: impl Fn(&PlannedBenchmark, Duration) -> LaunchCost,
    ) -> Vec<LaunchCost> {
        self.planned.iter().map(|planned| cost(planned, planned.expected)).collect()
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
        let mut progress = schedule.progress(&order);
        for repetition in 0..schedule.launches {
            let started = Instant::now();
            self.rng.shuffle(&mut order);
            for at in 0..order.len() {
                if !schedule.includes(&order[at], repetition) {
                    continue;
                }
                interrupt.check()?;
                if self.is_over() {
                    measurement.cut_short = true;
                    return Ok(measurement);
                }
                progress.at(&schedule.state(&order, at, repetition, done));
                measurement.launch(&mut order[at], launcher)?;
                done += 1;
            }
            self.remember_durations(&order);
            order.retain(|planned| !measurement.has_failed(planned));
            if repetition + 1 < schedule.launches {
                std::thread::sleep(schedule.min_interval.saturating_sub(started.elapsed()));
            }
        }
        Ok(measurement)
    }
}

impl PlannedBenchmark {
    /// Adds the duration of a launch. A moving mean keeps the estimate of the time left steady.
    pub(super) fn took(&mut self, duration: Duration) {
        self.expected = (self.expected * 3 + duration) / 4;
    }

    /// The expected duration of a launch outside its samples: the start of the process, and set-up.
    pub(crate) fn outside_samples(&self) -> Duration {
        let iterations = f64::from(self.config.sample_size) * f64::from(self.config.sample_count);
        let rows = self.rows.len() as f64;
        let sampling = Duration::from_secs_f64(iterations * self.iteration_ns * rows / 1e9);
        self.expected.saturating_sub(sampling)
    }

    /// The expected duration of `launches` launches.
    pub(crate) fn expected(&self, launches: usize) -> Duration {
        self.expected * u32::try_from(launches).unwrap_or(u32::MAX)
    }
}

/// The number and pace of repeated launches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaunchSchedule {
    /// The title of the progress bar.
    pub(crate) title: &'static str,
    /// The most launches of a benchmark.
    pub(crate) launches: usize,
    /// Whether each benchmark has the planned number of launches instead.
    pub(crate) is_initial: bool,
    /// The minimum time from one launch of a benchmark to the next.
    pub(crate) min_interval: Duration,
}

impl LaunchSchedule {
    /// The launches of a benchmark.
    pub(crate) fn launches_of(&self, planned: &PlannedBenchmark) -> usize {
        if self.is_initial {
            self.launches.min(usize::from(planned.launches))
        } else {
            self.launches
        }
    }

    fn includes(&self, planned: &PlannedBenchmark, repetition: usize) -> bool {
        let launches = self.launches_of(planned);
        launch_plan::is_in_repetition(repetition, launches, self.launches)
    }

    fn progress(&self, order: &[PlannedBenchmark]) -> Progress {
        let launches = order.iter().map(|planned| self.launches_of(planned)).sum();
        Progress::start(self.title, "launch", "launches", launches)
    }

    /// The progress before the launch of `order[at]`, with `done` launches before it.
    fn state<'a>(
        &self,
        order: &'a [PlannedBenchmark],
        at: usize,
        repetition: usize,
        done: usize,
    ) -> ProgressState<'a> {
        let launches_left = |at_other: usize| {
            let next = repetition + usize::from(at_other < at);
            (next..self.launches)
                .filter(|repetition| self.includes(&order[at_other], *repetition))
                .count()
        };
        let left: Vec<usize> = (0..order.len()).map(launches_left).collect();
        let time: Duration =
            order.iter().zip(&left).map(|(planned, left)| planned.expected(*left)).sum();
        let pauses = self.launches.saturating_sub(repetition + 1) as u32;
        ProgressState {
            done,
            of: done + left.iter().sum::<usize>(),
            benchmarks: Some((left.iter().filter(|left| **left == 0).count(), order.len())),
            left: time.max(self.min_interval * pauses),
            current: order[at].entry.id.as_str(),
            slowest: slowest(order),
        }
    }
}

/// The benchmark with the longest launches, and their duration.
pub(super) fn slowest(order: &[PlannedBenchmark]) -> Option<(&str, Duration)> {
    let slowest = order.iter().max_by_key(|planned| planned.expected)?;
    Some((slowest.entry.id.as_str(), slowest.expected))
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RunnerOptions {
    /// The seed of the launch order.
    pub(crate) seed: u32,
    /// The time limit for all launches.
    pub(crate) time_limit: Option<Duration>,
}

impl Measurement {
    /// Adds another measurement.
    pub(crate) fn add(&mut self, other: Self) {
        for (name, results) in other.launch_results {
            self.launch_results.entry(name).or_default().extend(results);
        }
        self.failures.extend(other.failures);
        self.cut_short |= other.cut_short;
    }

    fn launch(&mut self, planned: &mut PlannedBenchmark, launcher: &Launcher) -> Result<()> {
        let started = Instant::now();
        let outcome = launcher.measure(&planned.entry, planned.config)?;
        planned.took(started.elapsed());
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

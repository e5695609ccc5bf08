//! Launches in pairs: every benchmark once, in random order, and again.

use super::launch::{LaunchOutcome, Launcher};
use super::sample_config::{self, DIVAN_SAMPLES, ProbeEstimate, SampleConfig, SamplingTarget};
use super::{Entry, Listing};
use crate::interrupt::Interrupt;
use crate::ui::Progress;
use anyhow::Result;
use perf_judge::baseline::Selector;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the launches of one look told.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    /// By benchmark, in the order launched.
    pub(crate) readings: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// What gave no finished row, and why.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// Whether the time limit ended it.
    pub(crate) cut_short: bool,
}

/// Entries with their batches, ready to be launched.
#[derive(Debug)]
pub(crate) struct Runner {
    planned: Vec<Planned>,
    failures: BTreeMap<BenchmarkId, String>,
    pub(super) rng: fastrand::Rng,
    deadline: Option<Instant>,
}

/// An entry, the rows it gives and the batches that it is launched with.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// What is launched.
    pub(crate) entry: Entry,
    /// The benchmarks that a launch gives: one, or one a thread count.
    pub(crate) rows: Vec<BenchmarkId>,
    /// How.
    pub(crate) config: SampleConfig,
    /// How long a launch is likely to take.
    pub(super) expected: Duration,
}

/// How a probe may take before its batches are chosen from what it got.
const PROBES: usize = 6;
/// Where a benchmark's author may have asked for more samples than this allows, it is not known.
const ASKED_WITHIN: Duration = Duration::from_secs(3);

impl Runner {
    /// Chooses the batches of every entry: those of the recorded runs where they still fit, else
    /// by probing launches. `target` says what a benchmark should get.
    pub(crate) fn plan(
        listing: Listing,
        launcher: &Launcher,
        past: Option<Selector<'_>>,
        target: impl Fn(&BenchmarkId) -> SamplingTarget,
        options: Options,
    ) -> Result<Self> {
        let mut session = Self {
            planned: Vec::new(),
            failures: listing.failures,
            rng: fastrand::Rng::with_seed(u64::from(options.seed)),
            deadline: options.time_limit.map(|limit| Instant::now() + limit),
        };
        let count = listing.entries.len();
        let mut progress = Progress::start("probing", count);
        let mut eta = EtaEstimator::default();
        for (at, entry) in listing.entries.into_iter().enumerate() {
            progress.at(at, count, entry.id.as_str(), eta.left(count - at));
            let started = Instant::now();
            let target = target(&entry.id);
            match probe(&entry, launcher, past.as_ref(), target)? {
                Ok(planned) => session.planned.push(planned),
                Err(reason) => drop(session.failures.insert(entry.id, reason)),
            }
            eta.took(started.elapsed());
        }
        Ok(session)
    }

    /// What can be launched.
    pub(crate) fn planned(&self) -> &[Planned] {
        &self.planned
    }

    /// What cannot be launched, and why.
    pub(crate) fn failures(&self) -> &BTreeMap<BenchmarkId, String> {
        &self.failures
    }

    /// The same without a time limit, for who keeps the time himself.
    pub(crate) fn without_deadline(self) -> Self {
        Self { deadline: None, ..self }
    }

    /// The same, with this long from now on.
    pub(crate) fn with_time(self, time: Duration) -> Self {
        Self { deadline: Some(Instant::now() + time), ..self }
    }

    /// Sets an environment variable for every launch from here on.
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.planned.iter_mut().for_each(|planned| planned.entry.set_variable(name, value));
    }

    /// The entry that gives a row.
    pub(crate) fn entry_of(&self, row: &BenchmarkId) -> Option<&Entry> {
        let gives = |planned: &&Planned| planned.rows.contains(row);
        self.planned.iter().find(gives).map(|planned| &planned.entry)
    }

    /// What gives a row of `wanted`.
    pub(super) fn selecting(&self, wanted: &[BenchmarkId]) -> Vec<Planned> {
        let gives = |planned: &&Planned| planned.rows.iter().any(|row| wanted.contains(row));
        self.planned.iter().filter(gives).cloned().collect()
    }

    /// Whether the time limit has come.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Launches everything that gives a row of `wanted`, in pairs of random order, so that a burst
    /// of noise hurts a few launches of everything and not all launches of one.
    pub(crate) fn measure(
        &mut self,
        pairs: &Rounds,
        wanted: &[BenchmarkId],
        launcher: &Launcher,
        interrupt: &Interrupt,
    ) -> Result<Measurement> {
        let mut pair = self.selecting(wanted);
        let mut measurement = Measurement::default();
        let mut done = 0;
        let mut progress = Progress::start(pairs.title, pair.len() * pairs.launches);
        for left in (0..pairs.launches).rev() {
            let begun = Instant::now();
            self.rng.shuffle(&mut pair);
            for at in 0..pair.len() {
                interrupt.check()?;
                if self.is_over() {
                    measurement.cut_short = true;
                    return Ok(measurement);
                }
                let total = done + pair.len() * (left + 1) - at;
                let time = pairs.time_left(&pair, at, left);
                progress.at(done, total, pair[at].entry.id.as_str(), time);
                measurement.take(&mut pair[at], launcher)?;
                done += 1;
            }
            pair.retain(|planned| !measurement.failed(planned));
            if left > 0 {
                std::thread::sleep(pairs.least.saturating_sub(begun.elapsed()));
            }
        }
        Ok(measurement)
    }
}

/// How often everything is launched, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// What it is for, for people.
    pub(crate) title: &'static str,
    /// How many pairs: launches of each benchmark.
    pub(crate) launches: usize,
    /// The least time that a pair takes.
    pub(crate) least: Duration,
}

impl Rounds {
    /// The rest of this pair, and the pairs after it.
    fn time_left(&self, pair: &[Planned], at: usize, left: usize) -> Duration {
        let sum = |planned: &[Planned]| planned.iter().map(|p| p.expected).sum::<Duration>();
        let whole = sum(pair).max(self.least);
        sum(&pair[at..]) + whole * u32::try_from(left).unwrap_or(u32::MAX)
    }
}

/// What holds for a whole session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// What decides the order.
    pub(crate) seed: u32,
    /// When to stop.
    pub(crate) time_limit: Option<Duration>,
}

impl Measurement {
    fn take(&mut self, planned: &mut Planned, launcher: &Launcher) -> Result<()> {
        let started = Instant::now();
        let told = launcher.measure(&planned.entry, planned.config)?;
        // A moving mean keeps the estimate of the time left steady.
        planned.expected = (planned.expected * 3 + started.elapsed()) / 4;
        match told.with_all(&planned.rows) {
            LaunchOutcome::Rows(rows) => {
                for (name, reading) in rows {
                    self.readings.entry(name).or_default().push(reading);
                }
            }
            LaunchOutcome::Failure(reason) => {
                for row in &planned.rows {
                    self.readings.remove(row);
                    self.failures.insert(row.clone(), reason.clone());
                }
            }
        }
        Ok(())
    }

    fn failed(&self, planned: &Planned) -> bool {
        planned.rows.iter().any(|row| self.failures.contains_key(row))
    }
}

/// The mean time of what was done, as an estimate for what is left.
#[derive(Default)]
struct EtaEstimator {
    total: Duration,
    count: u32,
}

impl EtaEstimator {
    fn took(&mut self, time: Duration) {
        self.total += time;
        self.count += 1;
    }

    fn left(&self, count: usize) -> Duration {
        let mean = self.total.checked_div(self.count).unwrap_or_default();
        mean * u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// One iteration tells what rows there are; then the recorded batches, or probes for new ones.
fn probe(
    entry: &Entry,
    launcher: &Launcher,
    past: Option<&Selector<'_>>,
    target: SamplingTarget,
) -> Result<Result<Planned, String>> {
    let started = Instant::now();
    let rows = match launcher.launch(
        entry,
        Some(SampleConfig { sample_size: 1, sample_count: 1 }),
        None,
    )? {
        LaunchOutcome::Rows(rows) => rows,
        LaunchOutcome::Failure(reason) => return Ok(Err(reason)),
    };
    let start_up = started.elapsed();
    let rows: Vec<BenchmarkId> = rows.into_iter().map(|(name, _)| name).collect();
    let kept = past.and_then(|past| {
        let pasts = rows.iter().map(|row| sample_config::kept(&past.sample_config(row)?, target));
        pasts.collect::<Option<Vec<SampleConfig>>>()?.into_iter().next()
    });
    let config = match kept {
        Some(config) => config,
        None => match choose(entry, launcher, target, start_up)? {
            Ok(config) => config,
            Err(reason) => return Ok(Err(reason)),
        },
    };
    let launch = Duration::from_secs_f64(target.launch_ns / 1e9);
    Ok(Ok(Planned { entry: entry.clone(), rows, config, expected: start_up + launch }))
}

/// Probes until a sample is long enough, then chooses how many make a launch. `start_up` is what a
/// launch costs beside its samples.
fn choose(
    entry: &Entry,
    launcher: &Launcher,
    target: SamplingTarget,
    start_up: Duration,
) -> Result<Result<SampleConfig, String>> {
    let started = Instant::now();
    let mut estimate = match estimate_of(entry, launcher, None, start_up)? {
        Ok(estimate) => estimate,
        Err(reason) => return Ok(Err(reason)),
    };
    // The author's count is known only if the limit did not end the launch.
    let asked_samples = estimate.asked_samples.filter(|_| started.elapsed() < ASKED_WITHIN);
    let mut n = sample_config::iterations(estimate.min_ns);
    for _ in 0..PROBES {
        if n == 1 {
            break;
        }
        let probing = SampleConfig { sample_size: n, sample_count: DIVAN_SAMPLES };
        estimate = match estimate_of(entry, launcher, Some(probing), start_up)? {
            Ok(estimate) => estimate,
            Err(reason) => return Ok(Err(reason)),
        };
        if sample_config::is_long_enough(n, estimate.min_ns) {
            break;
        }
        n = sample_config::iterations(estimate.min_ns);
    }
    Ok(Ok(SampleConfig {
        sample_size: n,
        sample_count: sample_config::samples(
            n,
            ProbeEstimate { asked_samples, ..estimate },
            target,
        ),
    }))
}

/// A probing launch: the speed of its fastest row, which needs the largest batch.
fn estimate_of(
    entry: &Entry,
    launcher: &Launcher,
    config: Option<SampleConfig>,
    start_up: Duration,
) -> Result<Result<ProbeEstimate, String>> {
    let started = Instant::now();
    let rows = match launcher.launch(entry, config, Some(ASKED_WITHIN))? {
        LaunchOutcome::Rows(rows) => rows,
        LaunchOutcome::Failure(reason) => return Ok(Err(reason)),
    };
    let sampling = started.elapsed().saturating_sub(start_up);
    let samples: u32 = rows.iter().map(|(_, reading)| reading.sample_count).sum();
    let asked = rows.iter().map(|(_, reading)| reading.sample_count).max();
    Ok(Ok(ProbeEstimate {
        min_ns: rows.iter().map(|(_, r)| r.min_ns).fold(f64::INFINITY, f64::min),
        median_ns: rows.iter().map(|(_, reading)| reading.median_ns).fold(0.0, f64::max),
        asked_samples: asked.filter(|samples| *samples != DIVAN_SAMPLES),
        sample_wall_ns: sampling.as_nanos() as f64 / f64::from(samples.max(1)),
    }))
}

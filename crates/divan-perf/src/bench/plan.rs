//! Finds the rows of each benchmark, and chooses its sample size and count.

use super::build::Executable;
use super::eta::EtaEstimator;
use super::failure::is_unregistered;
use super::group_probe::ProbedRows;
use super::launch::{LaunchOutcome, Launcher};
use super::probe::{
    MAX_PROBE_TIME, PROBE_TIME, Probe, author_count, probe_alone, probe_of, results,
};
use super::probed_benchmark::ProbedBenchmark;
use super::sample_config::{
    self, DIVAN_SAMPLE_COUNT, ProbeEstimate, SampleConfig, SamplingTargets,
};
use super::source::{self, SourceCount};
use super::{ListedBenchmark, Listing, dep_info};
use crate::ui::Progress;
use anyhow::Result;
use memchr::memmem;
use perf_judge::baseline::Selector;
use perf_judge::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::slice;
use std::time::{Duration, Instant};

/// A listed benchmark with its rows, sample size and sample count.
#[derive(Clone, Debug)]
pub(crate) struct PlannedBenchmark {
    pub(crate) entry: ListedBenchmark,
    /// The rows of a launch: one, or one per thread count.
    pub(crate) rows: Vec<BenchmarkId>,
    pub(crate) config: SampleConfig,
    /// The time of an iteration in ns, by the probe.
    pub(crate) iteration_ns: f64,
    /// The expected duration of a launch.
    pub(super) expected: Duration,
    /// The launches of the initial measurement.
    pub(super) launches: u16,
}

/// The planned benchmarks, and those that cannot be launched.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) planned: Vec<PlannedBenchmark>,
    /// Reasons by benchmark or target.
    pub(super) failures: BTreeMap<BenchmarkId, String>,
    /// The same for benchmarks that ran and measured nothing.
    pub(super) idle: BTreeMap<BenchmarkId, String>,
}

/// The most benchmarks of one probing process.
const GROUP: usize = 64;
/// The most bytes of their names. Windows limits a command line to 32 KB.
const GROUP_BYTES: usize = 16_000;
/// How many times as long the first row of a process is probed, if it was cut short.
const FIRST_ROW_FACTOR: u32 = 10;
/// The most sample sizes that are tried for a benchmark.
const MAX_CONFIRMATIONS: usize = 4;
/// A set-up that takes longer is timed again before it is planned with.
const LONG_SET_UP: Duration = Duration::from_secs(1);
/// How a bench sets its own sample count.
const AUTHOR_COUNT: &[u8] = b"sample_count";

/// Chooses the sample size and count of each listed benchmark: those of the recorded runs if they
/// still fit, otherwise by probing.
pub(super) fn plan(
    listing: Listing,
    launcher: &Launcher,
    past: Option<Selector<'_>>,
    targets: &dyn Fn(&BenchmarkId) -> SamplingTargets,
) -> Result<Plan> {
    let count = listing.entries.len();
    let mut planner = Planner {
        launcher,
        past,
        targets,
        plan: Plan {
            planned: Vec::with_capacity(count),
            failures: listing.failures,
            idle: BTreeMap::new(),
        },
        sets_sample_count: false,
        start: None,
        progress: Progress::start("probing", "benchmark", "benchmarks", count),
        eta: EtaEstimator::start(count),
        done: 0,
    };
    let mut executables: Vec<(PathBuf, VecDeque<ListedBenchmark>)> = Vec::new();
    for entry in listing.entries {
        match executables.last_mut().filter(|(path, _)| *path == entry.executable.path) {
            Some((_, entries)) => entries.push_back(entry),
            None => executables.push((entry.executable.path.clone(), [entry].into())),
        }
    }
    for (_, entries) in executables {
        planner.add_executable(entries)?;
    }
    Ok(planner.plan)
}

struct Planner<'a> {
    launcher: &'a Launcher,
    past: Option<Selector<'a>>,
    targets: &'a dyn Fn(&BenchmarkId) -> SamplingTargets,
    plan: Plan,
    /// Whether the executable may set sample counts of its own.
    sets_sample_count: bool,
    /// The duration of a launch of the executable's first benchmark besides its samples.
    start: Option<Duration>,
    progress: Progress,
    eta: EtaEstimator,
    /// The benchmarks that were probed.
    done: usize,
}

impl Planner<'_> {
    /// Probes the benchmarks of an executable in groups. A benchmark that ends its process is probed
    /// alone, and those after it in the next group.
    fn add_executable(&mut self, mut open: VecDeque<ListedBenchmark>) -> Result<()> {
        let Some(first) = open.front() else { return Ok(()) };
        self.sets_sample_count = sets_sample_count(&first.executable);
        self.start = None;
        let mut probed = Vec::new();
        while !open.is_empty() {
            let group = next_group(&mut open);
            let mut rows = self.probe_group(&group, None)?;
            let is_useless = rows.is_empty();
            let mut missing = VecDeque::new();
            for entry in group {
                match rows.remove(&entry.id) {
                    Some(rows) => probed.push(self.probed(entry, probe_of(&rows))),
                    None => missing.push_back(entry),
                }
            }
            let alone = if is_useless { missing.len() } else { missing.len().min(1) };
            for entry in missing.drain(..alone) {
                probed.extend(self.probe_alone(entry)?);
            }
            missing.into_iter().rev().for_each(|entry| open.push_front(entry));
        }
        self.confirm(&mut probed)?;
        let fastest = probed.iter().min_by(|one, other| one.wall_ns().total_cmp(&other.wall_ns()));
        let overhead = match (fastest, self.start) {
            (None, _) => Duration::ZERO,
            (Some(_), Some(start)) if probed.len() == 1 => start,
            (Some(fastest), _) => self.overhead(&fastest.entry)?,
        };
        probed.into_iter().try_for_each(|probed| self.add(probed, overhead))
    }

    /// Chooses the sample size of a benchmark by its probe and the recorded values.
    fn probed(&mut self, entry: ListedBenchmark, probe: Probe) -> ProbedBenchmark {
        self.done += 1;
        self.progress.at(&self.eta.state(self.done, entry.id.as_str()));
        let targets = (self.targets)(&entry.id);
        let past = self.past.as_ref().and_then(|past| {
            probe.rows.iter().map(|row| past.sample_config(row)).collect::<Option<Vec<_>>>()
        });
        ProbedBenchmark::new(entry, probe, past.unwrap_or_default(), targets)
    }

    /// Probes a benchmark in a process of its own.
    fn probe_alone(&mut self, entry: ListedBenchmark) -> Result<Option<ProbedBenchmark>> {
        let started = Instant::now();
        match self.launcher.launch(&entry, None, Some(MAX_PROBE_TIME))? {
            LaunchOutcome::Rows(rows) => {
                Ok(Some(self.probed(entry, probe_alone(&rows, started.elapsed()))))
            }
            LaunchOutcome::Failure(reason) => {
                self.done += 1;
                let Plan { failures, idle, .. } = &mut self.plan;
                let reasons = if is_unregistered(&reason) { idle } else { failures };
                reasons.insert(entry.id, reason);
                Ok(None)
            }
        }
    }

    /// Measures samples of the chosen size, and increases it until they are long enough.
    ///
    /// An iteration can take another time in samples of another size, e.g. if its results are kept
    /// until the end of the sample. Benchmarks of one size share a process.
    fn confirm(&mut self, probed: &mut [ProbedBenchmark]) -> Result<()> {
        for _ in 0..MAX_CONFIRMATIONS {
            let open = probed.iter().filter(|probed| !probed.is_confirmed);
            let sizes: BTreeSet<u32> = open.map(|probed| probed.sample_size).collect();
            for size in sizes {
                let is_open =
                    |probed: &&ProbedBenchmark| !probed.is_confirmed && probed.sample_size == size;
                let mut open: VecDeque<ListedBenchmark> =
                    probed.iter().filter(is_open).map(|probed| probed.entry.clone()).collect();
                let mut rows = BTreeMap::new();
                while !open.is_empty() {
                    let group = next_group(&mut open);
                    rows.extend(self.probe_group(&group, Some(size))?);
                }
                for probed in probed.iter_mut().filter(|probed| is_open(&&**probed)) {
                    let targets = (self.targets)(&probed.entry.id);
                    probed.measured(rows.get(&probed.entry.id), targets);
                }
            }
        }
        Ok(())
    }

    /// Probes a group, and leaves the start of the process out of the time of its first row.
    ///
    /// Divan measures its own overhead before the first sample of a process, which counts towards the
    /// time limit. A first row that was cut short by it is probed again for a longer time.
    fn probe_group(
        &mut self,
        group: &[ListedBenchmark],
        sample_size: Option<u32>,
    ) -> Result<BTreeMap<BenchmarkId, ProbedRows>> {
        let mut probed = self.launcher.probe_group(group, sample_size, PROBE_TIME)?;
        let first =
            group.iter().find(|entry| probed.get(&entry.id).is_some_and(ProbedRows::has_first));
        if let Some(first) = first {
            let start = match self.start {
                Some(start) => start,
                None => *self.start.insert(self.overhead(first)?),
            };
            if probed.get(&first.id).is_some_and(ProbedRows::is_first_cut_short) {
                let again = slice::from_ref(first);
                let time = PROBE_TIME * FIRST_ROW_FACTOR;
                probed.extend(self.launcher.probe_group(again, sample_size, time)?);
            }
            let sets_count = self.sets_sample_count;
            probed.values_mut().for_each(|rows| rows.subtract_start(start, sets_count));
        }
        Ok(probed)
    }

    /// The duration of a launch besides its samples: that of a single sample.
    fn overhead(&self, entry: &ListedBenchmark) -> Result<Duration> {
        let started = Instant::now();
        let single = SampleConfig { sample_size: 1, sample_count: 1 };
        self.launcher.launch(entry, Some(single), None)?;
        Ok(started.elapsed())
    }

    fn add(&mut self, probed: ProbedBenchmark, overhead: Duration) -> Result<()> {
        let config = match probed.recorded {
            Some(config) => config,
            None => self.config(&probed)?,
        };
        let ProbedBenchmark { entry, probe, .. } = probed;
        let iterations = f64::from(config.sample_size) * f64::from(config.sample_count);
        let sampling = iterations * probe.estimate.iteration_wall_ns / 1e9;
        let set_up = self.repeated_set_up(&entry, &probe, overhead)?;
        let expected = overhead + set_up + Duration::from_secs_f64(sampling);
        let iteration_ns = probe.estimate.median_ns;
        let rows = probe.rows;
        let planned = PlannedBenchmark { entry, rows, config, iteration_ns, expected, launches: 0 };
        self.plan.planned.push(planned);
        Ok(())
    }

    /// The set-up of a later launch. The first process of a benchmark may store what others read.
    fn repeated_set_up(
        &self,
        entry: &ListedBenchmark,
        probe: &Probe,
        overhead: Duration,
    ) -> Result<Duration> {
        if probe.set_up < LONG_SET_UP {
            return Ok(probe.set_up);
        }
        let again = self.overhead(entry)?.saturating_sub(overhead);
        Ok(again.min(probe.set_up))
    }

    fn config(&self, probed: &ProbedBenchmark) -> Result<SampleConfig> {
        let target = (self.targets)(&probed.entry.id).new;
        let estimate = self.with_author_count(&probed.entry, &probed.probe)?;
        let sample_size = probed.sample_size;
        let sample_count = sample_config::sample_count(sample_size, estimate, target);
        Ok(SampleConfig { sample_size, sample_count })
    }

    /// The estimate with the author's sample count, if the time limit ended the probe.
    ///
    /// It is read from the source. If it is no number there, a launch finds it, which costs the time of many
    /// samples. So it is left out for benches whose sources set no sample count. A count that takes longer
    /// than a launch may does not matter.
    fn with_author_count(&self, entry: &ListedBenchmark, probe: &Probe) -> Result<ProbeEstimate> {
        if !probe.is_cut_short || !self.sets_sample_count {
            return Ok(probe.estimate);
        }
        match source::sample_count(&entry.executable.target.source, &entry.listed) {
            SourceCount::Set(count) => {
                let author_sample_count = Some(count).filter(|count| *count != DIVAN_SAMPLE_COUNT);
                return Ok(ProbeEstimate { author_sample_count, ..probe.estimate });
            }
            SourceCount::Default => return Ok(probe.estimate),
            SourceCount::Unknown => {}
        }
        let target = (self.targets)(&entry.id).new;
        let limit = Duration::from_secs_f64(2.0 * target.longest_author_ns(probe.estimate) / 1e9);
        let limit = limit.min(MAX_PROBE_TIME);
        let started = Instant::now();
        let outcome = self.launcher.launch(entry, None, Some(limit))?;
        let LaunchOutcome::Rows(rows) = outcome else { return Ok(probe.estimate) };
        let sampling = started.elapsed().saturating_sub(probe.set_up);
        let author_sample_count =
            (sampling < limit).then(|| author_count(results(&rows))).flatten();
        Ok(ProbeEstimate { author_sample_count, ..probe.estimate })
    }
}

/// The benchmarks of the next process.
fn next_group(open: &mut VecDeque<ListedBenchmark>) -> Vec<ListedBenchmark> {
    let mut bytes = 0;
    let fits = |entry: &&ListedBenchmark| {
        bytes += entry.listed.len() + 1;
        bytes <= GROUP_BYTES
    };
    let count = open.iter().take(GROUP).take_while(fits).count().max(1);
    open.drain(..count.min(open.len())).collect()
}

/// Whether a source file of the bench mentions a sample count.
fn sets_sample_count(executable: &Executable) -> bool {
    let target = &executable.target;
    let mut sources = dep_info::sources(&executable.path);
    sources.insert(target.source.clone());
    // The listed paths are relative to the workspace's root.
    let text =
        |path: &PathBuf| target.dir.ancestors().find_map(|dir| fs::read(dir.join(path)).ok());
    sources.iter().filter_map(text).any(|text| memmem::find(&text, AUTHOR_COUNT).is_some())
}

//! Paired launches of base and head, in random order.

use super::launch::{LaunchOutcome, Launcher};
use super::layouts::Layouts;
use super::plan::PlannedBenchmark;
use super::runner::{Runner, slowest};
use super::sample_config::SampleConfig;
use super::{ListedBenchmark, Listing};
use crate::interrupt::Interrupt;
use crate::ui::{Progress, ProgressState};
use anyhow::Result;
use perf_judge::detect::paired;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Pair, Side};
use perf_judge::verdict::ORDERS;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The benchmarks of the base, under their current names.
#[derive(Debug, Default)]
pub(crate) struct BaseEntries {
    entries: BTreeMap<BenchmarkId, BaseEntry>,
    renamed: BTreeMap<BenchmarkId, BenchmarkId>,
}

/// A benchmark of the base.
#[derive(Debug)]
struct BaseEntry {
    listed: ListedBenchmark,
    /// Its samples, if they are not those of the head.
    config: Option<SampleConfig>,
    /// The current names of its rows, where they differ from those of all benchmarks.
    rows: BTreeMap<BenchmarkId, BenchmarkId>,
}

impl BaseEntry {
    fn of(listed: ListedBenchmark) -> Self {
        Self { listed, config: None, rows: BTreeMap::new() }
    }
}

/// The results of paired launches, by benchmark.
#[derive(Debug, Default)]
pub(crate) struct PairedLaunches {
    /// The times of the pairs, in the order of the launches.
    pub(crate) pairs: BTreeMap<BenchmarkId, Vec<Pair>>,
    /// The full results of the base.
    pub(crate) base: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// The full results of the head.
    pub(crate) head: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// Reasons of failures of the head.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// Reasons of failures of the base.
    pub(crate) base_failures: BTreeMap<BenchmarkId, String>,
    /// Rows of successful launches that the base does not have, e.g. of a new thread count.
    pub(crate) new_rows: BTreeSet<BenchmarkId>,
    /// Whether the time limit or an interrupt ended the launches.
    pub(crate) cut_short: bool,
}

impl BaseEntries {
    /// The benchmarks of a listing; `renamed` has the current names by the former ones.
    pub(crate) fn new(listing: Listing, renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> Self {
        let mut base = Self { entries: BTreeMap::new(), renamed: renamed.clone() };
        for entry in listing.entries {
            base.entries.insert(base.current_name(&entry.id), BaseEntry::of(entry));
        }
        base
    }

    /// Adds another benchmark of the same build as the base of `head`, with its own samples. `rows` has
    /// the names of the head's rows by those of its own.
    pub(crate) fn add_alternative(
        &mut self,
        head: BenchmarkId,
        base: &PlannedBenchmark,
        rows: BTreeMap<BenchmarkId, BenchmarkId>,
    ) {
        let (listed, config) = (base.entry.clone(), Some(base.config));
        self.entries.insert(head, BaseEntry { listed, config, rows });
    }

    /// The benchmark with this current name.
    pub(crate) fn get(&self, name: &BenchmarkId) -> Option<&ListedBenchmark> {
        self.entries.get(name).map(|entry| &entry.listed)
    }

    /// The row of another benchmark that is the base of this row.
    pub(crate) fn row_of(&self, current: &BenchmarkId) -> Option<&BenchmarkId> {
        let mut renamed = self.entries.values().flat_map(|entry| &entry.rows);
        renamed.find(|(_, name)| *name == current).map(|(row, _)| row)
    }

    /// Sets an environment variable for all later launches.
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        let entries = self.entries.values_mut();
        entries.for_each(|entry| entry.listed.set_variable(name, value));
    }

    /// The current names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.entries.keys()
    }

    /// The benchmark alone, with its functions in another order.
    fn in_order(&self, name: &BenchmarkId, layouts: &Layouts, order: usize) -> Option<Self> {
        let entry = layouts.entry(self.get(name)?, order)?;
        let entries = BTreeMap::from([(name.clone(), BaseEntry::of(entry))]);
        Some(Self { entries, renamed: self.renamed.clone() })
    }

    fn current_name(&self, name: &BenchmarkId) -> BenchmarkId {
        self.renamed.get(name).unwrap_or(name).clone()
    }
}

impl Runner {
    /// Launches base and head of each benchmark with a row of `wanted`, `pairs` times. After an interrupt
    /// the result has the pairs before it, and is cut short.
    ///
    /// The order within each pair is random with probability 1/2. For equal code, the sign of a
    /// pair's difference then has probability 1/2 too, for any noise.
    pub(crate) fn compare(
        &mut self,
        title: &str,
        pairs: usize,
        wanted: &[BenchmarkId],
        base: &BaseEntries,
        launcher: &Launcher,
        interrupt: &Interrupt,
    ) -> Result<PairedLaunches> {
        let mut order = self.selecting(wanted);
        let mut results = PairedLaunches::default();
        let launches = order.len() * pairs * 2;
        let mut progress = if pairs >= paired::FIRST_ANALYSIS {
            Progress::start(title, "launch", "launches", launches)
        } else {
            Progress::go_on(title, launches)
        };
        let later = if pairs >= paired::FIRST_ANALYSIS { LATER_PAIRS } else { pairs };
        let mut done = 0;
        for left in (0..pairs).rev() {
            self.rng.shuffle(&mut order);
            for at in 0..order.len() {
                if self.is_over() || interrupt.is_set() {
                    results.cut_short = true;
                    return Ok(results);
                }
                progress.at(&state(&order, at, left, done, later));
                let first = if self.rng.bool() { Side::Base } else { Side::Head };
                let started = Instant::now();
                match results.launch_pair(&order[at], first, base, launcher) {
                    // The launch was ended too. The pairs before it are kept.
                    Err(_) if interrupt.is_set() => continue,
                    launched => launched?,
                }
                order[at].took(started.elapsed() / 2);
                done += 2;
            }
            self.remember_durations(&order);
            order.retain(|planned| !results.has_failed(planned));
        }
        Ok(results)
    }
}

impl Runner {
    /// Launches base and head of each benchmark with a row of `wanted` once in each of [`ORDERS`] random
    /// orders of their functions. After an interrupt or the time limit the result has the pairs before it,
    /// and is cut short.
    pub(crate) fn compare_in_orders(
        &mut self,
        wanted: &[BenchmarkId],
        base: &BaseEntries,
        layouts: &Layouts,
        launcher: &Launcher,
        interrupt: &Interrupt,
    ) -> Result<PairedLaunches> {
        let mut planned = self.selecting(wanted);
        let mut results = PairedLaunches::default();
        for order in 0..ORDERS {
            self.rng.shuffle(&mut planned);
            for planned in &planned {
                if self.is_over() || interrupt.is_set() {
                    results.cut_short = true;
                    return Ok(results);
                }
                let Some(base) = base.in_order(&planned.entry.id, layouts, order) else { continue };
                let Some(entry) = layouts.entry(&planned.entry, order) else { continue };
                let first = if self.rng.bool() { Side::Base } else { Side::Head };
                let head = PlannedBenchmark { entry, ..planned.clone() };
                match results.launch_pair(&head, first, &base, launcher) {
                    // The launch was ended too. The pairs before it are kept.
                    Err(_) if interrupt.is_set() => continue,
                    launched => launched?,
                }
            }
            planned.retain(|planned| !results.has_failed(planned));
        }
        Ok(results)
    }
}

/// The pairs that a benchmark needs on average after the initial ones.
const LATER_PAIRS: usize = 8;

/// The progress before the pair of `order[at]`, after `done` launches. This step has `left` further pairs
/// of each benchmark, and later ones about `later`.
fn state(
    order: &[PlannedBenchmark],
    at: usize,
    left: usize,
    done: usize,
    later: usize,
) -> ProgressState<'_> {
    let time = |planned: &[PlannedBenchmark], pairs: usize| -> Duration {
        planned.iter().map(|planned| planned.expected(pairs * 2)).sum()
    };
    ProgressState {
        done,
        of: done + (order.len() * (left + 1) - at) * 2,
        benchmarks: Some((if left == 0 { at } else { 0 }, order.len())),
        left: time(&order[at..], 1) + time(order, left + later),
        current: order[at].entry.id.as_str(),
        slowest: slowest(order),
    }
}

impl PairedLaunches {
    /// The benchmarks of `wanted` with fewer than `pairs` pairs that the base can run.
    pub(crate) fn open(&self, wanted: &[BenchmarkId], pairs: usize) -> Vec<BenchmarkId> {
        let is_open = |name: &&BenchmarkId| {
            let is_over = self.base_failures.contains_key(*name) || self.new_rows.contains(*name);
            !is_over && self.pairs.get(*name).map_or(0, Vec::len) < pairs
        };
        wanted.iter().filter(is_open).cloned().collect()
    }

    fn launch_pair(
        &mut self,
        planned: &PlannedBenchmark,
        first: Side,
        base: &BaseEntries,
        launcher: &Launcher,
    ) -> Result<()> {
        let Some(base_entry) = base.entries.get(&planned.entry.id) else { return Ok(()) };
        let base_config = base_entry.config.unwrap_or(planned.config);
        let launch_base = || launcher.measure(&base_entry.listed, base_config);
        let launch_head = || launcher.measure(&planned.entry, planned.config);
        let (base_outcome, head_outcome) = match first {
            Side::Base => (launch_base()?, launch_head()?),
            Side::Head => {
                let head = launch_head()?;
                (launch_base()?, head)
            }
        };
        match (base_outcome, head_outcome) {
            (_, LaunchOutcome::Failure(reason)) => {
                let rows = planned.rows.iter().map(|row| (row.clone(), reason.clone()));
                self.failures.extend(rows);
            }
            (LaunchOutcome::Failure(reason), LaunchOutcome::Rows(_)) => {
                let rows = planned.rows.iter().map(|row| (row.clone(), reason.clone()));
                self.base_failures.extend(rows);
            }
            (LaunchOutcome::Rows(base_rows), LaunchOutcome::Rows(head_rows)) => {
                let exists = |row: &&BenchmarkId| head_rows.iter().any(|(name, _)| name == *row);
                let missing = planned.rows.iter().filter(|row| !exists(row));
                let reason = "a launch printed no row of it".to_owned();
                self.failures.extend(missing.map(|row| (row.clone(), reason.clone())));
                let current = |name: &BenchmarkId| {
                    base_entry.rows.get(name).cloned().unwrap_or_else(|| base.current_name(name))
                };
                let base_rows = base_rows.into_iter().map(|(name, row)| (current(&name), row));
                self.add(first, base_rows.collect(), head_rows);
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        first: Side,
        mut base_rows: BTreeMap<BenchmarkId, LaunchResult>,
        head_rows: Vec<(BenchmarkId, LaunchResult)>,
    ) {
        for (name, head) in head_rows {
            let Some(base) = base_rows.remove(&name) else {
                self.new_rows.insert(name);
                continue;
            };
            let pair = Pair { first, base: base.times(), head: head.times() };
            self.pairs.entry(name.clone()).or_default().push(pair);
            self.base.entry(name.clone()).or_default().push(base);
            self.head.entry(name).or_default().push(head);
        }
    }

    /// Whether no row of the benchmark can be compared. The base may lack one of several rows.
    fn has_failed(&self, planned: &PlannedBenchmark) -> bool {
        let failed = |row| {
            let is_of_base = self.base_failures.contains_key(row) || self.new_rows.contains(row);
            is_of_base || self.failures.contains_key(row)
        };
        planned.rows.iter().all(failed)
    }
}

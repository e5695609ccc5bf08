//! Launches side by side: base and head of every benchmark next to each other, in random order.

use super::launch::{LaunchOutcome, Launcher};
use super::runner::{Planned, Runner};
use super::{ListedBenchmark, Listing};
use crate::interrupt::Interrupt;
use crate::ui::Progress;
use anyhow::Result;
use perf_judge::detect::paired;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, Pair, Side};
use std::collections::BTreeMap;

/// The benchmarks of the other build, under their names of today.
#[derive(Debug, Default)]
pub(crate) struct BaseEntries {
    entries: BTreeMap<BenchmarkId, ListedBenchmark>,
    renamed: BTreeMap<BenchmarkId, BenchmarkId>,
}

/// What launches side by side told.
#[derive(Debug, Default)]
pub(crate) struct PairedLaunches {
    /// LaunchSchedule by benchmark, in the order launched.
    pub(crate) pairs: BTreeMap<BenchmarkId, Vec<Pair>>,
    /// What the launches of each side told beside their times.
    pub(crate) base: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// The head's.
    pub(crate) head: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    /// What gave no finished row in this checkout, and why.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// What gave no finished row in the other build, and why.
    pub(crate) base_failures: BTreeMap<BenchmarkId, String>,
    /// Whether the time limit ended it.
    pub(crate) cut_short: bool,
}

impl BaseEntries {
    /// The entries of a listing; `renamed` gives new names by old ones.
    pub(crate) fn new(listing: Listing, renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> Self {
        let mut base = Self { entries: BTreeMap::new(), renamed: renamed.clone() };
        for entry in listing.entries {
            base.entries.insert(base.name_today(&entry.id), entry);
        }
        base
    }

    /// The entry that is called so today.
    pub(crate) fn get(&self, name: &BenchmarkId) -> Option<&ListedBenchmark> {
        self.entries.get(name)
    }

    /// Sets an environment variable for every launch from here on.
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.entries.values_mut().for_each(|entry| entry.set_variable(name, value));
    }

    /// The names of today.
    pub(crate) fn names(&self) -> impl Iterator<Item = &BenchmarkId> {
        self.entries.keys()
    }

    fn name_today(&self, name: &BenchmarkId) -> BenchmarkId {
        self.renamed.get(name).unwrap_or(name).clone()
    }
}

impl Runner {
    /// Launches both sides of everything that gives a row of `wanted`, `pairs` times.
    ///
    /// Which side goes first is a fair coin, tossed afresh for every benchmark and pair: for equal
    /// code the sign of a pair's difference is then a fair coin too, whatever the noise.
    pub(crate) fn compare(
        &mut self,
        title: &str,
        pairs: usize,
        wanted: &[BenchmarkId],
        base: &BaseEntries,
        launcher: &Launcher,
        interrupt: &Interrupt,
    ) -> Result<PairedLaunches> {
        let mut pair = self.selecting(wanted);
        let mut sides = PairedLaunches::default();
        let launches = pair.len() * pairs * 2;
        let mut progress = match pairs >= paired::FIRST_ANALYSIS {
            true => Progress::start(title, launches),
            false => Progress::go_on(title, launches),
        };
        let mut done = 0;
        for left in (0..pairs).rev() {
            self.rng.shuffle(&mut pair);
            for at in 0..pair.len() {
                interrupt.check()?;
                if self.is_over() {
                    sides.cut_short = true;
                    return Ok(sides);
                }
                let rest: std::time::Duration = pair.iter().map(|p| p.expected).sum();
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                let total = done + (pair.len() * (left as usize + 1) - at) * 2;
                let name = pair[at].entry.id.as_str();
                progress.at(done, total, name, rest * (left + 1) * 2);
                let first = if self.rng.bool() { Side::Base } else { Side::Head };
                sides.take(&pair[at], first, base, launcher)?;
                done += 2;
            }
            pair.retain(|planned| !sides.failed(planned));
        }
        Ok(sides)
    }
}

impl PairedLaunches {
    fn take(
        &mut self,
        planned: &Planned,
        first: Side,
        base: &BaseEntries,
        launcher: &Launcher,
    ) -> Result<()> {
        let Some(other) = base.get(&planned.entry.id) else { return Ok(()) };
        let launch = |entry: &ListedBenchmark| launcher.measure(entry, planned.config);
        let (before, after) = match first {
            Side::Base => (launch(other)?, launch(&planned.entry)?),
            Side::Head => {
                let head = launch(&planned.entry)?;
                (launch(other)?, head)
            }
        };
        match (before, after) {
            (_, LaunchOutcome::Failure(reason)) => {
                let rows = planned.rows.iter().map(|row| (row.clone(), reason.clone()));
                self.failures.extend(rows);
            }
            (LaunchOutcome::Failure(reason), LaunchOutcome::Rows(_)) => {
                let rows = planned.rows.iter().map(|row| (row.clone(), reason.clone()));
                self.base_failures.extend(rows);
            }
            (LaunchOutcome::Rows(before), LaunchOutcome::Rows(after)) => {
                let is_there = |row: &&BenchmarkId| after.iter().any(|(name, _)| name == *row);
                let gone = planned.rows.iter().filter(|row| !is_there(row));
                let reason = "a launch gave no row of it".to_owned();
                self.failures.extend(gone.map(|row| (row.clone(), reason.clone())));
                let before = before.into_iter().map(|(name, row)| (base.name_today(&name), row));
                self.add(first, before.collect(), after);
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        first: Side,
        mut before: BTreeMap<BenchmarkId, LaunchResult>,
        after: Vec<(BenchmarkId, LaunchResult)>,
    ) {
        for (name, head) in after {
            let Some(base) = before.remove(&name) else {
                self.base_failures.insert(name, "the base has no such row".to_owned());
                continue;
            };
            let pair = Pair { first, base: base.times(), head: head.times() };
            self.pairs.entry(name.clone()).or_default().push(pair);
            self.base.entry(name.clone()).or_default().push(base);
            self.head.entry(name).or_default().push(head);
        }
    }

    /// Whether no row of it can be compared; the base may lack one of several.
    fn failed(&self, planned: &Planned) -> bool {
        let failed = |row| self.failures.contains_key(row) || self.base_failures.contains_key(row);
        planned.rows.iter().all(failed)
    }
}

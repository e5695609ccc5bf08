//! The baseline: the recorded runs that a run is compared with, and their values.

mod recorded_counts;

pub use recorded_counts::RecordedCounts;

use crate::history::Past;
use crate::ident::BenchmarkId;
use crate::run::{Accepted, LaunchTimes, Machine, Measured, Run, Statistic, are_empty};
use crate::stats;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The largest number of runs in a baseline: the last comparable ones.
pub const LENGTH: usize = 10;
/// The smallest number of runs in a baseline.
pub const MINIMUM: usize = 3;

/// The value of one benchmark in one run by each statistic, in ln of ns per iteration.
///
/// The two statistics are the robust ones of Divan's table. Each value is the mean over the lowest
/// third of the run's launches, because noise only adds time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunValue {
    /// The value of the minima.
    #[serde(alias = "fastest")]
    pub min: Option<f64>,
    /// The value of the medians.
    pub median: Option<f64>,
}

impl RunValue {
    /// The value of a run with these launches. A launch without a finite time above 0 is left out.
    pub fn of(launches: &[LaunchTimes]) -> Self {
        let value = |statistic| Self::by(statistic, launches);
        Self { min: value(Statistic::Min), median: value(Statistic::Median) }
    }

    /// The value by one statistic alone, in ln, of a run with these launches.
    pub fn by(statistic: Statistic, launches: &[LaunchTimes]) -> Option<f64> {
        let times = launches.iter().map(|launch| launch.get(statistic));
        let usable = times.filter(|ns| is_time(*ns));
        stats::lowest_third_mean(&usable.map(f64::ln).collect::<Vec<f64>>())
    }

    /// The value by one statistic, in ln.
    pub fn get(self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::Min => self.min,
            Statistic::Median => self.median,
        }
    }

    /// Whether no launch has a usable time.
    pub fn is_empty(self) -> bool {
        self.min.is_none() && self.median.is_none()
    }
}

/// The minima of these launches in ln of ns. A launch without a finite time above 0 is left out.
pub fn ln_minima(launches: &[LaunchTimes]) -> Vec<f64> {
    let usable = launches.iter().map(|launch| launch.min).filter(|ns| is_time(*ns));
    usable.map(f64::ln).collect()
}

/// Whether a number of ns has a logarithm.
fn is_time(ns: f64) -> bool {
    ns.is_finite() && ns > 0.0
}

/// The last comparable runs of one benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    values: Vec<RunValue>,
    minima: Vec<Vec<f64>>,
    base_candidates: Vec<String>,
}

impl Baseline {
    /// A baseline of one value per run, oldest first: between [`MINIMUM`] and [`LENGTH`] values.
    ///
    /// `base_candidates` are commits that a candidate regression can be compared with, the best
    /// first.
    pub fn new(values: Vec<RunValue>, base_candidates: Vec<String>) -> Self {
        Self { values, minima: Vec::new(), base_candidates }
    }

    /// Adds the [`ln_minima`] of each run, oldest first. Without them, the launches of several runs are
    /// not compared.
    #[must_use]
    pub fn with_minima(self, minima: Vec<Vec<f64>>) -> Self {
        Self { minima, ..self }
    }

    /// The minima of each run's launches, oldest first, in ln of ns.
    pub fn minima(&self) -> &[Vec<f64>] {
        &self.minima
    }

    /// One value per run, oldest first.
    pub fn values(&self) -> &[RunValue] {
        &self.values
    }

    /// Commits of these runs whose own value is close to the median, newest first.
    pub fn base_candidates(&self) -> &[String] {
        &self.base_candidates
    }

    /// The printed time of the baseline in ns: the median of the runs' values.
    pub fn time_ns(&self, statistic: Statistic) -> Option<f64> {
        let values = self.values.iter().filter_map(|value| value.get(statistic));
        stats::median(&values.collect::<Vec<f64>>()).map(f64::exp)
    }
}

/// The largest distance from the baseline median of a commit that can be a base: ln 1.05.
const NEAR: f64 = 0.048_790_164_169_432_01;

/// One close statistic is enough: noise affects one, and a change of the code affects both.
fn is_near(value: RunValue, baseline: &[RunValue], statistic: Statistic) -> bool {
    let values: Vec<f64> = baseline.iter().filter_map(|value| value.get(statistic)).collect();
    let pair = value.get(statistic).zip(stats::median(&values));
    pair.is_some_and(|(value, median)| (value - median).abs() <= NEAR)
}

/// The sample size and count of recorded runs, and their times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedSampleConfig {
    /// Iterations per sample.
    pub sample_size: u32,
    /// Samples per launch.
    pub sample_count: u32,
    /// The median of these runs' minima, in ns per iteration.
    pub min_ns: f64,
    /// The median of these runs' medians, in ns per iteration.
    pub median_ns: f64,
}

/// The runs that a benchmark can be compared with, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Enough comparable runs.
    Ready(Baseline),
    /// Fewer than [`MINIMUM`] comparable runs.
    TooFew {
        /// The number of comparable runs.
        found: usize,
        /// Whether there are more with another sample size or count.
        series_was_cut: bool,
        /// Whether the compiler had removed its code in the newest run.
        was_empty: bool,
    },
    /// It was recorded only on other machines.
    OtherMachine {
        /// The fields in which the machine of the newest run differs.
        differs: Vec<&'static str>,
    },
    /// The comparable runs do not have the benchmark.
    New,
}

/// Selects the runs of a history that a benchmark can be compared with.
#[derive(Clone, Copy, Debug)]
pub struct Selector<'a> {
    history: Past<'a>,
    branch: &'a str,
    machine: &'a Machine,
    renamed: Option<&'a BTreeMap<BenchmarkId, BenchmarkId>>,
    accepted: &'a [Accepted],
}

impl<'a> Selector<'a> {
    /// Selects from `history` the runs of `branch` whose machine has the key of `machine`.
    pub fn new(history: impl Into<Past<'a>>, branch: &'a str, machine: &'a Machine) -> Self {
        Self { history: history.into(), branch, machine, renamed: None, accepted: &[] }
    }

    /// Replaces recorded names by the current ones: `renamed` has new names by old ones.
    #[must_use]
    pub fn with_renames(self, renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>) -> Self {
        Self { renamed: Some(renamed), ..self }
    }

    /// Starts the baseline of a benchmark at its regression among `accepted`, if it has one.
    #[must_use]
    pub fn with_accepted(self, accepted: &'a [Accepted]) -> Self {
        Self { accepted, ..self }
    }

    /// The baseline of `name`, for runs of this sample size and count.
    pub fn select(&self, name: &BenchmarkId, sample_size: u32, sample_count: u32) -> Selection {
        let recorded: Vec<(&Run, &Measured)> = self.recorded(name).collect();
        let here = recorded.iter().filter(|(run, _)| self.is_here(run)).copied();
        let here: Vec<(&Run, &Measured)> = here.collect();
        match (recorded.last(), here.is_empty()) {
            (None, _) => self.unknown(),
            (Some((newest, _)), true) => {
                Selection::OtherMachine { differs: newest.machine.differences(self.machine) }
            }
            _ => self.with_config(name, &here, sample_size, sample_count),
        }
    }

    /// The number of comparable runs since the benchmark's regression was accepted; `None` if it was
    /// not. From [`MINIMUM`] upwards the baseline has only these runs.
    pub fn since_accepted(
        &self,
        name: &BenchmarkId,
        sample_size: u32,
        sample_count: u32,
    ) -> Option<usize> {
        let here: Vec<(&Run, &Measured)> = self.recorded_here(name).collect();
        Some(
            after_acceptance(
                self.acceptance(name)?,
                with_sample_config(&here, sample_size, sample_count),
            )
            .len(),
        )
    }

    fn acceptance(&self, name: &BenchmarkId) -> Option<&'a Accepted> {
        self.accepted.iter().find(|accepted| self.name_today(&accepted.benchmark) == name)
    }

    /// The sample size and count of the newest comparable run, so that the series continues.
    pub fn sample_config(&self, name: &BenchmarkId) -> Option<RecordedSampleConfig> {
        let here: Vec<&Measured> = self.recorded_here(name).map(|(_, measured)| measured).collect();
        let newest = here.last()?;
        let alike = here.iter().rev().take_while(|m| {
            (m.sample_size, m.sample_count) == (newest.sample_size, newest.sample_count)
        });
        let alike: Vec<&&Measured> = alike.take(LENGTH).collect();
        let median = |of: fn(&Measured) -> f64| {
            stats::median(&alike.iter().map(|measured| of(measured)).collect::<Vec<f64>>())
        };
        Some(RecordedSampleConfig {
            sample_size: newest.sample_size,
            sample_count: newest.sample_count,
            min_ns: median(|measured| measured.time_ns.min)?,
            median_ns: median(|measured| measured.time_ns.median)?,
        })
    }

    /// The benchmarks of the newest comparable run, by their current names.
    pub fn newest_names(&self) -> Vec<BenchmarkId> {
        let newest = self.comparable().rfind(|run| self.is_here(run));
        let names = newest.into_iter().flat_map(|run| &run.benchmarks);
        names.map(|measured| self.name_today(&measured.name).clone()).collect()
    }

    /// The benchmarks of the newest comparable run and of the newest of this machine, by their
    /// current names. They include benchmarks without a result.
    pub fn known_names(&self) -> BTreeSet<BenchmarkId> {
        let hash = |run: &Run| run.commit.as_ref().map(|commit| commit.hash.clone());
        let newest = self.comparable().next_back().map(hash);
        let here = self.comparable().rfind(|run| self.is_here(run));
        // Machines of other kinds may have measured its other benchmarks.
        let others = self.comparable().filter(|run| Some(hash(run)) == newest);
        let names = here.into_iter().chain(others).flat_map(|run| {
            let measured = run.benchmarks.iter().map(|measured| &measured.name);
            measured.chain(run.unfinished.iter().map(|unfinished| &unfinished.name))
        });
        names.map(|name| self.name_today(name).clone()).collect()
    }

    fn with_config(
        &self,
        name: &BenchmarkId,
        here: &[(&Run, &Measured)],
        sample_size: u32,
        sample_count: u32,
    ) -> Selection {
        let after = self
            .acceptance(name)
            .map(|own| after_acceptance(own, with_sample_config(here, sample_size, sample_count)));
        let last = match after.filter(|runs| runs.len() >= MINIMUM) {
            Some(runs) => last_values(runs.into_iter()),
            None => last_values(with_sample_config(here, sample_size, sample_count)),
        };
        if last.len() < MINIMUM {
            let usable = here.iter().filter(|(_, measured)| is_usable(measured)).count();
            return Selection::TooFew {
                found: last.len(),
                series_was_cut: usable > last.len(),
                was_empty: here.last().is_some_and(|(_, newest)| are_empty(&newest.launches)),
            };
        }
        let values: Vec<RunValue> = last.iter().map(|(.., value)| *value).collect();
        let is_near = |value: RunValue| Statistic::ALL.iter().any(|s| is_near(value, &values, *s));
        let near = last.iter().rev().filter(|(.., value)| is_near(*value));
        let commits = near.filter_map(|(run, ..)| run.commit.as_ref());
        let mut bases: Vec<String> = commits.map(|commit| commit.hash.clone()).collect();
        bases.dedup();
        let minima = last.iter().map(|(_, measured, _)| ln_minima(&measured.launches)).collect();
        Selection::Ready(Baseline::new(values, bases).with_minima(minima))
    }

    fn unknown(&self) -> Selection {
        if self.comparable().any(|run| self.is_here(run)) {
            Selection::New
        } else {
            Selection::TooFew { found: 0, series_was_cut: false, was_empty: false }
        }
    }

    fn recorded_here(&self, name: &BenchmarkId) -> impl Iterator<Item = (&'a Run, &'a Measured)> {
        self.recorded(name).filter(|(run, _)| self.is_here(run))
    }

    fn recorded(&self, name: &BenchmarkId) -> impl Iterator<Item = (&'a Run, &'a Measured)> {
        let named = move |measured: &&Measured| self.name_today(&measured.name) == name;
        // Runs of one suite have a benchmark at the same position.
        let mut place = 0;
        let mut of = move |run: &'a Run| {
            let near = run.benchmarks.get(place).filter(named);
            near.or_else(|| {
                place = run.benchmarks.iter().position(|measured| named(&measured))?;
                run.benchmarks.get(place)
            })
        };
        self.comparable().filter_map(move |run| Some((run, of(run)?)))
    }

    fn comparable(&self) -> impl DoubleEndedIterator<Item = &'a Run> {
        let branch = self.branch;
        let on_branch = move |run: &&Run| run.is_baseline_for(branch);
        self.history.runs().filter(on_branch)
    }

    fn is_here(&self, run: &Run) -> bool {
        run.machine.key == self.machine.key
    }

    fn name_today<'b>(&'b self, name: &'b BenchmarkId) -> &'b BenchmarkId {
        self.renamed.and_then(|renamed| renamed.get(name)).unwrap_or(name)
    }
}

/// The runs with this sample size and count.
fn with_sample_config<'a, 'b>(
    here: &'b [(&'a Run, &'a Measured)],
    sample_size: u32,
    sample_count: u32,
) -> impl DoubleEndedIterator<Item = (&'a Run, &'a Measured)> + use<'a, 'b> {
    here.iter()
        .filter(move |(_, measured)| {
            (measured.sample_size, measured.sample_count) == (sample_size, sample_count)
        })
        .copied()
}

/// The newest runs with a usable time, oldest first, and their values.
fn last_values<'a>(
    runs: impl DoubleEndedIterator<Item = (&'a Run, &'a Measured)>,
) -> Vec<(&'a Run, &'a Measured, RunValue)> {
    let usable = runs.rev().filter(|(_, measured)| is_usable(measured)).take(LENGTH);
    let with_value = |(run, measured): (&'a Run, &'a Measured)| {
        (run, measured, RunValue::of(&measured.launches))
    };
    let mut last: Vec<_> = usable.map(with_value).collect();
    last.reverse();
    last
}

/// The runs after the acceptance that have a usable time.
///
/// They list the acceptance, or were measured from the accepted commit on.
fn after_acceptance<'a>(
    own: &Accepted,
    runs: impl Iterator<Item = (&'a Run, &'a Measured)>,
) -> Vec<(&'a Run, &'a Measured)> {
    let is_there =
        |run: &Run| run.commit.as_ref().is_some_and(|commit| commit.hash.starts_with(&own.commit));
    let mut has_begun = false;
    let mut is_after = |run: &Run| {
        has_begun |= is_there(run);
        has_begun || run.accepted.contains(own)
    };
    runs.filter(|(run, measured)| is_after(run) && is_usable(measured)).collect()
}

/// Whether it has a time, and that of executed code.
fn is_usable(measured: &Measured) -> bool {
    let launches = &measured.launches;
    let has_time = |launch: &LaunchTimes| {
        Statistic::ALL.iter().any(|statistic| is_time(launch.get(*statistic)))
    };
    launches.iter().any(has_time) && !are_empty(launches)
}

#[cfg(test)]
mod tests;

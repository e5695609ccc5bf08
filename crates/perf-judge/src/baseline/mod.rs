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
        let value = |statistic| {
            let times = launches.iter().map(|launch| launch.get(statistic));
            let usable = times.filter(|ns| ns.is_finite() && *ns > 0.0);
            stats::lowest_third_mean(&usable.map(f64::ln).collect::<Vec<f64>>())
        };
        Self { min: value(Statistic::Min), median: value(Statistic::Median) }
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

/// The last comparable runs of one benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    values: Vec<RunValue>,
    base_candidates: Vec<String>,
}

impl Baseline {
    /// A baseline of one value per run, oldest first: between [`MINIMUM`] and [`LENGTH`] values.
    ///
    /// `base_candidates` are commits that a candidate regression can be compared with, the best
    /// first.
    pub fn new(values: Vec<RunValue>, base_candidates: Vec<String>) -> Self {
        Self { values, base_candidates }
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
        let values: Vec<RunValue> = last.iter().map(|(_, value)| *value).collect();
        let is_near = |value: RunValue| Statistic::ALL.iter().any(|s| is_near(value, &values, *s));
        let near = last.iter().rev().filter(|(_, value)| is_near(*value));
        let commits = near.filter_map(|(run, _)| run.commit.as_ref());
        let mut bases: Vec<String> = commits.map(|commit| commit.hash.clone()).collect();
        bases.dedup();
        Selection::Ready(Baseline::new(values, bases))
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
) -> Vec<(&'a Run, RunValue)> {
    let usable = runs.rev().filter(|(_, measured)| is_usable(measured)).take(LENGTH);
    let mut last: Vec<_> =
        usable.map(|(run, measured)| (run, RunValue::of(&measured.launches))).collect();
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
    !RunValue::of(launches).is_empty() && !are_empty(launches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::run::tests::{measured, run};
    use chrono::Datelike as _;

    const NAME: &str = "a/b::c";

    struct RecordedRuns {
        history: History,
        machine: Machine,
        renamed: BTreeMap<BenchmarkId, BenchmarkId>,
        accepted: Vec<Accepted>,
    }

    impl RecordedRuns {
        fn of(runs: Vec<Run>) -> Self {
            let machine = run(1, vec![]).machine;
            Self {
                history: runs.into_iter().collect(),
                machine,
                renamed: BTreeMap::new(),
                accepted: vec![],
            }
        }

        fn selector(&self) -> Selector<'_> {
            Selector {
                history: (&self.history).into(),
                branch: "main",
                machine: &self.machine,
                renamed: Some(&self.renamed),
                accepted: &self.accepted,
            }
        }

        fn select(&self, name: &str) -> Selection {
            self.selector().select(&BenchmarkId::from(name), 1, 21)
        }
    }

    fn runs(days: std::ops::RangeInclusive<u32>) -> Vec<Run> {
        days.map(|day| run(day, vec![measured(NAME, 100.0 + f64::from(day))])).collect()
    }

    fn found(selection: &Selection) -> usize {
        match selection {
            Selection::Ready(baseline) => baseline.values.len(),
            Selection::TooFew { found, .. } => *found,
            _ => 0,
        }
    }

    #[test]
    fn the_last_ten_make_the_baseline() {
        let Selection::Ready(baseline) = RecordedRuns::of(runs(1..=14)).select(NAME) else {
            panic!()
        };
        assert_eq!(baseline.values.len(), LENGTH);
        assert!((baseline.time_ns(Statistic::Median).unwrap() - 109.5).abs() < 0.1);
        assert_eq!(baseline.base_candidates[0], format!("{:040x}", 14));
    }

    #[test]
    fn dirty_partial_and_other_branches_do_not_count() {
        let mut all = runs(1..=6);
        all[0].partial = true;
        all[1].commit.as_mut().unwrap().dirty = true;
        all[2].commit.as_mut().unwrap().branch = Some("feature".to_owned());
        all[3].commit.as_mut().unwrap().branch = None;
        assert_eq!(
            RecordedRuns::of(all).select(NAME),
            Selection::TooFew { found: 2, series_was_cut: false, was_empty: false }
        );
    }

    #[test]
    fn two_runs_are_too_few() {
        assert_eq!(found(&RecordedRuns::of(runs(1..=2)).select(NAME)), 2);
        assert!(matches!(RecordedRuns::of(runs(1..=3)).select(NAME), Selection::Ready(_)));
    }

    #[test]
    fn runs_without_executed_code_are_no_baseline() {
        let mut all = runs(1..=5);
        for run in &mut all {
            let launch = LaunchTimes { min: 0.002, median: 0.004 };
            run.benchmarks[0].launches = vec![launch; 5];
        }
        let empty = Selection::TooFew { found: 0, series_was_cut: false, was_empty: true };
        assert_eq!(RecordedRuns::of(all).select(NAME), empty);
    }

    #[test]
    fn other_batches_cut_the_series() {
        let mut all = runs(1..=5);
        all[..3].iter_mut().for_each(|run| run.benchmarks[0].sample_size = 64);
        assert_eq!(
            RecordedRuns::of(all).select(NAME),
            Selection::TooFew { found: 2, series_was_cut: true, was_empty: false }
        );
    }

    #[test]
    fn another_machine_is_described_by_its_fields() {
        let mut case = RecordedRuns::of(runs(1..=5));
        case.machine = Machine { cpu: "Model 2".to_owned(), ..case.machine }.with_machine_key();
        assert_eq!(case.select(NAME), Selection::OtherMachine { differs: vec!["cpu"] });
    }

    #[test]
    fn nothing_recorded_is_not_new_but_an_unknown_name_is() {
        assert_eq!(found(&RecordedRuns::of(vec![]).select(NAME)), 0);
        assert!(matches!(RecordedRuns::of(vec![]).select(NAME), Selection::TooFew { .. }));
        assert_eq!(RecordedRuns::of(runs(1..=1)).select("a/b::other"), Selection::New);
    }

    #[test]
    fn a_renamed_benchmark_keeps_its_history() {
        let mut case = RecordedRuns::of(runs(1..=5));
        case.renamed.insert(NAME.into(), "a/b::renamed".into());
        assert_eq!(found(&case.select("a/b::renamed")), 5);
        assert_eq!(case.select(NAME), Selection::New);
    }

    #[test]
    fn a_baseline_starts_at_an_accepted_regression() {
        let hash = |day: u32| format!("{day:040x}");
        let accept = |commit: String| Accepted { benchmark: NAME.into(), commit };
        // Squashed: no run is of the accepted commit, those after it carry the acceptance.
        let squashed = |carrying: std::ops::RangeFrom<u32>| {
            let mut all = runs(1..=9);
            let own = accept("c0ffee1".to_owned());
            let after = |run: &&mut Run| carrying.contains(&run.started.day());
            all.iter_mut().filter(after).for_each(|run| run.accepted = vec![own.clone()]);
            (all, own)
        };
        let cases = [
            (squashed(7..), Some(3), 3),
            (squashed(8..), Some(2), 9),
            (squashed(10..), Some(0), 9),
            // Accepted on the branch itself: the runs from that commit on.
            (
                (runs(1..=9), accept("00000000000000000000000000000000000000d".to_owned())),
                Some(0),
                9,
            ),
            ((runs(1..=9), accept(hash(5))), Some(5), 5),
            (
                (runs(1..=9), Accepted { benchmark: "a/b::other".into(), ..accept(hash(5)) }),
                None,
                9,
            ),
        ];
        for ((runs, accepted), since, length) in cases {
            let case = RecordedRuns { accepted: vec![accepted], ..RecordedRuns::of(runs) };
            assert_eq!(case.selector().since_accepted(&NAME.into(), 1, 21), since);
            assert_eq!(found(&case.select(NAME)), length);
        }
    }

    #[test]
    fn unusable_values_are_passed_over() {
        let mut all = runs(1..=5);
        let dead = LaunchTimes { min: 0.0, median: f64::NAN };
        all[2].benchmarks[0].launches = vec![dead; 5];
        assert_eq!(found(&RecordedRuns::of(all).select(NAME)), 4);
    }

    #[test]
    fn a_run_is_worth_the_lowest_third_of_its_launches() {
        let launches =
            [3.0, 9.0, 1.0, 9.0, 9.0].map(|ns| LaunchTimes { min: ns, median: 2.0 * ns });
        let value = RunValue::of(&launches);
        assert!((value.min.unwrap() - 3.0_f64.ln() / 2.0).abs() < 1e-12);
        assert!((value.median.unwrap() - 12.0_f64.ln() / 2.0).abs() < 1e-12);
        assert!(RunValue::of(&[]).is_empty());
    }
}

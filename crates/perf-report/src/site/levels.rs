//! The levels of every benchmark between its change points, found once for all parts of the overview.

use super::change_points::RunChangePoint;
use super::count_trends;
use super::run_comparability::Comparability;
use super::site_runs::SiteRuns;
use super::trend_point::TrendPoint;
use perf_judge::cause::{BuildDifferences, Evidence, likely_causes};
use perf_judge::detect::counts::{CountDirection, Counts};
use perf_judge::detect::level_interval;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Quantity};
use perf_judge::unit::{Figures, LogRatio};
use std::collections::BTreeMap;

/// The counts whose change points are listed. The others are on the benchmarks' pages.
const COUNTS: [Quantity; 2] = [Quantity::Instructions, Quantity::AllocCount];

/// The smallest change of a time that is listed, in natural logarithms: 3 %.
pub(super) const LEAST_CHANGE: f64 = 0.029_558_802_241_544_4;

/// The most runs that make the current time of a benchmark: the length of a baseline.
const CURRENT: usize = 10;

/// A benchmark's counted runs and its change points.
#[derive(Clone, Debug)]
pub(super) struct BenchmarkLevels<'a> {
    pub(super) id: &'a BenchmarkId,
    /// Whether the latest run measured it. Removed and renamed benchmarks have levels too.
    pub(super) is_current: bool,
    /// The places of the counted runs among the shown ones, and their times in ns.
    pub(super) values: Vec<(usize, f64)>,
    /// The change points of the time, oldest first, then those of counts.
    pub(super) changes: Vec<LevelChange>,
}

/// A change point of a benchmark.
#[derive(Clone, Debug)]
pub(super) struct LevelChange {
    /// The count that changed; `None` for the time.
    pub(super) quantity: Option<Quantity>,
    /// The place of the first run on the new level.
    pub(super) run: usize,
    /// The place of the last run on the old level.
    pub(super) before: usize,
    pub(super) change: LogRatio,
    pub(super) figures: Figures,
    /// The 89 % confidence interval, of times only.
    pub(super) interval: Option<(LogRatio, LogRatio)>,
    /// The likely cause: the headline of the first. `None` if counts are missing.
    pub(super) cause: Option<String>,
    /// The place of the next change point of the same metric.
    pub(super) until: Option<usize>,
    /// `median rose 12.0 % to 2.300 ms at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) sentence: String,
}

impl LevelChange {
    /// Whether the level of a time rose, and has not changed since.
    pub(super) fn is_open_regression(&self) -> bool {
        self.quantity.is_none() && self.until.is_none() && self.change.0 > 0.0
    }
}

/// The levels of all benchmarks, by name. Those of other tools are left out: their values may have
/// another unit, and larger ones may be better.
pub(super) fn all<'a>(shown: &'a SiteRuns<'a>) -> Vec<BenchmarkLevels<'a>> {
    let places = shown.runs.iter().enumerate();
    let places: BTreeMap<&str, usize> = places.map(|(at, run)| (run.id, at)).collect();
    let names = shown.names().into_iter().filter(|id| !shown.is_imported(id));
    let of = |id| BenchmarkLevels {
        is_current: shown.is_current(id),
        ..BenchmarkLevels::of(id, &shown.series(id), &places)
    };
    names.map(of).collect()
}

impl<'a> BenchmarkLevels<'a> {
    fn of(id: &'a BenchmarkId, points: &[TrendPoint<'a>], places: &BTreeMap<&str, usize>) -> Self {
        let place = |point: &TrendPoint<'_>| places.get(point.run.id).copied().unwrap_or_default();
        let counted = points.iter().filter(|point| point.comparability() == Comparability::Counted);
        let values: Vec<(usize, f64)> =
            counted.filter_map(|point| Some((place(point), point.level_value()?))).collect();
        let source = ChangeSource { points, places, values: &values };
        let mut changes = source.changes(None, &RunChangePoint::all_in(points));
        for quantity in COUNTS {
            let of_count = count_trends::change_points(points, quantity);
            changes.extend(source.changes(Some(quantity), &of_count));
        }
        Self { id, is_current: true, values, changes }
    }

    /// The change points of its time.
    pub(super) fn times(&self) -> impl DoubleEndedIterator<Item = &LevelChange> {
        self.changes.iter().filter(|change| change.quantity.is_none())
    }

    /// The times of the newest [`CURRENT`] runs since the last change of level, in ns.
    pub(super) fn current(&self) -> Vec<f64> {
        self.current_at(usize::MAX)
    }

    /// The same as of run `at`.
    pub(super) fn current_at(&self, at: usize) -> Vec<f64> {
        let last = self.times().rfind(|change| change.run <= at);
        let begin = last.map_or(0, |change| change.run);
        let since = self.values.iter().filter(|(run, _)| (begin..=at).contains(run));
        let since: Vec<f64> = since.map(|(_, ns)| *ns).collect();
        since[since.len().saturating_sub(CURRENT)..].to_vec()
    }

    /// How the level of the time at run `at` differs from the one at run `from`.
    pub(super) fn change_between(&self, from: usize, at: usize) -> LogRatio {
        let between = self.times().filter(|change| change.run > from && change.run <= at);
        LogRatio(between.map(|change| change.change.0).sum())
    }

    /// Whether it existed at run `at`: a removed one did up to its last run.
    pub(super) fn exists_at(&self, at: usize) -> bool {
        self.is_current || self.last().is_some_and(|last| at <= last)
    }

    /// The place of its last run.
    pub(super) fn last(&self) -> Option<usize> {
        self.values.last().map(|(run, _)| *run)
    }

    /// Whether it was measured in run `at`.
    pub(super) fn is_measured(&self, at: usize) -> bool {
        self.values.binary_search_by_key(&at, |(run, _)| *run).is_ok()
    }
}

/// What the change points of a benchmark are described from.
struct ChangeSource<'s, 'a> {
    points: &'s [TrendPoint<'a>],
    places: &'s BTreeMap<&'s str, usize>,
    values: &'s [(usize, f64)],
}

impl ChangeSource<'_, '_> {
    fn changes(
        &self,
        quantity: Option<Quantity>,
        found: &[RunChangePoint<'_>],
    ) -> Vec<LevelChange> {
        let place = |id: &str| self.places.get(id).copied().unwrap_or_default();
        let runs: Vec<usize> = found.iter().map(|point| place(point.run.id)).collect();
        let is_time = quantity.is_none();
        let describe = |(i, point): (usize, &RunChangePoint<'_>)| {
            let begin = if i == 0 { 0 } else { runs[i - 1] };
            let until = runs.get(i + 1).copied();
            let ends = [begin, runs[i], until.unwrap_or(usize::MAX)];
            let figures = match quantity {
                Some(quantity) => point.count_figures(quantity),
                None => point.figures(),
            };
            let sentence = match quantity {
                Some(quantity) => format!("{quantity} {}", point.count_sentence(quantity)),
                None => point.sentence(),
            };
            LevelChange {
                quantity,
                run: runs[i],
                before: place(point.before.id),
                change: point.change(),
                figures,
                interval: if is_time { self.interval(ends) } else { None },
                cause: if is_time { cause(self.points, point) } else { None },
                until,
                sentence,
            }
        };
        found.iter().enumerate().map(describe).collect()
    }

    /// The interval of a change at run `at` between levels that begin and end at these runs.
    fn interval(&self, [begin, at, end]: [usize; 3]) -> Option<(LogRatio, LogRatio)> {
        let between = |from: usize, to: usize| -> Vec<f64> {
            let within = self.values.iter().filter(|(run, _)| (from..to).contains(run));
            within.map(|(_, ns)| *ns).collect()
        };
        level_interval(&between(begin, at), &between(at, end))
    }
}

/// The first likely cause of a change of the time, from the counts of the runs on both sides of it.
/// `None` if instructions were not counted.
pub(super) fn cause(points: &[TrendPoint<'_>], change: &RunChangePoint<'_>) -> Option<String> {
    let measured = |id: &str| points.iter().find(|other| other.run.id == id)?.measured;
    let sides = [measured(change.before.id)?, measured(change.run.id)?];
    of_counts(sides, change.levels(), change.is_rise())
}

fn of_counts([base, head]: [&Measured; 2], times: [f64; 2], is_rise: bool) -> Option<String> {
    let counts = Counts::between(base, head);
    counts.get(Quantity::Instructions)?;
    let evidence = Evidence {
        direction: if is_rise { CountDirection::Grew } else { CountDirection::Shrank },
        times: Some(times),
        counts: &counts,
        system_calls: None,
        functions: &[],
        builds: &BuildDifferences::default(),
    };
    let causes = likely_causes(&evidence);
    let none = || "no count explains it".to_owned();
    Some(causes.first().map_or_else(none, |cause| cause.headline()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use perf_judge::run::{Foreign, Run};

    const NAME: &str = "core/parse::parse_large_xml";

    /// A run of another tool's throughput, in operations per second.
    fn imported(day: u32, per_second: f64) -> Run {
        let foreign = Foreign {
            metrics: vec!["median_ns".to_owned()],
            unit: "ops/s".to_owned(),
            bigger_is_better: true,
        };
        let value = Measured { foreign: Some(foreign), ..measured("rate", per_second) };
        Run { origin: Some("data.js".to_owned()), ..run(day, vec![value]) }
    }

    #[test]
    fn other_tools_have_no_levels_and_their_pages_keep_the_unit() {
        let history: History =
            (1..=12).map(|day| imported(day, if day < 7 { 100.0 } else { 130.0 })).collect();
        let report = report();
        let shown = SiteRuns::new(&history, &report, None);
        let all = all(&shown);
        assert!(!all.is_empty() && all.iter().all(|own| own.id.as_str() != "rate"), "{all:?}");
        let points = shown.series(&"rate".into());
        let changes = RunChangePoint::all_in(&points);
        let sentence = changes[0].sentence();
        assert!(sentence.starts_with("median rose 30.0 % to 130.0 ops/s at"), "{sentence}");
    }

    #[test]
    fn a_time_of_0_is_no_level() {
        let time = |day: u32| match day {
            4 => 0.0,
            1..9 => 1e6,
            _ => 1.2e6,
        };
        let history: History =
            (1..=12).map(|day| run(day, vec![measured(NAME, time(day))])).collect();
        let report = report();
        let shown = SiteRuns::new(&history, &report, None);
        let all = all(&shown);
        let own = all.iter().find(|own| own.id.as_str() == NAME).unwrap();
        assert!(own.values.iter().all(|(_, ns)| *ns > 0.0), "{own:?}");
        let changes: Vec<usize> = own.times().map(|change| change.run).collect();
        assert_eq!(changes, [8], "{own:?}");
    }
}

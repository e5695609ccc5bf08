//! The change points of a series with their runs. They never fail a check.

use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::text;
use super::trend_point::TrendPoint;
use perf_judge::detect::change_points::{ChangePoint, count_steps, steps};
use perf_judge::run::{Measured, Quantity};
use perf_judge::unit::{self, Figures, LogRatio};

/// A change point with its runs.
pub(super) struct RunChangePoint<'a> {
    /// The index of the first run on the new level.
    pub(super) index: usize,
    /// The first run on the new level.
    pub(super) run: &'a RunView<'a>,
    /// The last run on the old level.
    pub(super) before: &'a RunView<'a>,
    /// The unit of the levels of a time.
    unit: &'a str,
    point: ChangePoint,
}

/// A value of a series: the index of its point, its run and the number.
pub(super) type SeriesValue<'a> = (usize, &'a RunView<'a>, f64);

impl<'a> RunChangePoint<'a> {
    /// The change points of the times of the counted runs.
    pub(super) fn all_in(points: &[TrendPoint<'a>]) -> Vec<Self> {
        let counted = points.iter().enumerate();
        let counted = counted.filter(|(_, point)| point.comparability() == Comparability::Counted);
        let times =
            counted.filter_map(|(index, point)| Some((index, point.run, point.level_value()?)));
        let unit = points.iter().rev().find_map(|point| point.measured);
        let unit = unit.map_or("ns", Measured::unit);
        Self::with_runs(&times.collect::<Vec<_>>(), unit, steps)
    }

    /// The change points of counts. `spread`: that of repeated counts, if the counts repeat.
    pub(super) fn in_counts(series: &[SeriesValue<'a>], spread: Option<f64>) -> Vec<Self> {
        Self::with_runs(series, "", |values| count_steps(values, spread))
    }

    fn with_runs(
        series: &[SeriesValue<'a>],
        unit: &'a str,
        steps: impl Fn(&[f64]) -> Vec<ChangePoint>,
    ) -> Vec<Self> {
        let values: Vec<f64> = series.iter().map(|(.., value)| *value).collect();
        let with_runs = |point: ChangePoint| {
            let ((index, run, _), (_, before, _)) = (series[point.at], series[point.at - 1]);
            Self { index, run, before, unit, point }
        };
        steps(&values).into_iter().map(with_runs).collect()
    }

    /// `median rose 12.0 % to 2.300 ms at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) fn sentence(&self) -> String {
        let by = unit::percent(self.point.change);
        let verb = self.verb();
        let head = match self.unit {
            "ns" => text::or_nothing(self.figures().head),
            unit => text::value(self.point.after, unit),
        };
        format!("median {verb} {by} to {head} {}", self.place())
    }

    /// `rose 12.0 % to 2.300 M at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) fn count_sentence(&self, quantity: Quantity) -> String {
        let by = match self.point.before {
            0.0 => format!("from {}", quantity.show(0.0)),
            _ => unit::percent(self.point.change),
        };
        format!("{} {by} to {} {}", self.verb(), quantity.show(self.point.after), self.place())
    }

    fn verb(&self) -> &'static str {
        if self.is_rise() { "rose" } else { "fell" }
    }

    fn place(&self) -> String {
        let (run, before) = (&self.run.text, &self.before.text);
        format!("at {} on {}, after {}", run.commit, run.day, before.commit)
    }

    /// The levels before and after, and their change.
    pub(super) fn figures(&self) -> Figures {
        let ChangePoint { before, after, change, .. } = self.point;
        Figures::new(Some(before), Some(after), Some(change))
    }

    /// The levels of a count. A change from 0 has no ratio.
    pub(super) fn count_figures(&self, quantity: Quantity) -> Figures {
        let ChangePoint { before, after, change, .. } = self.point;
        let change = if before == 0.0 { "from 0".to_owned() } else { unit::change(change) };
        let show = |level| Some(quantity.show(level));
        Figures { base: show(before), head: show(after), change: Some(change) }
    }

    /// The new level over the old one.
    pub(super) fn change(&self) -> LogRatio {
        self.point.change
    }

    /// The levels before and after.
    pub(super) fn levels(&self) -> [f64; 2] {
        [self.point.before, self.point.after]
    }

    /// Whether the level rose.
    pub(super) fn is_rise(&self) -> bool {
        self.point.change.0 > 0.0
    }
}

//! Change points of all series, for the charts, the overview and the feed. They never fail a check.

use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::text::{self, Name};
use super::trend_point::TrendPoint;
use chrono::{DateTime, Utc};
use perf_judge::detect::change_points::{ChangePoint, count_steps, steps};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::unit::{self, Figures};
use serde::Serialize;

/// The most change points that are listed.
const LISTED: usize = 30;

/// A change point with its runs.
pub(super) struct RunChangePoint<'a> {
    /// The index of the first run on the new level.
    pub(super) index: usize,
    /// The first run on the new level.
    run: &'a RunView<'a>,
    /// The last run on the old level.
    before: &'a RunView<'a>,
    point: ChangePoint,
}

/// A value of a series: the index of its point, its run and the number.
pub(super) type SeriesValue<'a> = (usize, &'a RunView<'a>, f64);

impl<'a> RunChangePoint<'a> {
    /// The change points of the times of the counted runs.
    pub(super) fn all_in(points: &[TrendPoint<'a>]) -> Vec<Self> {
        let counted = points.iter().enumerate();
        let counted = counted.filter(|(_, point)| point.comparability() == Comparability::Counted);
        let times = counted.filter_map(|(index, point)| Some((index, point.run, point.value()?)));
        Self::with_runs(&times.collect::<Vec<_>>(), steps)
    }

    /// The change points of counts. `spread`: that of repeated counts, if the counts repeat.
    pub(super) fn in_counts(series: &[SeriesValue<'a>], spread: Option<f64>) -> Vec<Self> {
        Self::with_runs(series, |values| count_steps(values, spread))
    }

    fn with_runs(
        series: &[SeriesValue<'a>],
        steps: impl Fn(&[f64]) -> Vec<ChangePoint>,
    ) -> Vec<Self> {
        let values: Vec<f64> = series.iter().map(|(.., value)| *value).collect();
        let with_runs = |point: ChangePoint| {
            let ((index, run, _), (_, before, _)) = (series[point.at], series[point.at - 1]);
            Self { index, run, before, point }
        };
        steps(&values).into_iter().map(with_runs).collect()
    }

    /// `median rose 12.0 % to 2.300 ms at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) fn sentence(&self) -> String {
        let by = unit::percent(self.point.change);
        let (verb, head) = (self.verb(), text::or_nothing(self.figures().head));
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
        if self.is_slower() { "rose" } else { "fell" }
    }

    fn place(&self) -> String {
        let (run, before) = (&self.run.text, &self.before.text);
        format!("at {} on {}, after {}", run.commit, run.day, before.commit)
    }

    /// The levels before and after, and their change.
    fn figures(&self) -> Figures {
        let ChangePoint { before, after, change, .. } = self.point;
        Figures::new(Some(before), Some(after), Some(change))
    }

    fn is_slower(&self) -> bool {
        self.point.change.0 > 0.0
    }
}

/// A change point as a row of a table and an entry of the feed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ChangePointView {
    class: &'static str,
    change: String,
    name: Name,
    full_name: String,
    stem: String,
    before: String,
    after: String,
    day: String,
    commit: String,
    commit_page: Option<String>,
    previous_commit: String,
    sentence: String,
    /// The date in RFC 3339.
    moment: String,
    #[serde(skip)]
    started: DateTime<Utc>,
}

/// The change points of all benchmarks, newest first.
pub(super) fn change_points<'a>(shown: &'a SiteRuns<'a>) -> Vec<ChangePointView> {
    let mut all: Vec<ChangePointView> =
        shown.names().into_iter().flat_map(|name| views(name, &shown.series(name))).collect();
    // The names are sorted already, and a stable sort keeps their order for equal times.
    all.sort_by_key(|view| std::cmp::Reverse(view.started));
    all.truncate(LISTED);
    all
}

fn views(name: &BenchmarkId, points: &[TrendPoint<'_>]) -> Vec<ChangePointView> {
    let view = |point: RunChangePoint<'_>| {
        let Figures { base, head, change } = point.figures();
        ChangePointView {
            class: if point.is_slower() { "slower" } else { "faster" },
            change: text::or_nothing(change),
            name: Name::cell(name.as_str()),
            full_name: text::clipped(name.as_str(), text::NAME),
            stem: name.file_stem(),
            before: text::or_nothing(base),
            after: text::or_nothing(head),
            day: point.run.text.day.clone(),
            commit: point.run.text.commit.clone(),
            commit_page: point.run.commit_page.clone(),
            previous_commit: point.before.text.commit.clone(),
            sentence: point.sentence(),
            moment: point.run.text.moment.clone(),
            started: point.run.started,
        }
    };
    RunChangePoint::all_in(points).into_iter().map(view).collect()
}

/// The contents of the feed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FeedView {
    updated: String,
    change_points: Vec<ChangePointView>,
}

impl FeedView {
    /// A feed of these change points; `reported`: the start of the reported run.
    pub(super) fn of(change_points: &[ChangePointView], reported: DateTime<Utc>) -> Self {
        let newest = change_points.first().map_or(reported, |point| point.started);
        Self { updated: newest.to_rfc3339(), change_points: change_points.to_vec() }
    }
}

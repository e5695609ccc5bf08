//! Change points of all series, for the charts, the overview and the feed. They never fail a check.

use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::text::{self, Name};
use super::trend_point::TrendPoint;
use chrono::{DateTime, Utc};
use perf_judge::detect::change_points::{ChangePoint, steps};
use perf_judge::ident::BenchmarkId;
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

impl<'a> RunChangePoint<'a> {
    /// The change points of the counted runs.
    pub(super) fn all_in(points: &[TrendPoint<'a>]) -> Vec<Self> {
        let counted = points.iter().enumerate();
        let counted = counted.filter(|(_, point)| point.comparability() == Comparability::Counted);
        let times = counted.filter_map(|(index, point)| Some((index, point.run, point.value()?)));
        let times: Vec<(usize, &'a RunView<'a>, f64)> = times.collect();
        let ns: Vec<f64> = times.iter().map(|(.., ns)| *ns).collect();
        let with_runs = |point: ChangePoint| {
            let ((index, run, _), (_, before, _)) = (times[point.at], times[point.at - 1]);
            Self { index, run, before, point }
        };
        steps(&ns).into_iter().map(with_runs).collect()
    }

    /// `median rose 12.0 % to 2.300 ms at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) fn sentence(&self) -> String {
        format!(
            "median {} {} to {} at {} on {}, after {}",
            if self.is_slower() { "rose" } else { "fell" },
            unit::percent(self.point.change),
            text::or_nothing(self.figures().head),
            self.run.text.commit,
            self.run.text.day,
            self.before.text.commit,
        )
    }

    /// The levels before and after, and their change.
    fn figures(&self) -> Figures {
        let ChangePoint { before_ns, after_ns, change, .. } = self.point;
        Figures::new(Some(before_ns), Some(after_ns), Some(change))
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

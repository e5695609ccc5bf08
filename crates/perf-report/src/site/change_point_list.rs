//! The change points of all benchmarks, for the overview and the feed.

use super::change_points::RunChangePoint;
use super::count_trends;
use super::site_runs::SiteRuns;
use super::text::{self, Name};
use super::trend_point::TrendPoint;
use chrono::{DateTime, Utc};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::unit::Figures;
use serde::Serialize;

/// The most change points that are listed.
const LISTED: usize = 30;
/// The counts whose change points are listed. The others are on the benchmarks' pages.
const COUNTS: [Quantity; 2] = [Quantity::Instructions, Quantity::AllocCount];

/// A change point as a row of a table and an entry of the feed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ChangePointView {
    class: &'static str,
    change: String,
    /// The count that changed; empty for the time.
    count: String,
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
    let times = RunChangePoint::all_in(points).into_iter();
    let times = times.map(|point| ChangePointView::of_time(name, &point));
    let counts = COUNTS.into_iter().flat_map(|quantity| {
        let of_count = count_trends::change_points(points, quantity).into_iter();
        of_count.map(move |point| ChangePointView::of_count(name, quantity, &point))
    });
    times.chain(counts).collect()
}

impl ChangePointView {
    fn of_time(name: &BenchmarkId, point: &RunChangePoint<'_>) -> Self {
        Self::new(name, point, point.figures(), point.sentence())
    }

    fn of_count(name: &BenchmarkId, quantity: Quantity, point: &RunChangePoint<'_>) -> Self {
        let sentence = format!("{quantity} {}", point.count_sentence(quantity));
        let view = Self::new(name, point, point.count_figures(quantity), sentence);
        Self { count: quantity.to_string(), ..view }
    }

    fn new(
        name: &BenchmarkId,
        point: &RunChangePoint<'_>,
        figures: Figures,
        sentence: String,
    ) -> Self {
        let Figures { base, head, change } = figures;
        Self {
            class: if point.is_rise() { "slower" } else { "faster" },
            change: text::or_nothing(change),
            count: String::new(),
            name: Name::cell(name.as_str()),
            full_name: text::clipped(name.as_str(), text::NAME),
            stem: name.file_stem(),
            before: text::or_nothing(base),
            after: text::or_nothing(head),
            day: point.run.text.day.clone(),
            commit: point.run.text.commit.clone(),
            commit_page: point.run.commit_page.clone(),
            previous_commit: point.before.text.commit.clone(),
            sentence,
            moment: point.run.text.moment.clone(),
            started: point.run.started,
        }
    }
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

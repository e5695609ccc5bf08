//! Where series changed their level: shown on charts, listed, and told to feed readers. It advises
//! and decides nothing.

use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::text;
use super::trend_point::TrendPoint;
use chrono::{DateTime, Utc};
use perf_judge::detect::change_points::{ChangePoint, steps};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use serde::Serialize;

/// How many steps are listed.
const LISTED: usize = 30;

/// A step in the series of one benchmark.
pub(super) struct Found<'a> {
    /// The place of the first run on the new level.
    pub(super) place: usize,
    /// The first run on the new level.
    run: &'a RunView<'a>,
    /// The last run on the old one.
    before: &'a RunView<'a>,
    step: ChangePoint,
}

impl<'a> Found<'a> {
    /// The steps among the runs that a baseline may count.
    pub(super) fn all_in(points: &[TrendPoint<'a>]) -> Vec<Self> {
        let counted = points.iter().enumerate();
        let counted = counted.filter(|(_, point)| point.standing() == Comparability::Counted);
        let times = counted.filter_map(|(place, point)| Some((place, point.run, point.judged()?)));
        let times: Vec<(usize, &'a RunView<'a>, f64)> = times.collect();
        let ns: Vec<f64> = times.iter().map(|(.., ns)| *ns).collect();
        let found = |step: ChangePoint| {
            let ((place, run, _), (_, before, _)) = (times[step.at], times[step.at - 1]);
            Self { place, run, before, step }
        };
        steps(&ns).into_iter().map(found).collect()
    }

    /// `median rose 12.0 % to 2.300 ms at 1a2b3c4d5e6f on 2026-11-03, after 0a1b2c3d4e5f`
    pub(super) fn sentence(&self) -> String {
        format!(
            "median {} {} to {} at {} on {}, after {}",
            if self.is_slower() { "rose" } else { "fell" },
            unit::percent(self.step.change),
            unit::time(self.step.after_ns),
            self.run.words.commit.clone(),
            text::day(self.run.started),
            self.before.words.commit.clone(),
        )
    }

    fn is_slower(&self) -> bool {
        self.step.change.0 > 0.0
    }
}

/// A step as a row of a table and an entry of the feed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ChangePointView {
    class: &'static str,
    change: String,
    name: Vec<String>,
    stem: String,
    before: String,
    after: String,
    day: String,
    commit: String,
    commit_page: Option<String>,
    after_commit: String,
    sentence: String,
    /// As a feed writes it.
    moment: String,
    #[serde(skip)]
    started: DateTime<Utc>,
}

/// The steps of all benchmarks, the newest first.
pub(super) fn steps_of<'a>(shown: &'a SiteRuns<'a>) -> Vec<ChangePointView> {
    let mut all: Vec<ChangePointView> =
        shown.names().into_iter().flat_map(|name| views(name, &shown.series(name))).collect();
    // NameTable are in order already, and the sort keeps that for equal times.
    all.sort_by_key(|view| std::cmp::Reverse(view.started));
    all.truncate(LISTED);
    all
}

fn views(name: &BenchmarkId, points: &[TrendPoint<'_>]) -> Vec<ChangePointView> {
    let view = |found: Found<'_>| ChangePointView {
        class: if found.is_slower() { "slower" } else { "faster" },
        change: unit::change(found.step.change),
        name: text::parts(name.as_str()),
        stem: name.file_stem(),
        before: unit::time(found.step.before_ns),
        after: unit::time(found.step.after_ns),
        day: text::day(found.run.started),
        commit: found.run.words.commit.clone(),
        commit_page: found.run.commit_page.clone(),
        after_commit: found.before.words.commit.clone(),
        sentence: found.sentence(),
        moment: found.run.started.to_rfc3339(),
        started: found.run.started,
    };
    Found::all_in(points).into_iter().map(view).collect()
}

/// What the feed is made of.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FeedView {
    updated: String,
    steps: Vec<ChangePointView>,
}

impl FeedView {
    /// A feed of these steps; `reported`: when the reported run began.
    pub(super) fn of(steps: &[ChangePointView], reported: DateTime<Utc>) -> Self {
        let newest = steps.first().map_or(reported, |step| step.started);
        Self { updated: newest.to_rfc3339(), steps: steps.to_vec() }
    }
}

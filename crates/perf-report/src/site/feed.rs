//! The change points of all benchmarks for a feed reader.

use super::levels::{BenchmarkLevels, LevelChange};
use super::run_view::RunView;
use super::text;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The most change points that the feed contains.
const LISTED: usize = 30;

/// The contents of the feed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FeedView {
    updated: String,
    change_points: Vec<FeedEntry>,
}

/// A change point as an entry of the feed.
#[derive(Clone, Debug, Serialize)]
struct FeedEntry {
    change: String,
    /// The count that changed; empty for the time.
    count: String,
    full_name: String,
    stem: String,
    sentence: String,
    /// The date in RFC 3339.
    moment: String,
    #[serde(skip)]
    started: DateTime<Utc>,
}

impl FeedView {
    /// A feed of the newest change points; `reported`: the start of the reported run.
    pub(super) fn of(
        levels: &[BenchmarkLevels<'_>],
        runs: &[RunView<'_>],
        reported: DateTime<Utc>,
    ) -> Self {
        let entries = levels.iter().flat_map(|benchmark| {
            benchmark.changes.iter().map(|change| FeedEntry::of(benchmark, change, runs))
        });
        let mut change_points: Vec<FeedEntry> = entries.collect();
        // The names are sorted already, and a stable sort keeps their order for equal times.
        change_points.sort_by_key(|entry| std::cmp::Reverse(entry.started));
        change_points.truncate(LISTED);
        let newest = change_points.first().map_or(reported, |point| point.started);
        Self { updated: newest.to_rfc3339(), change_points }
    }
}

impl FeedEntry {
    fn of(benchmark: &BenchmarkLevels<'_>, change: &LevelChange, runs: &[RunView<'_>]) -> Self {
        let run = &runs[change.run];
        Self {
            change: text::or_nothing(change.figures.change.clone()),
            count: change.quantity.map_or_else(String::new, |quantity| quantity.to_string()),
            full_name: text::clipped(benchmark.id.as_str(), text::NAME),
            stem: benchmark.id.file_stem(),
            sentence: change.sentence.clone(),
            moment: run.text.moment.clone(),
            started: run.started,
        }
    }
}

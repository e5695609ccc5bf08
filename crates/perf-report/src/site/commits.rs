//! Changes by the commit whose run was the first with them.

use super::interval;
use super::levels::{BenchmarkLevels, LevelChange};
use super::run_view::RunView;
use super::runs;
use super::site_runs::SiteRuns;
use super::spark;
use super::text::{self, Name};
use super::trend_point::since;
use crate::links::range_page;
use crate::{Report, Row};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, Figures, LogRatio};
use perf_judge::verdict::State;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most commits that are listed.
const COMMITS: usize = 12;
/// The most benchmarks that are listed per commit.
const ROWS: usize = 5;
/// How many runs before its change point a change may be reported.
const EARLIER: usize = 3;
/// The changes that begin with the same run.
pub(super) struct CommitChanges<'a> {
    /// The place of the run among the shown ones.
    pub(super) run: usize,
    pub(super) letter: char,
    changes: Vec<Change<'a>>,
}

/// A change of one benchmark.
struct Change<'a> {
    id: &'a BenchmarkId,
    values: &'a [(usize, f64)],
    metric: String,
    change: LogRatio,
    figures: Figures,
    interval: Option<(LogRatio, LogRatio)>,
    cause: Option<String>,
    before: Option<usize>,
    until: Option<usize>,
    is_accepted: bool,
    /// Whether the latest run measured the benchmark.
    is_current: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct CommitView {
    letter: char,
    anchor: String,
    subject: String,
    commit: String,
    commit_page: Option<String>,
    /// The page of the first run with these changes.
    run_page: Option<String>,
    day: String,
    previous: String,
    /// The page that compares the two runs.
    compare: String,
    /// The page on the web with the commits between the two.
    range_page: Option<String>,
    class: &'static str,
    symbol: &'static str,
    /// `2 slower, 1 faster`
    count: String,
    rows: Vec<ChangeRow>,
    /// `and 3 more benchmarks`
    more: String,
}

#[derive(Clone, Debug, Serialize)]
struct ChangeRow {
    name: Name,
    stem: String,
    metric: String,
    spark: String,
    before: String,
    after: String,
    change: String,
    class: &'static str,
    symbol: &'static str,
    interval: String,
    drawing: String,
    cause: String,
    state: String,
}

/// The newest changes, newest first.
pub(super) fn all<'a>(
    levels: &'a [BenchmarkLevels<'a>],
    shown: &SiteRuns<'_>,
    report: &Report,
) -> Vec<CommitChanges<'a>> {
    let accepted: BTreeSet<&BenchmarkId> =
        report.accepted.iter().map(|accepted| &accepted.entry.benchmark).collect();
    let mut by_run: BTreeMap<usize, Vec<Change<'a>>> = BTreeMap::new();
    for benchmark in levels {
        let timed: BTreeSet<usize> = benchmark.times().map(|change| change.run).collect();
        // The count explains the change of the time.
        let listed = benchmark
            .changes
            .iter()
            .filter(|change| change.quantity.is_none() || !timed.contains(&change.run));
        for change in listed {
            let is_accepted = accepted.contains(benchmark.id) && change.is_open_regression();
            by_run.entry(change.run).or_default().push(Change::of(benchmark, change, is_accepted));
        }
        let row = shown.row(benchmark.id);
        if let Some((run, change)) = row.and_then(|row| reported(benchmark, row, shown)) {
            by_run.entry(run).or_default().push(change);
        }
    }
    let newest = by_run.into_iter().rev().take(COMMITS).zip('A'..='Z');
    newest.map(|((run, changes), letter)| CommitChanges::of(run, letter, changes)).collect()
}

/// A change that the report has and no change point shows yet, with its first run.
fn reported<'a>(
    benchmark: &'a BenchmarkLevels<'a>,
    row: &Row,
    shown: &SiteRuns<'_>,
) -> Option<(usize, Change<'a>)> {
    let verdict = &row.verdict;
    if !matches!(verdict.state, State::Regression | State::Improvement) {
        return None;
    }
    let first = since(&shown.series(benchmark.id), verdict)?;
    let run = shown.runs.iter().position(|run| run.id == first.id)?;
    if benchmark.times().any(|change| change.run + EARLIER >= run) {
        return None;
    }
    let change = Change {
        id: benchmark.id,
        values: &benchmark.values,
        metric: String::new(),
        change: verdict.change?,
        figures: verdict.figures(),
        interval: verdict.low.zip(verdict.high),
        cause: verdict.cause_headline(),
        before: None,
        until: None,
        is_accepted: verdict.is_waived(),
        is_current: true,
    };
    Some((run, change))
}

impl<'a> Change<'a> {
    fn of(benchmark: &'a BenchmarkLevels<'a>, change: &LevelChange, is_accepted: bool) -> Self {
        Self {
            id: benchmark.id,
            values: &benchmark.values,
            metric: change.quantity.map_or_else(String::new, |quantity| quantity.to_string()),
            change: change.change,
            figures: change.figures.clone(),
            interval: change.interval,
            cause: change.cause.clone(),
            before: Some(change.before),
            until: change.until,
            is_accepted,
            is_current: benchmark.is_current,
        }
    }

    fn is_rise(&self) -> bool {
        self.change.0 > 0.0
    }

    /// Whether the time changed.
    fn is_timed(&self) -> bool {
        self.metric.is_empty()
    }

    fn row(&self, run: usize, letters: &BTreeMap<usize, char>, reach: f64) -> ChangeRow {
        let (class, symbol) = direction(self.is_rise());
        let Figures { base, head, change } = self.figures.clone();
        let ends = self.interval.map(|(low, high)| unit::interval(low, high));
        let drawing = self.interval.map(|ends| interval::drawn(self.change, ends, reach, class));
        ChangeRow {
            name: Name::cell(self.id.as_str()),
            stem: self.id.file_stem(),
            metric: self.metric.clone(),
            spark: if self.is_timed() { spark::around(self.values, run) } else { String::new() },
            before: text::or_nothing(base),
            after: text::or_nothing(head),
            change: text::or_nothing(change),
            class,
            symbol,
            interval: ends.unwrap_or_default(),
            drawing: drawing.unwrap_or_default(),
            cause: self.cause.as_deref().map(text::line).unwrap_or_default(),
            state: self.state(letters),
        }
    }

    fn state(&self, letters: &BTreeMap<usize, char>) -> String {
        let until = self.until.map(|run| match letters.get(&run) {
            Some(letter) => format!("until {letter}"),
            None => "until a later change".to_owned(),
        });
        match (until, self.is_rise()) {
            (Some(until), _) => until,
            (None, _) if !self.is_current => "not in the latest run".to_owned(),
            (None, true) if self.is_accepted => "accepted".to_owned(),
            (None, true) => "open".to_owned(),
            (None, false) => "holds".to_owned(),
        }
    }
}

impl<'a> CommitChanges<'a> {
    fn of(run: usize, letter: char, mut changes: Vec<Change<'a>>) -> Self {
        // Slower ones first, so that a gain hides no loss, and times before counts.
        changes.sort_by(|one, other| {
            let key = |change: &Change<'_>| (!change.is_timed(), !change.is_rise());
            let by_size = other.change.0.abs().total_cmp(&one.change.0.abs());
            key(one).cmp(&key(other)).then(by_size)
        });
        Self { run, letter, changes }
    }

    /// `slower` if any of its times rose.
    pub(super) fn class(&self) -> &'static str {
        let any_rise = |timed: bool| {
            let own = self.changes.iter().filter(|change| change.is_timed() || !timed);
            own.map(Change::is_rise).reduce(|one, other| one || other)
        };
        direction(any_rise(true).or_else(|| any_rise(false)).unwrap_or_default()).0
    }

    fn view(
        &self,
        runs: &[RunView<'_>],
        commits_at: Option<&str>,
        letters: &BTreeMap<usize, char>,
        reach: f64,
    ) -> CommitView {
        let run = &runs[self.run];
        let before = self.changes.iter().find_map(|change| change.before);
        let previous = before.map(|place| &runs[place]);
        let hash = |run: &RunView<'_>| run.commit.map(|commit| commit.hash.clone());
        let range = previous.and_then(|before| Some((hash(before)?, hash(run)?)));
        let rows = self.changes.iter().take(ROWS);
        let hidden = self.changes.len().saturating_sub(ROWS);
        let class = self.class();
        CommitView {
            letter: self.letter,
            anchor: format!("change-{}", self.letter.to_ascii_lowercase()),
            subject: run.text.subject.clone(),
            commit: run.text.commit.clone(),
            commit_page: run.commit_page.clone(),
            run_page: runs::page(run),
            day: run.text.day.clone(),
            previous: previous.map_or_else(String::new, |run| run.text.commit.clone()),
            compare: previous.map_or_else(String::new, |before| compare(before, run)),
            range_page: range.and_then(|(base, head)| range_page(commits_at, &base, &head)),
            class,
            symbol: direction(class == "slower").1,
            count: self.count(),
            rows: rows.map(|change| change.row(self.run, letters, reach)).collect(),
            more: match hidden {
                0 => String::new(),
                _ => format!("and {}", unit::counted(hidden, "more benchmark", "more benchmarks")),
            },
        }
    }

    /// `2 slower, 1 faster, 1 count changed`
    fn count(&self) -> String {
        let times = || self.changes.iter().filter(|change| change.is_timed());
        let slower = times().filter(|change| change.is_rise()).count();
        let faster = times().count() - slower;
        let counts = self.changes.len() - slower - faster;
        let counts = unit::counted(counts, "count changed", "counts changed");
        let parts = [format!("{slower} slower"), format!("{faster} faster"), counts];
        let known = parts.into_iter().filter(|part| !part.starts_with("0 "));
        known.collect::<Vec<String>>().join(", ")
    }
}

/// The page that compares two recorded runs.
fn compare(base: &RunView<'_>, head: &RunView<'_>) -> String {
    let [a, b] = [base, head].map(|run| runs::file_name(run.id));
    format!("compare.html?a={a}&b={b}")
}

fn direction(is_rise: bool) -> (&'static str, &'static str) {
    if is_rise { ("slower", "▲") } else { ("faster", "▼") }
}

/// The commits as sections of the overview, with intervals on one scale.
pub(super) fn views(
    commits: &[CommitChanges<'_>],
    runs: &[RunView<'_>],
    commits_at: Option<&str>,
) -> Vec<CommitView> {
    let letters = commits.iter().map(|commit| (commit.run, commit.letter)).collect();
    let reach = reach(commits);
    commits.iter().map(|commit| commit.view(runs, commits_at, &letters, reach)).collect()
}

/// The end of the scale of intervals, as a logarithm.
fn reach(commits: &[CommitChanges<'_>]) -> f64 {
    let shown = commits.iter().flat_map(|commit| commit.changes.iter().take(ROWS));
    interval::reach(shown.filter_map(|change| change.interval))
}

/// The labels of the scale of intervals.
pub(super) fn scale(commits: &[CommitChanges<'_>]) -> [String; 2] {
    interval::ends(reach(commits))
}

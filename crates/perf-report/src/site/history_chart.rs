//! The overall trend of the packages, and the levels of groups over the same runs.

use super::commits::CommitChanges;
use super::fluid;
use super::group::Grouping;
use super::levels::BenchmarkLevels;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::text::{self, Name};
use crate::svg::{Scale, escaped};
use perf_judge::detect::change_points::steps;
use perf_judge::stats;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The most runs of the drawing, the newest.
const COLUMNS: usize = 96;
/// The size of the drawing of the trend in pixels, and its margins for letters and dates.
const HEIGHT: f64 = 216.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 22.0;
/// The least span of its scale, as a share.
const LEAST_SPAN: f64 = 0.06;
/// The most lines with a name.
const NAMED: usize = 6;
/// The distance of two names in pixels, and that of two letters in percent of the width.
const LINE: f64 = 16.0;
const LETTER: f64 = 2.2;
/// The width of a release's name in percent.
const NAME: f64 = 6.0;
/// The most rows of groups.
const ROWS: usize = 12;
/// The smallest changes of the four shades of a cell, as shares.
const SHADES: [f64; 4] = [0.03, 0.05, 0.1, 0.2];
/// The name of the line of all benchmarks.
const ALL: &str = "all benchmarks";

#[derive(Clone, Debug, Serialize)]
pub(super) struct HistoryView {
    /// The number of runs: `96 runs`.
    runs: String,
    /// What the lines are: `package`, `bench target`.
    lines_by: &'static str,
    trend: String,
    lines: Vec<LineView>,
    change_points: Vec<String>,
    groups: Vec<GroupRow>,
    /// The groups without a row.
    others: String,
    first: String,
    last: String,
}

/// A line of the trend, for its legend and for readers that see no drawing.
#[derive(Clone, Debug, Serialize)]
struct LineView {
    class: &'static str,
    name: String,
    value: String,
}

#[derive(Clone, Debug, Serialize)]
struct GroupRow {
    name: Name,
    class: &'static str,
    /// `▲ +18.4 %`, or empty for an unchanged group.
    change: String,
    /// The benchmark that changed most.
    benchmark: String,
    svg: String,
    #[serde(skip)]
    size: f64,
}

/// The runs that are columns: their places among the shown runs.
pub(super) struct Columns(Vec<usize>);

impl Columns {
    pub(super) fn of(levels: &[BenchmarkLevels<'_>]) -> Self {
        let runs = levels.iter().flat_map(|benchmark| benchmark.values.iter().map(|(run, _)| *run));
        let all: Vec<usize> = runs.collect::<BTreeSet<usize>>().into_iter().collect();
        Self(all[all.len().saturating_sub(COLUMNS)..].to_vec())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of the oldest run.
    pub(super) fn first(&self) -> usize {
        self.0.first().copied().unwrap_or_default()
    }

    fn of_run(&self, run: usize) -> Option<usize> {
        self.0.iter().position(|other| *other == run)
    }
}

/// A geometric mean over the columns, in percent of its first level.
struct Line {
    name: String,
    /// Columns and values. Runs without any of the benchmarks are left out.
    values: Vec<(usize, f64)>,
    /// The columns of its change points, with their changes.
    steps: Vec<(usize, LogRatio)>,
}

impl Line {
    /// The geometric mean of times over `columns`. Each run changes it by the mean change of the
    /// benchmarks that were also measured before, so new and removed ones do not move it.
    fn of(name: &str, members: &[&BenchmarkLevels<'_>], columns: &Columns) -> Option<Self> {
        let places: BTreeMap<usize, usize> =
            columns.0.iter().enumerate().map(|(column, run)| (*run, column)).collect();
        let mut sums = vec![(0.0, 0_usize, false); columns.len()];
        for benchmark in members {
            let mut before: Option<f64> = None;
            for (run, ns) in &benchmark.values {
                let log = ns.ln();
                let Some(sum) = places.get(run).and_then(|column| sums.get_mut(*column)) else {
                    continue;
                };
                sum.2 = true;
                if let Some(before) = before {
                    *sum = (sum.0 + log - before, sum.1 + 1, true);
                }
                before = Some(log);
            }
        }
        let mut level = 0.0;
        let mut logs: Vec<(usize, f64)> = Vec::new();
        for (column, (sum, count, is_measured)) in sums.into_iter().enumerate() {
            level += if count > 0 { sum / count as f64 } else { 0.0 };
            if is_measured {
                logs.push((column, level));
            }
        }
        let ratios: Vec<f64> = logs.iter().map(|(_, log)| log.exp()).collect();
        let found = steps(&ratios);
        let begin = found.first().map_or(ratios.len(), |step| step.at);
        let reference = stats::median(&ratios[..begin])?;
        Some(Self {
            name: name.to_owned(),
            values: logs
                .iter()
                .map(|(column, log)| (*column, 100.0 * log.exp() / reference))
                .collect(),
            steps: found.iter().map(|step| (logs[step.at].0, step.change)).collect(),
        })
    }

    fn last(&self) -> f64 {
        self.values.last().map_or(100.0, |(_, value)| *value)
    }

    /// The change of its level since the first run.
    fn change(&self) -> f64 {
        self.steps.iter().map(|(_, change)| change.0).sum()
    }

    fn class(&self) -> &'static str {
        match self.change() {
            _ if self.name == ALL => "all",
            change if change > SHADES[0] / 2.0 => "slower",
            change if change < -SHADES[0] / 2.0 => "faster",
            _ => "still",
        }
    }

    fn label(&self) -> String {
        format!("{:.1} %", self.last())
    }
}

/// The drawing and its texts; `None` with fewer than two runs.
pub(super) fn view(
    levels: &[BenchmarkLevels<'_>],
    shown: &SiteRuns<'_>,
    commits: &[CommitChanges<'_>],
    columns: &Columns,
    grouping: Grouping,
) -> Option<HistoryView> {
    if columns.len() < 2 {
        return None;
    }
    let (lines_by, lines) = lines(levels, columns);
    let day = |column: usize| shown.runs[columns.0[column]].text.day.clone();
    let (groups, others) = groups(levels, commits, columns, grouping);
    Some(HistoryView {
        runs: unit::counted(columns.len(), "run", "runs"),
        lines_by,
        trend: trend(&lines, commits, columns, &shown.runs)?,
        lines: lines.iter().filter(|line| line.class() != "still").map(line_view).collect(),
        change_points: change_points(&lines, day),
        groups,
        others,
        first: day(0),
        last: day(columns.len() - 1),
    })
}

/// The lines of the packages, or of the bench targets of a single package, the most changed first,
/// and that of all benchmarks last.
fn lines(levels: &[BenchmarkLevels<'_>], columns: &Columns) -> (&'static str, Vec<Line>) {
    let by = |grouping: Grouping| {
        let mut members: BTreeMap<&str, Vec<&BenchmarkLevels<'_>>> = BTreeMap::new();
        for benchmark in levels {
            members.entry(grouping.group(benchmark.id.as_str())).or_default().push(benchmark);
        }
        members
    };
    let (lines_by, parts) = match by(Grouping::Package) {
        packages if packages.len() > 1 => ("package", packages),
        _ => ("bench target", by(Grouping::Target)),
    };
    let is_single = parts.len() < 2;
    let parts = parts.into_iter().filter(|_| !is_single);
    let mut lines: Vec<Line> = parts
        .filter_map(|(name, members)| {
            let short = name.rsplit('/').next().unwrap_or(name);
            Line::of(&text::word(short), &members, columns)
        })
        .collect();
    lines.sort_by(|one, other| other.change().abs().total_cmp(&one.change().abs()));
    lines.extend(Line::of(ALL, &levels.iter().collect::<Vec<_>>(), columns));
    (lines_by, lines)
}

fn line_view(line: &Line) -> LineView {
    LineView { class: line.class(), name: line.name.clone(), value: line.label() }
}

/// `parse rose 8.1 % on 2026-11-18`, the newest first.
fn change_points(lines: &[Line], day: impl Fn(usize) -> String) -> Vec<String> {
    let all = lines.iter().flat_map(|line| line.steps.iter().map(move |step| (line, step)));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, (column, _))| std::cmp::Reverse(*column));
    let sentence = |(line, (column, change)): (&Line, &(usize, LogRatio))| {
        let verb = if change.0 > 0.0 { "rose" } else { "fell" };
        format!("{} {verb} {} on {}", line.name, unit::percent(*change), day(*column))
    };
    all.into_iter().take(NAMED).map(sentence).collect()
}

fn trend(
    lines: &[Line],
    commits: &[CommitChanges<'_>],
    columns: &Columns,
    runs: &[RunView<'_>],
) -> Option<String> {
    let day = |column: usize| runs[columns.0[column]].text.day.clone();
    let values: Vec<f64> =
        lines.iter().flat_map(|line| line.values.iter().map(|(_, value)| *value)).collect();
    let scale = Scale::with_least_span(&values, LEAST_SPAN)?;
    let floor = HEIGHT - BOTTOM;
    let y = |value: f64| floor - scale.share(value) * (floor - TOP);
    let mut shapes = String::new();
    for tick in scale.ticks(4) {
        let class = if (tick - 100.0).abs() < 1e-6 { "grid axis" } else { "grid" };
        shapes += &fluid::horizontal(class, y(tick));
        let label = format!("{} %", (tick * 10.0).round() / 10.0);
        shapes += &fluid::text("end", 0.0, -8.0, y(tick) + 4.0, &label);
    }
    shapes += &dates(columns, day);
    shapes += &releases(columns, runs, floor);
    shapes += &letters(commits, columns, floor);
    // The named lines are drawn over the others.
    for line in lines.iter().rev().filter(|line| line.class() == "still") {
        shapes += &drawn(line, columns, y);
    }
    let named: Vec<&Line> = lines.iter().filter(|line| line.class() != "still").collect();
    let named = &named[named.len().saturating_sub(NAMED)..];
    for line in named {
        shapes += &drawn(line, columns, y);
    }
    shapes += &names(named, y, floor);
    let label = escaped(&description(lines));
    Some(format!(
        r#"<svg class="overall" height="{HEIGHT}" role="img" aria-label="{label}">{shapes}</svg>"#
    ))
}

fn drawn(line: &Line, columns: &Columns, y: impl Fn(f64) -> f64) -> String {
    let places: Vec<(usize, f64)> =
        line.values.iter().map(|(column, value)| (*column, y(*value))).collect();
    fluid::line(&format!("line {}", line.class()), &places, columns.len(), HEIGHT)
}

/// The names of lines beside their ends.
fn names(named: &[&Line], y: impl Fn(f64) -> f64, floor: f64) -> String {
    let wanted: Vec<f64> = named.iter().map(|line| y(line.last()) + 4.0).collect();
    let places = fluid::apart(&wanted, LINE, [TOP + 4.0, floor + 4.0]);
    let name = |(line, y): (&&Line, f64)| {
        let words = format!("{} {}", line.name, line.label());
        fluid::text(&format!("wide {}", line.class()), 100.0, 10.0, y, &words)
    };
    named.iter().zip(places).map(name).collect()
}

fn dates(columns: &Columns, day: impl Fn(usize) -> String) -> String {
    let count = columns.len();
    let label = |(place, share): (usize, f64)| {
        let column = ((count - 1) as f64 * share).round() as usize;
        let anchor = ["start", "middle wide", "middle", "middle wide", "end"][place];
        fluid::text(anchor, fluid::middle(column, count), 0.0, HEIGHT - 4.0, &day(column))
    };
    [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().enumerate().map(label).collect()
}

/// The releases at the foot of the drawing. A name that would cover its neighbour is left out.
fn releases(columns: &Columns, runs: &[RunView<'_>], floor: f64) -> String {
    let mut end = f64::NEG_INFINITY;
    let mut svg = String::new();
    for (column, run) in columns.0.iter().enumerate() {
        let Some(name) = &runs[*run].release else { continue };
        let at = fluid::middle(column, columns.len());
        svg += &fluid::vertical("release", at, [floor - 40.0, floor]);
        if at > end && at < 100.0 - NAME {
            svg += &fluid::text("release wide", at, 4.0, floor - 30.0, name);
            end = at + NAME;
        }
    }
    svg
}

/// The letters of commits, and lines down to the axis.
fn letters(commits: &[CommitChanges<'_>], columns: &Columns, floor: f64) -> String {
    let within = commits.iter().filter_map(|commit| Some((commit, columns.of_run(commit.run)?)));
    let within: Vec<_> = within.collect();
    let wanted: Vec<f64> =
        within.iter().map(|(_, column)| border(*column, columns.len())).collect();
    let places = fluid::apart(&wanted, LETTER, [0.0, 100.0]);
    let mut svg = String::new();
    for (((commit, _), at), place) in within.iter().zip(&wanted).zip(places) {
        svg += &fluid::vertical("mark", *at, [TOP - 6.0, floor]);
        let _ = write!(
            svg,
            r#"<circle class="letter {}" cx="{place:.2}%" cy="10" r="9"/>"#,
            commit.class()
        );
        svg += &fluid::text("letter", place, 0.0, 14.0, &commit.letter.to_string());
    }
    svg
}

/// The border before a column, in percent: a change is between two runs.
fn border(column: usize, count: usize) -> f64 {
    100.0 * column as f64 / count as f64
}

/// The text of the drawing for screen readers.
fn description(lines: &[Line]) -> String {
    let all: Vec<String> =
        lines.iter().rev().take(NAMED).map(|l| format!("{} {}", l.name, l.label())).collect();
    format!("Geometric means of times relative to their first level: {}", all.join(", "))
}

/// The rows of the groups that changed most, in the order of their names, and the number of the rest.
fn groups(
    levels: &[BenchmarkLevels<'_>],
    commits: &[CommitChanges<'_>],
    columns: &Columns,
    grouping: Grouping,
) -> (Vec<GroupRow>, String) {
    let mut members: BTreeMap<&str, Vec<&BenchmarkLevels<'_>>> = BTreeMap::new();
    for benchmark in levels {
        members.entry(grouping.group(benchmark.id.as_str())).or_default().push(benchmark);
    }
    let row = |(name, members): (&&str, &Vec<&BenchmarkLevels<'_>>)| {
        group_row(name, members, commits, columns)
    };
    let rows: Vec<GroupRow> = members.iter().map(row).collect();
    let mut largest: Vec<usize> = (0..rows.len()).collect();
    largest.sort_by(|one, other| rows[*other].size.total_cmp(&rows[*one].size));
    let kept: BTreeSet<usize> = largest.into_iter().take(ROWS).collect();
    let others = rows.len() - kept.len();
    let changed = |(at, row): (usize, &GroupRow)| !kept.contains(&at) && !row.change.is_empty();
    let changed = rows.iter().enumerate().filter(|pair| changed(*pair)).count();
    let others = match (others, changed) {
        (0, _) => String::new(),
        (_, 0) => format!("{} more, unchanged", unit::counted(others, "group", "groups")),
        _ => format!("{} more, {changed} changed", unit::counted(others, "group", "groups")),
    };
    let rows = rows.into_iter().enumerate().filter(|(at, _)| kept.contains(at));
    (rows.map(|(_, row)| row).collect(), others)
}

fn group_row(
    name: &str,
    members: &[&BenchmarkLevels<'_>],
    commits: &[CommitChanges<'_>],
    columns: &Columns,
) -> GroupRow {
    let latest = columns.0.last().copied().unwrap_or_default();
    let now = largest(members, columns.first(), latest);
    let is_changed = |(_, change): &(&str, LogRatio)| shade(*change) != 0;
    let now = now.filter(is_changed);
    let (class, symbol) = match now {
        Some((_, change)) if change.0 > 0.0 => ("slower", "▲"),
        Some(_) => ("faster", "▼"),
        None => ("neutral", ""),
    };
    let change = now.map(|(_, change)| format!("{symbol} {}", unit::change(change)));
    let benchmark =
        now.map_or_else(String::new, |(name, _)| text::word(super::group::split(name).1));
    let title = text::clipped(name, text::NAME);
    let state = change.as_deref().unwrap_or("unchanged").to_owned();
    let label = escaped(&format!("{title}: {state} {benchmark}"));
    let size = members.iter().flat_map(|m| m.times()).map(|c| c.change.0.abs()).fold(0.0, f64::max);
    GroupRow {
        name: Name::cell(name),
        class,
        change: change.unwrap_or_default(),
        benchmark,
        svg: cells(members, commits, columns, &label),
        size,
    }
}

/// The largest slowdown of a benchmark between two runs if there is one, otherwise the largest gain, so
/// that a gain hides no loss.
fn largest<'n>(
    members: &[&'n BenchmarkLevels<'_>],
    from: usize,
    at: usize,
) -> Option<(&'n str, LogRatio)> {
    let changes = || members.iter().map(|m| (m.id.as_str(), m.change_between(from, at)));
    let slowest = changes().max_by(|one, other| one.1.0.total_cmp(&other.1.0))?;
    let fastest = changes().min_by(|one, other| one.1.0.total_cmp(&other.1.0))?;
    Some(if slowest.1.0 >= SHADES[0] { slowest } else { fastest })
}

/// 1 to 4 for a rise, -1 to -4 for a fall, 0 below the smallest change.
fn shade(change: LogRatio) -> i8 {
    let size = change.0.abs();
    let shade = SHADES.iter().filter(|least| size >= **least).count() as i8;
    if change.0 < 0.0 { -shade } else { shade }
}

/// A rectangle per stretch of runs with the same shade, and lines at the change points of commits.
fn cells(
    members: &[&BenchmarkLevels<'_>],
    commits: &[CommitChanges<'_>],
    columns: &Columns,
    label: &str,
) -> String {
    let mut changes: BTreeSet<usize> =
        members.iter().flat_map(|member| member.times().map(|change| change.run)).collect();
    changes.insert(columns.first());
    let mut shapes = String::new();
    let mut current: (Option<i8>, usize) = (None, 0);
    let mut level: Option<i8> = None;
    for (column, run) in columns.0.iter().enumerate() {
        // Between change points no level changes.
        if level.is_none() || changes.contains(run) {
            level = largest(members, columns.first(), *run).map(|(_, change)| shade(change));
        }
        let is_measured = members.iter().any(|member| member.is_measured(*run));
        let next = level.filter(|_| is_measured);
        if next != current.0 {
            shapes += &stretch(current, column);
            current = (next, column);
        }
    }
    shapes += &stretch(current, columns.len());
    for column in commits.iter().filter_map(|commit| columns.of_run(commit.run)) {
        let _ = write!(shapes, r#"<path class="mark" d="M{column} 0v1"/>"#);
    }
    let count = columns.len();
    format!(
        r#"<svg class="cells" viewBox="0 0 {count} 1" preserveAspectRatio="none" role="img" aria-label="{label}">{shapes}</svg>"#
    )
}

fn stretch((shade, from): (Option<i8>, usize), to: usize) -> String {
    let Some(shade) = shade.filter(|_| to > from) else { return String::new() };
    let class = match shade {
        0 => "same".to_owned(),
        1.. => format!("rise-{shade}"),
        _ => format!("fall-{}", -shade),
    };
    format!(r#"<rect class="{class}" x="{from}" width="{}" height="1"/>"#, to - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::ident::BenchmarkId;

    fn levels(id: &BenchmarkId, times: impl Fn(usize) -> Option<f64>) -> BenchmarkLevels<'_> {
        let values = (0..20).filter_map(|run| Some((run, times(run)?))).collect();
        BenchmarkLevels { id, values, changes: Vec::new() }
    }

    #[test]
    fn a_mean_follows_its_benchmarks_and_not_new_or_removed_ones() {
        let [a, b, c]: [BenchmarkId; 3] = ["p/t::a", "p/t::b", "p/t::c"].map(BenchmarkId::from);
        let doubled = levels(&a, |run| Some(if run < 10 { 1e3 } else { 4e3 }));
        let removed = levels(&b, |run| (run < 5).then_some(1e9));
        let added = levels(&c, |run| (run > 14).then_some(7.0));
        let all = [doubled, removed, added];
        let columns = Columns::of(&all);
        let line = Line::of("t", &all.iter().collect::<Vec<_>>(), &columns).unwrap();
        assert!((line.values[9].1 - 100.0).abs() < 1e-9, "{:?}", line.values);
        assert!((line.last() - 400.0).abs() < 1e-6, "{:?}", line.values);
        assert_eq!(line.steps.iter().map(|(column, _)| *column).collect::<Vec<_>>(), [10]);
        assert_eq!((line.class(), line.label().as_str()), ("slower", "400.0 %"));
    }

    #[test]
    fn a_shade_has_the_sign_of_its_change() {
        let shade = |percent| super::shade(LogRatio::from_percent(percent));
        assert_eq!([0.0, 2.0, 4.0, 7.0, 15.0, 90.0].map(shade), [0, 0, 1, 2, 3, 4]);
        assert_eq!([-2.0, -4.0, -50.0].map(shade), [0, -1, -4]);
        assert_eq!(
            stretch((Some(-2), 3), 5),
            r#"<rect class="fall-2" x="3" width="2" height="1"/>"#
        );
        assert_eq!(stretch((None, 3), 5), "");
    }
}

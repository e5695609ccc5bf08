//! The overall trend of the packages. The levels of groups are below it, over the same runs.

use super::columns::Columns;
use super::commits::CommitChanges;
use super::fluid;
use super::group::Grouping;
use super::heat_map::{GroupRow, groups};
use super::levels::BenchmarkLevels;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::text;
use crate::svg::{Scale, escaped};
use perf_judge::detect::change_points::steps;
use perf_judge::stats;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
/// The widths of a date in percent of the drawing, on a phone and on a wide screen.
const DATE: f64 = 25.0;
const WIDE_DATE: f64 = 11.0;
/// The smallest change of the level of a coloured line, in natural logarithms.
const CHANGED: f64 = 0.015;
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
            columns.places().iter().enumerate().map(|(column, run)| (*run, column)).collect();
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
            change if change > CHANGED => "slower",
            change if change < -CHANGED => "faster",
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
    let day = |column: usize| shown.runs[columns.places()[column]].text.day.clone();
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
    let day = |column: usize| runs[columns.places()[column]].text.day.clone();
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

/// The days of the first and the last column, and of some between them that leave the others readable.
fn dates(columns: &Columns, day: impl Fn(usize) -> String) -> String {
    let count = columns.len();
    let column = |share: f64| ((count - 1) as f64 * share).round() as usize;
    let place = |share| fluid::middle(column(share), count);
    let label =
        |class, share| fluid::text(class, place(share), 0.0, HEIGHT - 4.0, &day(column(share)));
    if count == 1 {
        return label("middle", 0.0);
    }
    let (first, last, middle) = (place(0.0), place(1.0), place(0.5));
    let fits = |at: f64, [from, to]: [f64; 2], width: f64| {
        at - width / 2.0 >= from && at + width / 2.0 <= to
    };
    let mut svg = label("start", 0.0);
    let half = WIDE_DATE / 2.0;
    if fits(place(0.25), [first + WIDE_DATE, middle - half], WIDE_DATE) {
        svg += &label("middle wide", 0.25);
    }
    if fits(middle, [first + DATE, last - DATE], DATE) {
        svg += &label("middle", 0.5);
    } else if fits(middle, [first + WIDE_DATE, last - WIDE_DATE], WIDE_DATE) {
        svg += &label("middle wide", 0.5);
    }
    if fits(place(0.75), [middle + half, last - WIDE_DATE], WIDE_DATE) {
        svg += &label("middle wide", 0.75);
    }
    svg + &label("end", 1.0)
}

/// The releases at the foot of the drawing. A name that would cover its neighbour is left out.
fn releases(columns: &Columns, runs: &[RunView<'_>], floor: f64) -> String {
    let mut end = f64::NEG_INFINITY;
    let mut svg = String::new();
    for (column, run) in columns.places().iter().enumerate() {
        let Some(name) = &runs[*run].release else { continue };
        let at = fluid::middle(column, columns.len());
        svg += &fluid::vertical("release", at, [floor - 16.0, floor]);
        if at > end && at < 100.0 - NAME {
            svg += &fluid::text("release wide", at, 4.0, floor - 5.0, name);
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

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::ident::BenchmarkId;

    fn levels(id: &BenchmarkId, times: impl Fn(usize) -> Option<f64>) -> BenchmarkLevels<'_> {
        let values = (0..20).filter_map(|run| Some((run, times(run)?))).collect();
        BenchmarkLevels { id, is_current: true, values, changes: Vec::new() }
    }

    #[test]
    fn dates_do_not_cover_each_other() {
        let dates = |count: usize| -> Vec<(String, f64)> {
            let id = BenchmarkId::from("p/t::a");
            let values = (0..count).map(|run| (run, 1e3)).collect();
            let all = [BenchmarkLevels { id: &id, is_current: true, values, changes: Vec::new() }];
            let svg = dates(&Columns::of(&all), |_| "2026-11-29".to_owned());
            let field = |text: &str, name: &str| {
                let value = text.split_once(&format!("{name}=\"")).unwrap().1;
                value.split_once('"').unwrap().0.to_owned()
            };
            let texts = svg.split("<text ").skip(1);
            let place = |text: &str| field(text, "x").trim_end_matches('%').parse().unwrap();
            texts.map(|text| (field(text, "class"), place(text))).collect()
        };
        for count in 1..40 {
            let all = dates(count);
            for (width, is_wide) in [(DATE, false), (WIDE_DATE, true)] {
                let shown = all.iter().filter(|(class, _)| is_wide || !class.contains("wide"));
                let ends = shown.map(|(class, at)| match class.as_str() {
                    "start" => [*at, at + width],
                    "end" => [at - width, *at],
                    _ => [at - width / 2.0, at + width / 2.0],
                });
                let ends: Vec<[f64; 2]> = ends.collect();
                assert!(ends.is_sorted_by(|one, next| one[1] <= next[0] + 0.02), "{all:?}");
            }
        }
        assert_eq!([1, 2, 4, 5, 30].map(|count| dates(count).len()), [1, 2, 4, 5, 5]);
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
}

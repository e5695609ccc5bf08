//! The levels of groups over the runs: a row per group, and a shade per level.

use super::columns::Columns;
use super::commits::CommitChanges;
use super::group::{Grouping, split};
use super::levels::BenchmarkLevels;
use super::text::{self, Name};
use crate::svg::escaped;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The most rows of groups.
const ROWS: usize = 12;
/// The smallest changes of the four shades of a cell, as shares.
const SHADES: [f64; 4] = [0.03, 0.05, 0.1, 0.2];

/// A row of a group.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GroupRow {
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

/// The rows of the groups that changed most, in the order of their names, and the number of the rest.
pub(super) fn groups(
    levels: &[BenchmarkLevels<'_>],
    commits: &[CommitChanges<'_>],
    columns: &Columns,
    grouping: Grouping,
) -> (Vec<GroupRow>, String) {
    let mut members: BTreeMap<&str, Vec<&BenchmarkLevels<'_>>> = BTreeMap::new();
    for benchmark in levels {
        members.entry(grouping.group(benchmark.id.as_str())).or_default().push(benchmark);
    }
    members.retain(|_, own| own.iter().any(|benchmark| benchmark.is_current));
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
    let latest = columns.places().last().copied().unwrap_or_default();
    let current = || members.iter().filter(|member| member.is_current).copied();
    let now = largest(current(), columns.first(), latest);
    let is_changed = |(_, change): &(&str, LogRatio)| shade(*change) != 0;
    let now = now.filter(is_changed);
    let (class, symbol) = match now {
        Some((_, change)) if change.0 > 0.0 => ("slower", "▲"),
        Some(_) => ("faster", "▼"),
        None => ("neutral", ""),
    };
    let change = now.map(|(_, change)| format!("{symbol} {}", unit::change(change)));
    let benchmark = now.map_or_else(String::new, |(name, _)| text::word(split(name).1));
    let title = text::clipped(name, text::NAME);
    let state = change.as_deref().unwrap_or("unchanged").to_owned();
    let label = escaped(&format!("{title}: {state} {benchmark}"));
    let size = current().flat_map(|m| m.times()).map(|c| c.change.0.abs()).fold(0.0, f64::max);
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
    members: impl Iterator<Item = &'n BenchmarkLevels<'n>>,
    from: usize,
    at: usize,
) -> Option<(&'n str, LogRatio)> {
    let changes: Vec<(&str, LogRatio)> =
        members.map(|m| (m.id.as_str(), m.change_between(from, at))).collect();
    let by_change = |one: &&(_, LogRatio), other: &&(_, LogRatio)| one.1.0.total_cmp(&other.1.0);
    let slowest = *changes.iter().max_by(by_change)?;
    let fastest = *changes.iter().min_by(by_change)?;
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
    changes.extend(members.iter().filter_map(|member| removed_at(member, columns)));
    let mut shapes = String::new();
    let mut current: (Option<i8>, usize) = (None, 0);
    let mut level: Option<i8> = None;
    for (column, run) in columns.places().iter().enumerate() {
        // Between change points no level changes.
        if level.is_none() || changes.contains(run) {
            let existing = members.iter().filter(|member| member.exists_at(*run)).copied();
            level = largest(existing, columns.first(), *run).map(|(_, change)| shade(change));
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

/// The first run without a removed benchmark.
fn removed_at(member: &BenchmarkLevels<'_>, columns: &Columns) -> Option<usize> {
    let last = member.last().filter(|_| !member.is_current)?;
    columns.places().iter().copied().find(|run| *run > last)
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
    use perf_judge::unit::Figures;

    /// Ten runs of 1 µs and ten of 2 µs.
    fn doubled(id: &BenchmarkId) -> BenchmarkLevels<'_> {
        let change = super::super::levels::LevelChange {
            quantity: None,
            run: 10,
            before: 9,
            change: LogRatio(2_f64.ln()),
            figures: Figures::new(Some(1e3), Some(2e3), None),
            interval: None,
            cause: None,
            until: None,
            sentence: String::new(),
        };
        let values = (0..20).map(|run| (run, if run < 10 { 1e3 } else { 2e3 })).collect();
        BenchmarkLevels { id, is_current: true, values, changes: vec![change] }
    }

    #[test]
    fn a_removed_benchmark_colours_its_group_up_to_its_last_run() {
        let [a, b, c]: [BenchmarkId; 3] = ["p/t::m::a", "p/t::m::b", "p/t::n::c"].map(Into::into);
        let mut removed = doubled(&a);
        removed.values.truncate(15);
        removed.is_current = false;
        let steady = BenchmarkLevels { changes: Vec::new(), ..doubled(&b) };
        let gone = BenchmarkLevels { is_current: false, ..doubled(&c) };
        let levels = [removed, steady, gone];
        let columns = Columns::of(&levels);
        let (rows, _) = groups(&levels, &[], &columns, Grouping::Module);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].change, "");
        let shades = [("same", 0, 10), ("rise-4", 10, 5), ("same", 15, 5)];
        for (class, from, width) in shades {
            let cell = format!(r#"<rect class="{class}" x="{from}" width="{width}" height="1"/>"#);
            assert!(rows[0].svg.contains(&cell), "{cell}: {}", rows[0].svg);
        }
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

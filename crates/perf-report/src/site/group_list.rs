//! All benchmarks in groups: within the overview, or on pages of their own where there are many.

use super::file::SiteFile;
use super::group::Grouping;
use super::rows::{RowColumns, RowView, is_notable, row_view};
use super::site_runs::SiteRuns;
use super::text::{self, Badge, Name};
use crate::{Report, Row};
use perf_judge::ident::digest;
use perf_judge::unit;
use perf_judge::verdict::State;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most benchmarks whose rows are part of the overview.
const INLINE: usize = 300;
/// The most benchmarks of groups that are all open.
const OPEN: usize = 12;
/// The most states of a group that its row shows.
const STATES: usize = 3;

/// A group in the list of the overview.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GroupView {
    name: Name,
    label: String,
    anchor: String,
    /// The page with its benchmarks, if they are not in `rows`.
    page: Option<String>,
    count: String,
    states: Vec<Badge>,
    is_open: bool,
    rows: Vec<RowView>,
}

/// The page of a group.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GroupPage {
    root: &'static str,
    title: String,
    name: Name,
    count: String,
    states: Vec<Badge>,
    columns: RowColumns,
    rows: Vec<RowView>,
    #[serde(skip)]
    path: String,
}

impl GroupPage {
    /// Its path below the site's root.
    pub(super) fn path(&self) -> String {
        self.path.clone()
    }
}

/// The groups of a report whose benchmarks are not part of the overview.
pub(super) struct GroupPages<'a> {
    report: &'a Report,
    shown: &'a SiteRuns<'a>,
    grouping: Grouping,
}

/// The rows of each group, by name.
type Rows<'a> = BTreeMap<&'a str, Vec<&'a Row>>;

fn rows(report: &Report, grouping: Grouping) -> Rows<'_> {
    let mut rows = Rows::new();
    for row in &report.rows {
        rows.entry(grouping.group(row.verdict.name.as_str())).or_default().push(row);
    }
    for group in rows.values_mut() {
        group.sort_by_key(|row| row.verdict.name.as_str());
    }
    rows
}

/// Whether the overview has no room for the benchmarks, and no pages of groups either.
/// `is_main`: whether it is the machine whose groups can have pages.
pub(super) fn is_left_out(report: &Report, is_main: bool) -> bool {
    !is_main && report.rows.len() > INLINE
}

/// The groups of the overview; none if they are left out.
pub(super) fn groups(
    report: &Report,
    shown: &SiteRuns<'_>,
    grouping: Grouping,
    is_main: bool,
) -> Vec<GroupView> {
    if is_left_out(report, is_main) {
        return Vec::new();
    }
    let is_inline = report.rows.len() <= INLINE;
    let is_small = report.rows.len() <= OPEN;
    let view = |(name, rows): (&str, Vec<&Row>)| GroupView {
        name: Name::cell(name),
        label: text::clipped(name, text::NAME),
        anchor: format!("group-{}", stem(name)),
        page: (!is_inline).then(|| page(name)),
        count: unit::counted(rows.len(), "benchmark", "benchmarks"),
        states: states(&rows),
        is_open: is_small || rows.iter().any(|row| is_notable(&row.verdict)),
        rows: if is_inline { views(&rows, shown, grouping) } else { Vec::new() },
    };
    rows(report, grouping).into_iter().map(view).collect()
}

fn views(rows: &[&Row], shown: &SiteRuns<'_>, grouping: Grouping) -> Vec<RowView> {
    rows.iter().map(|row| row_view(row, shown, grouping)).collect()
}

/// How many benchmarks have each state, the most severe first.
fn states(rows: &[&Row]) -> Vec<Badge> {
    let count = |state| rows.iter().filter(|row| row.verdict.state == state).count();
    let known = State::ALL.into_iter().filter(|state| count(*state) > 0);
    let badge = |state: State| Badge::of_state(state, format!("{} {}", count(state), state.name()));
    known.take(STATES).map(badge).collect()
}

fn page(name: &str) -> String {
    format!("group/{}.html", stem(name))
}

/// A file name that depends on the group's name alone.
fn stem(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let readable: String = name.chars().take(60).map(plain).collect();
    format!("{}-{:08x}", readable.to_ascii_lowercase(), digest(name.as_bytes()) >> 32)
}

impl<'a> GroupPages<'a> {
    /// The pages, if the overview does not contain all benchmarks.
    pub(super) fn of(report: &'a Report, shown: &'a SiteRuns<'a>) -> Option<Self> {
        let grouping = Grouping::of(report.rows.iter().map(|row| &row.verdict.name));
        (report.rows.len() > INLINE).then_some(Self { report, shown, grouping })
    }

    pub(super) fn views(&self) -> impl Iterator<Item = GroupPage> {
        let columns = RowColumns::of(self.report);
        rows(self.report, self.grouping).into_iter().map(move |(name, rows)| GroupPage {
            root: "../",
            title: text::clipped(name, text::NAME),
            name: Name::full(name),
            count: unit::counted(rows.len(), "benchmark", "benchmarks"),
            states: states(&rows),
            columns,
            rows: views(&rows, self.shown, self.grouping),
            path: page(name),
        })
    }

    /// The names for the search of the overview: a script, as a page from the disk may load nothing
    /// else.
    pub(super) fn names(&self) -> SiteFile {
        let entry = |row: &Row| {
            let verdict = &row.verdict;
            let change = verdict.figures().change.unwrap_or_default();
            let time = verdict.figures().head.unwrap_or_default();
            (
                text::clipped(verdict.name.as_str(), text::NAME),
                verdict.name.file_stem(),
                time,
                change,
            )
        };
        let entries: Vec<_> = self.report.rows.iter().map(entry).collect();
        let contents = format!("perfNames({});\n", super::data::embedded(&entries));
        SiteFile { path: "data/names.js".to_owned(), contents }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_safe_and_distinct_files() {
        assert_ne!(stem("a/b::x y"), stem("a/b::x-y"));
        let hostile = page("../../<script>\u{202e}");
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_/.".contains(c);
        assert!(hostile.chars().all(is_safe) && !hostile.contains(".."), "{hostile}");
    }
}

//! Benchmarks as rows of a table, and what rows have in common.

use super::group::Grouping;
use super::site_runs::SiteRuns;
use super::spark;
use super::text::{self, Badge, Bounds, Name};
use crate::{Report, Row};
use perf_judge::unit;
use perf_judge::verdict::{State, Verdict};
use serde::Serialize;

/// A benchmark as a row of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowView {
    pub(super) badge: Badge,
    /// The name without its group.
    short: Name,
    /// The full name, to search in.
    whole: String,
    stem: String,
    base: String,
    head: String,
    change: String,
    bounds: Bounds,
    throughput: String,
    remark: String,
    spark: String,
    /// The change as a logarithm and the time in ns, to sort by.
    ratio: String,
    ns: String,
    pub(super) is_notable: bool,
}

/// Which columns the tables of benchmarks have.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct RowColumns {
    has_baseline: bool,
    /// Whether any row has a confidence interval.
    has_intervals: bool,
    /// Whether any row has a throughput.
    has_throughput: bool,
    /// Whether the rows have different states.
    has_states: bool,
}

impl RowColumns {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            has_baseline: !lacks_baseline(report),
            has_intervals: report.rows.iter().any(has_interval),
            has_throughput: report.rows.iter().any(|row| row.throughput().next().is_some()),
            has_states: report.rows.windows(2).any(|two| state(&two[0]) != state(&two[1])),
        }
    }
}

/// Whether the list of changes contains it.
pub(super) fn is_notable(verdict: &Verdict) -> bool {
    verdict.state < State::Incomparable
}

/// Whether a row's confidence interval is shown.
pub(super) fn has_interval(row: &Row) -> bool {
    !Bounds::of_verdict(&row.verdict).interval.is_empty()
}

pub(super) fn state(row: &Row) -> State {
    row.verdict.state
}

/// The throughput at the printed time.
fn throughput(row: &Row) -> String {
    let rates = row.throughput().map(|(unit, rate)| unit::rate(rate, &text::word(unit)));
    rates.collect::<Vec<String>>().join(", ")
}

/// Whether no benchmark of the report could be compared, as the baselines are incomplete.
pub(super) fn lacks_baseline(report: &Report) -> bool {
    let waits = |row: &Row| matches!(state(row), State::InsufficientHistory | State::Incomparable);
    let is_compared = report.rows.iter().any(|row| row.verdict.base_ns.is_some());
    !is_compared && report.rows.iter().any(waits)
}

/// The report's summary, or `51 benchmarks measured, no baseline yet`.
pub(super) fn summary(report: &Report) -> String {
    if !lacks_baseline(report) {
        return report.summary.clone();
    }
    let measured = report.rows.iter().filter(|row| row.measured.is_some()).count();
    let measured = unit::counted(measured, "benchmark", "benchmarks");
    let missing = report.rows.iter().filter(|row| state(row) == State::Missing).count();
    match missing {
        0 => format!("{measured} measured, no baseline yet"),
        _ => format!("{measured} measured, {missing} missing, no baseline yet"),
    }
}

/// A row of a group's table.
pub(super) fn row_view(row: &Row, shown: &SiteRuns<'_>, grouping: Grouping) -> RowView {
    let verdict = &row.verdict;
    let points = shown.series(&verdict.name);
    let figures = verdict.figures();
    let name = verdict.name.as_str();
    RowView {
        badge: Badge::of_verdict(verdict),
        short: Name::cell(grouping.short(name)),
        whole: text::clipped(name, text::NAME),
        stem: verdict.name.file_stem(),
        base: figures.base.unwrap_or_default(),
        head: figures.head.unwrap_or_default(),
        change: figures.change.unwrap_or_default(),
        bounds: Bounds::of_verdict(verdict),
        throughput: throughput(row),
        remark: text::line(&row.remark()),
        spark: spark::spark(&points, verdict),
        ratio: verdict.change.map_or_else(String::new, |change| format!("{:.4}", change.0)),
        ns: verdict.head_ns.map_or_else(String::new, |ns| format!("{ns:.3e}")),
        is_notable: is_notable(verdict),
    }
}

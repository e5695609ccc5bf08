//! The page of a run: its measurements and their verdicts.

use super::budget::{self, BudgetView};
use super::comparison::ComparisonRow;
use super::counts::CountTable;
use super::headline::capitalized;
use super::interval;
use super::neighbours::NeighbourView;
use super::overview::{self, Facts};
use super::rows::{self, has_interval, is_notable};
use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::runs::{self, RunRow};
use super::site_runs::SiteRuns;
use super::text::{self, Badge, Bounds, Name};
use crate::{Comparison, Report, Row};
use perf_judge::unit;
use serde::Serialize;

/// The most unchanged benchmarks of the page, and the most with counts.
const OTHERS: usize = 1000;

#[derive(Clone, Debug, Serialize)]
pub(super) struct RunPage {
    root: &'static str,
    title: String,
    summary: String,
    facts: Facts,
    run: RunRow,
    id: String,
    /// The last counted run before it.
    previous: Option<RunRow>,
    previous_id: String,
    /// The differences from that run.
    neighbours: Option<NeighbourView>,
    comparisons: Vec<ComparisonRow>,
    /// Whether any row has a confidence interval.
    has_intervals: bool,
    has_baseline: bool,
    /// The text in the place of an empty list of changes.
    unchanged: String,
    changed: Vec<MeasuredRow>,
    others: Vec<MeasuredRow>,
    /// The number of unchanged benchmarks that are not listed.
    unlisted: String,
    budgets: Vec<BudgetView>,
    counts: Option<CountTable>,
    notes: Vec<String>,
    machine: Vec<(&'static str, String)>,
}

/// A benchmark of the run.
#[derive(Clone, Debug, Serialize)]
struct MeasuredRow {
    badge: Badge,
    name: Name,
    stem: String,
    base: String,
    head: String,
    change: String,
    bounds: Bounds,
    /// The confidence interval as a drawing.
    drawing: String,
    remark: String,
}

/// The page of the run that `report` is about. `shown`: the runs up to this one.
pub(super) fn view(
    shown: &SiteRuns<'_>,
    report: &Report,
    comparisons: &[&Comparison],
    neighbours: Option<NeighbourView>,
) -> Option<RunPage> {
    let at = shown.runs.iter().position(|run| run.id == report.run.id)?;
    let run = &shown.runs[at];
    let previous = previous(&shown.runs[..at]);
    let notable = report.rows.iter().map(|row| &row.verdict).filter(|one| is_notable(one));
    let reach = interval::reach(notable.filter_map(|verdict| verdict.low.zip(verdict.high)));
    let measured_row = |row| measured_row(row, reach);
    let rows = |notable| report.rows.iter().filter(move |row| is_notable(&row.verdict) == notable);
    Some(RunPage {
        root: "../",
        title: format!("Run of {}", run.label()),
        summary: capitalized(&rows::summary(report)),
        facts: overview::facts(report, shown),
        run: RunRow::of(run),
        id: runs::file_name(run.id),
        previous: previous.map(RunRow::of),
        previous_id: previous.map_or_else(String::new, |run| runs::file_name(run.id)),
        neighbours,
        comparisons: comparisons.iter().map(|comparison| ComparisonRow::of(comparison)).collect(),
        has_intervals: report.rows.iter().any(has_interval),
        has_baseline: !rows::lacks_baseline(report),
        unchanged: overview::unchanged(report),
        changed: rows(true).map(measured_row).collect(),
        others: rows(false).take(OTHERS).map(measured_row).collect(),
        unlisted: match rows(false).count().saturating_sub(OTHERS) {
            0 => String::new(),
            more => unit::counted(more, "more benchmark", "more benchmarks"),
        },
        budgets: report.budgets.iter().map(budget::view).collect(),
        counts: CountTable::of(&report.rows[..report.rows.len().min(OTHERS)]),
        notes: report.notes.iter().map(|note| text::clipped(note, text::NAME)).collect(),
        machine: overview::machine(&report.run.machine),
    })
}

fn previous<'r, 'a>(before: &'r [RunView<'a>]) -> Option<&'r RunView<'a>> {
    before.iter().rev().find(|run| run.comparability() == Comparability::Counted)
}

fn measured_row(row: &Row, reach: f64) -> MeasuredRow {
    let verdict = &row.verdict;
    let median = || row.measured.as_ref().map(|m| text::value(m.time_ns.median, m.unit()));
    let figures = verdict.figures();
    let badge = Badge::of_verdict(verdict);
    let ends = verdict.change.zip(verdict.low.zip(verdict.high));
    let ends = ends.filter(|_| is_notable(verdict));
    let drawing = ends.map(|(change, ends)| interval::drawn(change, ends, reach, badge.class));
    MeasuredRow {
        drawing: drawing.unwrap_or_default(),
        badge,
        name: Name::cell(verdict.name.as_str()),
        stem: verdict.name.file_stem(),
        base: figures.base.unwrap_or_default(),
        head: figures.head.or_else(median).unwrap_or_default(),
        change: figures.change.unwrap_or_default(),
        bounds: Bounds::of_verdict(verdict),
        remark: text::line(&row.remark()),
    }
}

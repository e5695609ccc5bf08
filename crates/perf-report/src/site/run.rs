//! The page of a run: what it measured, and what the rule says of it.

use super::budget::{self, BudgetView};
use super::comparison::ComparisonRow;
use super::overview::{self, Facts, is_loud};
use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::runs::{self, RunRow};
use super::site_runs::SiteRuns;
use super::text::{self, Badge};
use crate::{Comparison, Report, Row};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(super) struct RunPage {
    root: &'static str,
    title: String,
    summary: String,
    facts: Facts,
    run: RunRow,
    id: String,
    /// The counted run before it, to compare with.
    previous: Option<RunRow>,
    previous_id: String,
    comparisons: Vec<ComparisonRow>,
    changed: Vec<MeasuredRow>,
    others: Vec<MeasuredRow>,
    budgets: Vec<BudgetView>,
    notes: Vec<String>,
    machine: Vec<(&'static str, String)>,
}

/// A benchmark as the run measured it.
#[derive(Clone, Debug, Serialize)]
struct MeasuredRow {
    badge: Badge,
    name: Vec<String>,
    stem: String,
    change: String,
    now: String,
    baseline: String,
    p95: String,
    fastest: String,
    remark: String,
}

/// The page of the run that `report` is about. `shown` sees the runs as this one does.
pub(super) fn view(
    shown: &SiteRuns<'_>,
    report: &Report,
    comparisons: &[&Comparison],
) -> Option<RunPage> {
    let at = shown.runs.iter().position(|run| run.id == report.run.id)?;
    let run = &shown.runs[at];
    let previous = previous(&shown.runs[..at]);
    let rows = |loud| report.rows.iter().filter(move |row| is_loud(&row.verdict) == loud);
    Some(RunPage {
        root: "../",
        title: format!("Run of {}", run.label()),
        summary: report.summary.clone(),
        facts: overview::facts(report, shown),
        run: RunRow::of(run),
        id: runs::file_name(run.id),
        previous: previous.map(RunRow::of),
        previous_id: previous.map_or_else(String::new, |run| runs::file_name(run.id)),
        comparisons: comparisons.iter().map(|comparison| ComparisonRow::of(comparison)).collect(),
        changed: rows(true).map(measured_row).collect(),
        others: rows(false).map(measured_row).collect(),
        budgets: report.budgets.iter().map(budget::view).collect(),
        notes: report.notes.iter().map(|note| text::clipped(note, text::NAME)).collect(),
        machine: overview::machine(&report.run.machine),
    })
}

fn previous<'r, 'a>(before: &'r [RunView<'a>]) -> Option<&'r RunView<'a>> {
    before.iter().rev().find(|run| run.standing() == Comparability::Counted)
}

fn measured_row(row: &Row) -> MeasuredRow {
    let verdict = &row.verdict;
    let times = row.measured.as_ref().map(|measured| (measured, &measured.time_ns));
    let shown =
        |value: Option<f64>, unit: &str| text::or_nothing(value.map(|v| text::value(v, unit)));
    let of = |value: &dyn Fn(&perf_judge::run::Times) -> Option<f64>| {
        times.map_or_else(String::new, |(measured, times)| shown(value(times), measured.unit()))
    };
    let figures = verdict.figures();
    MeasuredRow {
        badge: Badge::of_verdict(verdict),
        name: text::parts(verdict.name.as_str()),
        stem: verdict.name.file_stem(),
        change: figures.change.unwrap_or_default(),
        // What is judged, so that it differs from the baseline by the change.
        now: figures.head.unwrap_or_else(|| of(&|times| Some(times.median))),
        baseline: figures.base.unwrap_or_default(),
        p95: of(&|times| times.p95),
        fastest: of(&|times| Some(times.min)),
        remark: text::line(&row.remark()),
    }
}

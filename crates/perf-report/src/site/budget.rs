//! A budget as a row of a table.

use super::spark;
use super::text::{self, Badge, Name};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(super) struct BudgetView {
    badge: Badge,
    name: String,
    description: String,
    /// The page of its benchmark.
    stem: Option<String>,
    benchmark: Option<Name>,
    metric: &'static str,
    value: String,
    target: String,
    critical: String,
    headroom: String,
    bar: String,
    reason: String,
}

pub(super) fn view(budget: &BudgetResult) -> BudgetView {
    let show = |value| budget.metric.show(value);
    BudgetView {
        badge: Badge::of_budget(budget),
        name: text::word(&budget.name),
        description: text::line(&budget.description),
        stem: budget.benchmark.as_ref().map(|id| id.file_stem()),
        benchmark: budget.benchmark.as_ref().map(|id| Name::cell(id.as_str())),
        metric: budget.metric.name(),
        value: text::or_nothing(budget.value.map(show)),
        target: show(budget.target),
        critical: show(budget.critical),
        headroom: headroom(budget),
        bar: spark::bar(budget),
        reason: text::line(budget.reason.as_deref().unwrap_or_default()),
    }
}

/// `28.0 % left`, `90.0 % over`
fn headroom(budget: &BudgetResult) -> String {
    let Some(value) = budget.value else { return String::new() };
    let share = unit::percent(LogRatio((value / budget.target).ln()));
    let side = if budget.status == BudgetStatus::Ok { "left" } else { "over" };
    format!("{share} {side}")
}

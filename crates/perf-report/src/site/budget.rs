//! A budget as a row of a table.

use super::data::embedded;
use super::spark;
use super::text::{self, Badge, Name};
use perf_judge::budget::{Budget, BudgetResult, BudgetStatus};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Number;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// A budget of a count, as the script that compares runs reads it.
#[derive(Debug, Serialize)]
struct CountBudget {
    name: String,
    /// The count's name in run files.
    count: &'static str,
    target: Number,
    critical: Number,
}

/// The budgets of counts by benchmark, as JSON. `names` are all benchmarks.
pub(super) fn of_counts(budgets: &[Budget], names: &[BenchmarkId]) -> String {
    let mut by_benchmark: BTreeMap<String, Vec<CountBudget>> = BTreeMap::new();
    for budget in budgets {
        let Some(quantity) = budget.metric.quantity() else { continue };
        for name in budget.limits(names) {
            let of_benchmark = by_benchmark.entry(text::clipped(name.as_str(), text::NAME));
            of_benchmark.or_default().push(CountBudget {
                name: text::word(&budget.name),
                count: quantity.key(),
                target: Number(budget.target),
                critical: Number(budget.critical),
            });
        }
    }
    embedded(&by_benchmark)
}

/// The used share of the target; 0 without a value.
pub(super) fn used(budget: &BudgetResult) -> f64 {
    budget.value.map_or(0.0, |value| value / budget.target)
}

/// `28.0 % left`, `90.0 % over`
fn headroom(budget: &BudgetResult) -> String {
    let Some(value) = budget.value else { return String::new() };
    let share = unit::percent(LogRatio((value / budget.target).ln()));
    let side = if budget.status == BudgetStatus::Ok { "left" } else { "over" };
    format!("{share} {side}")
}

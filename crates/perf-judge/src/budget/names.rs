//! The check that budgets name existing benchmarks.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::Key;
use super::limits::Budget;
use crate::ident::BenchmarkId;

/// Why the name in a budget does not select a benchmark.
#[derive(Debug, thiserror::Error)]
enum NameError {
    #[error("no benchmark has the name `{name}`{hint}")]
    Unknown { name: String, hint: String },
    #[error(
        "`{name}` matches more than one benchmark (`{one}`, `{other}`): write more of the name, or add `::*` to limit the worst"
    )]
    Ambiguous { name: String, one: BenchmarkId, other: BenchmarkId },
}

/// Checks that each budget names a benchmark, and only one unless it ends in `::*`.
pub(super) fn check_names(
    text: &str,
    budgets: &[Budget],
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    budgets.iter().try_for_each(|budget| {
        check_name(budget, known).map_err(|error| {
            let path = [Key("budgets"), Key(&budget.name), Key("benchmark")];
            at_value(text, &path, format!("budget `{}`: {error}", budget.name))
        })
    })
}

fn check_name(budget: &Budget, known: &[BenchmarkId]) -> Result<(), NameError> {
    let name = budget.benchmark.clone();
    match budget.limits(known)[..] {
        [] => Err(NameError::Unknown { hint: nearest(budget, known), name }),
        [one, other, ..] if !name.ends_with("::*") => {
            Err(NameError::Ambiguous { name, one: one.clone(), other: other.clone() })
        }
        _ => Ok(()),
    }
}

fn nearest(budget: &Budget, known: &[BenchmarkId]) -> String {
    let last = budget.benchmark.trim_end_matches("::*").rsplit("::").next().unwrap_or_default();
    let has_arguments = known.iter().any(|id| id.is_below(&budget.benchmark));
    let near = known.iter().find(|id| id.as_str().contains(last)).filter(|_| !last.is_empty());
    match (has_arguments, near) {
        (true, _) => {
            format!(": write `{}::*`, which limits the worst of its cases", budget.benchmark)
        }
        (false, Some(id)) => format!(": a similar name is `{id}`"),
        (false, None) => ": correct the name, or remove the budget".to_owned(),
    }
}

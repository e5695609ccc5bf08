//! Absolute limits: what they are, and whether a run keeps them.

mod metric;
mod error;
mod accepted;
mod file;
mod check;
mod recent;
mod suggest;
mod edit;
mod accept;

pub use accept::accept;
pub use accepted::{Acceptance, check_accepted};
pub use check::{BudgetResult, BudgetStatus, check};
pub use edit::apply;
pub use error::BudgetError;
pub use file::{Budget, BudgetFile, Budgets, Gate, HistoryPlace, Level};
pub use metric::{Metric, Unmeasured};
pub use recent::{Recent, Worst};
pub use suggest::{Advice, ObservedValues, TargetChange, suggest};

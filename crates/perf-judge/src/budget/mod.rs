//! Budgets: absolute limits, and the check of a run against them.

mod metric;
mod json_place;
mod error;
mod object;
mod git_name;
mod gate;
mod settings;
mod base;
mod cargo_config;
mod renamed;
mod accepted;
mod pattern;
mod limits;
mod names;
mod exclude;
mod file;
mod check;
mod recent;
mod suggest;
mod edit;
mod accept;

pub use accept::accept;
pub use accepted::{Acceptance, AcceptanceError};
pub use base::BaseConfig;
pub use cargo_config::CargoConfig;
pub use check::{BudgetResult, BudgetStatus, Required, check};
pub use edit::apply;
pub use error::BudgetError;
pub use file::{BudgetFile, Budgets};
pub use gate::{CountLimit, Gate, Level};
pub use git_name::{GitNameError, check_branch, check_folder};
pub use limits::Budget;
pub use metric::{Metric, Unmeasured};
pub use recent::{Recent, Worst};
pub use settings::HistoryConfig;
pub use suggest::{Advice, ObservedValues, TargetChange, suggest};

//! perf-budgets.json as a file of a workspace.

use crate::files::{TEXT_BYTES, read_if_there};
use anyhow::{Result, anyhow};
use perf_judge::budget::{BudgetError, BudgetFile, Budgets};
use std::path::Path;

/// The file name in the root of a workspace.
pub(crate) const BUDGET_FILE: &str = "perf-budgets.json";

/// Text, settings and budgets of the file in `root`; `None` without one.
pub(crate) fn read(root: &Path) -> Result<Option<(String, BudgetFile, Budgets)>> {
    let Some(text) = read_if_there(&root.join(BUDGET_FILE), TEXT_BYTES)? else { return Ok(None) };
    let (file, budgets) = BudgetFile::parse(&text).map_err(|error| in_file(&error))?;
    Ok(Some((text, file, budgets)))
}

/// The error with the file's name before line and column.
pub(crate) fn in_file(error: &BudgetError) -> anyhow::Error {
    anyhow!("{BUDGET_FILE}:{error}")
}

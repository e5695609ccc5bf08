//! The branches that perf-budgets.json names.

use super::error::{BudgetError, at_key, at_value};
use super::git_name::{check_branch, check_folder};
use super::json_place::PathPart::{Index, Key};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The default place of the history, which the command line can change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct HistoryConfig {
    /// The history's branch.
    pub branch: String,
    /// The folder on the branch; empty for its root.
    pub folder: String,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { branch: "gh-pages".to_owned(), folder: String::new() }
    }
}

/// Checks the names of base branches.
pub(super) fn check_base_branches(text: &str, branches: &[String]) -> Result<(), BudgetError> {
    if branches.is_empty() {
        let message = "`base_branches` is empty: write at least one branch".to_owned();
        return Err(at_value(text, &[Key("base_branches")], message));
    }
    let mut seen = BTreeSet::new();
    for (index, branch) in branches.iter().enumerate() {
        let place = [Key("base_branches"), Index(index)];
        check_branch(branch).map_err(|why| {
            let name = branch.escape_debug();
            at_value(text, &place, format!("`{name}` cannot be a base branch: {why}"))
        })?;
        if !seen.insert(branch) {
            let message = format!("`base_branches` contains `{branch}` twice: remove one of them");
            return Err(at_value(text, &place, message));
        }
    }
    Ok(())
}

/// Checks the place of the history.
pub(super) fn check_history(
    text: &str,
    history: &HistoryConfig,
    base_branches: &[String],
) -> Result<(), BudgetError> {
    let HistoryConfig { branch, folder } = history;
    let at = |key, message| at_value(text, &[Key("history"), Key(key)], message);
    check_branch(branch).map_err(|why| {
        let name = branch.escape_debug();
        at("branch", format!("the history cannot be on the branch `{name}`: {why}"))
    })?;
    check_folder(folder).map_err(|why| {
        let name = folder.escape_debug();
        at("folder", format!("the history cannot be in the folder `{name}`: {why}"))
    })?;
    if base_branches.contains(branch) {
        let message = format!(
            "`{branch}` is a base branch, and each run would be a commit on it: write another branch, e.g. `gh-pages`"
        );
        return Err(at_key(text, &[], "history", message));
    }
    Ok(())
}

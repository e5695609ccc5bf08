//! perf-budgets.json: its shape, and everything that can be wrong with it.

use super::accepted::{self, Acceptance};
use super::error::{BudgetError, at, at_value, located};
use super::json_place::PathPart::Key;
use super::limits::{Budget, RawBudget};
use super::object::{AsObject, object, objects, unique_keys};
use super::settings::{Gate, HistoryConfig, check_base_branches, check_history};
use super::{names, renamed};
use crate::ident::BenchmarkId;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The newest format of perf-budgets.json that this version reads.
const SCHEMA: u32 = 2;

/// The contents of perf-budgets.json, checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BudgetFile {
    /// The format's version.
    pub schema: u32,
    /// Branches that baselines are taken from; the first serves every other branch.
    #[serde(default = "main_alone")]
    pub base_branches: Vec<String>,
    /// Where the history lies.
    #[serde(default, deserialize_with = "object")]
    pub history: HistoryConfig,
    /// What fails a check.
    #[serde(default, deserialize_with = "object")]
    pub gate: Gate,
    /// The names that benchmarks have today by old ones, so that a renamed benchmark keeps its
    /// history.
    #[serde(default, deserialize_with = "unique_keys")]
    pub renamed: BTreeMap<BenchmarkId, BenchmarkId>,
    /// Slowdowns that are worth it.
    #[serde(default, deserialize_with = "objects")]
    pub accepted: Vec<Acceptance>,
    /// The limits by name.
    #[serde(default, deserialize_with = "unique_keys")]
    budgets: BTreeMap<String, AsObject<RawBudget>>,
}

/// The limits of a file, in the order of their names.
pub type Budgets = Vec<Budget>;

#[derive(Deserialize)]
struct BudgetFileSchema {
    schema: u32,
}

fn main_alone() -> Vec<String> {
    vec!["main".to_owned()]
}

impl Default for BudgetFile {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            base_branches: main_alone(),
            history: HistoryConfig::default(),
            gate: Gate::default(),
            renamed: BTreeMap::new(),
            accepted: Vec::new(),
            budgets: BTreeMap::new(),
        }
    }
}

impl BudgetFile {
    /// Reads and checks perf-budgets.json.
    ///
    /// # Errors
    /// With the line and column of the value or key: what does not parse, an unknown or doubled
    /// key, a newer schema, names that git does not take, names that lead nowhere, thresholds that
    /// are missing, mixed up, out of range or out of order.
    pub fn parse(text: &str) -> Result<(Self, Budgets), BudgetError> {
        check_object(text)?;
        let BudgetFileSchema { schema } = read(text)?;
        if !(1..=SCHEMA).contains(&schema) {
            let message =
                format!("schema {schema} is not one that this version reads (1 to {SCHEMA})");
            return Err(at_value(text, &[Key("schema")], message));
        }
        let mut file: Self = read(text)?;
        check_base_branches(text, &file.base_branches)?;
        check_history(text, &file.history, &file.base_branches)?;
        file.renamed = renamed::resolved(text, &file.renamed)?;
        accepted::check(text, &file.accepted)?;
        let budgets = file.budgets.iter();
        let budgets = budgets.map(|(name, AsObject(raw))| raw.checked(text, name));
        let budgets = budgets.collect::<Result<_, _>>()?;
        Ok((file, budgets))
    }

    /// The branch whose runs make the baselines: the one that is checked out if it is a base
    /// branch, else the first of them.
    pub fn base_branch(&self, checked_out: Option<&str>) -> &str {
        let own = self.base_branches.iter().find(|base| Some(base.as_str()) == checked_out);
        own.or(self.base_branches.first()).map_or("main", String::as_str)
    }

    /// Checks that every budget, new name and accepted regression is of a benchmark that exists,
    /// and a budget of only one unless it says `::*`.
    ///
    /// # Errors
    /// With the line and column of the first that is not.
    pub fn check_names(
        &self,
        text: &str,
        budgets: &[Budget],
        known: &[BenchmarkId],
    ) -> Result<(), BudgetError> {
        renamed::check_new_names(text, &self.renamed, known)?;
        names::check_names(text, budgets, known)?;
        accepted::check_names(text, &self.accepted, known)
    }

    /// Checks that every budget is of a benchmark that exists, and of only one unless it says `::*`.
    ///
    /// # Errors
    /// With the line and column of the first that is not.
    pub fn check_budgets(
        text: &str,
        budgets: &[Budget],
        known: &[BenchmarkId],
    ) -> Result<(), BudgetError> {
        names::check_names(text, budgets, known)
    }

    /// Checks that no benchmark that exists has an old name: its numbers would count as those of
    /// the benchmark with the new name.
    ///
    /// # Errors
    /// With the line and column of the first that has.
    pub fn check_old_names(&self, text: &str, known: &[BenchmarkId]) -> Result<(), BudgetError> {
        renamed::check_old_names(text, &self.renamed, known)
    }
}

fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, BudgetError> {
    serde_json::from_str(text).map_err(|error| located(text, &error))
}

/// Checks what a parser would call the unexpected end or beginning of a value.
fn check_object(text: &str) -> Result<(), BudgetError> {
    let begin = text.len() - text.trim_start().len();
    let message = match text.trim_start().chars().next() {
        Some('{') => return Ok(()),
        Some('\u{feff}') => "the file begins with a byte order mark: save it as UTF-8 without one",
        Some(_) => "the file must hold one object: write `{\"schema\": 1}`, and the rest in it",
        None => "the file is empty: write `{\"schema\": 1}`, or remove it",
    };
    Err(at(text, if begin == text.len() { 0 } else { begin }, message.to_owned()))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

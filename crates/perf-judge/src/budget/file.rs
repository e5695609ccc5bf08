//! perf-budgets.json: its keys, and their validation.

use super::accepted::{self, Acceptance};
use super::base::{BaseConfig, check_base};
use super::cargo_config::{CargoConfig, check_cargo};
use super::error::{BudgetError, at, at_value, located};
use super::gate::{Gate, check_gate};
use super::json_place::PathPart::Key;
use super::limits::{Budget, RawBudget};
use super::object::{AsObject, object, objects, unique_keys};
use super::pattern::matches;
use super::settings::{HistoryConfig, check_base_branches, check_history};
use super::{alternatives, exclude, names, renamed};
use crate::ident::BenchmarkId;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The newest format of perf-budgets.json that this version reads.
const SCHEMA: u32 = 2;

/// The contents of perf-budgets.json, checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BudgetFile {
    /// The schema of the file.
    pub schema: u32,
    /// The version of this tool that wrote the first form of the file.
    #[serde(default)]
    pub written_by: Option<String>,
    /// The branches of baselines. All other branches use the first. `None`: the default branch of
    /// the repository.
    #[serde(default, deserialize_with = "configured")]
    pub base_branches: Option<Vec<String>>,
    /// The place of the history.
    #[serde(default, deserialize_with = "object")]
    pub history: HistoryConfig,
    /// Cargo's options for the build of the benches.
    #[serde(default, deserialize_with = "object")]
    pub cargo: CargoConfig,
    /// What a base needs beside its commit.
    #[serde(default, deserialize_with = "object")]
    pub base: BaseConfig,
    /// What fails a check.
    #[serde(default, deserialize_with = "object")]
    pub gate: Gate,
    /// Benchmarks that are not measured: names, their last parts, or names that end in `::*`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// The current names of benchmarks by old ones, so that a renamed benchmark keeps its history.
    #[serde(default, deserialize_with = "unique_keys")]
    pub renamed: BTreeMap<BenchmarkId, BenchmarkId>,
    /// The accepted regressions.
    #[serde(default, deserialize_with = "objects")]
    pub accepted: Vec<Acceptance>,
    /// The name of the project, for the site. `None`: that of the repository.
    #[serde(default, deserialize_with = "configured")]
    pub project: Option<String>,
    /// Benchmarks that are different ways to one result: patterns like those of `exclude`, by the
    /// name of the group.
    #[serde(default, deserialize_with = "unique_keys")]
    pub alternatives: BTreeMap<String, Vec<String>>,
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

/// A value that is not `null`.
fn configured<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl Default for BudgetFile {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            written_by: None,
            base_branches: None,
            history: HistoryConfig::default(),
            cargo: CargoConfig::default(),
            base: BaseConfig::default(),
            gate: Gate::default(),
            exclude: Vec::new(),
            renamed: BTreeMap::new(),
            accepted: Vec::new(),
            project: None,
            alternatives: BTreeMap::new(),
            budgets: BTreeMap::new(),
        }
    }
}

impl BudgetFile {
    /// Reads and checks perf-budgets.json.
    ///
    /// # Errors
    /// With the line and column of the value or key:
    ///
    /// - a text that is not JSON, an unknown or duplicate key, a newer schema;
    /// - a name that git or cargo does not accept, a cycle of new names, or an empty name in `exclude` or
    ///   `alternatives`;
    /// - a limit that is missing, out of range or out of order, or has the key of another metric.
    pub fn parse(text: &str) -> Result<(Self, Budgets), BudgetError> {
        check_object(text)?;
        let BudgetFileSchema { schema } = read(text)?;
        if !(1..=SCHEMA).contains(&schema) {
            let message = format!(
                "this version does not read schema {schema}: update this tool, or write schema 1 to {SCHEMA}"
            );
            return Err(at_value(text, &[Key("schema")], message));
        }
        let mut file: Self = read(text)?;
        if let Some(branches) = &file.base_branches {
            check_base_branches(text, branches)?;
        }
        check_history(text, &file.history, file.base_branches.as_deref().unwrap_or_default())?;
        check_gate(text, file.gate)?;
        check_cargo(text, &file.cargo)?;
        check_base(text, &file.base)?;
        file.renamed = renamed::resolved(text, &file.renamed)?;
        accepted::check(text, &file.accepted)?;
        exclude::check(text, &file.exclude)?;
        alternatives::check(text, &file.alternatives)?;
        let budgets = file.budgets.iter();
        let budgets = budgets.map(|(name, AsObject(raw))| raw.checked(text, name));
        let budgets = budgets.collect::<Result<_, _>>()?;
        Ok((file, budgets))
    }

    /// Checks that each budget, new name and accepted regression names an existing benchmark. A
    /// budget names only one, unless it ends in `::*`.
    ///
    /// # Errors
    /// With the line and column of the first that does not.
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

    /// Checks that each budget names an existing benchmark, and only one unless it ends in `::*`.
    ///
    /// # Errors
    /// With the line and column of the first that does not.
    pub fn check_budgets(
        text: &str,
        budgets: &[Budget],
        known: &[BenchmarkId],
    ) -> Result<(), BudgetError> {
        names::check_names(text, budgets, known)
    }

    /// Whether the benchmark is not measured.
    pub fn excludes(&self, id: &BenchmarkId) -> bool {
        self.exclude.iter().any(|pattern| matches(pattern, id))
    }

    /// Checks that each entry of `exclude` excludes one of `known`.
    ///
    /// # Errors
    /// With the line and column of the first that does not.
    pub fn check_excluded(&self, text: &str, known: &[BenchmarkId]) -> Result<(), BudgetError> {
        exclude::check_names(text, &self.exclude, known)
    }

    /// Checks that no existing benchmark has an old name. Its numbers would count for the benchmark
    /// with the new name.
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

/// Checks that the text is an object, with an error that names the edit.
fn check_object(text: &str) -> Result<(), BudgetError> {
    let begin = text.len() - text.trim_start().len();
    let message = match text.trim_start().chars().next() {
        Some('{') => return Ok(()),
        Some('\u{feff}') => "the file begins with a byte order mark: save it as UTF-8 without one",
        Some(_) => "the file is not an object: write `{\"schema\": 2}`, and all keys in it",
        None => "the file is empty: write `{\"schema\": 2}`, or remove the file",
    };
    Err(at(text, if begin == text.len() { 0 } else { begin }, message.to_owned()))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

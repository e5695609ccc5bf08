//! perf-budgets.json: its shape, and everything that can be wrong with it.

use super::accepted::{self, Acceptance};
use super::error::{BudgetError, at_key, located};
use super::metric::Metric;
use crate::detect::Severity;
use crate::ident::BenchmarkId;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The newest format of perf-budgets.json that this version reads.
const SCHEMA: u32 = 1;

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
    #[serde(default)]
    pub history: HistoryPlace,
    /// What fails a check.
    #[serde(default)]
    pub gate: Gate,
    /// New names of benchmarks by old ones, so that a renamed benchmark keeps its history.
    #[serde(default, deserialize_with = "unique_keys")]
    pub renamed: BTreeMap<BenchmarkId, BenchmarkId>,
    /// Slowdowns that are worth it.
    #[serde(default)]
    pub accepted: Vec<Acceptance>,
    /// The limits by name.
    #[serde(default, deserialize_with = "unique_keys")]
    budgets: BTreeMap<String, RawBudget>,
}

/// Where the history lies, unless the command line says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct HistoryPlace {
    /// The branch.
    pub branch: String,
    /// The folder on it; empty for its root.
    pub folder: String,
}

impl Default for HistoryPlace {
    fn default() -> Self {
        Self { branch: "gh-pages".to_owned(), folder: String::new() }
    }
}

/// The limits of a file, in the order of their names.
pub type Budgets = Vec<Budget>;

/// One limit. Its thresholds ascend; they are ns for times, else the metric's own unit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Budget {
    /// What the file calls it.
    pub name: String,
    /// The benchmark's name, or a name and `::*` for the worst below it.
    pub benchmark: String,
    /// What it protects, for people.
    pub description: String,
    /// What is limited.
    pub metric: Metric,
    /// Above it: SLOW.
    pub target: f64,
    /// Above it: WARNING.
    pub warning: f64,
    /// Above it: CRITICAL.
    pub critical: f64,
    /// Whether a CRITICAL fails the check.
    pub gate: bool,
}

/// The lowest severity that fails a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Changes of 50 % and more.
    Critical,
    /// Changes of 20 % and more.
    Major,
    /// Changes of 10 % and more.
    Minor,
    /// Nothing fails.
    Never,
}

impl Level {
    /// Whether a regression of this severity fails. A notice never does.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Critical => severity >= Severity::Critical,
            Self::Major => severity >= Severity::Major,
            Self::Minor => severity >= Severity::Minor,
            Self::Never => false,
        }
    }
}

/// The lowest severity that fails a check, by how the regression was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Found against the history, confirmed by fresh launches.
    pub history: Level,
    /// Found side by side.
    pub compare: Level,
    /// Found side by side, and the work grew as well.
    pub compare_work_grew: Level,
}

impl Default for Gate {
    fn default() -> Self {
        Self { history: Level::Critical, compare: Level::Major, compare_work_grew: Level::Minor }
    }
}

impl Gate {
    /// The same level for every way of finding.
    pub fn all(level: Level) -> Self {
        Self { history: level, compare: level, compare_work_grew: level }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBudget {
    benchmark: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    metric: Metric,
    target: Option<f64>,
    warning: Option<f64>,
    critical: Option<f64>,
    target_ms: Option<f64>,
    warning_ms: Option<f64>,
    critical_ms: Option<f64>,
    #[serde(default = "yes")]
    gate: bool,
}

#[derive(Deserialize)]
struct BudgetFileSchema {
    schema: u32,
}

fn yes() -> bool {
    true
}

fn main_alone() -> Vec<String> {
    vec!["main".to_owned()]
}

impl Default for BudgetFile {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            base_branches: main_alone(),
            history: HistoryPlace::default(),
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
    /// With the line and column of the key: what does not parse, an unknown or doubled key, a
    /// newer schema, thresholds that are missing, mixed up or out of order.
    pub fn parse(text: &str) -> Result<(Self, Budgets), BudgetError> {
        let at = |error: &serde_json::Error| located(error);
        let BudgetFileSchema { schema } = serde_json::from_str(text).map_err(|error| at(&error))?;
        if schema != SCHEMA {
            let message = format!("schema {schema} is not one that this version reads ({SCHEMA})");
            return Err(at_key(text, "schema", message));
        }
        let file: Self = serde_json::from_str(text).map_err(|error| at(&error))?;
        if file.base_branches.is_empty() {
            let message = "`base_branches` must name at least one branch".to_owned();
            return Err(at_key(text, "base_branches", message));
        }
        accepted::check(text, &file.accepted)?;
        let checked = |(name, raw): (&String, &RawBudget)| {
            raw.checked(name)
                .map_err(|error| at_key(text, name, format!("budget `{name}`: {error}")))
        };
        let budgets = file.budgets.iter().map(checked).collect::<Result<Budgets, _>>()?;
        Ok((file, budgets))
    }

    /// The branch whose runs make the baselines: the one that is checked out if it is a base
    /// branch, else the first of them.
    pub fn base_branch(&self, checked_out: Option<&str>) -> &str {
        let own = self.base_branches.iter().find(|base| Some(base.as_str()) == checked_out);
        own.or(self.base_branches.first()).map_or("main", String::as_str)
    }

    /// Checks that every budget names a benchmark, and only one unless it says `::*`.
    ///
    /// # Errors
    /// With the line and column of the first budget that does not.
    pub fn check_names(
        text: &str,
        budgets: &[Budget],
        known: &[BenchmarkId],
    ) -> Result<(), BudgetError> {
        for budget in budgets {
            named(budget, known).map_err(|error| {
                at_key(text, &budget.name, format!("budget `{}`: {error}", budget.name))
            })?;
        }
        Ok(())
    }
}

impl Budget {
    /// The benchmarks among `known` that this budget limits.
    pub fn limits<'a>(&self, known: &'a [BenchmarkId]) -> Vec<&'a BenchmarkId> {
        match self.benchmark.strip_suffix("::*") {
            Some(above) => known.iter().filter(|id| id.is_below(above)).collect(),
            None => known.iter().filter(|id| id.is_named(&self.benchmark)).collect(),
        }
    }
}

/// What is wrong with the limits of one budget.
#[derive(Debug, thiserror::Error)]
enum LimitError {
    #[error("`target{suffix}` is missing: a limit of {metric}")]
    NoTarget { suffix: &'static str, metric: &'static str },
    #[error("its limits must ascend from above 0: target {0}, warning {1}, critical {2}")]
    Order(f64, f64, f64),
    #[error("{0} is a time: its limits end in `_ms`, as `target_ms`")]
    Time(&'static str),
    #[error("{0} is no time: its limits do not end in `_ms`, as `target`")]
    NoTime(&'static str),
}

impl RawBudget {
    fn checked(&self, name: &str) -> Result<Budget, LimitError> {
        let (unit, suffix) = self.metric.written();
        let [Some(target), warning, critical] = self.limits()? else {
            return Err(LimitError::NoTarget { suffix, metric: self.metric.name() });
        };
        let [target, warning, critical] = completed(target, warning, critical);
        let in_order = 0.0 < target && target <= warning && warning <= critical;
        if !in_order || !critical.is_finite() {
            return Err(LimitError::Order(target, warning, critical));
        }
        Ok(Budget {
            name: name.to_owned(),
            benchmark: self.benchmark.clone(),
            description: self.description.clone(),
            metric: self.metric,
            target: target * unit,
            warning: warning * unit,
            critical: critical * unit,
            gate: self.gate,
        })
    }

    /// The three limits as written.
    fn limits(&self) -> Result<[Option<f64>; 3], LimitError> {
        let times = [self.target_ms, self.warning_ms, self.critical_ms];
        let others = [self.target, self.warning, self.critical];
        let metric = self.metric.name();
        match (self.metric.is_time(), times == [None; 3], others == [None; 3]) {
            (true, _, true) => Ok(times),
            (true, _, false) => Err(LimitError::Time(metric)),
            (false, true, _) => Ok(others),
            (false, false, _) => Err(LimitError::NoTime(metric)),
        }
    }
}

/// The three limits, where the file need not name the last two.
pub(super) fn completed(target: f64, warning: Option<f64>, critical: Option<f64>) -> [f64; 3] {
    let warning = warning.unwrap_or(target * 1.2);
    [target, warning, critical.unwrap_or((target * 1.5).max(warning))]
}

/// Why a budget's name does not say which benchmark it limits.
#[derive(Debug, thiserror::Error)]
enum NameError {
    #[error("no benchmark is called `{name}`{hint}")]
    Unknown { name: String, hint: String },
    #[error(
        "`{name}` names more than one benchmark (`{one}`, `{other}`): write more of the name, or `::*` for the worst"
    )]
    Ambiguous { name: String, one: BenchmarkId, other: BenchmarkId },
}

fn named(budget: &Budget, known: &[BenchmarkId]) -> Result<(), NameError> {
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
        (true, _) => format!("; `{}::*` names the worst of its cases", budget.benchmark),
        (false, Some(id)) => format!("; there is `{id}`"),
        (false, None) => String::new(),
    }
}

/// A map in which no key stands twice: JSON allows it, and the last would silently win.
fn unique_keys<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    struct Unique<K, V>(PhantomData<(K, V)>);

    impl<'de, K, V> Visitor<'de> for Unique<K, V>
    where
        K: Deserialize<'de> + Ord + fmt::Display,
        V: Deserialize<'de>,
    {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(key) = entries.next_key::<K>()? {
                if map.contains_key(&key) {
                    return Err(de::Error::custom(format!("the key `{key}` stands twice")));
                }
                map.insert(key, entries.next_value()?);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

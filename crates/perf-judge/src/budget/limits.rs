//! One limit of perf-budgets.json: what it may say, and which benchmarks it is about.

use super::error::{BudgetError, at_key, at_value};
use super::json_place::PathPart::Key;
use super::metric::Metric;
use crate::ident::BenchmarkId;
use serde::Deserialize;
use std::ops::RangeInclusive;

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

impl Budget {
    /// The benchmarks among `known` that this budget limits.
    pub fn limits<'a>(&self, known: &'a [BenchmarkId]) -> Vec<&'a BenchmarkId> {
        match self.benchmark.strip_suffix("::*") {
            Some(above) => known.iter().filter(|id| id.is_below(above)).collect(),
            None => known.iter().filter(|id| id.is_named(&self.benchmark)).collect(),
        }
    }

    /// Whether it limits the benchmark that is listed as `listed`, or a row of it: a launch gives
    /// a row for each thread count, and a listing names none of them.
    pub fn may_limit(&self, listed: &BenchmarkId) -> bool {
        let (above, row) = self.benchmark.rsplit_once("::").unwrap_or((&self.benchmark, ""));
        let is_row = row == "*" || row.starts_with("t=");
        !self.limits(std::slice::from_ref(listed)).is_empty() || (is_row && listed.is_named(above))
    }
}

/// A budget as the file writes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBudget {
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

fn yes() -> bool {
    true
}

/// The limits of a budget, without their ending.
const LIMITS: [&str; 3] = ["target", "warning", "critical"];
/// Limits of times in ms. Beyond them a limit is a typing error: no launch takes eleven days, and
/// none less than light needs for a millimetre.
const MILLISECONDS: RangeInclusive<f64> = 1e-9..=1e9;
/// Limits of counts and bytes: counts are means over iterations, and may be below 1.
const OTHERS: RangeInclusive<f64> = 1e-9..=1e15;

/// What is wrong with a budget.
#[derive(Debug, thiserror::Error)]
enum LimitError {
    #[error("`benchmark` is empty: write a benchmark's name, or its last parts")]
    NoBenchmark,
    #[error("`{key}` is missing: a limit of {metric}")]
    NoTarget { key: String, metric: &'static str },
    #[error("`{key}` is {value}: a limit is from {least:e} to {most:e}")]
    Range { key: String, value: String, least: f64, most: f64 },
    #[error("`{key}` is {value}, below the {before} {limit}{default}: limits ascend")]
    Order { key: String, value: String, before: &'static str, limit: String, default: &'static str },
    #[error("{metric} is a time: its limits end in `_ms`, e.g. `target_ms`")]
    Time { key: String, metric: &'static str },
    #[error("{metric} is no time: its limits do not end in `_ms`, e.g. `target`")]
    NoTime { key: String, metric: &'static str },
}

impl LimitError {
    /// The key whose value is wrong, if it is there.
    fn key(&self) -> Option<&str> {
        match self {
            Self::NoBenchmark => Some("benchmark"),
            Self::NoTarget { .. } => None,
            Self::Range { key, .. }
            | Self::Order { key, .. }
            | Self::Time { key, .. }
            | Self::NoTime { key, .. } => Some(key),
        }
    }

    /// The error at the limit, or at the budget that lacks one.
    fn located(&self, text: &str, name: &str) -> BudgetError {
        let message = format!("budget `{name}`: {self}");
        match self.key() {
            Some(key) => at_value(text, &[Key("budgets"), Key(name), Key(key)], message),
            None => at_key(text, &[Key("budgets")], name, message),
        }
    }
}

impl RawBudget {
    /// The budget that the file calls `name`.
    pub(super) fn checked(&self, text: &str, name: &str) -> Result<Budget, BudgetError> {
        let limits = self.limits().map_err(|error| error.located(text, name))?;
        let (unit, _) = self.metric.written();
        let [target, warning, critical] = limits.map(|limit| limit * unit);
        Ok(Budget {
            name: name.to_owned(),
            benchmark: self.benchmark.clone(),
            description: self.description.clone(),
            metric: self.metric,
            target,
            warning,
            critical,
            gate: self.gate,
        })
    }

    /// The three limits in the unit that they are written in.
    fn limits(&self) -> Result<[f64; 3], LimitError> {
        if matches!(self.benchmark.trim(), "" | "::*") {
            return Err(LimitError::NoBenchmark);
        }
        let written = self.written()?;
        self.check_range(written)?;
        let [Some(target), warning, critical] = written else {
            return Err(LimitError::NoTarget { key: self.key(0), metric: self.metric.name() });
        };
        let limits = completed(target, warning, critical);
        self.check_order(written, limits)?;
        Ok(limits)
    }

    /// The three limits as written.
    fn written(&self) -> Result<[Option<f64>; 3], LimitError> {
        let times = [self.target_ms, self.warning_ms, self.critical_ms];
        let others = [self.target, self.warning, self.critical];
        let is_time = self.metric.is_time();
        let (own, foreign) = if is_time { (times, others) } else { (others, times) };
        let Some(at) = foreign.iter().position(Option::is_some) else { return Ok(own) };
        let metric = self.metric.name();
        Err(if is_time {
            LimitError::Time { key: LIMITS[at].to_owned(), metric }
        } else {
            LimitError::NoTime { key: format!("{}_ms", LIMITS[at]), metric }
        })
    }

    fn check_range(&self, written: [Option<f64>; 3]) -> Result<(), LimitError> {
        let range = if self.metric.is_time() { MILLISECONDS } else { OTHERS };
        let is_outside = |limit: &Option<f64>| limit.is_some_and(|limit| !range.contains(&limit));
        let Some(at) = written.iter().position(is_outside) else { return Ok(()) };
        Err(LimitError::Range {
            key: self.key(at),
            value: number(written[at].unwrap_or_default()),
            least: *range.start(),
            most: *range.end(),
        })
    }

    fn check_order(&self, written: [Option<f64>; 3], limits: [f64; 3]) -> Result<(), LimitError> {
        let Some(at) = (1..3).find(|at| limits[*at] < limits[at - 1]) else { return Ok(()) };
        Err(LimitError::Order {
            key: self.key(at),
            value: number(limits[at]),
            before: LIMITS[at - 1],
            limit: number(limits[at - 1]),
            default: if written[at - 1].is_none() {
                ", 1.2 × the target unless it is given"
            } else {
                ""
            },
        })
    }

    /// How the file calls a limit of this metric.
    fn key(&self, limit: usize) -> String {
        let (_, suffix) = self.metric.written();
        format!("{}{suffix}", LIMITS[limit])
    }
}

/// A number as the file would write it: in full, 1e308 has 309 digits.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The three limits, where the file need not name the last two.
pub(super) fn completed(target: f64, warning: Option<f64>, critical: Option<f64>) -> [f64; 3] {
    let warning = warning.unwrap_or(target * 1.2);
    [target, warning, critical.unwrap_or((target * 1.5).max(warning))]
}

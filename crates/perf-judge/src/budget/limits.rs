//! One budget of perf-budgets.json: its limits, and the benchmarks that it limits.

use super::error::{BudgetError, at_key, at_value};
use super::json_place::PathPart::Key;
use super::metric::Metric;
use super::pattern::matches;
use crate::ident::BenchmarkId;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// One budget. Its limits ascend, in ns for times and otherwise in the metric's unit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Budget {
    /// The name in the file.
    pub name: String,
    /// The benchmark's name, or a name and `::*` for the worst below it.
    pub benchmark: String,
    /// The description in the file.
    pub description: String,
    /// The limited metric.
    pub metric: Metric,
    /// The limit above which the status is SLOW.
    pub target: f64,
    /// The limit above which the status is WARNING.
    pub warning: f64,
    /// The limit above which the status is CRITICAL.
    pub critical: f64,
    /// Whether a CRITICAL fails the check.
    pub gate: bool,
}

impl Budget {
    /// The benchmarks among `known` that this budget limits.
    pub fn limits<'a>(&self, known: &'a [BenchmarkId]) -> Vec<&'a BenchmarkId> {
        known.iter().filter(|id| matches(&self.benchmark, id)).collect()
    }

    /// Whether it limits the benchmark `listed`, or a row of it.
    ///
    /// A launch has one row per thread count, and a listing contains no thread counts.
    pub fn may_limit(&self, listed: &BenchmarkId) -> bool {
        let (above, row) = self.benchmark.rsplit_once("::").unwrap_or((&self.benchmark, ""));
        let is_row = row == "*" || row.starts_with("t=");
        !self.limits(std::slice::from_ref(listed)).is_empty() || (is_row && listed.is_named(above))
    }
}

/// A budget in the form of the file.
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

/// The keys of the limits, without `_ms`.
const LIMITS: [&str; 3] = ["target", "warning", "critical"];
/// The range of limits of times, in ms. A limit outside it is a typing error: no launch takes eleven
/// days, or less than a picosecond.
const MILLISECONDS: RangeInclusive<f64> = 1e-9..=1e9;
/// The range of limits of counts and bytes. Counts are means over iterations, and can be below 1.
const OTHERS: RangeInclusive<f64> = 1e-9..=1e15;

/// An invalid budget.
#[derive(Debug, thiserror::Error)]
enum LimitError {
    #[error("`benchmark` is empty: write a benchmark's name, or its last parts")]
    NoBenchmark,
    #[error("`{key}` is missing: add a limit of {metric}")]
    NoTarget { key: String, metric: &'static str },
    #[error("`{key}` is {value}: write a limit from {least:e} to {most:e}")]
    Range { key: String, value: String, least: f64, most: f64 },
    #[error(
        "`{key}` is {value}, below the {before} {limit}{default}: write limits in ascending order"
    )]
    Order { key: String, value: String, before: &'static str, limit: String, default: &'static str },
    #[error("{metric} is a time: write its limits in milliseconds, e.g. `target_ms`")]
    Time { key: String, metric: &'static str },
    #[error("{metric} is not a time: write its limits without `_ms`, e.g. `target`")]
    NoTime { key: String, metric: &'static str },
}

impl LimitError {
    /// The key with the invalid value, if the file has it.
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

    /// The error at the limit, or at the budget without one.
    fn located(&self, text: &str, name: &str) -> BudgetError {
        let message = format!("budget `{name}`: {self}");
        match self.key() {
            Some(key) => at_value(text, &[Key("budgets"), Key(name), Key(key)], message),
            None => at_key(text, &[Key("budgets")], name, message),
        }
    }
}

impl RawBudget {
    /// The validated budget `name`.
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

    /// The three limits in the file's unit.
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

    /// The limits of the file.
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
            default: if written[at - 1].is_none() { ", 1.2 × the target by default" } else { "" },
        })
    }

    /// The key of a limit in the file.
    fn key(&self, limit: usize) -> String {
        let (_, suffix) = self.metric.written();
        format!("{}{suffix}", LIMITS[limit])
    }
}

/// A number in the form of the file. Without an exponent, 1e308 has 309 digits.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The three limits, with defaults for the last two.
pub(super) fn completed(target: f64, warning: Option<f64>, critical: Option<f64>) -> [f64; 3] {
    let warning = warning.unwrap_or(target * 1.2);
    [target, warning, critical.unwrap_or((target * 1.5).max(warning))]
}

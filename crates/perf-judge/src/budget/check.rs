//! Whether a run keeps a budget.

use super::{Budget, Metric, Unmeasured};
use crate::ident::BenchmarkId;
use crate::run::{Measured, Reading, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Launches that must all be beyond a limit before it fails a check.
const CONFIRMING_LAUNCHES: usize = 5;

/// Whether a value keeps the limits of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BudgetStatus {
    /// At most the target.
    Ok,
    /// There is no value.
    Unmeasured,
    /// Above the target.
    Slow,
    /// Above the warning limit.
    Warning,
    /// Above the critical limit.
    Critical,
}

impl BudgetStatus {
    /// Its name in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Unmeasured => "UNMEASURED",
            Self::Slow => "SLOW",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// The result of checking a run against a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BudgetResult {
    /// What perf-budgets.json calls it.
    pub name: String,
    /// What it protects, for people.
    pub description: String,
    /// The benchmark that was held against it: the worst, where it limits several.
    pub benchmark: Option<BenchmarkId>,
    /// What is limited.
    pub metric: Metric,
    /// The value, in ns for times, else in the metric's unit.
    pub value: Option<f64>,
    /// Above it: SLOW.
    pub target: f64,
    /// Above it: WARNING.
    pub warning: f64,
    /// Above it: CRITICAL.
    pub critical: f64,
    /// How the value lies to the limits.
    pub status: BudgetStatus,
    /// Why there is no value, or why a CRITICAL does not fail.
    pub reason: Option<String>,
    /// Whether the check fails because of it.
    pub fails: bool,
}

/// Checks a run against the budgets that limit a benchmark among `selected`.
///
/// `readings` are the run's launches by benchmark; of a run that was recorded earlier there are
/// none, and nothing fails.
pub fn check(
    budgets: &[Budget],
    selected: &[BenchmarkId],
    run: &Run,
    readings: &BTreeMap<BenchmarkId, Vec<Reading>>,
) -> Vec<BudgetResult> {
    let limited = budgets.iter().map(|budget| (budget, budget.limits(selected)));
    let shown = limited.filter(|(_, benchmarks)| !benchmarks.is_empty());
    let mut results: Vec<BudgetResult> = shown
        .map(|(budget, benchmarks)| {
            let cases = benchmarks.into_iter().map(|id| one(budget, id, run, readings));
            cases.reduce(worse).unwrap_or_else(|| unmeasured(budget, None, String::new()))
        })
        .collect();
    results.sort_by_key(|result| std::cmp::Reverse(result.status));
    results
}

fn one(
    budget: &Budget,
    id: &BenchmarkId,
    run: &Run,
    readings: &BTreeMap<BenchmarkId, Vec<Reading>>,
) -> BudgetResult {
    let Some(measured) = run.benchmark(id) else {
        return unmeasured(budget, Some(id), Unmeasured::NoNumber.to_string());
    };
    let Some(value) = budget.metric.of_run(measured) else {
        return unmeasured(budget, Some(id), budget.metric.absence(measured).to_string());
    };
    let status = budget.status_of(value);
    let launches = readings.get(id).map_or(&[][..], Vec::as_slice);
    let critical = status == BudgetStatus::Critical;
    let doubt = critical.then(|| doubt(budget, measured, launches)).flatten();
    BudgetResult {
        value: Some(value),
        status,
        fails: status == BudgetStatus::Critical && budget.gate && doubt.is_none(),
        reason: doubt,
        ..unmeasured(budget, Some(id), String::new())
    }
}

/// Why a value above the critical limit may still be noise.
fn doubt(budget: &Budget, measured: &Measured, launches: &[Reading]) -> Option<String> {
    let values: Vec<f64> =
        launches.iter().filter_map(|launch| budget.metric.of_launch(launch)).collect();
    if launches.is_empty() {
        return Some("whether every launch is beyond it is not recorded".to_owned());
    }
    let needed = if budget.metric.is_exact() { 1 } else { CONFIRMING_LAUNCHES };
    if values.len() < needed {
        let launches = measured.launches.len();
        return Some(format!("{launches} launches are too few to fail: it takes {needed}"));
    }
    let lowest = values.into_iter().reduce(f64::min).filter(|lowest| *lowest <= budget.critical)?;
    Some(format!("the best launch kept the limit with {}", budget.metric.show(lowest)))
}

fn unmeasured(budget: &Budget, id: Option<&BenchmarkId>, reason: String) -> BudgetResult {
    BudgetResult {
        name: budget.name.clone(),
        description: budget.description.clone(),
        benchmark: id.cloned(),
        metric: budget.metric,
        value: None,
        target: budget.target,
        warning: budget.warning,
        critical: budget.critical,
        status: BudgetStatus::Unmeasured,
        reason: Some(reason),
        fails: false,
    }
}

fn worse(one: BudgetResult, other: BudgetResult) -> BudgetResult {
    let rank = |result: &BudgetResult| (result.fails, result.status, result.value);
    if rank(&other) > rank(&one) { other } else { one }
}

impl Budget {
    fn status_of(&self, value: f64) -> BudgetStatus {
        match value {
            _ if value > self.critical => BudgetStatus::Critical,
            _ if value > self.warning => BudgetStatus::Warning,
            _ if value > self.target => BudgetStatus::Slow,
            _ => BudgetStatus::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use super::*;
    use crate::run::tests::{measured, reading, run};

    const NAME: &str = "p/t::xml::large";

    fn budgets(body: &str) -> Vec<Budget> {
        let text = format!("{{\"schema\": 1, \"budgets\": {{\"xml\": {{{body}}}}}}}");
        BudgetFile::parse(&text).unwrap().1
    }

    fn result(body: &str, ns: f64, launches: &[f64]) -> BudgetResult {
        let id = BenchmarkId::from(NAME);
        let readings = launches.iter().copied().map(reading).collect();
        let run = run(1, vec![measured(NAME, ns)]);
        check(&budgets(body), std::slice::from_ref(&id), &run, &[(id.clone(), readings)].into())
            .remove(0)
    }

    #[test]
    fn every_status_begins_above_its_limit() {
        let body = r#""benchmark": "large", "target_ms": 2"#;
        let cases = [
            (2.0e6, BudgetStatus::Ok),
            (2.01e6, BudgetStatus::Slow),
            (2.41e6, BudgetStatus::Warning),
            (3.0e6, BudgetStatus::Warning),
            (3.01e6, BudgetStatus::Critical),
        ];
        for (ns, status) in cases {
            let result = result(body, ns, &[ns; 5]);
            assert_eq!(result.status, status, "{ns}");
            assert_eq!(result.fails, status == BudgetStatus::Critical);
        }
    }

    #[test]
    fn a_critical_that_one_launch_kept_does_not_fail() {
        let body = r#""benchmark": "large", "target_ms": 2"#;
        let kept = result(body, 4e6, &[4e6, 4e6, 2.9e6, 4e6, 4e6]);
        assert_eq!((kept.status, kept.fails), (BudgetStatus::Critical, false));
        assert_eq!(kept.reason.as_deref(), Some("the best launch kept the limit with 2.900 ms"));
        assert!(!result(body, 4e6, &[4e6; 4]).fails);
        assert!(
            !result(r#""benchmark": "large", "target_ms": 2, "gate": false"#, 4e6, &[4e6; 5]).fails
        );
    }

    #[test]
    fn one_launch_is_enough_for_what_is_counted() {
        use crate::run::Alloc;
        let id = BenchmarkId::from(NAME);
        let alloc = Some(Alloc { count: 9.0, bytes: 64.0, peak_bytes: None });
        let run = run(1, vec![Measured { alloc, ..measured(NAME, 1.0) }]);
        let readings = vec![Reading { alloc, ..reading(1.0) }];
        let all = [(id.clone(), readings)].into();
        let body = r#""benchmark": "large", "metric": "alloc_count", "target": 1"#;
        assert!(check(&budgets(body), std::slice::from_ref(&id), &run, &all)[0].fails);
    }

    #[test]
    fn what_has_no_value_is_unmeasured_with_its_reason() {
        let alloc =
            result(r#""benchmark": "large", "metric": "alloc_count", "target": 1"#, 1.0, &[1.0; 5]);
        assert_eq!(alloc.status, BudgetStatus::Unmeasured);
        assert!(alloc.reason.unwrap().contains("AllocProfiler"));
        let p99 =
            result(r#""benchmark": "large", "metric": "p99", "target_ms": 1"#, 1.0, &[1.0; 5]);
        assert_eq!(p99.reason.as_deref(), Some("it needs 300 samples and has 100"));
    }

    #[test]
    fn a_star_takes_the_worst() {
        let selected = ["p/t::xml::a", "p/t::xml::b"].map(BenchmarkId::from);
        let run = run(1, vec![measured("p/t::xml::a", 1e6), measured("p/t::xml::b", 2.1e6)]);
        let body = r#""benchmark": "xml::*", "target_ms": 2, "metric": "median""#;
        let worst = check(&budgets(body), &selected, &run, &BTreeMap::new()).remove(0);
        assert_eq!(worst.benchmark, Some(selected[1].clone()));
        assert_eq!((worst.value, worst.status), (Some(2.1e6), BudgetStatus::Slow));
    }

    #[test]
    fn budgets_of_unselected_benchmarks_are_not_shown() {
        let other = [BenchmarkId::from("p/t::other")];
        let body = r#""benchmark": "large", "target_ms": 2"#;
        assert_eq!(check(&budgets(body), &other, &run(1, vec![]), &BTreeMap::new()), vec![]);
    }
}

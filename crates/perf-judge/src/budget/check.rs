//! The check of a run against the budgets.

use super::{Budget, Metric, Unmeasured};
use crate::ident::BenchmarkId;
use crate::run::{LaunchResult, Run};
use crate::unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of launches that must all exceed a limit before it fails a check.
const CONFIRMING_LAUNCHES: usize = 5;
/// The same for page faults, which the first launch of a benchmark does not count.
const FAULT_LAUNCHES: usize = CONFIRMING_LAUNCHES - 1;

/// The status of a value against the limits of a budget.
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
    /// The name in capitals.
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
    /// The budget's name in perf-budgets.json.
    pub name: String,
    /// The description in perf-budgets.json.
    pub description: String,
    /// The checked benchmark: the worst if the budget limits several.
    pub benchmark: Option<BenchmarkId>,
    /// The limited metric.
    pub metric: Metric,
    /// The value: in ns for times, otherwise in the metric's unit.
    pub value: Option<f64>,
    /// The limit above which the status is SLOW.
    pub target: f64,
    /// The limit above which the status is WARNING.
    pub warning: f64,
    /// The limit above which the status is CRITICAL.
    pub critical: f64,
    /// The status of the value.
    pub status: BudgetStatus,
    /// The reason for an absent value, or for a CRITICAL that does not fail.
    pub reason: Option<String>,
    /// Whether the check fails because of it.
    pub fails: bool,
    /// The reason for an incomplete check: the budget gates, and the launches do not decide whether
    /// it is exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<String>,
}

/// The gating budgets that a run must decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// All of them.
    All,
    /// Those of exact counts, because there are too few launches for the others.
    Counts,
    /// None, because the launches of an earlier run were not recorded.
    None,
}

/// Checks a run against the budgets that limit a benchmark among `selected`.
///
/// `launches` are the run's launches by benchmark. An earlier run has none, and does not fail.
/// [`BudgetResult::undecided`] is set for a `required` budget without a decision.
pub fn check(
    budgets: &[Budget],
    selected: &[BenchmarkId],
    run: &Run,
    launches: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    required: Required,
) -> Vec<BudgetResult> {
    let limited = budgets.iter().map(|budget| (budget, budget.limits(selected)));
    let selected = limited.filter(|(_, benchmarks)| !benchmarks.is_empty());
    let mut results: Vec<BudgetResult> = selected
        .map(|(budget, benchmarks)| {
            let is_required = budget.gate && required.includes(budget.metric);
            let results = benchmarks.into_iter().map(|id| {
                let result = check_benchmark(budget, id, run, launches);
                BudgetResult { undecided: result.undecided.filter(|_| is_required), ..result }
            });
            results.reduce(worse).unwrap_or_else(|| unmeasured(budget, None, String::new()))
        })
        .collect();
    results.sort_by_key(|result| std::cmp::Reverse(result.status));
    results
}

fn check_benchmark(
    budget: &Budget,
    id: &BenchmarkId,
    run: &Run,
    launches: &BTreeMap<BenchmarkId, Vec<LaunchResult>>,
) -> BudgetResult {
    let named = |reason: &str| Some(format!("{id}: {reason}"));
    let absent = |absence: Unmeasured| {
        let reason = absence.to_string();
        BudgetResult { undecided: named(&reason), ..unmeasured(budget, Some(id), reason) }
    };
    let Some(measured) = run.benchmark(id) else { return absent(Unmeasured::NoNumber) };
    let Some(value) = budget.metric.of_run(measured) else {
        return absent(budget.metric.absence(measured));
    };
    let status = budget.status_of(value);
    let launches = launches.get(id).map_or(&[][..], Vec::as_slice);
    let critical = status == BudgetStatus::Critical;
    let values = values(budget.metric, value, launches);
    let too_few = critical.then(|| too_few(budget, &values, launches.is_empty())).flatten();
    let kept = critical.then(|| kept(budget, &values)).flatten();
    BudgetResult {
        value: Some(value),
        status,
        fails: critical && budget.gate && too_few.is_none() && kept.is_none(),
        undecided: too_few.as_deref().and_then(named),
        reason: too_few.or(kept),
        ..unmeasured(budget, Some(id), String::new())
    }
}

/// The values of the launches. All launches have the same exact count, so the count of the run is that
/// of launches without one.
fn values(metric: Metric, of_run: f64, launches: &[LaunchResult]) -> Vec<f64> {
    let values: Vec<f64> = launches.iter().filter_map(|launch| metric.of_launch(launch)).collect();
    let is_counted_apart = values.is_empty() && metric.is_exact();
    if is_counted_apart { vec![of_run; launches.len()] } else { values }
}

/// Why the launches cannot show whether a value above the critical limit is noise.
fn too_few(budget: &Budget, values: &[f64], is_unrecorded: bool) -> Option<String> {
    if is_unrecorded {
        return Some("the launches were not recorded".to_owned());
    }
    let needed = match budget.metric {
        Metric::PageFaults => FAULT_LAUNCHES,
        metric if metric.is_exact() => 1,
        _ => CONFIRMING_LAUNCHES,
    };
    if values.len() < needed {
        let launches = unit::counted(values.len(), "launch", "launches");
        return Some(format!("{launches}, too few to fail: {needed} are needed"));
    }
    None
}

/// The launch within the critical limit, which shows that a value above it is noise.
fn kept(budget: &Budget, values: &[f64]) -> Option<String> {
    let lowest = values.iter().copied().reduce(f64::min);
    let lowest = lowest.filter(|lowest| *lowest <= budget.critical)?;
    Some(format!("one launch is within the limit: {}", budget.metric.show(lowest)))
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
        undecided: None,
    }
}

/// The worse of two results. It is undecided if one of them is.
fn worse(one: BudgetResult, other: BudgetResult) -> BudgetResult {
    let rank = |result: &BudgetResult| (result.fails, result.status, result.value);
    let undecided = one.undecided.clone().or_else(|| other.undecided.clone());
    let worse = if rank(&other) > rank(&one) { other } else { one };
    BudgetResult { undecided, ..worse }
}

impl Required {
    fn includes(self, metric: Metric) -> bool {
        match self {
            Self::All => true,
            Self::Counts => metric.is_exact(),
            Self::None => false,
        }
    }
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
    use crate::run::tests::{launch_result, measured, run};
    use crate::run::{Alloc, Measured, Quantities, Quantity};

    const NAME: &str = "p/t::xml::large";

    fn budgets(body: &str) -> Vec<Budget> {
        let text = format!("{{\"schema\": 1, \"budgets\": {{\"xml\": {{{body}}}}}}}");
        BudgetFile::parse(&text).unwrap().1
    }

    fn result(body: &str, ns: f64, launches: &[f64]) -> BudgetResult {
        let id = BenchmarkId::from(NAME);
        let launch_results = launches.iter().copied().map(launch_result).collect();
        let run = run(1, vec![measured(NAME, ns)]);
        let launch_results = [(id.clone(), launch_results)].into();
        check(&budgets(body), std::slice::from_ref(&id), &run, &launch_results, Required::All)
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
    fn a_critical_with_one_launch_within_the_limit_does_not_fail() {
        let body = r#""benchmark": "large", "target_ms": 2"#;
        let kept = result(body, 4e6, &[4e6, 4e6, 2.9e6, 4e6, 4e6]);
        assert_eq!((kept.status, kept.fails), (BudgetStatus::Critical, false));
        assert_eq!(kept.reason.as_deref(), Some("one launch is within the limit: 2.900 ms"));
        assert!(!result(body, 4e6, &[4e6; 4]).fails);
        assert!(
            !result(r#""benchmark": "large", "target_ms": 2, "gate": false"#, 4e6, &[4e6; 5]).fails
        );
    }

    /// The result of a budget of 10, for a run with these counts and launches.
    fn counted(metric: &str, measured: Measured, launches: Vec<LaunchResult>) -> BudgetResult {
        let id = BenchmarkId::from(NAME);
        let body = format!(r#""benchmark": "large", "metric": "{metric}", "target": 10"#);
        let launches = [(id.clone(), launches)].into();
        let ids = std::slice::from_ref(&id);
        let run = run(1, vec![measured]);
        check(&budgets(&body), ids, &run, &launches, Required::Counts).remove(0)
    }

    fn faulting(launches: usize) -> (Measured, Vec<LaunchResult>) {
        let resources: Quantities =
            [(Quantity::MinorFaults, 12.0), (Quantity::MajorFaults, 4.0)].into();
        let launch = LaunchResult { resources, ..launch_result(1.0) };
        let launches = vec![launch; launches];
        (Measured::of(NAME.into(), None, &launches).unwrap(), launches)
    }

    #[test]
    fn one_launch_decides_an_exact_count() {
        let counts = [
            ("instructions", Quantity::Instructions),
            ("alloc_count", Quantity::AllocCount),
            ("alloc_bytes", Quantity::AllocBytes),
            ("alloc_peak_bytes", Quantity::AllocPeakBytes),
        ];
        for (metric, quantity) in counts {
            for (value, fails) in [(16.0, true), (15.0, false)] {
                let counts = [(quantity, value)].into();
                let measured = Measured { counts, ..measured(NAME, 1.0) };
                let result = counted(metric, measured, vec![launch_result(1.0)]);
                assert_eq!((result.value, result.fails), (Some(value), fails), "{metric}");
            }
        }
    }

    #[test]
    fn the_count_of_divan_precedes_the_other() {
        let alloc = Some(Alloc { count: 16.0, bytes: 64.0, peak_bytes: None });
        let counts = [(Quantity::AllocCount, 1.0), (Quantity::AllocPeakBytes, 7.0)].into();
        let measured = Measured { alloc, counts, ..measured(NAME, 1.0) };
        let launch = LaunchResult { alloc, ..launch_result(1.0) };
        let of = |metric| counted(metric, measured.clone(), vec![launch.clone()]);
        assert_eq!((of("alloc_count").value, of("alloc_count").fails), (Some(16.0), true));
        assert_eq!(
            (of("alloc_peak_bytes").value, of("alloc_peak_bytes").fails),
            (Some(7.0), false)
        );
    }

    #[test]
    fn page_faults_are_those_of_both_kinds_and_need_four_launches() {
        for (launches, fails) in [(4, true), (3, false)] {
            let (measured, launches) = faulting(launches);
            let result = counted("page_faults", measured, launches);
            assert_eq!((result.value, result.fails), (Some(16.0), fails));
        }
    }

    #[test]
    fn an_absent_value_is_unmeasured_with_its_reason() {
        let peakless = Some(Alloc { count: 1.0, bytes: 1.0, peak_bytes: None });
        let cases = [
            ("instructions", None, "with valgrind: apt install valgrind"),
            ("alloc_count", None, "install divan::AllocProfiler in the bench target"),
            ("alloc_peak_bytes", None, "install divan::AllocProfiler in the bench target"),
            ("alloc_peak_bytes", peakless, "for a sample size of 1"),
            ("page_faults", None, "this system does not report it"),
        ];
        for (metric, alloc, reason) in cases {
            let measured = Measured { alloc, ..measured(NAME, 1.0) };
            let result = counted(metric, measured, vec![launch_result(1.0)]);
            assert_eq!(result.status, BudgetStatus::Unmeasured);
            assert!(result.reason.unwrap().ends_with(reason), "{metric}");
            // Page faults are not required with two launches.
            assert_eq!(result.undecided.is_some(), metric != "page_faults");
        }
        let p99 =
            result(r#""benchmark": "large", "metric": "p99", "target_ms": 1"#, 1.0, &[1.0; 5]);
        assert_eq!(p99.reason.as_deref(), Some("100 of 300 samples"));
    }

    #[test]
    fn a_star_takes_the_worst() {
        let selected = ["p/t::xml::a", "p/t::xml::b"].map(BenchmarkId::from);
        let run = run(1, vec![measured("p/t::xml::a", 1e6), measured("p/t::xml::b", 2.1e6)]);
        let body = r#""benchmark": "xml::*", "target_ms": 2, "metric": "median""#;
        let worst =
            check(&budgets(body), &selected, &run, &BTreeMap::new(), Required::None).remove(0);
        assert_eq!(worst.benchmark, Some(selected[1].clone()));
        assert_eq!((worst.value, worst.status), (Some(2.1e6), BudgetStatus::Slow));
    }

    #[test]
    fn budgets_of_unselected_benchmarks_are_not_shown() {
        let other = [BenchmarkId::from("p/t::other")];
        let body = r#""benchmark": "large", "target_ms": 2"#;
        let shown = check(&budgets(body), &other, &run(1, vec![]), &BTreeMap::new(), Required::All);
        assert_eq!(shown, vec![]);
    }

    #[test]
    fn a_gating_budget_without_enough_launches_is_undecided() {
        let body = |more: &str| format!(r#""benchmark": "large", "target_ms": 2{more}"#);
        let alloc = r#""benchmark": "large", "metric": "alloc_count", "target": 1"#;
        let cases = [
            (body(""), 4e6, 5, None),
            (body(""), 4e6, 4, Some("p/t::xml::large: 4 launches, too few to fail")),
            (body(""), 1e6, 1, None),
            (body(r#", "gate": false"#), 4e6, 4, None),
            (body(r#", "metric": "p99""#), 1e6, 5, Some("100 of 300 samples")),
            (alloc.to_owned(), 1.0, 5, Some("AllocProfiler")),
        ];
        for (body, ns, launches, expected) in cases {
            let undecided = result(&body, ns, &vec![ns; launches]).undecided;
            match expected {
                Some(expected) => assert!(undecided.unwrap().contains(expected), "{body}"),
                None => assert_eq!(undecided, None, "{body}"),
            }
        }
    }

    #[test]
    fn a_budget_that_is_not_required_has_no_reason() {
        let id = BenchmarkId::from(NAME);
        let run = run(1, vec![measured(NAME, 4e6)]);
        let p95 = r#""benchmark": "large", "target_ms": 2"#;
        let alloc = r#""benchmark": "large", "metric": "alloc_count", "target": 1"#;
        let cases = [
            (p95, Required::All, true),
            (p95, Required::Counts, false),
            (alloc, Required::Counts, true),
            (alloc, Required::None, false),
        ];
        for (body, required, expected) in cases {
            let ids = std::slice::from_ref(&id);
            let result = check(&budgets(body), ids, &run, &BTreeMap::new(), required).remove(0);
            assert_eq!(result.undecided.is_some(), expected, "{body} {required:?}");
        }
    }

    #[test]
    fn a_star_is_undecided_if_one_of_its_benchmarks_is() {
        let selected = ["p/t::xml::a", "p/t::xml::b"].map(BenchmarkId::from);
        let run = run(1, vec![measured("p/t::xml::a", 2.1e6)]);
        let body = r#""benchmark": "xml::*", "target_ms": 2, "metric": "median""#;
        let all = check(&budgets(body), &selected, &run, &BTreeMap::new(), Required::All).remove(0);
        assert_eq!((all.benchmark, all.status), (Some(selected[0].clone()), BudgetStatus::Slow));
        assert_eq!(all.undecided.as_deref(), Some("p/t::xml::b: the benchmark has no result"));
    }
}

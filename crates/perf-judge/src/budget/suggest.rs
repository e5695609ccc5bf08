//! Proposed targets, from the values of the last runs.

use super::recent::Recent;
use super::{Budget, Metric};
use crate::stats;

/// The runs that a proposal needs. Fewer do not show the noise of the machine.
const RUNS: usize = 5;
/// How far a target is from the values of the runs.
struct Margins {
    /// A target is too loose above this multiple of the worst run.
    loose: f64,
    /// A proposed target as a multiple of the median run. Rounded up, by a tenth at most, it is below
    /// the loose one.
    of_median: f64,
    /// The smallest multiple of the worst run for a proposed target.
    of_worst: f64,
}

/// A shared machine can be slower by half than in its worst run so far, and its noise must not fail a
/// check.
const NOISY: Margins = Margins { loose: 4.0, of_median: 3.0, of_worst: 1.5 };
/// Exact counts have no noise, so what remains is room for small changes of the code.
const EXACT: Margins = Margins { loose: 1.5, of_median: 1.2, of_worst: 1.1 };
const _: () = assert!(NOISY.are_consistent() && EXACT.are_consistent());

impl Margins {
    fn of(metric: Metric) -> &'static Self {
        if metric.is_exact() { &EXACT } else { &NOISY }
    }

    const fn are_consistent(&self) -> bool {
        self.of_median.max(self.of_worst) * 1.1 < self.loose && self.of_median > 1.0
    }
}

/// The proposal for a budget's limits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The budget's name in perf-budgets.json.
    pub name: String,
    /// The limited metric.
    pub metric: Metric,
    /// The target in the metric's unit.
    pub target: f64,
    /// The values of the runs; `None` without runs.
    pub seen: Option<ObservedValues>,
    /// The proposed change.
    pub step: TargetChange,
}

/// A budget's values in the last runs, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObservedValues {
    /// The number of runs with a value.
    pub runs: usize,
    /// The median of the runs.
    pub median: f64,
    /// The largest value.
    pub worst: f64,
}

/// A change of a target. Proposed targets are in the file's unit: ms for times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetChange {
    /// The target fits.
    Keep,
    /// There are too few runs: this many are needed.
    TooFew(usize),
    /// The target is too loose: this one fits.
    Tighten(f64),
    /// More than half of the runs exceed it: this one fits.
    Loosen(f64),
}

/// The proposals for budgets, in their order.
pub fn suggest(budgets: &[Budget], recent: &Recent<'_>) -> Vec<Advice> {
    budgets.iter().map(|budget| Advice::of(budget, &recent.values(budget))).collect()
}

impl Advice {
    fn of(budget: &Budget, values: &[f64]) -> Self {
        let seen = ObservedValues::of(values);
        let step = match seen {
            Some(seen) if seen.runs >= RUNS => TargetChange::of(budget, seen),
            _ => TargetChange::TooFew(RUNS),
        };
        Self { name: budget.name.clone(), metric: budget.metric, target: budget.target, seen, step }
    }

    /// The proposed target in the file's unit, if it should change.
    pub(super) fn proposed(&self) -> Option<f64> {
        match self.step {
            TargetChange::Tighten(target) | TargetChange::Loosen(target) => Some(target),
            TargetChange::Keep | TargetChange::TooFew(_) => None,
        }
    }

    /// The proposed target in the metric's unit, if it should change.
    pub fn new_target(&self) -> Option<f64> {
        self.proposed().map(|target| target * self.metric.written().0)
    }
}

impl ObservedValues {
    fn of(values: &[f64]) -> Option<Self> {
        let worst = values.iter().copied().reduce(f64::max)?;
        Some(Self { runs: values.len(), median: stats::median(values)?, worst })
    }
}

impl TargetChange {
    fn of(budget: &Budget, seen: ObservedValues) -> Self {
        let Margins { loose, of_median, of_worst } = Margins::of(budget.metric);
        let fitting = (seen.median * of_median).max(seen.worst * of_worst);
        // A value of 0, e.g. without allocations, has no multiple for a limit.
        let Some(target) = two_digits_up(fitting / budget.metric.written().0) else {
            return Self::Keep;
        };
        if seen.median > budget.target {
            Self::Loosen(target)
        } else if budget.target > seen.worst * loose {
            Self::Tighten(target)
        } else {
            Self::Keep
        }
    }
}

/// The rounding error of the arithmetic, which must not change a digit: 3 × 0.1 is 0.3, not 0.31.
const NOISE: f64 = 1e-9;

/// The value rounded up to two digits; `None` if the result is not above 0 and finite.
pub(super) fn two_digits_up(value: f64) -> Option<f64> {
    if !value.is_finite() || value <= 0.0 {
        return None;
    }
    let exponent = value.log10().floor() as i32 - 1;
    let digits = (value / 10_f64.powi(exponent) * (1.0 - NOISE)).ceil();
    let rounded: f64 = format!("{digits}e{exponent}").parse().ok()?;
    (rounded.is_finite() && rounded > 0.0).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::super::{BudgetFile, apply};
    use super::*;
    use crate::history::History;
    use crate::run::tests::{measured, run};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn text(limits: &str) -> String {
        format!(
            "{{\"schema\": 1, \"budgets\": {{\n  \"x\": {{\"benchmark\": \"a\", \"metric\": \"median\", {limits}}}\n}}}}\n"
        )
    }

    fn advice(text: &str, times_ms: &[f64]) -> Advice {
        let budgets = BudgetFile::parse(text).unwrap().1;
        let day = 1..;
        let runs = day.zip(times_ms).map(|(day, ms)| run(day, vec![measured("p/t::a", ms * 1e6)]));
        let (history, renamed) = (runs.collect::<History>(), BTreeMap::new());
        suggest(&budgets, &Recent::of(&history, "main", &renamed).unwrap()).remove(0)
    }

    #[test]
    fn targets_follow_the_runs() {
        let cases: [(f64, &[f64], TargetChange); 9] = [
            (4.0, &[1.0; 5], TargetChange::Keep),
            (4.1, &[1.0; 5], TargetChange::Tighten(3.0)),
            (1.0, &[1.0; 5], TargetChange::Keep),
            (0.9, &[1.0; 5], TargetChange::Loosen(3.0)),
            (9.0, &[1.0; 4], TargetChange::TooFew(5)),
            (0.1, &[1.0; 4], TargetChange::TooFew(5)),
            // One slow run neither breaks the target nor leaves it loose.
            (9.0, &[1.0, 1.0, 1.0, 1.0, 2.5], TargetChange::Keep),
            (11.0, &[1.0, 1.0, 1.0, 1.0, 2.5], TargetChange::Tighten(3.8)),
            (1.2, &[1.0, 1.0, 1.0, 9.0, 9.0], TargetChange::Keep),
        ];
        for (target, times, step) in cases {
            let advice = advice(&text(&format!("\"target_ms\": {target}")), times);
            assert_eq!(advice.step, step, "{target} {times:?}");
        }
    }

    #[test]
    fn targets_of_exact_counts_are_close_to_the_runs() {
        let change = |metric: &str, target: f64, values: &[f64]| {
            let text = format!(
                r#"{{"schema": 1, "budgets": {{"x": {{"benchmark": "a", "metric": "{metric}", "target": {target}}}}}}}"#
            );
            let budget = BudgetFile::parse(&text).unwrap().1.remove(0);
            Advice::of(&budget, values).step
        };
        for exact in ["instructions", "alloc_count", "alloc_bytes", "alloc_peak_bytes"] {
            assert_eq!(change(exact, 150.0, &[100.0; 5]), TargetChange::Keep, "{exact}");
            assert_eq!(change(exact, 160.0, &[100.0; 5]), TargetChange::Tighten(120.0), "{exact}");
            assert_eq!(change(exact, 99.0, &[100.0; 5]), TargetChange::Loosen(120.0), "{exact}");
        }
        assert_eq!(change("page_faults", 400.0, &[100.0; 5]), TargetChange::Keep);
        assert_eq!(change("page_faults", 500.0, &[100.0; 5]), TargetChange::Tighten(300.0));
    }

    #[test]
    fn a_benchmark_that_takes_nothing_is_left_alone() {
        let text = text("\"target_ms\": 5");
        let budgets = BudgetFile::parse(&text).unwrap().1;
        for value in [0.0, f64::MIN_POSITIVE / 1e12, f64::MAX] {
            let advice = Advice::of(&budgets[0], &[value; 5]);
            assert!(advice.proposed().is_none_or(|target| target.is_finite() && target > 0.0));
        }
        assert_eq!(Advice::of(&budgets[0], &[0.0; 5]).step, TargetChange::Keep);
    }

    #[test]
    fn two_digits_are_rounded_up() {
        let cases = [
            (61.7, 62.0),
            (0.0117, 0.012),
            (3.0 * 0.1, 0.3),
            (99.1, 100.0),
            (1000.0, 1000.0),
            (204_000_001.0, 210_000_000.0),
            (1.01, 1.1),
        ];
        for (value, rounded) in cases {
            assert_eq!(two_digits_up(value), Some(rounded), "{value}");
        }
        for nothing in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(two_digits_up(nothing), None);
        }
    }

    proptest! {
        #[test]
        fn rounding_adds_a_tenth_at_most(digits in 1.0..10.0f64, exponent in -200..200i32) {
            let value = digits * 10_f64.powi(exponent);
            let rounded = two_digits_up(value).unwrap();
            prop_assert!(rounded >= value * (1.0 - 2.0 * NOISE) && rounded <= value * 1.100_001);
            prop_assert!(two_digits_up(rounded) == Some(rounded));
        }

        #[test]
        fn an_applied_proposal_leaves_nothing_to_propose(
            times in prop::collection::vec(-6.0..6.0f64, 1..3),
            spread in prop::collection::vec(1.0..3.0f64, 1..14),
            target in -8.0..8.0f64,
            warning in prop::option::of(1.0..3.0f64),
            critical in prop::option::of(3.0..9.0f64),
        ) {
            let times: Vec<f64> =
                times.iter().cycle().zip(&spread).map(|(t, by)| 10_f64.powf(*t) * by).collect();
            let target = 10_f64.powf(target);
            let limit = |key: &str, ratio: Option<f64>| {
                ratio.map_or_else(String::new, |by| format!(", \"{key}\": {}", target * by))
            };
            let text = text(&format!(
                "\"target_ms\": {target}{}{}",
                limit("warning_ms", warning),
                limit("critical_ms", critical)
            ));
            let first = advice(&text, &times);
            let applied = apply(&text, std::slice::from_ref(&first)).unwrap();
            prop_assert_eq!(applied == text, first.proposed().is_none());
            let again = advice(&applied, &times);
            prop_assert!(again.proposed().is_none(), "{first:?} then {again:?}");
            if let (Some(new), Some(seen)) = (first.new_target(), first.seen) {
                prop_assert!(seen.runs >= RUNS && new >= seen.worst * NOISY.of_worst * (1.0 - 1e-8));
            }
        }
    }
}

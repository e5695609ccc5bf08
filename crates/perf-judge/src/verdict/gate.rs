//! The gate: the rule that decides the exit status of a check.

use super::{Method, State, Verdict};
use crate::budget::{BudgetResult, CountLimit, Gate, Level};
use crate::detect::counts::{CountChange, CountDirection, Counts, InstructionChange};
use crate::unit;
use serde::{Deserialize, Serialize};

/// The result of a check, with its reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The reasons of a failed check: exit status 1.
    pub gate: Vec<String>,
    /// The reasons of an incomplete check: exit status 3.
    pub incomplete: Vec<String>,
}

impl Outcome {
    /// Decides from verdicts and budgets. No check fails if every level is [`Level::Never`] and counts
    /// have no limit.
    pub fn of(verdicts: &[Verdict], budgets: &[BudgetResult], gate: Gate) -> Self {
        let regressions = verdicts.iter().filter_map(|verdict| failure(verdict, gate));
        let never_fails = gate == Gate::all(Level::Never);
        let exceeded = budgets.iter().filter(|budget| budget.fails && !never_fails).map(exceeded);
        let is_incomplete =
            |verdict: &&Verdict| verdict.state == State::Missing || verdict.cut_short;
        let incomplete = verdicts.iter().filter(is_incomplete).map(incomplete_reason);
        let undecided = budgets.iter().filter(|_| !never_fails).filter_map(undecided);
        Self {
            gate: regressions.chain(exceeded).collect(),
            incomplete: incomplete.chain(undecided).collect(),
        }
    }

    /// The exit status: 1 if the check failed, otherwise 3 if it is incomplete, otherwise 0.
    pub fn status(&self) -> u8 {
        match (self.gate.is_empty(), self.incomplete.is_empty()) {
            (false, _) => 1,
            (true, false) => 3,
            (true, true) => 0,
        }
    }
}

/// Why a benchmark fails the check, if it does.
fn failure(verdict: &Verdict, gate: Gate) -> Option<String> {
    if fails(verdict, gate) {
        return Some(regressed(verdict));
    }
    let CountLimit::Percent(limit) = gate.counts else { return None };
    let changes = verdict.counts.as_ref()?.changes();
    let failing = changes.iter().filter(|change| has_grown(change, limit));
    let failing = failing.filter(|change| !verdict.waives(change.pair));
    let grown: Vec<String> = failing.map(CountChange::with_percent).collect();
    let (name, grown) = (&verdict.name, grown.join(", "));
    (!grown.is_empty())
        .then(|| format!("{name}: {grown}, which fails from +{limit} % (gate.counts)"))
}

/// Whether a count grew by at least `limit` percent.
fn has_grown(change: &CountChange, limit: f64) -> bool {
    change.direction == CountDirection::Grew && change.pair.growth() * 100.0 >= limit
}

/// Only a regression that a rerun or a paired comparison confirmed can fail a check.
fn fails(verdict: &Verdict, gate: Gate) -> bool {
    let level = match verdict.method {
        Method::History => gate.history,
        Method::Paired => gate.compare,
        Method::Counts => return false,
    };
    let grew = verdict
        .counts
        .as_ref()
        .is_some_and(|counts| counts.instruction_change() == InstructionChange::Grew);
    let severe = verdict.severity.is_some_and(|severity| {
        level.fails(severity) || (grew && gate.compare_instructions_grew.fails(severity))
    });
    verdict.state == State::Regression && verdict.confirmed && severe && !verdict.is_waived()
}

fn regressed(verdict: &Verdict) -> String {
    let change =
        verdict.change.map_or_else(String::new, |change| format!(", {}", unit::change(change)));
    let counts = || verdict.counts.as_ref().and_then(Counts::label);
    let cause = verdict.cause_headline().or_else(counts);
    let cause = cause.map_or_else(String::new, |label| format!(" ({label})"));
    let accepted = verdict.accepted.as_ref().map_or_else(String::new, |waiver| {
        format!(", above the accepted {}", unit::change(waiver.max_change()))
    });
    format!("{}: {}{change}{accepted}{cause}", verdict.name, verdict.label())
}

fn exceeded(budget: &BudgetResult) -> String {
    let shown = |value: f64| budget.metric.show(value);
    let value = budget.value.map_or_else(String::new, shown);
    let metric = budget.metric.name();
    format!("budget {}: {metric} is {value}, above {}", budget.name, shown(budget.critical))
}

fn incomplete_reason(verdict: &Verdict) -> String {
    format!("{}: {}", verdict.name, verdict.reason.as_deref().unwrap_or("no result"))
}

fn undecided(budget: &BudgetResult) -> Option<String> {
    let reason = budget.undecided.as_deref()?;
    Some(format!("budget {}: {} not decided: {reason}", budget.name, budget.metric.name()))
}

#[cfg(test)]
mod tests {
    use super::super::benchmark_state::bare;
    use super::*;
    use crate::detect::Severity;
    use crate::detect::counts::CountPair;
    use crate::run::Quantity::{self, AllocBytes, AllocCount, Instructions};
    use crate::unit::LogRatio;
    use crate::verdict::Waiver;

    fn verdict(state: State, severity: Option<Severity>, confirmed: bool) -> Verdict {
        let change = Some(LogRatio::from_percent(60.0));
        Verdict { severity, change, confirmed, ..bare(&"a/b::c".into(), state) }
    }

    fn counts(pairs: &[(Quantity, f64, f64)]) -> Counts {
        let mut counts = Counts::default();
        for (quantity, base, head) in pairs {
            counts.insert(*quantity, CountPair::new(*base, *head));
        }
        counts
    }

    fn cut_short(verdict: Verdict) -> Verdict {
        Verdict { cut_short: true, ..verdict }
    }

    #[test]
    fn only_confirmed_regressions_of_the_level_fail() {
        use Severity::{Critical, Major};
        use State::{Improvement, Inconclusive, Regression};
        let cases = [
            (verdict(Regression, Some(Critical), true), Level::Critical, 1),
            (verdict(Regression, Some(Critical), false), Level::Critical, 0),
            (verdict(Regression, Some(Major), true), Level::Critical, 0),
            (verdict(Regression, Some(Major), true), Level::Major, 1),
            (verdict(Regression, Some(Critical), true), Level::Never, 0),
            (verdict(Improvement, Some(Critical), true), Level::Minor, 0),
            (verdict(Inconclusive, None, true), Level::Minor, 0),
            (verdict(State::Missing, None, false), Level::Critical, 3),
            (cut_short(verdict(Inconclusive, None, true)), Level::Critical, 3),
            (cut_short(verdict(Inconclusive, None, true)), Level::Never, 3),
        ];
        for (verdict, level, status) in cases {
            assert_eq!(
                Outcome::of(std::slice::from_ref(&verdict), &[], Gate::all(level)).status(),
                status,
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn a_paired_regression_with_more_instructions_fails_at_its_own_level() {
        let counted = |head| Some(counts(&[(Instructions, 100.0, head)]));
        let cases = [
            (Severity::Critical, counted(100.0), 1),
            (Severity::Major, counted(100.0), 1),
            (Severity::Minor, counted(110.0), 1),
            (Severity::Minor, counted(100.0), 0),
            (Severity::Minor, None, 0),
            (Severity::Notice, counted(110.0), 0),
        ];
        for (severity, counts, status) in cases {
            let verdict = Verdict {
                method: Method::Paired,
                counts,
                ..verdict(State::Regression, Some(severity), true)
            };
            assert_eq!(
                Outcome::of(&[verdict], &[], Gate::default()).status(),
                status,
                "{severity:?}"
            );
        }
    }

    #[test]
    fn counts_fail_from_their_limit_whether_a_time_was_measured_or_not() {
        let gate = Gate { counts: CountLimit::Percent(5.0), ..Gate::default() };
        let grown = counts(&[(Instructions, 1000.0, 1052.0)]);
        let of_counts = Verdict::of_counts(&"a/b::c".into(), grown.clone());
        let timed =
            Verdict { counts: Some(grown.clone()), ..verdict(State::Unchanged, None, true) };
        let reason = "a/b::c: instructions +5.2 %, which fails from +5 % (gate.counts)";
        for verdict in [of_counts, timed] {
            let outcome = Outcome::of(std::slice::from_ref(&verdict), &[], gate);
            assert_eq!((outcome.status(), &*outcome.gate), (1, &[reason.to_owned()][..]));
            assert_eq!(Outcome::of(&[verdict], &[], Gate::default()).status(), 0);
        }
        let cases = [
            (counts(&[(Instructions, 1000.0, 1049.0)]), 0),
            (counts(&[(Instructions, 1000.0, 900.0)]), 0),
            (counts(&[(Quantity::MinorFaults, 1.0, 9.0)]), 0),
            (counts(&[(AllocCount, 0.0, 1.0)]), 1),
            (counts(&[(Instructions, 1000.0, 900.0), (AllocBytes, 1000.0, 1100.0)]), 1),
        ];
        for (counts, status) in cases {
            let verdict = Verdict::of_counts(&"a/b::c".into(), counts);
            assert_eq!(
                Outcome::of(std::slice::from_ref(&verdict), &[], gate).status(),
                status,
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn a_regression_that_fails_names_its_counts_once() {
        let gate = Gate { counts: CountLimit::Percent(5.0), ..Gate::default() };
        let counts = Some(counts(&[(Instructions, 100.0, 160.0)]));
        let slower = verdict(State::Regression, Some(Severity::Critical), true);
        let outcome = Outcome::of(&[Verdict { counts, ..slower }], &[], gate);
        assert_eq!(outcome.gate, ["a/b::c: regression (critical), +60.0 % (instructions +60.0 %)"]);
    }

    #[test]
    fn an_accepted_growth_of_counts_fails_above_its_maximum_alone() {
        let gate = Gate { counts: CountLimit::Percent(5.0), ..Gate::default() };
        let grown = counts(&[(AllocCount, 100.0, 120.0), (AllocBytes, 0.0, 64.0)]);
        let verdict = Verdict::of_counts(&"a/b::c".into(), grown);
        for (max_change_percent, reasons) in [
            (20.0, vec![]),
            (
                19.0,
                vec![
                    "a/b::c: allocations +20.0 % (100 → 120), which fails from +5 % (gate.counts)",
                ],
            ),
        ] {
            let accepted = Some(Waiver { reason: "why".to_owned(), max_change_percent });
            let outcome = Outcome::of(&[Verdict { accepted, ..verdict.clone() }], &[], gate);
            assert_eq!(outcome.gate, reasons);
        }
    }

    #[test]
    fn a_budget_that_is_undecided_makes_the_check_incomplete_unless_nothing_fails() {
        use crate::budget::{BudgetFile, Required, check};
        let text = r#"{"schema": 1, "budgets": {"fast": {"benchmark": "c", "target_ms": 1}}}"#;
        let budgets = BudgetFile::parse(text).unwrap().1;
        let (run, selected) = (crate::run::tests::run(1, vec![]), ["a/b::c".into()]);
        let results = check(&budgets, &selected, &run, &<_>::default(), Required::All);
        let outcome = Outcome::of(&[], &results, Gate::default());
        let reason = "budget fast: p95 not decided: a/b::c: the benchmark has no result";
        assert_eq!((outcome.status(), &*outcome.incomplete), (3, &[reason.to_owned()][..]));
        assert_eq!(Outcome::of(&[], &results, Gate::all(Level::Never)).status(), 0);
    }

    #[test]
    fn an_accepted_regression_fails_above_its_maximum_alone() {
        for (max_change_percent, reasons) in [
            (60.1, vec![]),
            (59.0, vec!["a/b::c: regression (critical), +60.0 %, above the accepted +59.0 %"]),
        ] {
            let accepted = Some(Waiver { reason: "why".to_owned(), max_change_percent });
            let slower = verdict(State::Regression, Some(Severity::Critical), true);
            let outcome = Outcome::of(&[Verdict { accepted, ..slower }], &[], Gate::default());
            assert_eq!(outcome.gate, reasons);
        }
    }

    #[test]
    fn a_failure_precedes_missing_benchmarks_and_both_are_reported() {
        let verdicts = [
            verdict(State::Missing, None, false),
            verdict(State::Regression, Some(Severity::Critical), true),
        ];
        let outcome = Outcome::of(&verdicts, &[], Gate::default());
        assert_eq!(outcome.status(), 1);
        assert_eq!(outcome.gate, ["a/b::c: regression (critical), +60.0 %"]);
        assert_eq!(outcome.incomplete, ["a/b::c: no result"]);
    }
}

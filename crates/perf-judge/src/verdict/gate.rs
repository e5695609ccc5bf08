//! The gate: the rule that decides the exit status of a check.

use super::{Method, State, Verdict};
use crate::budget::{BudgetResult, Gate, Level};
use crate::detect::counts::InstructionChange;
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
    /// Decides from verdicts and budgets. No check fails if every level is [`Level::Never`].
    pub fn of(verdicts: &[Verdict], budgets: &[BudgetResult], gate: Gate) -> Self {
        let regressions = verdicts.iter().filter(|verdict| fails(verdict, gate)).map(regressed);
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

/// Only a regression that a rerun or a paired comparison confirmed can fail a check.
fn fails(verdict: &Verdict, gate: Gate) -> bool {
    let level = match verdict.method {
        Method::History => gate.history,
        Method::Paired => gate.compare,
    };
    let grew =
        verdict.counts.is_some_and(|counts| counts.instruction_change() == InstructionChange::Grew);
    let severe = verdict.severity.is_some_and(|severity| {
        level.fails(severity) || (grew && gate.compare_instructions_grew.fails(severity))
    });
    verdict.state == State::Regression && verdict.confirmed && severe && !verdict.is_waived()
}

fn regressed(verdict: &Verdict) -> String {
    let change =
        verdict.change.map_or_else(String::new, |change| format!(", {}", unit::change(change)));
    let counts = verdict.counts.and_then(|counts| counts.label());
    let counts = counts.map_or_else(String::new, |label| format!(" ({label})"));
    let accepted = verdict.accepted.as_ref().map_or_else(String::new, |waiver| {
        format!(", above the accepted {}", unit::change(waiver.max_change()))
    });
    format!("{}: {}{change}{accepted}{counts}", verdict.name, verdict.label())
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
    use crate::unit::LogRatio;

    fn verdict(state: State, severity: Option<Severity>, confirmed: bool) -> Verdict {
        let change = Some(LogRatio::from_percent(60.0));
        Verdict { severity, change, confirmed, ..bare(&"a/b::c".into(), state) }
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
        use crate::detect::counts::{CountPair, Counts};
        let counted = |head| {
            Some(Counts { instructions: Some(CountPair { base: 100.0, head }), ..<_>::default() })
        };
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
        use crate::verdict::Waiver;
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

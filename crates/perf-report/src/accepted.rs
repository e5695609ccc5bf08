//! The accepted regressions of perf-budgets.json and their status.

use chrono::NaiveDate;
use perf_judge::baseline::{LENGTH, MINIMUM};
use perf_judge::budget::Acceptance;
use perf_judge::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};

/// An accepted regression and its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcceptanceResult {
    /// The entry of perf-budgets.json.
    pub entry: Acceptance,
    /// Its status.
    pub status: AcceptanceStatus,
}

/// The status of an accepted regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptanceStatus {
    /// It accepts a regression up to its maximum change.
    InForce,
    /// The baseline or the base contains the regression already: a further one is not accepted.
    Settled,
    /// Its last day is over: it has no effect.
    Expired,
    /// The entry can be removed: all runs of the baseline are after it, or there is no regression.
    NotNeeded,
}

impl AcceptanceResult {
    /// The status against the history; `since`: the number of comparable runs after the commit.
    pub fn of_run(entry: &Acceptance, since: Option<usize>, today: NaiveDate) -> Self {
        let status = match since.unwrap_or_default() {
            _ if entry.is_over(today) => AcceptanceStatus::Expired,
            LENGTH.. => AcceptanceStatus::NotNeeded,
            MINIMUM.. => AcceptanceStatus::Settled,
            _ => AcceptanceStatus::InForce,
        };
        Self { entry: entry.clone(), status }
    }

    /// The status in a comparison. An entry that the base has as well is settled: it must not accept
    /// every later regression of the benchmark.
    pub fn of_comparison(
        entry: &Acceptance,
        base: &[Acceptance],
        verdict: Option<&Verdict>,
        today: NaiveDate,
    ) -> Self {
        let is_same = |other: &Acceptance| other.carried() == entry.carried();
        let state = verdict.filter(|verdict| verdict.launches > 0).map(|verdict| verdict.state);
        let is_worse = verdict.is_some_and(Verdict::is_worse);
        let status = match state {
            _ if entry.is_over(today) => AcceptanceStatus::Expired,
            _ if base.iter().any(is_same) => AcceptanceStatus::Settled,
            Some(State::Unchanged | State::Improvement) if !is_worse => AcceptanceStatus::NotNeeded,
            _ => AcceptanceStatus::InForce,
        };
        Self { entry: entry.clone(), status }
    }

    /// The note with the edit that is needed, if any.
    pub(super) fn note(&self) -> Option<String> {
        let Acceptance { benchmark, expires, .. } = &self.entry;
        match (self.status, expires) {
            (AcceptanceStatus::Expired, Some(last)) => Some(format!(
                "the accepted regression of {benchmark} expired on {last}: make it faster, or accept it again with `cargo xtask perf accept`"
            )),
            (AcceptanceStatus::NotNeeded, _) => Some(format!(
                "the accepted regression of {benchmark} needs no entry: remove it from perf-budgets.json"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AcceptanceStatus::{Expired, InForce, NotNeeded, Settled};

    fn entry() -> Acceptance {
        Acceptance {
            benchmark: "a/b::c".into(),
            commit: "1a2b3c4".to_owned(),
            max_change_percent: 24.0,
            reason: "why".to_owned(),
            expires: Some(day(20)),
        }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, day).unwrap()
    }

    #[test]
    fn against_the_history_it_is_in_force_until_the_baseline_contains_it() {
        let cases = [
            (None, 20, InForce),
            (Some(2), 20, InForce),
            (Some(3), 20, Settled),
            (Some(9), 20, Settled),
            (Some(10), 20, NotNeeded),
            (Some(2), 21, Expired),
            (Some(10), 21, Expired),
        ];
        for (since, today, status) in cases {
            assert_eq!(AcceptanceResult::of_run(&entry(), since, day(today)).status, status);
        }
    }

    #[test]
    fn in_a_comparison_it_is_in_force_only_if_the_base_lacks_it() {
        let other = Acceptance { max_change_percent: 90.0, ..entry() };
        let stranger = Acceptance { commit: "beef123".to_owned(), ..entry() };
        let cases = [
            (vec![], State::Regression, 20, InForce),
            (vec![stranger], State::Regression, 20, InForce),
            (vec![other], State::Regression, 20, Settled),
            (vec![], State::Unchanged, 20, NotNeeded),
            (vec![], State::Inconclusive, 20, InForce),
            (vec![], State::Regression, 21, Expired),
        ];
        for (others, state, today, status) in cases {
            let verdict = bare(state);
            let result =
                AcceptanceResult::of_comparison(&entry(), &others, Some(&verdict), day(today));
            assert_eq!(result.status, status, "{state:?}");
        }
        assert_eq!(AcceptanceResult::of_comparison(&entry(), &[], None, day(1)).status, InForce);
        let mut grown = bare(State::Unchanged);
        let counts = serde_json::from_str(r#"{"instructions": {"base": 1, "head": 2}}"#);
        grown.counts = Some(counts.unwrap());
        let result = AcceptanceResult::of_comparison(&entry(), &[], Some(&grown), day(1));
        assert_eq!(result.status, InForce);
    }

    #[test]
    fn expired_and_unneeded_entries_have_a_note() {
        let note = |status| AcceptanceResult { entry: entry(), status }.note();
        assert!(note(Expired).unwrap().contains("expired on 2027-03-20"));
        assert!(note(NotNeeded).unwrap().contains("remove it from perf-budgets.json"));
        assert_eq!((note(InForce), note(Settled)), (None, None));
    }

    fn bare(state: State) -> Verdict {
        let mut verdict = crate::report::tests::report().rows[0].verdict.clone();
        (verdict.name, verdict.state, verdict.launches) = ("a/b::c".into(), state, 20);
        verdict
    }
}

//! What has become of the slowdowns that perf-budgets.json accepts.

use chrono::NaiveDate;
use perf_judge::baseline::{LENGTH, MINIMUM};
use perf_judge::budget::Acceptance;
use perf_judge::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};

/// An acceptance, and whether it still excuses anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcceptanceResult {
    /// The entry of perf-budgets.json.
    pub entry: Acceptance,
    /// What has become of it.
    pub status: AcceptanceStatus,
}

/// What has become of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptanceStatus {
    /// It excuses a regression up to its ceiling.
    InForce,
    /// The baseline, or the other side, has the slowdown already: it excuses nothing more.
    Settled,
    /// Its last day is over: it excuses nothing.
    Expired,
    /// It can be removed: the baseline is made of runs after it alone, or nothing got slower.
    NotNeeded,
}

impl AcceptanceResult {
    /// Against the history: `since` are the comparable runs after it.
    pub fn of_run(entry: &Acceptance, since: Option<usize>, today: NaiveDate) -> Self {
        let status = match since.unwrap_or_default() {
            _ if entry.is_over(today) => AcceptanceStatus::Expired,
            LENGTH.. => AcceptanceStatus::NotNeeded,
            MINIMUM.. => AcceptanceStatus::Settled,
            _ => AcceptanceStatus::InForce,
        };
        Self { entry: entry.clone(), status }
    }

    /// Side by side: what the other side accepts as well, it has. Else every later slowdown of the
    /// benchmark would be excused.
    pub fn of_comparison(
        entry: &Acceptance,
        others: &[Acceptance],
        verdict: Option<&Verdict>,
        today: NaiveDate,
    ) -> Self {
        let is_same = |other: &Acceptance| other.carried() == entry.carried();
        let state = verdict.filter(|verdict| verdict.launches > 0).map(|verdict| verdict.state);
        let status = match state {
            _ if entry.is_over(today) => AcceptanceStatus::Expired,
            _ if others.iter().any(is_same) => AcceptanceStatus::Settled,
            Some(State::Unchanged | State::Improvement) => AcceptanceStatus::NotNeeded,
            _ => AcceptanceStatus::InForce,
        };
        Self { entry: entry.clone(), status }
    }

    /// What somebody has to do about it, if anything.
    pub(super) fn note(&self) -> Option<String> {
        let Acceptance { benchmark, expires, .. } = &self.entry;
        match (self.status, expires) {
            (AcceptanceStatus::Expired, Some(last)) => Some(format!(
                "the slowdown of {benchmark} was accepted until {last}, and excuses nothing now: make it faster, or accept it anew"
            )),
            (AcceptanceStatus::NotNeeded, _) => Some(format!(
                "the accepted slowdown of {benchmark} needs no entry any more: remove it from perf-budgets.json"
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
    fn against_the_history_it_holds_until_the_baseline_has_begun_anew() {
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
    fn side_by_side_it_holds_only_where_the_other_side_lacks_it() {
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
    }

    #[test]
    fn what_is_over_or_not_needed_is_loud() {
        let note = |status| AcceptanceResult { entry: entry(), status }.note();
        assert!(note(Expired).unwrap().contains("until 2027-03-20"));
        assert!(note(NotNeeded).unwrap().contains("remove it from perf-budgets.json"));
        assert_eq!((note(InForce), note(Settled)), (None, None));
    }

    fn bare(state: State) -> Verdict {
        let mut verdict = crate::report::tests::report().rows[0].verdict.clone();
        (verdict.name, verdict.state, verdict.launches) = ("a/b::c".into(), state, 20);
        verdict
    }
}

//! The verdict on two alternatives in words.

use crate::unit::{self, LogRatio};
use crate::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};

/// How an alternative relates to the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The alternative takes less time.
    Faster,
    /// The alternative takes more time.
    Slower,
    /// A difference of the minimum detectable size is excluded.
    NoDifference,
    /// The noise is too high, or the time limit ended the measurement.
    Undecided,
    /// There are no times that can be compared.
    NotMeasured,
}

impl Relation {
    /// The relation of the head to the base of a verdict.
    pub fn of(state: State) -> Self {
        match state {
            State::Improvement => Self::Faster,
            State::Regression => Self::Slower,
            State::Unchanged => Self::NoDifference,
            State::Inconclusive => Self::Undecided,
            _ => Self::NotMeasured,
        }
    }
}

/// A sentence on the verdict: `a is 1.23 × as fast as b (1.20 × to 1.26 ×)`. The head of the verdict is
/// the alternative, and its base the baseline.
pub fn conclusion(alternative: &str, baseline: &str, verdict: &Verdict) -> String {
    let between = |low: Option<LogRatio>, high: Option<LogRatio>, sign: f64| {
        let ends = low.zip(high).map(|(low, high)| {
            let [one, other] = [low, high].map(|end| (sign * end.0).exp());
            let [least, most] = [one.min(other), one.max(other)].map(unit::speed);
            format!(" ({least} to {most})")
        });
        ends.unwrap_or_default()
    };
    let change = verdict.change.unwrap_or_default();
    match Relation::of(verdict.state) {
        Relation::Faster => {
            let times = unit::speed((-change.0).exp());
            let ends = between(verdict.low, verdict.high, -1.0);
            format!("{alternative} is {times} as fast as {baseline}{ends}")
        }
        Relation::Slower => {
            let times = unit::speed(change.0.exp());
            let ends = between(verdict.low, verdict.high, 1.0);
            format!("{baseline} is {times} as fast as {alternative}{ends}")
        }
        Relation::NoDifference => {
            let least = verdict.min_detectable_change.unwrap_or_default();
            format!(
                "no difference found between {alternative} and {baseline}; a difference of more than {} would have been",
                unit::percent(least)
            )
        }
        Relation::Undecided => {
            let ends = between(verdict.low, verdict.high, -1.0);
            let reason = verdict.reason.as_deref().unwrap_or("the noise is too high");
            format!("not decided for {alternative} and {baseline}{ends}: {reason}")
        }
        Relation::NotMeasured => {
            let reason = verdict.reason.as_deref().unwrap_or("there are no times");
            format!("{alternative} was not compared with {baseline}: {reason}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{LaunchTimes, Pair, Side};
    use crate::verdict::{Judge, Step};

    /// The verdict on pairs whose head takes `head` ns where the base takes 1000 ns, `pairs` at most.
    fn verdict(head: impl Fn(usize) -> f64, pairs: usize) -> Verdict {
        let mut judge = Judge::of_builds(["p/t::a"], "p/t::b");
        let mut measured = 0;
        loop {
            match judge.step() {
                Step::Compare { benchmarks, pairs: count, .. } => {
                    let count = count.min(pairs - measured);
                    for at in measured..measured + count {
                        let times = |ns| LaunchTimes { min: ns, median: ns * 1.01 };
                        let first = Side::Base;
                        let pair = Pair { first, base: times(1000.0), head: times(head(at)) };
                        judge.feed_pairs(&benchmarks[0], [pair]);
                    }
                    measured += count;
                    if measured == pairs {
                        judge.out_of_time(&benchmarks[0]);
                    }
                }
                Step::Done(verdicts) => return verdicts.verdicts.into_iter().next().unwrap(),
                Step::Measure { .. } => unreachable!("nothing is judged against a history"),
            }
        }
    }

    #[test]
    fn the_faster_one_is_named_first() {
        let noise = |at: usize| 1.0 + 0.001 * (at * 7 % 11) as f64;
        let cases = [
            (813.0, "new is 1.22 × as fast as old (1.22 × to 1.23 ×)"),
            (1230.0, "old is 1.24 × as fast as new (1.23 × to 1.24 ×)"),
            (1030.0, "old is 1.035 × as fast as new (1.032 × to 1.037 ×)"),
            (25_000.0, "old is 25.1 × as fast as new (25.1 × to 25.2 ×)"),
        ];
        for (ns, expected) in cases {
            let found = verdict(|at| ns * noise(at), 85);
            assert_eq!(conclusion("new", "old", &found), expected);
        }
    }

    #[test]
    fn equal_times_name_what_would_have_been_found() {
        let found = verdict(|at| 1000.0 + (at * 7 % 11) as f64 - 5.0, 85);
        assert_eq!(Relation::of(found.state), Relation::NoDifference);
        assert_eq!(
            conclusion("new", "old", &found),
            "no difference found between new and old; a difference of more than 0.3 % would have been"
        );
    }

    #[test]
    fn what_is_not_decided_has_its_interval_and_reason() {
        let found = verdict(|at| if at % 2 == 0 { 700.0 } else { 1400.0 }, 12);
        let text = conclusion("new", "old", &found);
        assert!(text.starts_with("not decided for new and old (0.714 × to 1.43 ×): "), "{text}");
        let found = verdict(|_| 0.0, 12);
        let text = conclusion("new", "old", &found);
        assert!(text.starts_with("new was not compared with old: "), "{text}");
    }
}

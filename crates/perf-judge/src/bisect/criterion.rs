//! What decides whether a commit is good or bad.

use super::Answer;
use crate::detect::counts::{CountPair, Counts};
use crate::detect::midpoint::Nearer;
use crate::run::Quantity;
use crate::unit::LogRatio;
use crate::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a commit is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Criterion {
    /// A count that explains the change. It is nearer to that of the good or of the bad commit.
    Count {
        /// What is counted.
        quantity: Quantity,
        /// The count of the good commit per iteration.
        good: f64,
        /// The count of the bad commit per iteration.
        bad: f64,
    },
    /// Pairs with the bad commit. Their difference is nearer to none or to the whole change.
    Time {
        /// ln of the time of bad over good.
        change: LogRatio,
    },
}

/// The least part of the change of the time that instructions must explain, as a part of its logarithm.
const EXPLAINED: f64 = 0.5;

impl Criterion {
    /// The criterion for a comparison of the good commit, the base, with the bad one, the head. `None` if
    /// neither the time nor a count changed.
    ///
    /// Instructions decide if they changed in the direction of the time and by at least half of its
    /// change. Where the time did not change, the first count that changed decides. `counted` are the
    /// quantities that are counted in the commits between.
    pub fn of(verdict: &Verdict, counted: &BTreeSet<Quantity>) -> Option<Self> {
        let mut changes = verdict.counts.as_ref().map(Counts::changes).unwrap_or_default();
        changes.retain(|change| counted.contains(&change.quantity));
        let time = match verdict.state {
            State::Regression | State::Improvement => verdict.change,
            _ => None,
        };
        let Some(change) = time else {
            let first = changes.first()?;
            return Some(Self::of_count(first.quantity, first.pair));
        };
        let instructions = changes.iter().find(|each| each.quantity == Quantity::Instructions);
        let explaining = instructions.filter(|each| explains(each.pair, change));
        let by_count = explaining.map(|each| Self::of_count(each.quantity, each.pair));
        Some(by_count.unwrap_or(Self::Time { change }))
    }

    fn of_count(quantity: Quantity, CountPair { base, head, .. }: CountPair) -> Self {
        Self::Count { quantity, good: base, bad: head }
    }

    /// The quantity that decides; `None` for the time.
    pub fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Count { quantity, .. } => Some(quantity),
            Self::Time { .. } => None,
        }
    }

    /// Whether the comparison of a found commit with its parent shows the change: that of the same quantity in
    /// the same direction.
    pub fn is_confirmed_by(self, verdict: &Verdict) -> bool {
        match self {
            Self::Time { change } if change.0 > 0.0 => verdict.state == State::Regression,
            Self::Time { .. } => verdict.state == State::Improvement,
            Self::Count { quantity, good, bad } => {
                let expected = CountPair::new(good, bad);
                let changes = verdict.counts.as_ref().map(Counts::changes).unwrap_or_default();
                let mut own = changes.iter().filter(|change| change.quantity == quantity);
                own.any(|own| (own.pair.growth() > 0.0) == (expected.growth() > 0.0))
            }
        }
    }

    /// What such a comparison does not show if it does not confirm the change.
    pub fn unconfirmed_note(self) -> String {
        let missing = match self {
            Self::Time { change } if change.0 > 0.0 => "no regression".to_owned(),
            Self::Time { .. } => "no improvement".to_owned(),
            Self::Count { quantity, good, bad } if bad > good => {
                format!("no increase of the {quantity}")
            }
            Self::Count { quantity, .. } => format!("no decrease of the {quantity}"),
        };
        format!("the comparison with its parent shows {missing}")
    }

    /// The answer for a commit with this count.
    pub fn of_value(good: f64, bad: f64, value: f64) -> Answer {
        let is_nearer_to_good = (value - good).abs() < (value - bad).abs();
        if is_nearer_to_good { Answer::Good } else { Answer::Bad }
    }
}

impl From<Nearer> for Answer {
    /// The pairs compare the commit with the bad one.
    fn from(nearer: Nearer) -> Self {
        match nearer {
            Nearer::NoChange => Self::Bad,
            Nearer::Change => Self::Good,
        }
    }
}

fn explains(instructions: CountPair, change: LogRatio) -> bool {
    let growth = instructions.growth().ln_1p();
    growth.signum() == change.0.signum() && growth.abs() >= change.0.abs() * EXPLAINED
}

#[cfg(test)]
mod tests {
    use super::*;
    use Quantity::{AllocCount, Instructions};

    fn verdict(state: State, percent: f64, heads: &[(Quantity, f64)]) -> Verdict {
        let mut counts = Counts::default();
        heads.iter().for_each(|(quantity, head)| {
            counts.insert(*quantity, CountPair::new(100.0, *head));
        });
        let change = Some(LogRatio::from_percent(percent));
        Verdict { state, change, ..Verdict::of_counts(&"a/b::c".into(), counts) }
    }

    #[test]
    fn counts_decide_where_they_explain_the_change() {
        let count = |quantity, bad| Some(Criterion::Count { quantity, good: 100.0, bad });
        let time = |percent| Some(Criterion::Time { change: LogRatio::from_percent(percent) });
        let (slower, faster, same) = (State::Regression, State::Improvement, State::Unchanged);
        let cases = [
            (slower, 6.0, &[(Instructions, 106.0)][..], count(Instructions, 106.0)),
            (slower, 6.0, &[(Instructions, 103.1)], count(Instructions, 103.1)),
            (slower, 6.0, &[(Instructions, 102.0)], time(6.0)),
            (slower, 6.0, &[(Instructions, 94.0)], time(6.0)),
            (slower, 6.0, &[(AllocCount, 200.0)], time(6.0)),
            (slower, 6.0, &[], time(6.0)),
            (faster, -6.0, &[(Instructions, 90.0)], count(Instructions, 90.0)),
            (faster, -6.0, &[(Instructions, 110.0)], time(-6.0)),
            (same, 0.5, &[(Instructions, 101.5)], count(Instructions, 101.5)),
            (same, 0.5, &[(Instructions, 100.0), (AllocCount, 90.0)], count(AllocCount, 90.0)),
            (State::CountsGrew, 0.0, &[(Instructions, 101.5)], count(Instructions, 101.5)),
            (same, 0.5, &[(Instructions, 100.5)], None),
            (State::Inconclusive, 4.0, &[], None),
        ];
        for (state, percent, heads, expected) in cases {
            let verdict = verdict(state, percent, heads);
            let found = Criterion::of(&verdict, &[AllocCount, Instructions].into());
            assert_eq!(found, expected, "{state:?} {percent} {heads:?}");
            let by_time = Criterion::of(&verdict, &BTreeSet::new());
            let is_timed = [State::Regression, State::Improvement].contains(&state);
            assert_eq!(by_time, time(percent).filter(|_| is_timed));
        }
        // Only the benchmark itself counts its allocations.
        let both = verdict(same, 0.5, &[(Instructions, 101.5), (AllocCount, 90.0)]);
        let of = |counted| Criterion::of(&both, &BTreeSet::from([counted]));
        assert_eq!(of(Instructions), count(Instructions, 101.5));
        assert_eq!(of(AllocCount), count(AllocCount, 90.0));
    }

    #[test]
    fn only_the_same_change_confirms_a_found_commit() {
        let time = |percent| Criterion::Time { change: LogRatio::from_percent(percent) };
        let count = |bad| Criterion::Count { quantity: Instructions, good: 100.0, bad };
        let (slower, faster, same) = (State::Regression, State::Improvement, State::Unchanged);
        let cases = [
            (time(6.0), slower, 5.0, &[][..], true),
            (time(6.0), faster, -5.0, &[], false),
            (time(6.0), same, 0.1, &[(Instructions, 106.0)], false),
            (time(-6.0), faster, -5.0, &[], true),
            (time(-6.0), slower, 5.0, &[], false),
            (count(106.0), same, 0.1, &[(Instructions, 103.0)], true),
            (count(106.0), slower, 5.0, &[(Instructions, 94.0)], false),
            (count(106.0), slower, 5.0, &[(AllocCount, 106.0)], false),
            (count(94.0), same, 0.1, &[(Instructions, 94.0)], true),
        ];
        for (criterion, state, percent, heads, expected) in cases {
            let verdict = verdict(state, percent, heads);
            assert_eq!(criterion.is_confirmed_by(&verdict), expected, "{criterion:?} {state:?}");
        }
    }

    #[test]
    fn a_count_belongs_to_the_nearer_commit() {
        let cases = [(100.0, Answer::Good), (102.9, Answer::Good), (103.0, Answer::Bad)];
        for (value, expected) in [&cases[..], &[(0.0, Answer::Good), (200.0, Answer::Bad)]].concat()
        {
            assert_eq!(Criterion::of_value(100.0, 106.0, value), expected, "{value}");
            let mirrored = 206.0 - value;
            assert_eq!(Criterion::of_value(106.0, 100.0, mirrored), expected, "{mirrored}");
        }
    }
}

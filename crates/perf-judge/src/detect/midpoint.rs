//! Whether pairs show a known change or none: which of the two their difference is nearer to.
//!
//! The midpoint between no change and the known one is tested like the bounds of a confidence interval.
//! A base with the whole change or with none of it is far from the midpoint, so few pairs decide.

use super::differences::{Differences, MINIMUM};
use super::paired::{FIRST_ANALYSIS, MAX_PAIRS, PAIRS_PER_STEP};
use crate::run::Pair;
use crate::unit::LogRatio;

/// The most pairs of a decision. A search ends with a range where they do not decide.
pub const MOST_PAIRS: usize = 2 * MAX_PAIRS;
/// The largest probability of the pairs, in one analysis, if the true difference is the midpoint.
///
/// It is far from the true difference where that is none or the known change. A simulation in
/// docs/method.md has the error rates.
const LEVEL: f64 = 0.01;

/// What the difference of the pairs is nearer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearer {
    /// Base and head do not differ by the known change.
    NoChange,
    /// Base and head differ by the known change.
    Change,
}

/// Judges pairs, oldest first, with an analysis every [`PAIRS_PER_STEP`] pairs. `change` is the known one
/// and not 0. `None` if more pairs are needed, or if [`MOST_PAIRS`] do not decide.
pub fn nearer(pairs: &[Pair], change: LogRatio) -> Option<Nearer> {
    let last = pairs.len().min(MOST_PAIRS);
    let counts = (FIRST_ANALYSIS..=last).step_by(PAIRS_PER_STEP);
    counts.into_iter().find_map(|count| analysis(&pairs[..count], change.0))
}

fn analysis(pairs: &[Pair], change: f64) -> Option<Nearer> {
    let differences = Differences::of(pairs).in_direction(change.signum());
    if differences.count() < MINIMUM {
        return None;
    }
    let midpoint = change.abs() / 2.0;
    if differences.p_above(midpoint) <= LEVEL {
        Some(Nearer::Change)
    } else if differences.p_below(midpoint) <= LEVEL {
        Some(Nearer::NoChange)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{LaunchTimes, Side};
    use proptest::prelude::*;

    /// Pairs whose head is slower by `percent`, with these deviations in percent.
    fn pairs(percent: f64, deviations: &[f64]) -> Vec<Pair> {
        let pair = |deviation: &f64| {
            let times = |ns: f64| LaunchTimes { min: ns, median: ns * 1.01 };
            let head = 1000.0 * (1.0 + (percent + deviation) / 100.0);
            Pair { first: Side::Base, base: times(1000.0), head: times(head) }
        };
        deviations.iter().map(pair).collect()
    }

    const LITTLE_NOISE: [f64; 10] = [0.3, -0.4, 0.1, 0.5, -0.5, 0.2, -0.1, 0.4, -0.3, 0.0];

    #[test]
    fn ten_pairs_decide_what_is_far_from_the_midpoint() {
        let six = LogRatio::from_percent(6.0);
        let faster = LogRatio::from_percent(-6.0);
        let cases = [
            (six, 6.0, Some(Nearer::Change)),
            (six, 0.0, Some(Nearer::NoChange)),
            (six, -3.0, Some(Nearer::NoChange)),
            (six, 9.0, Some(Nearer::Change)),
            (six, 3.0, None),
            (faster, -6.0, Some(Nearer::Change)),
            (faster, 0.0, Some(Nearer::NoChange)),
            (faster, -3.0, None),
        ];
        for (change, percent, expected) in cases {
            assert_eq!(nearer(&pairs(percent, &LITTLE_NOISE), change), expected, "{percent}");
            assert_eq!(nearer(&pairs(percent, &LITTLE_NOISE[..9]), change), None);
        }
    }

    #[test]
    fn more_pairs_decide_where_the_noise_is_high() {
        let one_in_four = |at: usize| if at.is_multiple_of(4) { 8.0 } else { -0.5 };
        let noisy: Vec<f64> = (0..MAX_PAIRS).map(one_in_four).collect();
        let change = LogRatio::from_percent(6.0);
        assert_eq!(nearer(&pairs(0.0, &noisy[..10]), change), None);
        assert_eq!(nearer(&pairs(0.0, &noisy), change), Some(Nearer::NoChange));
        assert_eq!(nearer(&[], change), None);
    }

    proptest! {
        #[test]
        fn a_mirrored_change_has_the_same_answer(
            percent in -10.0..10.0_f64,
            deviations in prop::collection::vec(-5.0..5.0_f64, 0..40),
        ) {
            let change = LogRatio(0.06);
            let given = pairs(percent, &deviations);
            let mirrored: Vec<Pair> =
                given.iter().map(|pair| Pair { base: pair.head, head: pair.base, ..*pair }).collect();
            prop_assert_eq!(nearer(&given, change), nearer(&mirrored, LogRatio(-0.06)));
        }
    }
}

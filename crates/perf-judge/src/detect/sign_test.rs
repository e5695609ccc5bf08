//! The exact weighted sign test.

use std::cmp::Ordering;

/// Votes for and against a statement, each with a weight.
#[derive(Debug, Default)]
pub(super) struct Votes {
    /// The weight of the votes for it.
    pub(super) weight_for: u32,
    /// The weight of the votes against it.
    pub(super) weight_against: u32,
    weights: Vec<u32>,
}

impl Votes {
    /// `Greater` is a vote for the statement, `Less` one against it, and `Equal` is no vote.
    pub(super) fn of(votes: impl IntoIterator<Item = (Ordering, u32)>) -> Self {
        let mut all = Self::default();
        for (vote, weight) in votes {
            match vote {
                Ordering::Greater => all.weight_for += weight,
                Ordering::Less => all.weight_against += weight,
                Ordering::Equal => continue,
            }
            all.weights.push(weight);
        }
        all
    }

    /// The probability of at least this weight for the statement if each vote is a fair coin.
    ///
    /// It is exact, by convolution, and 1 without votes. A vote for the statement never raises it,
    /// and a vote against it never lowers it.
    pub(super) fn p(&self) -> f64 {
        let total: usize = self.weights.iter().map(|weight| *weight as usize).sum();
        // The probability of each sum of weights for the statement.
        let mut chances = vec![0.0; total + 1];
        chances[0] = 1.0;
        let mut most = 0;
        for weight in self.weights.iter().map(|weight| *weight as usize) {
            most += weight;
            for sum in (weight..=most).rev() {
                chances[sum] = (chances[sum] + chances[sum - weight]) / 2.0;
            }
            chances[..weight].iter_mut().for_each(|chance| *chance /= 2.0);
        }
        chances[self.weight_for as usize..].iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `count` votes of weight `weight`, the first `agreeing` of them for the statement.
    fn votes(agreeing: usize, count: usize, weight: u32) -> Votes {
        let vote = |at| if at < agreeing { Ordering::Greater } else { Ordering::Less };
        Votes::of((0..count).map(|at| (vote(at), weight)))
    }

    #[test]
    fn equal_weights_are_a_binomial_test() {
        // scipy.stats.binom.sf(k - 1, n, 0.5)
        let cases = [(17, 20, 0.001_288_414_001_464_84), (8, 10, 0.054_687_5), (0, 5, 1.0)];
        for (agreeing, count, p) in cases {
            for weight in [1, 3, 16] {
                assert!((votes(agreeing, count, weight).p() - p).abs() < 1e-12, "{agreeing}");
            }
        }
        assert!((Votes::default().p() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn unequal_weights_are_counted_by_hand() {
        use Ordering::{Equal, Greater, Less};
        let p = |votes: &[(Ordering, u32)]| Votes::of(votes.iter().copied()).p();
        // Of eight sums of 4, 4 and 1, only 9 and 8 reach 8.
        assert!((p(&[(Greater, 4), (Greater, 4), (Less, 1)]) - 0.25).abs() < 1e-15);
        assert!((p(&[(Greater, 4), (Less, 2), (Less, 1)]) - 0.5).abs() < 1e-15);
        assert!((p(&[(Equal, 4), (Greater, 2)]) - 0.5).abs() < 1e-15);
    }

    fn weighted() -> impl Strategy<Value = Vec<(bool, u32)>> {
        prop::collection::vec((any::<bool>(), 1..17_u32), 0..10)
    }

    fn cast(signs: &[(bool, u32)]) -> Votes {
        let vote = |is_for| if is_for { Ordering::Greater } else { Ordering::Less };
        Votes::of(signs.iter().map(|(is_for, weight)| (vote(*is_for), *weight)))
    }

    proptest! {
        /// The definition of an exact test: of all equally likely signs, at most the share α has a
        /// p-value of at most α.
        #[test]
        fn p_is_exact_over_all_signs(signs in weighted()) {
            let all = 1_usize << signs.len();
            let flipped = |mask: usize| -> Vec<(bool, u32)> {
                signs.iter().enumerate().map(|(at, each)| (mask >> at & 1 == 1, each.1)).collect()
            };
            let mut ps: Vec<f64> = (0..all).map(|mask| cast(&flipped(mask)).p()).collect();
            ps.sort_by(f64::total_cmp);
            for (rank, p) in ps.iter().enumerate() {
                let share = (rank + 1) as f64 / all as f64;
                prop_assert!(share <= p + 1e-12, "{share} of the signs have p ≤ {p}");
            }
        }

        #[test]
        fn a_further_vote_moves_p_in_its_direction(signs in weighted(), weight in 1..17_u32) {
            let with = |is_for| cast(&[signs.clone(), vec![(is_for, weight)]].concat()).p();
            let p = cast(&signs).p();
            prop_assert!(with(true) <= p + 1e-12 && with(false) >= p - 1e-12);
        }
    }
}

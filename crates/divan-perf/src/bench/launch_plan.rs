//! The distribution of launches within a time limit.
//!
//! Costs alone decide it, never a measured change, so that the error rates of the tests hold.

use std::time::Duration;

/// The fewest launches of a benchmark whose run can be part of a baseline.
///
/// A run's value is the mean of the lowest third of its launches: the fastest of three, or the two
/// fastest of five. Both are expected at the same quantile of the launches, the lowest quarter.
pub(crate) const FEWEST_LAUNCHES: u16 = 3;

/// What a benchmark costs, and what it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LaunchCost {
    /// The expected duration of a launch.
    pub(crate) time: Duration,
    /// The spread of its recorded values, in ln; equal for all benchmarks without a history.
    pub(crate) noise: f64,
    /// The launches that it has without a limit.
    pub(crate) most: u16,
    /// The launches that it needs.
    pub(crate) fewest: u16,
}

/// The launches of each benchmark, in the order of `costs`, so that all of them take `available`.
///
/// Launches are removed one by one per benchmark, first from those with the most time per launch and
/// the least noise. If even the fewest launches take longer, each benchmark has its fewest.
pub(crate) fn distribute(costs: &[LaunchCost], available: Duration) -> Vec<u16> {
    let mut launches: Vec<u16> = costs.iter().map(|cost| cost.most).collect();
    let mut total = total(costs, &launches);
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|one, other| weight(&costs[*other]).total_cmp(&weight(&costs[*one])));
    let most = launches.iter().copied().max().unwrap_or_default();
    for level in (0..most).rev() {
        for at in &order {
            if total <= available {
                return launches;
            }
            if launches[*at] > level.max(costs[*at].fewest) {
                launches[*at] -= 1;
                total = total.saturating_sub(costs[*at].time);
            }
        }
    }
    launches
}

/// The expected duration of these launches.
pub(crate) fn total(costs: &[LaunchCost], launches: &[u16]) -> Duration {
    costs.iter().zip(launches).map(|(cost, launches)| cost.time * u32::from(*launches)).sum()
}

/// How early a benchmark loses launches.
fn weight(cost: &LaunchCost) -> f64 {
    cost.time.as_secs_f64() / cost.noise.max(f64::MIN_POSITIVE)
}

/// How many of these durations fit in `available`, in their order.
pub(crate) fn fitting(sorted: &[Duration], available: Duration) -> usize {
    let mut left = available;
    let fits = |time: &&Duration| {
        let rest = left.checked_sub(**time);
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    sorted.iter().take_while(fits).count()
}

/// Whether a benchmark with `launches` of `most` launches is launched in this of `most` repetitions.
/// Its launches are spread over all of them, so that a load peak affects one and not all.
pub(crate) fn is_in_repetition(repetition: usize, launches: usize, most: usize) -> bool {
    let launched_before = |repetition: usize| repetition * launches.min(most) / most.max(1);
    launched_before(repetition + 1) > launched_before(repetition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(ms: u64, noise: f64) -> LaunchCost {
        LaunchCost { time: Duration::from_millis(ms), noise, most: 5, fewest: FEWEST_LAUNCHES }
    }

    #[test]
    fn slow_and_stable_benchmarks_lose_launches_first() {
        let (fast, slow, noisy) = (cost(10, 0.01), cost(100, 0.01), cost(100, 0.05));
        let gated = LaunchCost { fewest: 5, ..slow };
        let cases: [(&[LaunchCost], u64, &[u16]); 8] = [
            (&[], 0, &[]),
            (&[fast, slow], 550, &[5, 5]),
            (&[fast, slow], 549, &[5, 4]),
            (&[fast, slow], 445, &[4, 4]),
            (&[fast, slow], 340, &[4, 3]),
            (&[fast, slow], 0, &[3, 3]),
            (&[noisy, slow], 900, &[5, 4]),
            (&[gated, noisy], 0, &[5, 3]),
        ];
        for (costs, available, expected) in cases {
            let launches = distribute(costs, Duration::from_millis(available));
            assert_eq!(launches, expected, "{costs:?} in {available} ms");
        }
    }

    #[test]
    fn the_shortest_fit_first() {
        let ms = |ms| Duration::from_millis(ms);
        let times = [ms(1), ms(2), ms(4)];
        for (available, expected) in [(0, 0), (1, 1), (2, 1), (3, 2), (6, 2), (7, 3)] {
            assert_eq!(fitting(&times, ms(available)), expected, "{available}");
        }
    }

    #[test]
    fn fewer_launches_are_spread_over_the_repetitions() {
        let repetitions = |launches| {
            let launched = (0..5).filter(|at| is_in_repetition(*at, launches, 5));
            launched.collect::<Vec<usize>>()
        };
        assert_eq!(repetitions(5), [0, 1, 2, 3, 4]);
        assert_eq!(repetitions(3), [1, 3, 4]);
        assert_eq!(repetitions(1), [4]);
        assert!(repetitions(0).is_empty());
    }

    proptest! {
        #[test]
        fn a_plan_keeps_the_limit_or_the_fewest_launches(
            costs in prop::collection::vec((1_u64..5_000, 0.001..0.3_f64, 1_u16..8, 0_u16..8), 0..40),
            available in 0_u64..200_000,
        ) {
            let costs: Vec<LaunchCost> = costs
                .into_iter()
                .map(|(ms, noise, most, fewest)| LaunchCost { most, fewest: fewest.min(most), ..cost(ms, noise) })
                .collect();
            let available = Duration::from_millis(available);
            let launches = distribute(&costs, available);
            for (cost, launches) in costs.iter().zip(&launches) {
                prop_assert!((cost.fewest..=cost.most).contains(launches));
            }
            let fewest: Vec<u16> = costs.iter().map(|cost| cost.fewest).collect();
            prop_assert!(total(&costs, &launches) <= available || launches == fewest);
        }

        #[test]
        fn every_launch_is_in_a_repetition(launches in 0_usize..20, most in 1_usize..20) {
            let count = (0..most).filter(|at| is_in_repetition(*at, launches, most)).count();
            prop_assert_eq!(count, launches.min(most));
        }
    }
}

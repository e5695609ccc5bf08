//! The confidence interval of the change between two levels of recorded runs.
//!
//! This is Moses' interval (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd
//! edition, section 4.3). All differences between a run after the change and a run before it are
//! sorted. The rank sum test decides how many of the outermost are left out. The interval assumes no distribution of
//! the noise. It takes the place of the change point as known, which it is not, so it is narrower than
//! the whole uncertainty.

use super::BOUND_LEVEL;
use crate::unit::LogRatio;
use std::sync::OnceLock;

/// The most runs on each side, the nearest to the change. Farther ones may have drifted.
const NEAREST: usize = 30;

/// The 89 % confidence interval of a change, from the values of the runs before and after it, oldest
/// first. `None` if the sides are too short for one: three runs each are enough.
///
/// All values must be finite and above 0, because others have no logarithm.
pub fn level_interval(before: &[f64], after: &[f64]) -> Option<(LogRatio, LogRatio)> {
    let before = &before[before.len().saturating_sub(NEAREST)..];
    let after = &after[..after.len().min(NEAREST)];
    let (m, n) = (before.len(), after.len());
    let left_out = (*LEFT_OUT[m][n].get_or_init(|| outermost(m, n)))?;
    let pairs = after.iter().flat_map(|after| before.iter().map(move |before| (after, before)));
    let mut ratios: Vec<f64> = pairs.map(|(after, before)| (after / before).ln()).collect();
    ratios.sort_by(f64::total_cmp);
    let low = ratios.get(left_out)?;
    let high = ratios.get(ratios.len().checked_sub(left_out + 1)?)?;
    Some((LogRatio(*low), LogRatio(*high)))
}

/// [`outermost`] of each two lengths up to [`NEAREST`], once it was needed: the change points of
/// a history have the same lengths again and again.
static LEFT_OUT: [[OnceLock<Option<usize>>; NEAREST + 1]; NEAREST + 1] =
    [const { [const { OnceLock::new() }; NEAREST + 1] }; NEAREST + 1];

/// How many differences are left out at each end; `None` if even the outermost ones are needed for more
/// than the level.
fn outermost(before: usize, after: usize) -> Option<usize> {
    let ways = rank_sums(before, after);
    let all: f64 = ways.iter().sum();
    let mut cumulated = 0.0;
    let within = ways.iter().take_while(|ways| {
        cumulated += **ways;
        cumulated / all <= BOUND_LEVEL
    });
    within.count().checked_sub(1)
}

/// In how many orders of all runs each value of the Mann-Whitney statistic occurs: the coefficients of
/// the Gaussian binomial.
fn rank_sums(before: usize, after: usize) -> Vec<f64> {
    let highest = before * after;
    let mut ways = vec![0.0; highest + 1];
    ways[0] = 1.0;
    for i in 1..=before {
        for at in (after + i..=highest).rev() {
            ways[at] -= ways[at - after - i];
        }
        for at in i..=highest {
            ways[at] += ways[at - i];
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted() {
        assert_eq!(rank_sums(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert_eq!(rank_sums(3, 3).iter().sum::<f64>().to_string(), "20");
        assert_eq!(rank_sums(3, 3), rank_sums(3, 3).into_iter().rev().collect::<Vec<f64>>());
    }

    #[test]
    fn short_levels_use_all_differences_and_shorter_ones_have_none() {
        assert_eq!([outermost(2, 3), outermost(0, 9), outermost(1, 1)], [None; 3]);
        assert_eq!(outermost(3, 3), Some(0));
        // 10 against 10: the table of the rank sum test has 27 at one-sided 4.46 %, 28 at 5.26 %.
        assert_eq!(outermost(10, 10), Some(28));
    }

    #[test]
    fn the_interval_is_around_the_change() {
        let before = [100.0, 101.0, 99.0, 100.5];
        let after = [120.0, 121.0, 119.0];
        let (low, high) = level_interval(&before, &after).unwrap();
        assert!(low.percent() > 17.0 && high.percent() < 23.0, "{low:?} {high:?}");
        assert!(low.percent() < 19.0 && high.percent() > 20.0, "{low:?} {high:?}");
    }

    /// Equal distributions: the interval holds 0 in at least 89 % of the cases.
    #[test]
    fn the_interval_covers_the_truth() {
        let mut state = 7_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            1.0 + (state >> 40) as f64 / f64::from(1 << 24) * 0.1
        };
        let trial = |_| {
            let before: Vec<f64> = (0..8).map(|_| noise()).collect();
            let after: Vec<f64> = (0..6).map(|_| noise()).collect();
            level_interval(&before, &after).is_some_and(|(low, high)| low.0 <= 0.0 && high.0 >= 0.0)
        };
        let covered = (0..2000).map(trial).filter(|covered| *covered).count();
        assert!(covered >= 1760, "{covered} of 2000");
    }
}

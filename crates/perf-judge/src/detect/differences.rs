//! The differences of pairs, with the weight of each pair.

use super::BOUND_LEVEL;
use super::sign_test::Votes;
use crate::run::{Pair, Side, Statistic};
use crate::stats;
use crate::unit::LogRatio;
use std::cmp::Ordering;

/// The smallest number of pairs with a result.
pub(super) const MINIMUM: usize = 3;

/// A pair is at low noise up to this much above the median noise, in ln.
const LOW_NOISE: f64 = 0.07;
/// A pair is at medium noise up to this much above the median noise, in ln.
const MEDIUM_NOISE: f64 = 0.2;
/// A difference of more than this many typical ones is large.
const LARGE: f64 = 2.0;
/// A difference of more than this many typical ones is very large.
const VERY_LARGE: f64 = 8.0;

/// The pairs that count, as differences: ln of head over base by each usable statistic.
pub(super) struct Differences {
    statistics: Vec<Statistic>,
    pairs: Vec<Vec<f64>>,
    weights: Vec<u32>,
}

impl Differences {
    /// A statistic that fewer than three pairs have is left out. A pair that lacks one of the others
    /// does not count.
    pub(super) fn of(pairs: &[Pair]) -> Self {
        let usable = |statistic: &Statistic| {
            pairs.iter().filter(|pair| logs(pair, *statistic).is_some()).count() >= MINIMUM
        };
        let statistics: Vec<Statistic> = Statistic::ALL.into_iter().filter(usable).collect();
        let all = |pair: &Pair| -> Option<Vec<(f64, f64)>> {
            statistics.iter().map(|statistic| logs(pair, *statistic)).collect()
        };
        let counted: Vec<Vec<(f64, f64)>> =
            if statistics.is_empty() { Vec::new() } else { pairs.iter().filter_map(all).collect() };
        let differences =
            |logs: &Vec<(f64, f64)>| logs.iter().map(|logs| logs.1 - logs.0).collect();
        let noise: Vec<f64> =
            counted.iter().map(|logs| f64::midpoint(logs[0].0, logs[0].1)).collect();
        Self {
            statistics,
            pairs: counted.iter().map(differences).collect(),
            weights: noise_weights(&noise),
        }
    }

    /// The number of pairs that count.
    pub(super) fn count(&self) -> usize {
        self.pairs.len()
    }

    /// The weighted median of all differences.
    pub(super) fn estimate(&self) -> Option<f64> {
        let each = |(pair, weight): (&Vec<f64>, &u32)| {
            pair.iter().map(|difference| (*difference, *weight)).collect::<Vec<_>>()
        };
        stats::weighted_median(
            &self.pairs.iter().zip(&self.weights).flat_map(each).collect::<Vec<_>>(),
        )
    }

    /// The weighted median of each statistic's differences.
    pub(super) fn medians(&self) -> Vec<(Statistic, LogRatio)> {
        let median = |at: usize| {
            let own: Vec<(f64, u32)> = self
                .pairs
                .iter()
                .zip(&self.weights)
                .map(|(pair, weight)| (pair[at], *weight))
                .collect();
            LogRatio(stats::weighted_median(&own).unwrap_or(0.0))
        };
        self.statistics.iter().enumerate().map(|(at, each)| (*each, median(at))).collect()
    }

    /// The same pairs with base and head swapped if `sign` is negative.
    pub(super) fn in_direction(&self, sign: f64) -> Self {
        let swapped = |pair: &Vec<f64>| pair.iter().map(|difference| sign * difference).collect();
        Self {
            statistics: self.statistics.clone(),
            pairs: self.pairs.iter().map(swapped).collect(),
            weights: self.weights.clone(),
        }
    }

    /// The votes for a slower head. A pair with an unusually large difference has less weight.
    ///
    /// All weights depend on the two launches of a pair and not on which of them is the head.
    pub(super) fn votes_for_slower(&self) -> Votes {
        let size = |pair: &Vec<f64>| pair.iter().map(|d| d.abs()).fold(f64::INFINITY, f64::min);
        let sizes: Vec<f64> = self.pairs.iter().map(size).collect();
        let weights =
            self.weights.iter().zip(size_weights(&sizes)).map(|(noise, size)| noise * size);
        Votes::of(self.pairs.iter().map(|pair| position(pair, 0.0)).zip(weights))
    }

    /// The probability of the pairs if the true change is `bar`, against a larger one.
    pub(super) fn p_above(&self, bar: f64) -> f64 {
        let votes = self.pairs.iter().map(|pair| position(pair, bar));
        Votes::of(votes.zip(self.weights.iter().copied())).p()
    }

    /// The probability of the pairs if the true change is `bar`, against a smaller one.
    pub(super) fn p_below(&self, bar: f64) -> f64 {
        let votes = self.pairs.iter().map(|pair| position(pair, bar).reverse());
        Votes::of(votes.zip(self.weights.iter().copied())).p()
    }

    /// The smallest difference that is excluded as the true change, from above.
    pub(super) fn high(&self) -> Option<LogRatio> {
        let candidates = stats::sorted(&self.pairs.concat());
        // Slightly above the difference itself, so that its own pair is below.
        let excluded = |at: f64| self.p_below(at + 1e-12) <= BOUND_LEVEL;
        let first = candidates.partition_point(|at| !excluded(*at));
        candidates.get(first).copied().map(LogRatio)
    }

    /// The largest difference that is excluded as the true change, from below.
    pub(super) fn low(&self) -> Option<LogRatio> {
        Some(LogRatio(-self.in_direction(-1.0).high()?.0))
    }
}

/// Whether all differences of a pair are above or below `bar`; `Equal` if neither.
fn position(pair: &[f64], bar: f64) -> Ordering {
    if pair.iter().all(|difference| *difference > bar) {
        Ordering::Greater
    } else if pair.iter().all(|difference| *difference < bar) {
        Ordering::Less
    } else {
        Ordering::Equal
    }
}

/// The weights by noise: 4 at low noise, 2 at medium noise and 1 at high noise.
///
/// `noise` is the mean of ln of both launches. It stays the same if the launches are swapped, also if
/// one side is slower by a constant factor.
fn noise_weights(noise: &[f64]) -> Vec<u32> {
    let typical = stats::median(noise).unwrap_or(0.0);
    let weight = |each: &f64| match each - typical {
        above if above <= LOW_NOISE => 4,
        above if above <= MEDIUM_NOISE => 2,
        _ => 1,
    };
    noise.iter().map(weight).collect()
}

/// The weights by size: 4 up to twice the median size, 2 up to eight times, else 1.
///
/// The sign of a much larger difference shows the noise and not a small change.
fn size_weights(sizes: &[f64]) -> Vec<u32> {
    let typical = stats::median(sizes).unwrap_or(0.0);
    let weight = |size: &f64| match *size {
        size if size <= LARGE * typical => 4,
        size if size <= VERY_LARGE * typical => 2,
        _ => 1,
    };
    sizes.iter().map(weight).collect()
}

/// ln of both sides' times, where both are finite and above 0.
fn logs(pair: &Pair, statistic: Statistic) -> Option<(f64, f64)> {
    let log = |side| {
        let ns = pair.get(side, statistic);
        (ns.is_finite() && ns > 0.0).then(|| ns.ln())
    };
    Some((log(Side::Base)?, log(Side::Head)?))
}

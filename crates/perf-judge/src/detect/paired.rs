//! The paired rule: an exact sign test of pairs of base and head, with interim analyses.
//!
//! The first launch of each pair is chosen at random. For equal code, the sign of a pair's
//! difference is therefore a fair coin, whatever the noise. No change is reported before 20 pairs,
//! unless the time limit ends the measurement.

use super::{BOUND_LEVEL, Finding, Severity};
use crate::run::{Pair, Side, Statistic};
use crate::stats;
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Pairs before the first analysis.
pub const FIRST_ANALYSIS: usize = 10;
/// Pairs between two analyses.
pub const PAIRS_PER_STEP: usize = 5;
/// Pairs of the last analysis.
pub const MAX_PAIRS: usize = 85;

/// The smallest change that is reported: ln 1.03.
pub const THRESHOLD: f64 = 0.029_558_802_241_544_4;
/// The change that "unchanged" excludes: ln 1.05.
const EXCLUDED: f64 = 0.048_790_164_169_432_01;
/// The level of the test for a change in the last analysis; it grows with the square of the pairs.
const FINAL_LEVEL: f64 = 5e-4;
/// The level of the test for a change with a single analysis.
const SINGLE_LEVEL: f64 = 1e-3;
/// The smallest number of pairs with a result.
const MINIMUM: usize = 3;

/// The pairs that are missing after `count` pairs to the next planned analysis.
pub fn pairs_to_next_analysis(count: usize) -> usize {
    match count.checked_sub(FIRST_ANALYSIS) {
        None => FIRST_ANALYSIS - count,
        Some(more) => PAIRS_PER_STEP - more % PAIRS_PER_STEP,
    }
}

/// When the pairs are analyzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every [`PAIRS_PER_STEP`] pairs, until an analysis decides.
    Sequential,
    /// Every [`PAIRS_PER_STEP`] pairs and after the last, because the time limit ended the
    /// measurement.
    Ended,
    /// Once, because no further pairs are possible.
    Once,
}

impl Schedule {
    /// The schedule after the time limit.
    pub fn ended(self) -> Self {
        match self {
            Self::Sequential | Self::Ended => Self::Ended,
            Self::Once => Self::Once,
        }
    }

    /// The numbers of pairs after which there is an analysis.
    fn analyses_after(self, pairs: usize) -> Vec<usize> {
        if self == Self::Once {
            return vec![pairs];
        }
        let last = pairs.min(MAX_PAIRS);
        let mut counts: Vec<usize> =
            (FIRST_ANALYSIS.min(last)..=last).step_by(PAIRS_PER_STEP).collect();
        if self == Self::Ended && counts.last() != Some(&last) {
            counts.push(last);
        }
        counts
    }
}

/// The result of the pairs, with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairedAnalysis {
    /// The interim analyses in order. Only the last one can have decided.
    #[serde(alias = "looks")]
    pub analyses: Vec<InterimAnalysis>,
    /// The lower end of the 89 % confidence interval after the last pair, in ln.
    pub low: Option<LogRatio>,
    /// The upper end.
    pub high: Option<LogRatio>,
    /// The finding; `None` if further pairs are needed.
    pub finding: Option<Finding>,
}

/// An interim analysis of the pairs so far. Changes are ln(head ÷ base).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InterimAnalysis {
    /// The number of pairs so far.
    #[serde(alias = "rounds")]
    pub pairs: usize,
    /// The pairs that count: those whose times are all finite and above 0.
    pub counted: usize,
    /// The median of all differences by both statistics.
    pub estimate: LogRatio,
    /// The median of each statistic's differences.
    pub medians: Vec<(Statistic, LogRatio)>,
    /// The test that the estimate selected, and its numbers.
    pub test: Test,
    /// The finding of this analysis.
    pub finding: Option<Finding>,
}

/// The test of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The test for a change, for a large estimate.
    Change {
        /// The difference above which a pair votes for the change.
        bar: LogRatio,
        /// The weight of the pairs that vote for the change.
        weight_for: u32,
        /// The weight of the pairs that vote against it.
        weight_against: u32,
        /// The probability of this difference of votes if each sign is a fair coin.
        p: f64,
        /// The largest `p` of a change.
        level: f64,
    },
    /// The test for no change, for a small estimate.
    Nothing {
        /// The probability of the pairs if the head is 5 % slower.
        slower: f64,
        /// The probability of the pairs if the head is 5 % faster.
        faster: f64,
        /// The largest probability of "unchanged", for both.
        level: f64,
    },
}

/// Judges pairs, oldest first. `None` if fewer than three count.
pub fn judge(pairs: &[Pair], schedule: Schedule) -> Option<PairedAnalysis> {
    let mut analyses = Vec::new();
    for count in schedule.analyses_after(pairs.len()) {
        let differences = Differences::of(&pairs[..count]);
        let Some(interim) = interim_analysis(&differences, count, schedule) else { continue };
        let decided = interim.finding.is_some();
        analyses.push(interim);
        if decided {
            return Some(analysis(analyses, &differences, schedule));
        }
    }
    let all = Differences::of(pairs);
    (all.count() >= MINIMUM).then(|| analysis(analyses, &all, schedule))
}

fn analysis(
    analyses: Vec<InterimAnalysis>,
    differences: &Differences,
    schedule: Schedule,
) -> PairedAnalysis {
    let last = analyses.last();
    let exhausted = schedule == Schedule::Once || last.is_some_and(|last| last.pairs >= MAX_PAIRS);
    let undecided = exhausted.then_some(Finding::Inconclusive);
    let finding = last.and_then(|last| last.finding).or(undecided);
    PairedAnalysis { finding, low: differences.low(), high: differences.high(), analyses }
}

impl PairedAnalysis {
    /// The estimated change.
    pub fn estimate(&self) -> LogRatio {
        self.analyses.last().map_or(LogRatio(0.0), |last| last.estimate)
    }

    /// The number of pairs of the last analysis.
    pub fn pairs(&self) -> usize {
        self.analyses.last().map_or(0, |last| last.pairs)
    }

    /// The minimum detectable change; `None` if the pairs exclude no change.
    pub fn min_detectable_change(&self) -> Option<LogRatio> {
        Some(LogRatio(self.high?.0.max(-self.low?.0).max(0.0)))
    }
}

fn interim_analysis(
    differences: &Differences,
    pairs: usize,
    schedule: Schedule,
) -> Option<InterimAnalysis> {
    let counted = differences.count();
    if counted < MINIMUM {
        return None;
    }
    let estimate = stats::median(&differences.pooled())?;
    let sign = if estimate < 0.0 { -1.0 } else { 1.0 };
    let medians = differences.medians();
    let least = medians.iter().map(|(_, median)| sign * median.0).fold(f64::INFINITY, f64::min);
    let level = match schedule {
        Schedule::Sequential | Schedule::Ended => {
            FINAL_LEVEL * (counted as f64 / MAX_PAIRS as f64).powi(2)
        }
        Schedule::Once => SINGLE_LEVEL,
    };
    let (test, finding) = if estimate.abs() >= THRESHOLD {
        let test = differences.in_direction(sign).is_more_than_chance(estimate.abs(), level);
        (test, change(test, estimate, least))
    } else {
        let test = differences.exclude_changes();
        let small = medians.iter().all(|(_, median)| median.0.abs() < THRESHOLD);
        // The time limit allows no earlier analysis, because so few pairs exclude too little.
        let is_planned = schedule != Schedule::Ended || pairs >= FIRST_ANALYSIS;
        (test, nothing(test).filter(|_| small && is_planned))
    };
    Some(InterimAnalysis { pairs, counted, estimate: LogRatio(estimate), medians, test, finding })
}

/// A change is reported if `p` reaches the level and no statistic contradicts.
fn change(test: Test, estimate: f64, least: f64) -> Option<Finding> {
    let Test::Change { p, level, .. } = test else { return None };
    let severity = Severity::of(estimate, least);
    let found =
        if estimate > 0.0 { Finding::Regression(severity) } else { Finding::Improvement(severity) };
    (least >= THRESHOLD / 2.0 && p <= level).then_some(found)
}

fn nothing(test: Test) -> Option<Finding> {
    let Test::Nothing { slower, faster, level } = test else { return None };
    (slower <= level && faster <= level).then_some(Finding::Unchanged)
}

/// The pairs that count, as differences: ln of head over base by each usable statistic.
struct Differences {
    statistics: Vec<Statistic>,
    pairs: Vec<Vec<f64>>,
    /// ln of the slower side's time by the first statistic: the noise of a pair.
    slower: Vec<f64>,
}

impl Differences {
    /// A statistic that fewer than three pairs have is left out. A pair that lacks one of the others
    /// does not count.
    fn of(pairs: &[Pair]) -> Self {
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
        Self {
            statistics,
            slower: counted.iter().map(|logs| logs[0].0.max(logs[0].1)).collect(),
            pairs: counted.iter().map(differences).collect(),
        }
    }

    fn count(&self) -> usize {
        self.pairs.len()
    }

    fn pooled(&self) -> Vec<f64> {
        self.pairs.concat()
    }

    fn medians(&self) -> Vec<(Statistic, LogRatio)> {
        let median = |at: usize| {
            let own: Vec<f64> = self.pairs.iter().map(|pair| pair[at]).collect();
            LogRatio(stats::median(&own).unwrap_or(0.0))
        };
        self.statistics.iter().enumerate().map(|(at, each)| (*each, median(at))).collect()
    }

    /// The same pairs with base and head swapped if `sign` is negative.
    fn in_direction(&self, sign: f64) -> Self {
        let swapped = |pair: &Vec<f64>| pair.iter().map(|difference| sign * difference).collect();
        Self {
            statistics: self.statistics.clone(),
            slower: self.slower.clone(),
            pairs: self.pairs.iter().map(swapped).collect(),
        }
    }

    /// The exact weighted sign test against a threshold that grows with the estimate.
    fn is_more_than_chance(&self, size: f64, level: f64) -> Test {
        let bar = ((size - 0.04) / 3.0).max(0.0);
        let weighed = self.pairs.iter().zip(self.weights());
        let vote = |pair: &[f64]| {
            if pair.iter().all(|difference| *difference > bar) {
                1
            } else if pair.iter().all(|difference| *difference < bar) {
                -1
            } else {
                0
            }
        };
        let votes: Vec<(i32, u32)> = weighed.map(|(pair, weight)| (vote(pair), weight)).collect();
        let weight = |of: i32| votes.iter().filter(|(vote, _)| *vote == of).map(|(_, w)| w).sum();
        let (weight_for, weight_against) = (weight(1), weight(-1));
        let cast: Vec<u32> =
            votes.iter().filter(|(vote, _)| *vote != 0).map(|(_, weight)| *weight).collect();
        let p = p_sign_sum_at_least(&cast, i64::from(weight_for) - i64::from(weight_against));
        Test::Change { bar: LogRatio(bar), weight_for, weight_against, p, level }
    }

    /// The weight of a pair is 4 at low noise, 2 at medium noise and 1 at high noise.
    ///
    /// It depends on the slower side alone, so base and head have equal weights.
    fn weights(&self) -> Vec<u32> {
        let low_noise = stats::sorted(&self.slower)[self.slower.len() / 4];
        let weight = |slower: &f64| match slower - low_noise {
            above if above <= 0.1 => 4,
            above if above <= 0.3 => 2,
            _ => 1,
        };
        self.slower.iter().map(weight).collect()
    }

    fn exclude_changes(&self) -> Test {
        Test::Nothing {
            slower: self.p_below(EXCLUDED),
            faster: self.in_direction(-1.0).p_below(EXCLUDED),
            level: BOUND_LEVEL,
        }
    }

    /// The probability of at least so many pairs below `bar` if it is the true change. Pairs with a
    /// statistic on each side of it do not count.
    fn p_below(&self, bar: f64) -> f64 {
        let all = |beyond: fn(&f64, &f64) -> bool| {
            self.pairs.iter().filter(|pair| pair.iter().all(|d| beyond(d, &bar))).count()
        };
        let (below, above) = (all(f64::lt), all(f64::gt));
        p_at_least(below as u64, (below + above) as u64)
    }

    /// The smallest difference that is excluded as the true change, from above.
    fn high(&self) -> Option<LogRatio> {
        let candidates = stats::sorted(&self.pooled());
        // Slightly above the difference itself, so that its own pair is below.
        let excluded = |at: f64| self.p_below(at + 1e-12) <= BOUND_LEVEL;
        let first = candidates.partition_point(|at| !excluded(*at));
        candidates.get(first).copied().map(LogRatio)
    }

    fn low(&self) -> Option<LogRatio> {
        Some(LogRatio(-self.in_direction(-1.0).high()?.0))
    }
}

/// ln of both sides' times, where both are finite and above 0.
fn logs(pair: &Pair, statistic: Statistic) -> Option<(f64, f64)> {
    let log = |side| {
        let ns = pair.get(side, statistic);
        (ns.is_finite() && ns > 0.0).then(|| ns.ln())
    };
    Some((log(Side::Base)?, log(Side::Head)?))
}

/// P(X ≥ `count`) with X ~ Binomial(`trials`, ½).
fn p_at_least(count: u64, trials: u64) -> f64 {
    match (count.checked_sub(1), Binomial::new(0.5, trials)) {
        (Some(below), Ok(binomial)) => binomial.sf(below),
        (None, _) | (_, Err(_)) => 1.0,
    }
}

/// P(the sum of `weights`, each with the sign of a fair coin, ≥ `least`), by convolution.
fn p_sign_sum_at_least(weights: &[u32], least: i64) -> f64 {
    let most: usize = weights.iter().map(|weight| *weight as usize).sum();
    let mut chances = vec![0.0; 2 * most + 1];
    chances[most] = 1.0;
    for weight in weights.iter().map(|weight| *weight as usize) {
        let mut next = vec![0.0; chances.len()];
        for (at, chance) in chances.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
            next[at + weight] += chance / 2.0;
            next[at - weight] += chance / 2.0;
        }
        chances = next;
    }
    let from = (most as i64 + least).clamp(0, chances.len() as i64) as usize;
    chances[from..].iter().sum()
}

#[cfg(test)]
#[path = "paired_tests.rs"]
mod tests;

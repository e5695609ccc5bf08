//! The paired rule: exact sign tests of pairs of base and head, with interim analyses.
//!
//! The first launch of each pair is chosen at random. For equal code, the sign of a pair's
//! difference is therefore a fair coin, whatever the noise. A change is reported if equal code hardly
//! explains it, and if its confidence interval is beyond a margin of 1 %. No change is reported
//! before 20 pairs, unless the time limit ends the measurement.

use super::differences::{Differences, MINIMUM};
use super::{BOUND_LEVEL, Finding, Severity};
use crate::run::{Pair, Statistic};
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};

/// Pairs before the first analysis.
pub const FIRST_ANALYSIS: usize = 10;
/// Pairs between two analyses.
pub const PAIRS_PER_STEP: usize = 5;
/// Pairs of the last analysis.
pub const MAX_PAIRS: usize = 85;

/// The margin that a reported change exceeds: ln 1.01.
const MARGIN: f64 = 0.009_950_330_853_168_083;
/// The change that "unchanged" excludes: ln 1.05.
const EXCLUDED: f64 = 0.048_790_164_169_432_01;
/// The level of the test for a change, times the square of the share of [`MAX_PAIRS`].
const LEVEL: f64 = 1e-4;
/// The level of the test for a change in the last analysis, after which nothing can be decided.
const LAST_LEVEL: f64 = 1.5e-3;
/// The level of the test for a change with a single analysis.
const SINGLE_LEVEL: f64 = 1e-3;

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
    /// The weighted median of all differences by both statistics.
    pub estimate: LogRatio,
    /// The weighted median of each statistic's differences.
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
    /// The test for a change, for an estimate of at least the margin.
    Change {
        /// The difference above which a pair votes for the change: 0, and up to a third of the
        /// estimate in reports of older versions.
        bar: LogRatio,
        /// The weight of the pairs that vote for the change.
        weight_for: u32,
        /// The weight of the pairs that vote against it.
        weight_against: u32,
        /// The probability of this difference of votes if each sign is a fair coin.
        p: f64,
        /// The largest `p` of a change.
        level: f64,
        /// The probability of the pairs if the true change is the margin; absent in reports of older
        /// versions.
        #[serde(default)]
        margin_p: Option<f64>,
    },
    /// The test for no change, for a smaller estimate.
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
    let estimate = differences.estimate()?;
    let sign = if estimate < 0.0 { -1.0 } else { 1.0 };
    let medians = differences.medians();
    let (test, finding) = if estimate.abs() >= MARGIN {
        let test =
            test_for_change(&differences.in_direction(sign), level(pairs, counted, schedule));
        let least = medians.iter().map(|(_, median)| sign * median.0).fold(f64::INFINITY, f64::min);
        (test, change(test, estimate, least))
    } else {
        let test = test_for_no_change(differences);
        // The time limit allows no earlier analysis, because so few pairs exclude too little.
        let is_planned = schedule != Schedule::Ended || pairs >= FIRST_ANALYSIS;
        (test, no_change(test).filter(|_| is_planned))
    };
    Some(InterimAnalysis { pairs, counted, estimate: LogRatio(estimate), medians, test, finding })
}

/// The level of the test for a change.
fn level(pairs: usize, counted: usize, schedule: Schedule) -> f64 {
    match schedule {
        Schedule::Once => SINGLE_LEVEL,
        Schedule::Sequential | Schedule::Ended if pairs >= MAX_PAIRS => LAST_LEVEL,
        Schedule::Sequential | Schedule::Ended => {
            LEVEL * (counted as f64 / MAX_PAIRS as f64).powi(2)
        }
    }
}

fn test_for_change(slower: &Differences, level: f64) -> Test {
    let votes = slower.votes_for_slower();
    Test::Change {
        bar: LogRatio(0.0),
        weight_for: votes.weight_for,
        weight_against: votes.weight_against,
        p: votes.p(),
        level,
        margin_p: Some(slower.p_above(MARGIN)),
    }
}

/// A change is reported if equal code hardly explains it, and the interval is beyond the margin.
fn change(test: Test, estimate: f64, least: f64) -> Option<Finding> {
    let Test::Change { p, level, margin_p: Some(margin_p), .. } = test else { return None };
    let severity = Severity::of(estimate, least);
    let found =
        if estimate > 0.0 { Finding::Regression(severity) } else { Finding::Improvement(severity) };
    (p <= level && margin_p <= BOUND_LEVEL).then_some(found)
}

fn test_for_no_change(differences: &Differences) -> Test {
    Test::Nothing {
        slower: differences.p_below(EXCLUDED),
        faster: differences.p_above(-EXCLUDED),
        level: BOUND_LEVEL,
    }
}

fn no_change(test: Test) -> Option<Finding> {
    let Test::Nothing { slower, faster, level } = test else { return None };
    (slower <= level && faster <= level).then_some(Finding::Unchanged)
}

#[cfg(test)]
#[path = "paired_tests.rs"]
mod tests;

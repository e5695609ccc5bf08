//! The error rates of a comparison: with equal code, and with slowdowns of known size.

use crate::detect::paired::{self, Schedule};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The slowdowns whose detection is measured, in percent.
pub const SLOWDOWNS: [u32; 5] = [3, 5, 10, 20, 50];

/// One comparison of each benchmark with itself, judged without and with each slowdown.
#[derive(Clone, Debug)]
pub struct Trial {
    pairs: BTreeMap<BenchmarkId, Vec<Pair>>,
    slowdowns: Vec<u32>,
}

/// The verdicts of a trial with one slowdown, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// The slowdown of the head, in percent.
    pub percent: u32,
    /// The benchmarks that were judged.
    pub of: u32,
    /// The benchmarks that were reported as a regression.
    pub caught: u32,
    /// The benchmarks that were reported as a regression of 10 % or more.
    pub caught_minor: u32,
    /// The benchmarks that were reported as an improvement.
    pub improved: u32,
    /// The inconclusive benchmarks.
    pub undecided: u32,
    /// The number of pairs of all verdicts.
    #[serde(alias = "rounds")]
    pub pairs: u32,
    /// The number of runs.
    pub runs: u32,
    /// The runs with at least one reported regression.
    pub runs_caught: u32,
}

impl Trial {
    /// A trial with equal code on both sides. Each slowdown scales the times of the head.
    pub fn scaled(names: impl IntoIterator<Item = BenchmarkId>) -> Self {
        let slowdowns = [0].into_iter().chain(SLOWDOWNS).collect();
        Self { pairs: names.into_iter().map(|name| (name, Vec::new())).collect(), slowdowns }
    }

    /// A trial with a head that executes more instructions, judged without scaling.
    pub fn real(names: impl IntoIterator<Item = BenchmarkId>) -> Self {
        Self { slowdowns: vec![0], ..Self::scaled(names) }
    }

    /// The benchmarks to measure next and the number of pairs; `None` if all are decided.
    pub fn step(&self) -> Option<(Vec<BenchmarkId>, usize)> {
        let undecided = self.pairs.iter().filter(|(_, pairs)| self.is_undecided(pairs));
        let names: Vec<BenchmarkId> = undecided.map(|(name, _)| name.clone()).collect();
        let first = names.first().is_some_and(|name| self.pairs[name].is_empty());
        let pairs = if first { paired::FIRST_ANALYSIS } else { paired::PAIRS_PER_STEP };
        (!names.is_empty()).then_some((names, pairs))
    }

    fn is_undecided(&self, pairs: &[Pair]) -> bool {
        pairs.len() < paired::MAX_PAIRS
            && self.slowdowns.iter().any(|percent| finding(pairs, *percent).is_none())
    }

    /// Adds pairs of `name`.
    pub fn feed(&mut self, name: &BenchmarkId, pairs: impl IntoIterator<Item = Pair>) {
        if let Some(known) = self.pairs.get_mut(name) {
            known.extend(pairs);
        }
    }

    /// Removes a benchmark that cannot be measured.
    pub fn leave_out(&mut self, name: &BenchmarkId) {
        self.pairs.remove(name);
    }

    /// The counted verdicts on the benchmarks that are decided, per slowdown.
    pub fn tallies(&self) -> Vec<ErrorCounts> {
        self.slowdowns.iter().map(|percent| self.error_counts(*percent)).collect()
    }

    fn error_counts(&self, percent: u32) -> ErrorCounts {
        let mut counts = ErrorCounts { percent, runs: 1, ..ErrorCounts::default() };
        // Undecided benchmarks of all slowdowns are left out, because only their early verdicts exist.
        let done = self.pairs.values().filter(|pairs| !self.is_undecided(pairs));
        for (finding, pairs) in done.filter_map(|pairs| finding(pairs, percent)) {
            counts.of += 1;
            counts.pairs += pairs;
            match finding {
                Finding::Regression(severity) => {
                    counts.caught += 1;
                    counts.caught_minor += u32::from(severity >= Severity::Minor);
                    counts.runs_caught = 1;
                }
                Finding::Improvement(_) => counts.improved += 1,
                Finding::Inconclusive => counts.undecided += 1,
                Finding::Unchanged => {}
            }
        }
        counts
    }
}

impl ErrorCounts {
    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            percent: self.percent,
            of: self.of + other.of,
            caught: self.caught + other.caught,
            caught_minor: self.caught_minor + other.caught_minor,
            improved: self.improved + other.improved,
            undecided: self.undecided + other.undecided,
            pairs: self.pairs + other.pairs,
            runs: self.runs + other.runs,
            runs_caught: self.runs_caught + other.runs_caught,
        }
    }
}

/// The finding of the pairs with a slowdown of the head, and the number of pairs it needed.
fn finding(pairs: &[Pair], percent: u32) -> Option<(Finding, u32)> {
    let by = 1.0 + f64::from(percent) / 100.0;
    let scale = |times: LaunchTimes| LaunchTimes { min: times.min * by, median: times.median * by };
    let slowed: Vec<Pair> =
        pairs.iter().map(|pair| Pair { head: scale(pair.head), ..*pair }).collect();
    let analysis = paired::judge(&slowed, Schedule::Sequential)?;
    Some((analysis.finding?, u32::try_from(analysis.pairs()).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Side;

    fn equal(count: usize) -> Vec<Pair> {
        let times = LaunchTimes { min: 100.0, median: 101.0 };
        vec![Pair { first: Side::Base, base: times, head: times }; count]
    }

    #[test]
    fn pairs_are_requested_until_every_slowdown_is_decided() {
        let mut trial = Trial::scaled(["a/b::c".into()]);
        let mut requested = Vec::new();
        while let Some((names, pairs)) = trial.step() {
            requested.push(pairs);
            names.iter().for_each(|name| trial.feed(name, equal(pairs)));
        }
        assert_eq!(requested, [10, 5, 5]);
        let tallies = trial.tallies();
        let caught: Vec<(u32, u32)> = tallies.iter().map(|t| (t.percent, t.caught)).collect();
        assert_eq!(caught, [(0, 0), (3, 1), (5, 1), (10, 1), (20, 1), (50, 1)]);
        assert_eq!(tallies[0].pairs, 10);
        assert_eq!(tallies[3].and(tallies[3]).runs_caught, 2);
    }

    #[test]
    fn what_cannot_be_measured_is_left_out() {
        let mut trial = Trial::real(["a/b::c".into()]);
        trial.leave_out(&"a/b::c".into());
        assert_eq!(trial.step(), None);
        assert_eq!(trial.tallies()[0].of, 0);
    }

    #[test]
    fn what_was_not_measured_to_the_end_does_not_count() {
        let mut trial = Trial::scaled(["a/b::c".into()]);
        trial.feed(&"a/b::c".into(), equal(10));
        assert!(trial.tallies().iter().all(|counts| counts.of == 0));
    }
}

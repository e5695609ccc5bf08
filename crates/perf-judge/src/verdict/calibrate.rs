//! How often a comparison errs: on the same code twice, and on slowdowns of known size.

use crate::detect::paired::{self, Schedule};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The slowdowns whose detection is measured, in percent.
pub const SLOWDOWNS: [u32; 5] = [3, 5, 10, 20, 50];

/// One run of every benchmark against itself, judged as it is and with every slowdown put on.
#[derive(Clone, Debug)]
pub struct Trial {
    pairs: BTreeMap<BenchmarkId, Vec<Pair>>,
    slowdowns: Vec<u32>,
}

/// What became of every benchmark of a trial with one slowdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// By how much the head was slower, in percent.
    pub percent: u32,
    /// Benchmarks that were judged.
    pub of: u32,
    /// Benchmarks that were called a regression.
    pub caught: u32,
    /// Of these, the ones that were called minor or more.
    pub caught_minor: u32,
    /// Benchmarks that were called an improvement.
    pub improved: u32,
    /// Benchmarks that stayed undecided.
    pub undecided: u32,
    /// Rounds that the verdicts took, together.
    #[serde(alias = "rounds")]
    pub pairs: u32,
    /// Runs, and those in which something was called a regression.
    pub runs: u32,
    /// Runs in which something was called a regression.
    pub runs_caught: u32,
}

impl Trial {
    /// A trial of benchmarks whose head is as slow as the base: the slowdowns, and none, are put
    /// on by scaling its times.
    pub fn scaled(names: impl IntoIterator<Item = BenchmarkId>) -> Self {
        let slowdowns = [0].into_iter().chain(SLOWDOWNS).collect();
        Self { pairs: names.into_iter().map(|name| (name, Vec::new())).collect(), slowdowns }
    }

    /// A trial of benchmarks whose head really does more work: it is judged as it is.
    pub fn real(names: impl IntoIterator<Item = BenchmarkId>) -> Self {
        Self { slowdowns: vec![0], ..Self::scaled(names) }
    }

    /// What to measure next, and for how many pairs; `None` when all is decided.
    pub fn step(&self) -> Option<(Vec<BenchmarkId>, usize)> {
        let undecided = self.pairs.iter().filter(|(_, pairs)| self.is_undecided(pairs));
        let wanted: Vec<BenchmarkId> = undecided.map(|(name, _)| name.clone()).collect();
        let first = wanted.first().is_some_and(|name| self.pairs[name].is_empty());
        let pairs = if first { paired::FIRST_ANALYSIS } else { paired::PAIRS_PER_STEP };
        (!wanted.is_empty()).then_some((wanted, pairs))
    }

    fn is_undecided(&self, pairs: &[Pair]) -> bool {
        pairs.len() < paired::MAX_PAIRS
            && self.slowdowns.iter().any(|percent| finding(pairs, *percent).is_none())
    }

    /// Takes pairs of `name`.
    pub fn feed(&mut self, name: &BenchmarkId, pairs: impl IntoIterator<Item = Pair>) {
        if let Some(known) = self.pairs.get_mut(name) {
            known.extend(pairs);
        }
    }

    /// Leaves out a benchmark that cannot be measured.
    pub fn leave_out(&mut self, name: &BenchmarkId) {
        self.pairs.remove(name);
    }

    /// What became of the benchmarks that were measured to the end, a tally a slowdown.
    pub fn tallies(&self) -> Vec<ErrorCounts> {
        self.slowdowns.iter().map(|percent| self.tally(*percent)).collect()
    }

    fn tally(&self, percent: u32) -> ErrorCounts {
        let mut tally = ErrorCounts { percent, runs: 1, ..ErrorCounts::default() };
        // What the end of the time left unfinished would count for the quick verdicts alone.
        let done = self.pairs.values().filter(|pairs| !self.is_undecided(pairs));
        for (finding, pairs) in done.filter_map(|pairs| finding(pairs, percent)) {
            tally.of += 1;
            tally.pairs += pairs;
            match finding {
                Finding::Regression(severity) => {
                    tally.caught += 1;
                    tally.caught_minor += u32::from(severity >= Severity::Minor);
                    tally.runs_caught = 1;
                }
                Finding::Improvement(_) => tally.improved += 1,
                Finding::Inconclusive => tally.undecided += 1,
                Finding::Unchanged => {}
            }
        }
        tally
    }
}

impl ErrorCounts {
    /// Both together.
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

/// What is found of the pairs with a slowdown put on the head, and the pairs it took.
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
    fn pairs_are_asked_for_until_every_slowdown_is_decided() {
        let mut trial = Trial::scaled(["a/b::c".into()]);
        let mut asked = Vec::new();
        while let Some((names, pairs)) = trial.step() {
            asked.push(pairs);
            names.iter().for_each(|name| trial.feed(name, equal(pairs)));
        }
        assert_eq!(asked, [10, 5, 5]);
        let tallies = trial.tallies();
        let caught: Vec<(u32, u32)> = tallies.iter().map(|t| (t.percent, t.caught)).collect();
        // 3 % is the smallest change that is reported: rounding decides it here.
        assert_eq!((caught[0], &caught[2..]), ((0, 0), &[(5, 1), (10, 1), (20, 1), (50, 1)][..]));
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
        assert!(trial.tallies().iter().all(|tally| tally.of == 0));
    }
}

//! How often a comparison errs: on the same code twice, and on slowdowns of known size.

use crate::detect::paired::{self, Looks};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Round};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The slowdowns whose detection is measured, in percent.
pub const SLOWDOWNS: [u32; 5] = [3, 5, 10, 20, 50];

/// One run of every benchmark against itself, judged as it is and with every slowdown put on.
#[derive(Clone, Debug)]
pub struct Trial {
    rounds: BTreeMap<BenchmarkId, Vec<Round>>,
    slowdowns: Vec<u32>,
}

/// What became of every benchmark of a trial with one slowdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
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
    pub rounds: u32,
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
        Self { rounds: names.into_iter().map(|name| (name, Vec::new())).collect(), slowdowns }
    }

    /// A trial of benchmarks whose head really does more work: it is judged as it is.
    pub fn real(names: impl IntoIterator<Item = BenchmarkId>) -> Self {
        Self { slowdowns: vec![0], ..Self::scaled(names) }
    }

    /// What to measure next, and for how many rounds; `None` when all is decided.
    pub fn step(&self) -> Option<(Vec<BenchmarkId>, usize)> {
        let undecided = self.rounds.iter().filter(|(_, rounds)| self.is_undecided(rounds));
        let wanted: Vec<BenchmarkId> = undecided.map(|(name, _)| name.clone()).collect();
        let first = wanted.first().is_some_and(|name| self.rounds[name].is_empty());
        let rounds = if first { paired::FIRST_LOOK } else { paired::STEP };
        (!wanted.is_empty()).then_some((wanted, rounds))
    }

    fn is_undecided(&self, rounds: &[Round]) -> bool {
        rounds.len() < paired::LAST_LOOK
            && self.slowdowns.iter().any(|percent| finding(rounds, *percent).is_none())
    }

    /// Takes rounds of `name`.
    pub fn feed(&mut self, name: &BenchmarkId, rounds: impl IntoIterator<Item = Round>) {
        if let Some(known) = self.rounds.get_mut(name) {
            known.extend(rounds);
        }
    }

    /// Leaves out a benchmark that cannot be measured.
    pub fn leave_out(&mut self, name: &BenchmarkId) {
        self.rounds.remove(name);
    }

    /// What became of the benchmarks that were measured to the end, a tally a slowdown.
    pub fn tallies(&self) -> Vec<Tally> {
        self.slowdowns.iter().map(|percent| self.tally(*percent)).collect()
    }

    fn tally(&self, percent: u32) -> Tally {
        let mut tally = Tally { percent, runs: 1, ..Tally::default() };
        // What the end of the time left unfinished would count for the quick verdicts alone.
        let done = self.rounds.values().filter(|rounds| !self.is_undecided(rounds));
        for (finding, rounds) in done.filter_map(|rounds| finding(rounds, percent)) {
            tally.of += 1;
            tally.rounds += rounds;
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

impl Tally {
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
            rounds: self.rounds + other.rounds,
            runs: self.runs + other.runs,
            runs_caught: self.runs_caught + other.runs_caught,
        }
    }
}

/// What is found of the rounds with a slowdown put on the head, and the rounds it took.
fn finding(rounds: &[Round], percent: u32) -> Option<(Finding, u32)> {
    let by = 1.0 + f64::from(percent) / 100.0;
    let scale =
        |times: LaunchTimes| LaunchTimes { fastest: times.fastest * by, median: times.median * by };
    let slowed: Vec<Round> =
        rounds.iter().map(|round| Round { head: scale(round.head), ..*round }).collect();
    let sequence = paired::judge(&slowed, Looks::Sequential)?;
    Some((sequence.finding?, u32::try_from(sequence.rounds()).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Side;

    fn equal(count: usize) -> Vec<Round> {
        let times = LaunchTimes { fastest: 100.0, median: 101.0 };
        vec![Round { first: Side::Base, base: times, head: times }; count]
    }

    #[test]
    fn rounds_are_asked_for_until_every_slowdown_is_decided() {
        let mut trial = Trial::scaled(["a/b::c".into()]);
        let mut asked = Vec::new();
        while let Some((names, rounds)) = trial.step() {
            asked.push(rounds);
            names.iter().for_each(|name| trial.feed(name, equal(rounds)));
        }
        assert_eq!(asked, [10, 5, 5]);
        let tallies = trial.tallies();
        let caught: Vec<(u32, u32)> = tallies.iter().map(|t| (t.percent, t.caught)).collect();
        // 3 % is the smallest change that is reported: rounding decides it here.
        assert_eq!((caught[0], &caught[2..]), ((0, 0), &[(5, 1), (10, 1), (20, 1), (50, 1)][..]));
        assert_eq!(tallies[0].rounds, 10);
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

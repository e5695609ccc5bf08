//! Which commit is measured next, and what is found.

use super::Answer;
use super::commit_set::{CommitSet, contained};

/// The search for the first bad commit of several benchmarks in one history.
///
/// A commit is bad if it contains the first bad commit. The search always ends: each answer removes a
/// commit from those that can be measured.
#[derive(Clone, Debug)]
pub struct Search {
    contained: Vec<CommitSet>,
    benchmarks: Vec<Candidates>,
}

/// The commits that can be the first bad one of a benchmark.
#[derive(Clone, Debug)]
struct Candidates {
    all: CommitSet,
    /// The commits that cannot be measured.
    skipped: CommitSet,
    /// The last commit of all, which is bad.
    bad: usize,
}

/// The commit to measure next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCommit {
    /// The index of the commit.
    pub commit: usize,
    /// The indexes of the benchmarks to measure in it.
    pub benchmarks: Vec<usize>,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstBad {
    /// The commit with the change.
    Commit(usize),
    /// One of these commits has the change. All but the last were skipped, or are not measured yet.
    OneOf(Vec<usize>),
}

impl Search {
    /// A search for `benchmarks` benchmarks in the commits that the bad commit contains and the good one
    /// does not. `parents` has the indexes of each commit's parents among them, which are smaller than its
    /// own, so the bad commit is the last.
    pub fn new(parents: &[Vec<usize>], benchmarks: usize) -> Self {
        let bad = parents.len().saturating_sub(1);
        let all = CommitSet::first(parents.len());
        let candidates = Candidates { all, skipped: CommitSet::default(), bad };
        Self { contained: contained(parents), benchmarks: vec![candidates; benchmarks] }
    }

    /// The next commit to measure; `None` if nothing more can be found.
    ///
    /// It halves the commits of the benchmark that has most of them.
    pub fn next(&self) -> Option<NextCommit> {
        let open = self.benchmarks.iter().filter(|candidates| candidates.is_open());
        // The first of equal ones.
        let widest = open.rev().max_by_key(|candidates| candidates.all.len())?;
        let commit = self.middle(widest)?;
        let has_commit = |at: &usize| self.benchmarks[*at].can_measure(commit);
        let benchmarks = (0..self.benchmarks.len()).filter(has_commit).collect();
        Some(NextCommit { commit, benchmarks })
    }

    /// Adds what is known of a benchmark at a commit. An answer about a commit that is no longer among the
    /// candidates changes nothing.
    pub fn answer(&mut self, benchmark: usize, commit: usize, answer: Answer) {
        let Some(candidates) = self.benchmarks.get_mut(benchmark) else { return };
        if !candidates.can_measure(commit) {
            return;
        }
        match answer {
            Answer::Good => candidates.all.remove_all(&self.contained[commit]),
            Answer::Bad => {
                candidates.all.keep(&self.contained[commit]);
                candidates.bad = commit;
            }
            Answer::Skipped => candidates.skipped.insert(commit),
        }
    }

    /// What is known of the first bad commit of a benchmark.
    pub fn found(&self, benchmark: usize) -> FirstBad {
        let candidates = &self.benchmarks[benchmark];
        match candidates.all.len() {
            ..=1 => FirstBad::Commit(candidates.bad),
            _ => FirstBad::OneOf(candidates.all.iter().collect()),
        }
    }

    /// The number of commits that can be the first bad one of the benchmark with most of them.
    pub fn candidates_left(&self) -> usize {
        let open = self.benchmarks.iter().filter(|candidates| candidates.is_open());
        open.map(|candidates| candidates.all.len()).max().unwrap_or(1)
    }

    /// About how many commits must still be measured.
    pub fn steps_left(&self) -> usize {
        self.candidates_left().next_power_of_two().trailing_zeros() as usize
    }

    /// The commit that divides the candidates best. After skipped ones it is at another place, because
    /// commits next to one that does not build often do not build either.
    fn middle(&self, candidates: &Candidates) -> Option<usize> {
        let all = candidates.all.len() as f64;
        let share = nth_share(candidates.skipped.common(&candidates.all));
        let distance = |commit: usize| {
            (self.contained[commit].common(&candidates.all) as f64 - share * all).abs()
        };
        let measurable = candidates.all.iter().filter(|commit| candidates.can_measure(*commit));
        measurable.min_by(|one, other| distance(*one).total_cmp(&distance(*other)))
    }
}

impl Candidates {
    fn can_measure(&self, commit: usize) -> bool {
        self.all.contains(commit) && commit != self.bad && !self.skipped.contains(commit)
    }

    fn is_open(&self) -> bool {
        self.all.iter().any(|commit| self.can_measure(commit))
    }
}

/// 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8, …: the digits of n + 1 in base 2, mirrored at the point.
fn nth_share(n: usize) -> f64 {
    let (mut left, mut share, mut digit) = (n + 1, 0.0, 0.5);
    while left > 0 {
        share += digit * (left & 1) as f64;
        left >>= 1;
        digit /= 2.0;
    }
    share
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;

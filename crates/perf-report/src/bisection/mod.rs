//! The result of a search for the commit with a change.

mod text;

use chrono::{DateTime, Utc};
use perf_judge::bisect::{Answer, Criterion};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Machine};
use perf_judge::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// The format's version.
const SCHEMA: u32 = 1;

/// The search between a good and a bad commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bisection {
    /// The format's version.
    pub schema: u32,
    /// The kind of file.
    pub kind: BisectionKind,
    /// When the search began or went on.
    pub started: DateTime<Utc>,
    /// The duration in seconds, without the time before an interrupt.
    pub seconds: u64,
    /// Where it was measured.
    pub machine: Machine,
    /// The commit without the change.
    pub good: Commit,
    /// The commit with the change.
    pub bad: Commit,
    /// The number of commits after the good one, the bad one included.
    pub commits: usize,
    /// The measured commits in their order.
    pub steps: Vec<BisectionStep>,
    /// The benchmarks and what was found.
    pub benchmarks: Vec<BisectedBenchmark>,
    /// Notes on the builds and the launches.
    pub notes: Vec<String>,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BisectionKind {
    /// A [`Bisection`].
    Bisection,
}

/// A measured commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BisectionStep {
    /// The commit.
    pub commit: Commit,
    /// What is known of each benchmark that was asked for.
    pub answers: Vec<StepAnswer>,
}

/// What is known of a benchmark at a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepAnswer {
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// Whether it is as in the good or in the bad commit.
    pub answer: Answer,
    /// Why. It can contain names of the repository: escape it.
    pub reason: String,
    /// The pairs of launches that decided; 0 if counts or equal code did.
    pub pairs: usize,
}

/// A benchmark and the commit with its change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BisectedBenchmark {
    /// The benchmark.
    pub name: BenchmarkId,
    /// The comparison of the bad commit with the good one.
    pub total: Verdict,
    /// What decided each step; `None` if nothing changed.
    pub criterion: Option<Criterion>,
    /// What was found.
    pub found: FoundChange,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum FoundChange {
    /// Good and bad do not differ.
    NoChange,
    /// The commit with the change.
    Commit {
        /// The commit.
        commit: Box<Commit>,
        /// Its first parent, which it was compared with.
        parent: String,
        /// The comparison with the parent by the ordinary rule; `None` if it failed.
        verdict: Option<Box<Verdict>>,
        /// Why the comparison failed, or what it leaves open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// One of these commits has the change. All but the last could not be measured.
    OneOf {
        /// The commits in their order.
        commits: Vec<Commit>,
    },
}

/// The facts of a search that are known from the start.
#[derive(Clone, Debug)]
pub struct BisectionFacts {
    /// When the search began or went on.
    pub started: DateTime<Utc>,
    /// Where it was measured.
    pub machine: Machine,
    /// The commit without the change.
    pub good: Commit,
    /// The commit with the change.
    pub bad: Commit,
    /// The number of commits after the good one, the bad one included.
    pub commits: usize,
}

impl Bisection {
    /// A search that has not found anything yet.
    pub fn new(facts: BisectionFacts) -> Self {
        let BisectionFacts { started, machine, good, bad, commits } = facts;
        Self {
            schema: SCHEMA,
            kind: BisectionKind::Bisection,
            started,
            seconds: 0,
            machine,
            good,
            bad,
            commits,
            steps: Vec::new(),
            benchmarks: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether the commit of every benchmark was found, and its change confirmed.
    pub fn is_found(&self) -> bool {
        self.benchmarks.iter().all(BisectedBenchmark::is_found)
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl BisectedBenchmark {
    /// Adds the comparison of the found commit with its parent, and a note if it does not show the change.
    pub fn add_comparison(&mut self, compared: &Verdict) {
        if let FoundChange::Commit { verdict, note, .. } = &mut self.found {
            let criterion = self.criterion.filter(|of| !of.is_confirmed_by(compared));
            *note = criterion.map(Criterion::unconfirmed_note);
            *verdict = Some(Box::new(compared.clone()));
        }
    }

    fn is_found(&self) -> bool {
        let FoundChange::Commit { verdict: Some(verdict), .. } = &self.found else { return false };
        self.criterion.is_some_and(|criterion| criterion.is_confirmed_by(verdict))
    }
}

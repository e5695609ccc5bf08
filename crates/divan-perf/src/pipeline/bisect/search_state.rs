//! What is known of a search so far.

use super::known_code::DecidedCode;
use crate::store::CommitRange;
use perf_judge::bisect::{Criterion, Search};
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::Verdict;
use perf_report::BisectionStep;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The comparison of good and bad, and the steps.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SearchState {
    pub(super) ends: Vec<BenchmarkEnds>,
    pub(super) steps: Vec<BisectionStep>,
}

/// A benchmark in the good and the bad commit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BenchmarkEnds {
    /// The comparison of bad with good.
    pub(super) verdict: Verdict,
    pub(super) sample_size: u32,
    pub(super) sample_count: u32,
    /// Whether both were counted as commits between them are.
    pub(super) is_counted: bool,
    /// What both execute, where it is known.
    pub(super) code: Vec<DecidedCode>,
}

impl BenchmarkEnds {
    /// What decides the steps; `None` if nothing changed.
    pub(super) fn criterion(&self) -> Option<Criterion> {
        Criterion::of(&self.verdict, self.is_counted)
    }
}

impl SearchState {
    /// The search after all steps so far, and its benchmarks: those that changed.
    pub(super) fn search(
        &self,
        range: &CommitRange,
        parents: &[Vec<usize>],
    ) -> (Search, Vec<BenchmarkId>) {
        let changed = self.ends.iter().filter(|ends| ends.criterion().is_some());
        let changed: Vec<BenchmarkId> = changed.map(|ends| ends.verdict.name.clone()).collect();
        let mut search = Search::new(parents, changed.len());
        let hashes = range.commits.iter().map(|commit| commit.commit.hash.as_str());
        let indexes: BTreeMap<&str, usize> = hashes.zip(0..).collect();
        for step in &self.steps {
            let Some(commit) = indexes.get(step.commit.hash.as_str()) else { continue };
            for answer in &step.answers {
                let benchmark = changed.iter().position(|name| *name == answer.benchmark);
                if let Some(benchmark) = benchmark {
                    search.answer(benchmark, *commit, answer.answer);
                }
            }
        }
        (search, changed)
    }

    /// What is known of a benchmark in good and bad.
    pub(super) fn ends_of(&self, name: &BenchmarkId) -> Option<&BenchmarkEnds> {
        self.ends.iter().find(|ends| ends.verdict.name == *name)
    }
}

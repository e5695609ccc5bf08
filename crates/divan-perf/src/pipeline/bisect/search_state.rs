//! What is known of a search so far.

use super::known_code::DecidedCode;
use crate::cargo::{KNOWN_LEVEL, Level};
use crate::store::CommitRange;
use perf_judge::bisect::{Criterion, Search};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantity;
use perf_judge::verdict::Verdict;
use perf_report::BisectionStep;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The comparison of good and bad, and the steps.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SearchState {
    pub(super) ends: Vec<BenchmarkEnds>,
    pub(super) steps: Vec<BisectionStep>,
    /// Whether the counts are those of second builds, for a lower level of the processor.
    #[serde(default)]
    has_second_builds: bool,
}

/// A benchmark in the good and the bad commit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BenchmarkEnds {
    /// The comparison of bad with good.
    pub(super) verdict: Verdict,
    pub(super) sample_size: u32,
    pub(super) sample_count: u32,
    /// What was counted in both as it is in commits between them.
    pub(super) counted: BTreeSet<Quantity>,
    /// What both execute, where it is known.
    pub(super) code: Vec<DecidedCode>,
}

impl BenchmarkEnds {
    /// What decides the steps; `None` if nothing changed.
    pub(super) fn criterion(&self) -> Option<Criterion> {
        Criterion::of(&self.verdict, &self.counted)
    }
}

impl SearchState {
    /// The state before the first step. `level` is what the counts of good and bad were built for.
    pub(super) fn begin(ends: Vec<BenchmarkEnds>, level: Level) -> Self {
        Self { ends, steps: Vec::new(), has_second_builds: level.is_some() }
    }

    /// What the counts of all steps must be built for.
    pub(super) fn level(&self) -> Level {
        self.has_second_builds.then_some(KNOWN_LEVEL)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_goes_on_with_the_builds_that_were_counted() {
        for level in [None, Some(KNOWN_LEVEL)] {
            let kept = serde_json::to_string(&SearchState::begin(Vec::new(), level)).unwrap();
            let read: SearchState = serde_json::from_str(&kept).unwrap();
            assert_eq!(read.level(), level);
        }
        let former: SearchState = serde_json::from_str(r#"{"ends": [], "steps": []}"#).unwrap();
        assert_eq!(former.level(), None);
    }
}

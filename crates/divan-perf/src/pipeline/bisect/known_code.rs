//! What a benchmark executes in commits whose answer is known. A commit that executes the same needs no
//! measurement.

use super::super::counts::CountedBenchmark;
use super::super::executor::Executor;
use super::super::same_code::{TOLERANCE, same_code};
use crate::bench::{BenchmarkCounts, ListedBenchmark, SampleOf, fingerprints};
use anyhow::Result;
use executed_code::Fingerprint;
use perf_judge::bisect::Answer;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Quantities;
use serde::{Deserialize, Serialize};

/// The code that a benchmark executes in a commit, and its counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DecidedCode {
    pub(super) answer: Answer,
    counts: Quantities,
    code: Fingerprint,
}

/// The executed code of a counted benchmark; `None` if it is not known, or if another build was counted
/// than the measured one.
pub(super) fn code_of(
    executor: &Executor<'_>,
    entry: &ListedBenchmark,
    counted: &BenchmarkCounts,
) -> Result<Option<Fingerprint>> {
    let Some(Ok(sample)) = &counted.executed else { return Ok(None) };
    if executor.suite.second.get().is_some() {
        return Ok(None);
    }
    let prints = fingerprints(&[SampleOf { executable: &entry.executable.path, sample }])?;
    Ok(prints.into_iter().next().and_then(Result::ok))
}

impl DecidedCode {
    pub(super) fn new(answer: Answer, counts: &BenchmarkCounts, code: Fingerprint) -> Self {
        Self { answer, counts: counts.counts.clone(), code }
    }

    /// Whether a commit with this code and these counts executes and allocates the same.
    pub(super) fn is_same(
        &self,
        name: &BenchmarkId,
        counts: &BenchmarkCounts,
        code: &Fingerprint,
    ) -> bool {
        let known = BenchmarkCounts { counts: self.counts.clone(), ..BenchmarkCounts::default() };
        let benchmark =
            CountedBenchmark { name: name.clone(), base: Some(known), head: counts.clone() };
        same_code(&benchmark, &self.code, code, TOLERANCE).is_ok()
    }
}

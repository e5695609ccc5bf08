//! What base and head executed of the benchmarks that changed.

use crate::bench::{BenchmarkCounts, ExecutedSample};
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::Verdict;
use std::collections::BTreeMap;

/// The counted samples of base and head by benchmark.
#[derive(Debug, Default)]
pub(super) struct ExecutedCode(BTreeMap<BenchmarkId, [ExecutedSample; 2]>);

impl ExecutedCode {
    /// Keeps the samples of a changed benchmark, if both are known.
    pub(super) fn keep(
        &mut self,
        verdict: &Verdict,
        base: &mut BenchmarkCounts,
        head: &mut BenchmarkCounts,
    ) {
        let samples = base.executed.take().zip(head.executed.take());
        if let Some((Ok(base), Ok(head))) = samples
            && verdict.is_changed()
        {
            self.0.insert(verdict.name.clone(), [base, head]);
        }
    }

    /// The samples of base and head.
    pub(super) fn get(&self, name: &BenchmarkId) -> Option<&[ExecutedSample; 2]> {
        self.0.get(name)
    }
}

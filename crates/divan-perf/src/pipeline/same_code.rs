//! Whether benchmarks execute the same code in base and head.

use super::counts::CountedBenchmark;
use super::executor::Executor;
use crate::bench::{ExecutedSample, SampleOf, fingerprints};
use anyhow::Result;
use executed_code::{Comparison, Difference, Fingerprint, compare};
use perf_judge::detect::counts::CountPair;
use perf_judge::run::Quantity;

/// The least share by which the instructions of equal code may differ. The allocator of the C library
/// searches longer or shorter, depending on the addresses that it gets.
pub(super) const TOLERANCE: f64 = 0.005;

/// Why nothing is proved where a second build was counted: it has other compiler flags than the measured
/// one.
const SECOND_BUILD: &str = "another build was counted than the measured one";

/// Why a benchmark is timed.
pub(super) struct Differs {
    pub(super) text: String,
    /// Whether only shared libraries executed another number of instructions.
    pub(super) is_in_libraries: bool,
}

impl From<String> for Differs {
    fn from(text: String) -> Self {
        Self { text, is_in_libraries: false }
    }
}

/// Whether each benchmark executes the same code, or what differs.
pub(super) fn compare_code(
    executor: &Executor<'_>,
    benchmarks: &[CountedBenchmark],
) -> Result<Vec<Result<(), Differs>>> {
    if executor.compared.head.counted_for.is_some() {
        let differs = || Err(Differs::from(SECOND_BUILD.to_owned()));
        return Ok(benchmarks.iter().map(|_| differs()).collect());
    }
    let known: Vec<Result<[SampleOf<'_>; 2], String>> =
        benchmarks.iter().map(|benchmark| both_samples(executor, benchmark)).collect();
    let samples: Vec<SampleOf<'_>> = known.iter().flatten().flatten().copied().collect();
    let mut prints = fingerprints(&samples)?.into_iter();
    let found = benchmarks.iter().zip(known).map(|(benchmark, known)| {
        known?;
        let both = prints.next().zip(prints.next());
        let (base, head) = both.ok_or_else(|| "no fingerprint".to_owned())?;
        same_code(benchmark, &base?, &head?, spread(executor, benchmark))
    });
    Ok(found.collect())
}

/// The samples of base and head, or why there are none.
fn both_samples<'a>(
    executor: &'a Executor<'_>,
    benchmark: &'a CountedBenchmark,
) -> Result<[SampleOf<'a>; 2], String> {
    let builds = executor.base.as_ref().map(|base| base.entries.get(&benchmark.name));
    let planned = executor.runner.planned_of(&benchmark.name);
    let (Some(Some(base)), Some(planned), Some(base_counts)) =
        (builds, planned, benchmark.base.as_ref())
    else {
        return Err("it was not counted in both builds".to_owned());
    };
    let of = |executed: &'a Option<Result<ExecutedSample, String>>| match executed {
        Some(Ok(sample)) => Ok(sample),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err("its executed code was not listed".to_owned()),
    };
    let base = SampleOf { executable: &base.executable.path, sample: of(&base_counts.executed)? };
    let head = SampleOf {
        executable: &planned.entry.executable.path,
        sample: of(&benchmark.head.executed)?,
    };
    Ok([base, head])
}

/// By how much the instructions of equal code may differ: the recorded repeat spread, or more.
fn spread(executor: &Executor<'_>, benchmark: &CountedBenchmark) -> f64 {
    let level = executor.compared.head.counted_for;
    let recorded = executor.suite.recorded(executor.context, &benchmark.name, level);
    let spread = recorded
        .and_then(|recorded| recorded.measured.count_spreads.get(&Quantity::Instructions).copied());
    spread.unwrap_or_default().max(TOLERANCE)
}

/// Whether both builds executed the same code and allocated the same, or what differs.
pub(super) fn same_code(
    benchmark: &CountedBenchmark,
    base: &Fingerprint,
    head: &Fingerprint,
    tolerance: f64,
) -> Result<(), Differs> {
    if let Some(difference) = allocations(benchmark) {
        return Err(difference.into());
    }
    match compare(base, head, tolerance) {
        Comparison::Same(_) => Ok(()),
        Comparison::Different(differences) => {
            let text = differences.first().map(ToString::to_string).unwrap_or_default();
            let is_in_libraries = differences.iter().all(Difference::is_in_a_library);
            Err(Differs { text, is_in_libraries })
        }
        other @ Comparison::Unknown(_) => Err(other.to_string().into()),
    }
}

/// The first quantity of allocations that differs.
fn allocations(benchmark: &CountedBenchmark) -> Option<String> {
    let base = &benchmark.base.as_ref()?.counts;
    let quantities = [Quantity::AllocCount, Quantity::AllocBytes];
    quantities.into_iter().find_map(|quantity| {
        let values = (base.get(&quantity), benchmark.head.counts.get(&quantity));
        match values {
            (None, None) => None,
            (Some(base), Some(head)) if CountPair::new(*base, *head).growth() == 0.0 => None,
            _ => Some(format!("the {quantity} differ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchmarkCounts;
    use perf_judge::run::Quantities;

    #[test]
    fn other_allocations_are_a_difference() {
        let side = |count: Option<f64>| BenchmarkCounts {
            counts: count
                .map(|count| (Quantity::AllocCount, count))
                .into_iter()
                .collect::<Quantities>(),
            ..<_>::default()
        };
        let differ = |base, head| {
            let (base, head) = (Some(side(base)), side(head));
            allocations(&CountedBenchmark { name: "p/b::a".into(), base, head }).is_some()
        };
        assert!(!differ(None, None) && !differ(Some(3.0), Some(3.0)));
        assert!(differ(Some(3.0), Some(4.0)) && differ(Some(3.0), None));
    }
}

//! The input of the judge: benchmarks and their references.

use crate::baseline::Selection;
use crate::ident::BenchmarkId;

/// A benchmark to judge, and its reference.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub(super) name: BenchmarkId,
    pub(super) reference: Reference,
    pub(super) is_launched: bool,
    /// Why an unchanged benchmark is unchanged, if its build is not identical.
    pub(super) proof: Option<String>,
    /// Whether times near 0 mean that the compiler removed the code.
    pub(super) finds_empty: bool,
}

impl Comparison {
    /// A comparison of the benchmark `name` with `reference`.
    pub fn new(name: impl Into<BenchmarkId>, reference: Reference) -> Self {
        Self { name: name.into(), reference, is_launched: false, proof: None, finds_empty: true }
    }

    /// Launches the benchmark for its budgets even if both builds are identical.
    #[must_use]
    pub fn launched(self) -> Self {
        Self { is_launched: true, ..self }
    }

    /// Takes times near 0 as they are, because another program than Divan measured them.
    #[must_use]
    pub(super) fn of_another_program(self) -> Self {
        Self { finds_empty: false, ..self }
    }

    /// The benchmark's name.
    pub fn name(&self) -> &BenchmarkId {
        &self.name
    }
}

/// What a benchmark is compared with.
#[derive(Clone, Debug)]
pub enum Reference {
    /// Recorded runs, or why there are none; see [`Selector`](crate::baseline::Selector).
    Runs(Selection),
    /// The build of this commit, in pairs of launches.
    Build(String),
    /// The identical build of this commit, or one of which the benchmark executes the same code. The
    /// benchmark is not measured, unless the comparison is [`launched`](Comparison::launched).
    SameBuild(String),
    /// None, because the base does not have the benchmark, which is launched to check that it runs.
    /// The reason, if it is another one.
    Nothing(Option<String>),
}

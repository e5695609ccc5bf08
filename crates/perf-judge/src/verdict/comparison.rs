//! What there is to judge.

use crate::baseline::Selection;
use crate::ident::BenchmarkId;

/// A benchmark to judge, and its reference.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub(super) name: BenchmarkId,
    pub(super) reference: Reference,
    pub(super) is_launched: bool,
}

impl Comparison {
    /// The benchmark `name`, and what it is compared with.
    pub fn new(name: impl Into<BenchmarkId>, reference: Reference) -> Self {
        Self { name: name.into(), reference, is_launched: false }
    }

    /// The same, launched although its build is identical: it has budgets.
    #[must_use]
    pub fn launched(self) -> Self {
        Self { is_launched: true, ..self }
    }

    /// The benchmark.
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
    /// The build of this commit, which is identical: nothing is measured, unless the case is
    /// [`launched`](Comparison::launched).
    SameBuild(String),
    /// Nothing: the base does not have the benchmark, which is launched to see that it runs. The
    /// reason, if it is not obvious.
    Nothing(Option<String>),
}

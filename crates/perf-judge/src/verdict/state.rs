//! The states of a benchmark, and the methods of judging it.

use crate::detect::Severity;
use crate::detect::counts::CountDirection;
use serde::{Deserialize, Serialize};

/// The state of a benchmark after a check, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The benchmark is listed, and no launch of it finished.
    Missing,
    /// The benchmark is slower.
    Regression,
    /// Only counts were compared, and one of them grew.
    CountsGrew,
    /// No launch measured a time above 0.
    Invalid,
    /// The benchmark is faster.
    Improvement,
    /// Only counts were compared, one of them shrank, and none grew.
    CountsShrank,
    /// The noise is too high, or the statistics disagree.
    Inconclusive,
    /// The baseline or the base does not have the benchmark.
    New,
    /// The newest run of the baseline has the benchmark, and the head does not list it.
    Removed,
    /// The compiler removed the code of the benchmark.
    Empty,
    /// The benchmark was recorded only on other machines, or the compiler removed its code in the
    /// base.
    Incomparable,
    /// There are fewer comparable runs than a baseline needs.
    InsufficientHistory,
    /// A change of more than the minimum detectable one is excluded. If only counts were compared,
    /// none changed.
    Unchanged,
}

impl State {
    /// All states, the most urgent first.
    pub const ALL: [Self; 13] = [
        Self::Missing,
        Self::Regression,
        Self::CountsGrew,
        Self::Invalid,
        Self::Improvement,
        Self::CountsShrank,
        Self::Inconclusive,
        Self::New,
        Self::Removed,
        Self::Empty,
        Self::Incomparable,
        Self::InsufficientHistory,
        Self::Unchanged,
    ];

    /// The name that tables show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Regression => "regression",
            Self::CountsGrew => CountDirection::Grew.name(),
            Self::Invalid => "invalid",
            Self::Improvement => "improvement",
            Self::CountsShrank => CountDirection::Shrank.name(),
            Self::Inconclusive => "inconclusive",
            Self::New => "new",
            Self::Removed => "removed",
            Self::Empty => "empty",
            Self::Incomparable => "incomparable",
            Self::InsufficientHistory => "no baseline",
            Self::Unchanged => "unchanged",
        }
    }

    /// The name and the severity: `regression (minor)`.
    pub fn label(self, severity: Option<Severity>) -> String {
        match severity {
            Some(severity) => format!("{} ({})", self.name(), severity.name()),
            None => self.name().to_owned(),
        }
    }
}

/// The method that decided a benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Its run was compared with the median of the baseline.
    #[default]
    History,
    /// It was compared in pairs with another build.
    #[serde(alias = "side_by_side")]
    Paired,
    /// Only its counts were compared. No time was measured.
    Counts,
}

//! What became of a benchmark, and how it was judged.

use crate::detect::Severity;
use serde::{Deserialize, Serialize};

/// The state of a benchmark after a check, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was listed and not measured.
    Missing,
    /// It got slower.
    Regression,
    /// Its launches gave no usable time.
    Invalid,
    /// It got faster.
    Improvement,
    /// The noise is too large, or the statistics disagree.
    Inconclusive,
    /// The baseline does not have it.
    New,
    /// The newest run of the baseline has it, and it is not listed any more.
    Removed,
    /// It was recorded, but never on a machine like this.
    Incomparable,
    /// There are fewer comparable runs than a baseline needs.
    InsufficientHistory,
    /// A change of more than the minimum detectable one is excluded.
    Unchanged,
}

impl State {
    /// Every state, the most pressing first.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Regression,
        Self::Invalid,
        Self::Improvement,
        Self::Inconclusive,
        Self::New,
        Self::Removed,
        Self::Incomparable,
        Self::InsufficientHistory,
        Self::Unchanged,
    ];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Regression => "regression",
            Self::Invalid => "invalid",
            Self::Improvement => "improvement",
            Self::Inconclusive => "inconclusive",
            Self::New => "new",
            Self::Removed => "removed",
            Self::Incomparable => "incomparable",
            Self::InsufficientHistory => "too little history",
            Self::Unchanged => "unchanged",
        }
    }

    /// Its name with how large the change is: `regression (minor)`.
    pub fn label(self, severity: Option<Severity>) -> String {
        match severity {
            Some(severity) => format!("{} ({})", self.name(), severity.name()),
            None => self.name().to_owned(),
        }
    }
}

/// How a benchmark was judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Against the median of recorded runs.
    #[default]
    History,
    /// Side by side with another build.
    #[serde(alias = "side_by_side")]
    Paired,
}

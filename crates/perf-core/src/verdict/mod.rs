//! The judge: a state machine that asks for launches and ends with a verdict for each benchmark.
//!
//! It does no measuring. A driver asks [`Judge::step`] what to do, measures, feeds what it read and
//! asks again. The command, its tests and data from elsewhere drive the same judge.

mod gate;
mod judge;

pub use gate::{Outcome, conclude};
pub use judge::{Case, Effort, Judge, Look, Step};

use crate::detect::Severity;
use crate::ident::BenchmarkId;
use crate::run::Statistic;
use crate::unit::LogRatio;
use serde::Serialize;

/// What became of a benchmark, the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was listed and gave no finished row.
    Missing,
    /// It got slower.
    Regression,
    /// It gave numbers that cannot be times.
    Invalid,
    /// It got faster.
    Improvement,
    /// The noise is too large, or the statistics disagree.
    Inconclusive,
    /// The baseline's runs do not know it.
    New,
    /// The baseline's newest run has it, and it is not listed any more.
    Removed,
    /// It was recorded, but never on a machine like this.
    Incomparable,
    /// Fewer comparable runs than a baseline takes.
    InsufficientHistory,
    /// Nothing larger than the limit happened.
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
}

/// What the judge says of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The benchmark.
    pub name: BenchmarkId,
    /// What became of it.
    pub state: State,
    /// How large the change is, for a regression or an improvement.
    pub severity: Option<Severity>,
    /// The best estimate of the change, where there is a baseline; ln of the ratio.
    pub change: Option<LogRatio>,
    /// The smallest change that could have been seen, where there is a baseline; ln of the ratio.
    pub limit: Option<LogRatio>,
    /// Which of a launch's numbers the two times below are.
    pub statistic: Statistic,
    /// The baseline's time in ns.
    pub baseline_ns: Option<f64>,
    /// The time now in ns, from the launches that decided.
    pub now_ns: Option<f64>,
    /// How many runs the baseline has.
    pub baseline_runs: usize,
    /// Launches that decided.
    pub launches: usize,
    /// Whether fresh launches confirmed what the first look suspected.
    pub confirmed: bool,
    /// Why, where the state alone does not say it.
    pub reason: Option<String>,
}

impl Verdict {
    /// The state and, where there is one, the severity: `regression (critical)`.
    pub fn label(&self) -> String {
        match self.severity {
            Some(severity) => format!("{} ({})", self.state.name(), severity.name()),
            None => self.state.name().to_owned(),
        }
    }

    /// The most pressing first: by state, then severity and size.
    fn rank(&self) -> impl Ord + use<> {
        let size = self.change.map_or(0.0, |change| change.0.abs());
        let thousandths = std::cmp::Reverse((size * 1e3) as u64);
        (self.state, std::cmp::Reverse(self.severity), thousandths, self.name.clone())
    }
}

/// The verdicts of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdicts {
    /// One a benchmark, the most pressing first.
    pub verdicts: Vec<Verdict>,
    /// What the whole run moved by, if that is large enough to say so; ln of the ratio.
    pub common_shift: Option<LogRatio>,
}

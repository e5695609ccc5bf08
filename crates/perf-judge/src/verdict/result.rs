//! A verdict with every number that led to it.

use super::{Method, State};
use crate::baseline::RunValue;
use crate::detect::Severity;
use crate::detect::counts::Counts;
use crate::detect::history::Deviation;
use crate::detect::paired::PairedAnalysis;
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair, Statistic};
use crate::unit::{Figures, LogRatio};
use serde::{Deserialize, Serialize};

/// Why the judge asks for launches of the head alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Everything is measured: the launches that are recorded.
    #[serde(alias = "first")]
    Initial,
    /// What moved is measured again, so that a slow moment is not called a change.
    #[serde(alias = "second")]
    Rerun,
    /// What got slower by 10 % and more is measured once more, spread over some time: a burst of a
    /// shared machine's neighbour can outlast the second look.
    #[serde(alias = "third")]
    Confirmation,
}

/// The verdict on one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The benchmark.
    pub name: BenchmarkId,
    /// The benchmark's state.
    pub state: State,
    /// The size class of a regression or an improvement.
    pub severity: Option<Severity>,
    /// How it was judged.
    pub method: Method,
    /// The estimated change, if there is something to compare with.
    pub change: Option<LogRatio>,
    /// The lower end of the change's confidence interval.
    pub low: Option<LogRatio>,
    /// The upper end of the interval.
    pub high: Option<LogRatio>,
    /// The minimum detectable change.
    #[serde(alias = "limit")]
    pub min_detectable_change: Option<LogRatio>,
    /// Which of a launch's numbers the two times below are.
    pub statistic: Statistic,
    /// The time of the baseline or base in ns.
    #[serde(alias = "baseline_ns")]
    pub base_ns: Option<f64>,
    /// The time of the head in ns: where there is a change, the base's time changed by it; otherwise
    /// from the launches that decided.
    #[serde(alias = "now_ns")]
    pub head_ns: Option<f64>,
    /// How many runs the baseline has.
    pub baseline_runs: usize,
    /// The commit that it was compared with in pairs.
    pub base: Option<String>,
    /// The launches of the head that decided, or the pairs.
    pub launches: usize,
    /// Whether a rerun or a paired comparison decided.
    pub confirmed: bool,
    /// What was counted beside its time, where both sides were launched.
    #[serde(alias = "evidence")]
    pub counts: Option<Counts>,
    /// Why, where the state alone does not say it.
    pub reason: Option<String>,
    /// Whether the time for measuring was over before it was decided: the check is incomplete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// What excuses a regression, up to its ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Waiver>,
    /// Every number behind it.
    pub trace: Trace,
}

/// What excuses a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Waiver {
    /// Why it is worth it, for people.
    pub reason: String,
    /// The largest change that is excused, in percent.
    #[serde(alias = "ceiling_percent")]
    pub max_change_percent: f64,
}

impl Waiver {
    /// The largest change that is excused.
    pub fn max_change(&self) -> LogRatio {
        LogRatio::from_percent(self.max_change_percent)
    }
}

/// The numbers that led to a verdict, in the order that they were used in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trace {
    /// What the baseline's runs say, oldest first; ln of ns.
    pub baseline: Vec<RunValue>,
    /// The looks at the head alone.
    #[serde(alias = "looks")]
    pub stages: Vec<StageResult>,
    /// The launches side by side.
    #[serde(alias = "rounds")]
    pub pairs: Vec<Pair>,
    /// What they say.
    #[serde(alias = "sequence")]
    pub analysis: Option<PairedAnalysis>,
}

/// One look at the head alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StageResult {
    /// Why it was taken.
    #[serde(alias = "look")]
    pub stage: Stage,
    /// The launches that it counted.
    pub launches: Vec<LaunchTimes>,
    /// How far they lie from the baseline.
    #[serde(alias = "distances")]
    pub deviations: Vec<Deviation>,
    /// What the whole run had moved by.
    #[serde(alias = "common_shift")]
    pub suite_wide_shift: Option<LogRatio>,
}

impl Verdict {
    /// The state and, where there is one, the severity: `regression (critical)`.
    pub fn label(&self) -> String {
        self.state.label(self.severity)
    }

    /// The times of base and head and their change, as every row prints them.
    pub fn figures(&self) -> Figures {
        Figures::new(self.base_ns, self.head_ns, self.change)
    }

    /// Whether it is a regression that was accepted, and no larger than that.
    pub fn is_waived(&self) -> bool {
        let both = self.accepted.as_ref().zip(self.change);
        both.is_some_and(|(excuse, change)| change <= excuse.max_change())
    }

    /// The most pressing first: by state, then severity and size.
    pub fn rank(&self) -> impl Ord + use<> {
        let size = self.change.map_or(0.0, |change| change.0.abs());
        let thousandths = std::cmp::Reverse((size * 1e3) as u64);
        (self.state, std::cmp::Reverse(self.severity), thousandths, self.name.clone())
    }
}

/// The verdicts on a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verdicts {
    /// One per benchmark, the most urgent first.
    pub verdicts: Vec<Verdict>,
    /// What the whole run moved by, if that is large enough to say so; ln of the ratio.
    pub suite_wide_shift: Option<LogRatio>,
}

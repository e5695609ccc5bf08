//! A verdict, and the numbers that it is based on.

use super::{Method, State};
use crate::baseline::{RecordedCounts, RunValue};
use crate::cause::Cause;
use crate::detect::Severity;
use crate::detect::counts::{CountDirection, CountPair, Counts};
use crate::detect::history::Deviation;
use crate::detect::paired::PairedAnalysis;
use crate::detect::pooled::PooledDeviation;
use crate::detect::system_calls::SystemCalls;
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair, Statistic};
use crate::unit::{Figures, LogRatio};
use serde::{Deserialize, Serialize};

/// A stage of measuring the head alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// All benchmarks are launched. A run records these launches.
    #[serde(alias = "first")]
    Initial,
    /// Candidates are launched again, because short background load can cause a deviation.
    #[serde(alias = "second")]
    Rerun,
    /// Benchmarks that the rerun measured as slower by 10 % or more are launched again with pauses.
    /// Background load can last longer than the rerun.
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
    /// The severity of a regression or an improvement.
    pub severity: Option<Severity>,
    /// The method that decided the benchmark.
    pub method: Method,
    /// The estimated change; absent without a reference.
    pub change: Option<LogRatio>,
    /// The lower end of the change's 89 % confidence interval.
    pub low: Option<LogRatio>,
    /// The upper end of that interval.
    pub high: Option<LogRatio>,
    /// The minimum detectable change.
    #[serde(alias = "limit")]
    pub min_detectable_change: Option<LogRatio>,
    /// The statistic of `base_ns` and `head_ns`.
    pub statistic: Statistic,
    /// The time of the baseline or base in ns.
    #[serde(alias = "baseline_ns")]
    pub base_ns: Option<f64>,
    /// The time of the head in ns. With a change it is `base_ns` × (1 + change), otherwise the time
    /// of the launches that decided.
    #[serde(alias = "now_ns")]
    pub head_ns: Option<f64>,
    /// The number of runs in the baseline.
    pub baseline_runs: usize,
    /// The base commit of a paired comparison.
    pub base: Option<String>,
    /// The number of launches of the head that decided, or of pairs.
    pub launches: usize,
    /// Whether a rerun or a paired comparison decided.
    pub confirmed: bool,
    /// The counts of base and head, where they are known.
    #[serde(alias = "evidence")]
    pub counts: Option<Counts>,
    /// The system calls of base and head, counted only where something changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_calls: Option<SystemCalls>,
    /// The likely causes of a change, the most specific first; empty if no count explains it. `None` if
    /// nothing changed, or if too little was counted to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causes: Option<Vec<Cause>>,
    /// The run with the counts of the base, if they are recorded ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_base: Option<CountedRun>,
    /// The reason, where the state alone does not explain the verdict.
    pub reason: Option<String>,
    /// Whether the time limit ended the measurement without a decision. The check is incomplete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// The entry of perf-budgets.json that accepts the regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Waiver>,
    /// The numbers that the verdict is based on.
    pub trace: Trace,
}

/// A recorded run whose counts are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedRun {
    /// The run's identity.
    pub run: String,
    /// The measured commit; absent outside a repository.
    pub commit: Option<String>,
}

impl CountedRun {
    /// The run of these counts.
    pub fn of(recorded: RecordedCounts<'_>) -> Self {
        Self { run: recorded.run.id.clone(), commit: recorded.commit().map(str::to_owned) }
    }
}

/// An accepted regression, and its maximum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Waiver {
    /// The reason for accepting it.
    pub reason: String,
    /// The maximum accepted change in percent.
    #[serde(alias = "ceiling_percent")]
    pub max_change_percent: f64,
}

impl Waiver {
    /// The maximum accepted change.
    pub fn max_change(&self) -> LogRatio {
        LogRatio::from_percent(self.max_change_percent)
    }
}

/// The numbers that a verdict is based on, in the order of their use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trace {
    /// The values of the baseline's runs, oldest first, in ln of ns.
    pub baseline: Vec<RunValue>,
    /// The stages of measuring the head alone.
    #[serde(alias = "looks")]
    pub stages: Vec<StageResult>,
    /// The deviations of the initial launches and the rerun together from those of several runs together.
    /// Empty unless a statistic of single runs is too noisy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pooled: Vec<PooledDeviation>,
    /// The pairs of base and head.
    #[serde(alias = "rounds")]
    pub pairs: Vec<Pair>,
    /// The analysis of the pairs.
    #[serde(alias = "sequence")]
    pub analysis: Option<PairedAnalysis>,
    /// The pairs with the functions of both executables in random orders, if they decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placement: Vec<Pair>,
}

/// The result of one stage of measuring the head alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StageResult {
    /// The stage.
    #[serde(alias = "look")]
    pub stage: Stage,
    /// The launches that counted.
    pub launches: Vec<LaunchTimes>,
    /// Their deviations from the baseline.
    #[serde(alias = "distances")]
    pub deviations: Vec<Deviation>,
    /// The shift that all benchmarks of the run share, if it is 5 % or more.
    #[serde(alias = "common_shift")]
    pub suite_wide_shift: Option<LogRatio>,
}

impl Verdict {
    /// The state and the severity: `regression (critical)`, `regression (minor, accepted)`. Where the
    /// time did not change, the verdict on counts as well: `unchanged, counts grew`.
    pub fn label(&self) -> String {
        let label = self.state.label(self.severity);
        if let Some(start) = label.strip_suffix(')').filter(|_| self.is_waived()) {
            return format!("{start}, accepted)");
        }
        match self.added_direction() {
            Some(direction) => format!("{label}, {}", direction.name()),
            None => label,
        }
    }

    /// The direction in which the counts changed, where neither the state nor a change of the time
    /// reports it.
    pub fn added_direction(&self) -> Option<CountDirection> {
        let is_of_time = self.method != Method::Counts;
        self.count_direction().filter(|_| is_of_time && self.severity.is_none())
    }

    /// The direction in which the counts changed; growth if some grew and others shrank.
    pub fn count_direction(&self) -> Option<CountDirection> {
        self.counts.as_ref()?.direction()
    }

    /// Whether the time or a count changed.
    pub fn is_changed(&self) -> bool {
        matches!(self.state, State::Regression | State::Improvement)
            || self.count_direction().is_some()
    }

    /// Whether the time or a count got worse, so that it can be accepted.
    pub fn is_worse(&self) -> bool {
        self.state == State::Regression || self.count_direction() == Some(CountDirection::Grew)
    }

    /// Whether neither the time nor the counts changed.
    pub fn is_unchanged(&self) -> bool {
        self.state == State::Unchanged && self.count_direction().is_none()
    }

    /// Whether a growth of a count is within the accepted maximum. Growth from 0 has no percentage, so
    /// that each entry accepts it.
    pub fn waives(&self, pair: CountPair) -> bool {
        let max_change = |waiver: &Waiver| waiver.max_change_percent / 100.0;
        let growth = pair.growth();
        let within = |waiver: &Waiver| growth.is_infinite() || growth <= max_change(waiver);
        self.accepted.as_ref().is_some_and(within)
    }

    /// The printed times of base and head, and their change.
    pub fn figures(&self) -> Figures {
        Figures::new(self.base_ns, self.head_ns, self.change)
    }

    /// Whether the change is within the accepted maximum.
    pub fn is_waived(&self) -> bool {
        let is_regression = self.state == State::Regression;
        let both = self.accepted.as_ref().zip(self.change);
        is_regression && both.is_some_and(|(waiver, change)| change <= waiver.max_change())
    }

    /// The order of a report, the most urgent first: by state, severity, counts of what did not
    /// change, and size.
    pub fn rank(&self) -> impl Ord + use<> {
        let size = self.change.map_or(0.0, |change| change.0.abs());
        let thousandths = std::cmp::Reverse((size * 1e3) as u64);
        let severity = std::cmp::Reverse(self.severity);
        (self.state, severity, self.is_unchanged(), thousandths, self.name.clone())
    }
}

/// The verdicts on a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verdicts {
    /// One verdict per benchmark, the most urgent first.
    pub verdicts: Vec<Verdict>,
    /// The shift that all benchmarks of the run share, if it is 5 % or more.
    pub suite_wide_shift: Option<LogRatio>,
}

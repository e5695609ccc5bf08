//! Alternatives of one build, compared with each other.

mod text;

pub(crate) use text::VERSUS_TITLES;
#[cfg(test)]
pub(crate) use text::tests::example;

use crate::file_error::FileError;
use chrono::{DateTime, Utc};
use perf_judge::history::WorkspaceRuns;
use perf_judge::ident::{BenchmarkId, digest};
use perf_judge::run::{Commit, Machine, Pair};
use perf_judge::scaling::PowerLaw;
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::Verdict;
use perf_judge::versus::{CasePair, Relation, conclusion};
use serde::{Deserialize, Serialize};

/// The newest format that this version reads, and the one it writes.
const SCHEMA: u32 = 1;

/// The comparison of alternatives: a file of the output folder, and one of the history that never
/// changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Versus {
    /// The format's version.
    pub schema: u32,
    /// The kind of file.
    pub kind: VersusKind,
    /// What was measured, where and when.
    pub run: VersusFacts,
    /// The alternative that the others are compared with.
    pub baseline: BenchmarkId,
    /// The other alternatives.
    pub alternatives: Vec<BenchmarkId>,
    /// One result per benchmark of the other alternatives.
    pub results: Vec<VersusResult>,
    /// The times by argument, if they were requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingSeries>,
    /// What the reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersusKind {
    /// A [`Versus`].
    Versus,
}

/// What was measured, where and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersusFacts {
    /// The start of the measurement.
    pub started: DateTime<Utc>,
    /// The seed of the launch order.
    pub seed: u32,
    /// The commit of the build; absent outside a repository.
    pub commit: Option<Commit>,
    /// The machine of the measurement.
    pub machine: Machine,
    /// The path of the workspace in the repository; `None` if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// An alternative compared with the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersusResult {
    /// The argument or another case that both have; empty if the alternatives are benchmarks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub case: String,
    /// The benchmark of the alternative.
    pub name: BenchmarkId,
    /// The benchmark of the baseline.
    pub baseline: BenchmarkId,
    /// The sample size and the sample count of the alternative and of the baseline; absent if it was not
    /// measured.
    pub samples: Option<[SampleNumbers; 2]>,
    /// The verdict.
    pub relation: Relation,
    /// The sentence of the verdict.
    pub conclusion: String,
    /// ln of the time of the alternative ÷ the time of the baseline.
    pub change: Option<LogRatio>,
    /// The lower end of its 89 % confidence interval.
    pub low: Option<LogRatio>,
    /// The upper end.
    pub high: Option<LogRatio>,
    /// The smallest difference that would have been found.
    pub min_detectable_change: Option<LogRatio>,
    /// The time of the alternative in ns per iteration.
    pub ns: Option<f64>,
    /// The time of the baseline in ns per iteration.
    pub baseline_ns: Option<f64>,
    /// Whether the time limit ended the measurement before a verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// The pairs: `base` is the baseline and `head` the alternative.
    pub pairs: Vec<Pair>,
}

/// How a benchmark was sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleNumbers {
    /// Iterations per sample.
    pub sample_size: u32,
    /// Samples per launch.
    pub sample_count: u32,
}

/// The times of an alternative by argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingSeries {
    /// The alternative.
    pub name: BenchmarkId,
    /// The times, by argument in ascending order.
    pub points: Vec<ScalingPoint>,
    /// The fitted power law; absent with fewer than three times.
    pub fit: Option<ScalingFit>,
}

/// A fitted power law: time ~ argument ^ exponent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingFit {
    /// The exponent.
    pub exponent: f64,
    /// The lower end of its 89 % confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The time with one argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingPoint {
    /// The argument as it is in the benchmark's name.
    pub text: String,
    /// Its value.
    pub argument: f64,
    /// The median of the launches' medians in ns per iteration; absent if it was not measured.
    pub ns: Option<f64>,
}

impl Versus {
    /// A comparison of this version's format.
    pub fn new(run: VersusFacts, baseline: BenchmarkId, alternatives: Vec<BenchmarkId>) -> Self {
        let (schema, kind) = (SCHEMA, VersusKind::Versus);
        let (results, scaling, notes) = Default::default();
        Self { schema, kind, run, baseline, alternatives, results, scaling, notes }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If it is not one, or has a later schema.
    pub fn from_json(text: &str) -> Result<Self, FileError> {
        let read: Self = serde_json::from_str(text)?;
        if read.schema > SCHEMA {
            return Err(FileError::Newer { found: read.schema, known: SCHEMA });
        }
        Ok(read)
    }

    /// The file: pretty-printed JSON.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.unwrap_or_else(|_| unreachable!("a comparison has string keys, which JSON can hold"))
            + "\n"
    }

    /// The file of the history: one line of JSON.
    pub fn to_line(&self) -> String {
        let text = serde_json::to_string(self);
        text.unwrap_or_else(|_| unreachable!("a comparison has string keys, which JSON can hold"))
            + "\n"
    }

    /// Its identity: `<UTC time>-<commit>-<digest>`.
    pub fn id(&self) -> String {
        let hash = self.run.commit.as_ref().map_or("none", |commit| commit.hash.as_str());
        let contents = digest(self.to_line().as_bytes()) >> 32;
        let started = self.run.started.format("%Y%m%dT%H%M%SZ");
        format!("{started}-{}-{contents:08x}", hash.get(..12).unwrap_or(hash))
    }

    /// The path on the history branch.
    pub fn path(&self) -> String {
        format!("{}/{}/{}.json", Self::FOLDER, self.run.started.format("%Y/%m/%d"), self.id())
    }

    /// The folder on the history branch.
    pub const FOLDER: &str = "data/versus";

    /// Whether anything was measured.
    pub fn has_times(&self) -> bool {
        self.results.iter().any(|result| !result.pairs.is_empty())
            || self.scaling.iter().any(|series| series.fit.is_some())
    }

    /// Whether it is of this workspace.
    pub fn is_of(&self, workspace: &WorkspaceRuns) -> bool {
        let names = self.alternatives.iter().chain([&self.baseline]);
        workspace.has(self.run.workspace.as_deref(), names)
    }

    /// Whether a benchmark has no result, or was not decided within the time limit.
    pub fn is_incomplete(&self) -> bool {
        let is_missing =
            |result: &VersusResult| result.relation == Relation::NotMeasured || result.cut_short;
        let has_gap = |series: &ScalingSeries| series.points.iter().any(|point| point.ns.is_none());
        self.results.iter().any(is_missing) || self.scaling.iter().any(has_gap)
    }

    /// The part of all names before the alternatives differ: `package/target::`.
    pub fn common_prefix(&self) -> &str {
        let first = self.baseline.as_str();
        let ends = first.match_indices("::").map(|(at, separator)| at + separator.len());
        let is_common = |end: &usize| {
            let others = self.alternatives.iter();
            others.map(BenchmarkId::as_str).all(|name| name.starts_with(&first[..*end]))
        };
        ends.filter(is_common).last().map_or("", |end| &first[..end])
    }
}

impl VersusResult {
    /// The result of a pair of benchmarks. `[alternative, baseline]` are their short names.
    pub fn new(
        pair: CasePair,
        samples: Option<[SampleNumbers; 2]>,
        verdict: &Verdict,
        [alternative, baseline]: [&str; 2],
    ) -> Self {
        Self {
            samples,
            relation: Relation::of(verdict.state),
            conclusion: conclusion(alternative, baseline, verdict),
            change: verdict.change,
            low: verdict.low,
            high: verdict.high,
            min_detectable_change: verdict.min_detectable_change,
            ns: verdict.head_ns,
            baseline_ns: verdict.base_ns,
            cut_short: verdict.cut_short,
            pairs: verdict.trace.pairs.clone(),
            case: pair.case,
            name: pair.alternative,
            baseline: pair.baseline,
        }
    }

    /// How many times as fast as the baseline it is; `None` without a verdict on the times.
    pub(crate) fn speed(&self) -> Option<String> {
        let change = self.change.filter(|_| self.relation != Relation::NotMeasured)?;
        Some(unit::speed((-change.0).exp()))
    }

    /// The interval of that.
    pub(crate) fn speed_interval(&self) -> Option<String> {
        let (low, high) = self.low.zip(self.high)?;
        let [least, most] = [high, low].map(|end| unit::speed((-end.0).exp()));
        Some(format!("{least} to {most}"))
    }
}

impl ScalingSeries {
    /// The times of `points` with the fitted power law.
    pub fn new(name: BenchmarkId, points: Vec<ScalingPoint>) -> Self {
        let known = points.iter().filter_map(|point| Some((point.argument, point.ns?)));
        let fit = PowerLaw::fit(&known.collect::<Vec<_>>());
        let fit =
            fit.map(|fit| ScalingFit { exponent: fit.exponent, low: fit.low, high: fit.high });
        Self { name, points, fit }
    }

    /// `1.13 (1.10 to 1.16)`
    pub(crate) fn exponent(&self) -> String {
        self.fit.map_or_else(
            || "unknown".to_owned(),
            |fit| format!("{:.2} ({:.2} to {:.2})", fit.exponent, fit.low, fit.high),
        )
    }
}

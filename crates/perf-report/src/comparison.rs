//! Recorded comparisons.

use super::{Report, Row};
use crate::file_error::FileError;
use crate::table::shortened;
use call_profile::CallDifference;
use chrono::{DateTime, Utc};
use perf_judge::cause::{Cause, FunctionCount};
use perf_judge::detect::Severity;
use perf_judge::history::WorkspaceRuns;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Commit, Machine, Pair};
use perf_judge::unit::LogRatio;
use perf_judge::verdict::{Method, State, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest comparison format that this version reads, and the one it writes.
const SCHEMA: u32 = 2;
/// The most recorded causes of a benchmark, and numbers or settings of a cause.
const CAUSES: usize = 4;
/// The longest recorded name, in columns.
const NAME: usize = 100;

/// One recorded paired measurement of base and head: an immutable file of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The format's version.
    pub schema: u32,
    /// The kind of file, as a history has several.
    pub kind: ComparisonKind,
    /// `<UTC time>-<head's commit>-<digest>-<base's commit>`.
    pub id: String,
    /// The start of the measurement.
    pub started: DateTime<Utc>,
    /// The seed of the launch order.
    pub seed: u32,
    /// The base commit.
    pub base: String,
    /// The head commit; absent outside a repository.
    pub head: Option<Commit>,
    /// The machine of the measurement.
    pub machine: Machine,
    /// The path of its workspace in the repository; `None` if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// One entry per benchmark with pairs.
    pub benchmarks: Vec<Compared>,
    /// The benchmarks of a run that were not measured in pairs: the build of the base has the same
    /// executables, so they are unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_code: Vec<BenchmarkId>,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComparisonKind {
    /// A [`Comparison`].
    Comparison,
}

/// One benchmark of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Compared {
    /// The benchmark.
    pub name: BenchmarkId,
    /// Iterations per sample.
    #[serde(alias = "n")]
    pub sample_size: u32,
    /// Samples per launch.
    #[serde(alias = "s")]
    pub sample_count: u32,
    /// The pairs, in the order of their measurement.
    #[serde(alias = "rounds")]
    pub pairs: Vec<Pair>,
    /// The pairs with the functions of both executables in random orders, if they decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placement: Vec<Pair>,
    /// The verdict.
    pub state: State,
    /// The size class of a regression or an improvement.
    pub severity: Option<Severity>,
    /// The estimated change; ln of head ÷ base.
    pub change: Option<LogRatio>,
    /// The lower end of the confidence interval.
    pub low: Option<LogRatio>,
    /// The upper end of the confidence interval.
    pub high: Option<LogRatio>,
    /// The likely causes of a change, the most specific first; empty if no count explains it. `None` if
    /// nothing changed or too little was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causes: Option<Vec<Cause>>,
    /// The call trees of base and head; absent unless both were counted for a flame graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallDifference>,
}

impl Comparison {
    /// Reads a comparison's file.
    ///
    /// # Errors
    /// If it is not one, or has a later schema.
    pub fn from_json(text: &str) -> Result<Self, FileError> {
        let read: Self = serde_json::from_str(text)?;
        if read.schema > SCHEMA {
            return Err(FileError::Newer { found: read.schema, known: SCHEMA });
        }
        Ok(Self { schema: SCHEMA, ..read })
    }

    /// The comparisons of a report: one per base commit.
    pub fn all_of(report: &Report) -> Vec<Self> {
        let mut by_base: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &report.rows {
            if let Some(base) = row.verdict.base.as_deref() {
                by_base.entry(base).or_default().push(row);
            }
        }
        let comparisons = by_base.into_iter().map(|(base, rows)| Self::of(report, base, &rows));
        let has_results = |one: &Self| one.has_pairs() || !one.same_code.is_empty();
        comparisons.filter(has_results).collect()
    }

    fn of(report: &Report, base: &str, rows: &[&Row]) -> Self {
        let run = &report.run;
        Self {
            schema: SCHEMA,
            kind: ComparisonKind::Comparison,
            id: format!("{}-{}", run.id, base.get(..12).unwrap_or(base)),
            started: run.started,
            seed: run.seed,
            base: base.to_owned(),
            head: run.commit.clone(),
            machine: run.machine.clone(),
            workspace: run.workspace.clone(),
            benchmarks: rows.iter().filter_map(|row| Compared::of(row)).collect(),
            // Only the verdicts on a run are computed again from its comparisons.
            same_code: match report.reference.base {
                None => rows.iter().filter_map(|row| same_code(&row.verdict)).collect(),
                Some(_) => Vec::new(),
            },
        }
    }

    /// Whether it measured any pairs.
    pub fn has_pairs(&self) -> bool {
        !self.benchmarks.is_empty()
    }

    /// Whether it is of this workspace.
    pub fn is_of(&self, workspace: &WorkspaceRuns) -> bool {
        let compared = self.benchmarks.iter().map(|compared| &compared.name);
        let names = compared.chain(&self.same_code);
        workspace.has(self.workspace.as_deref(), names)
    }

    /// The identity of the head's run, which is the beginning of the comparison's own.
    pub fn run(&self) -> Option<&str> {
        self.id.rsplit_once('-').map(|(run, _)| run)
    }

    /// The comparison's file: one line of JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a comparison has string keys, which JSON can hold"));
        text.push('\n');
        text
    }

    /// The path on the history branch.
    pub fn path(&self) -> String {
        format!("{}/{}/{}.json", Self::FOLDER, self.started.format("%Y/%m/%d"), self.id)
    }

    /// The folder on the history branch.
    pub const FOLDER: &str = "data/comparisons";
}

impl Compared {
    fn of(row: &Row) -> Option<Self> {
        let (verdict, measured) = (&row.verdict, row.measured.as_ref()?);
        (!verdict.trace.pairs.is_empty()).then(|| Self {
            name: verdict.name.clone(),
            sample_size: measured.sample_size,
            sample_count: measured.sample_count,
            pairs: verdict.trace.pairs.clone(),
            placement: verdict.trace.placement.clone(),
            state: verdict.state,
            severity: verdict.severity,
            change: verdict.change,
            low: verdict.low,
            high: verdict.high,
            causes: verdict.causes.as_deref().map(recorded_causes),
            calls: row.calls.clone(),
        })
    }

    /// Whether the benchmark is slower or faster.
    pub fn is_changed(&self) -> bool {
        matches!(self.state, State::Regression | State::Improvement)
    }
}

/// The benchmark, if it is unchanged by its executables alone.
fn same_code(verdict: &Verdict) -> Option<BenchmarkId> {
    let is_unchanged = verdict.method == Method::Paired && verdict.state == State::Unchanged;
    (is_unchanged && verdict.trace.pairs.is_empty()).then(|| verdict.name.clone())
}

/// The first causes with names of a limited length, so that a file stays small.
fn recorded_causes(causes: &[Cause]) -> Vec<Cause> {
    let short = |name: &str| shortened(name, NAME);
    let function = |count: &FunctionCount| FunctionCount {
        name: short(&count.name),
        former_name: count.former_name.as_deref().map(short),
        ..count.clone()
    };
    let cause = |cause: &Cause| {
        let mut kept = cause.clone();
        kept.subjects = cause.subjects.iter().take(CAUSES).map(|subject| short(subject)).collect();
        kept.numbers.truncate(CAUSES);
        kept.functions = cause.functions.iter().map(function).collect();
        kept
    };
    causes.iter().take(CAUSES).map(cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use perf_judge::run::{LaunchTimes, Side};
    use serde_json::json;

    #[test]
    fn a_comparison_records_causes_with_names_of_a_limited_length() {
        let mut report = report();
        let row = report.rows.iter_mut().find(|row| row.measured.is_some()).unwrap();
        let times = LaunchTimes { min: 1.0, median: 2.0 };
        row.verdict.base = Some("c0ffee".to_owned());
        row.verdict.trace.pairs = vec![Pair { first: Side::Base, base: times, head: times }];
        let function = json!({"name": "é".repeat(5000), "base": 1.0, "head": 2.0});
        let number = json!({"name": "read", "unit": "count", "base": 1.0, "head": 2.0});
        let cause = json!({
            "kind": "instructions", "subjects": vec!["s".repeat(5000); 50],
            "numbers": vec![number; 50], "functions": vec![function; 10],
        });
        let causes: Vec<Cause> = serde_json::from_value(json!(vec![cause; 9])).unwrap();
        row.verdict.causes = Some(causes);
        let recorded = &Comparison::all_of(&report)[0];
        let kept = recorded.benchmarks[0].causes.as_ref().unwrap();
        assert_eq!((kept.len(), kept[0].subjects.len(), kept[0].numbers.len()), (4, 4, 4));
        assert_eq!(kept[0].functions[9].name.chars().count(), NAME);
        assert!(recorded.to_json().len() < 16_000, "{}", recorded.to_json().len());
        assert_eq!(Comparison::from_json(&recorded.to_json()).unwrap(), *recorded);
    }
}

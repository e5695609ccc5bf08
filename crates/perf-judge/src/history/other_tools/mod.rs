//! Results of other benchmark tools: one run per file or folder.

mod bencher;
mod criterion;
mod custom_smaller;
mod divan_json;
mod hyperfine;
mod pytest;

pub use bencher::write as write_bencher;
pub use criterion::{CriterionFiles, import as import_criterion};
pub use custom_smaller::write as write_custom_smaller;
pub use divan_json::{to_json as divan_json, write as write_divan};

use super::imported::{ImportError, Imported, foreign, has_place, imported};
use crate::json;
use crate::run::{Commit, Foreign, Measured};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// When and where results were measured whose file does not contain it.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredAt {
    /// The time of the measurement.
    pub started: DateTime<Utc>,
    /// The measured commit; `None` outside a repository.
    pub commit: Option<Commit>,
}

/// The tools whose files are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Bencher,
    Hyperfine,
    Pytest,
}

/// The tool that wrote a file; `None` if it is none of these.
pub(super) fn tool_of(file: &serde_json::Map<String, Value>) -> Option<Tool> {
    let has = |key: &str| file.get(key).is_some_and(Value::is_array);
    if has("benchmarks") && file.contains_key("machine_info") {
        return Some(Tool::Pytest);
    }
    if has("results") {
        return Some(Tool::Hyperfine);
    }
    let has_value = |measure: &Value| measure.get("value").is_some_and(Value::is_number);
    let is_benchmark = |benchmark: &Value| {
        let measures = benchmark.as_object();
        measures.is_some_and(|all| !all.is_empty() && all.values().all(has_value))
    };
    (!file.is_empty() && file.values().all(is_benchmark)).then_some(Tool::Bencher)
}

/// Reads the file of a tool.
pub(super) fn import(tool: Tool, text: &str, at: &MeasuredAt) -> Result<Imported, ImportError> {
    match tool {
        Tool::Bencher => bencher::import(text, at),
        Tool::Hyperfine => hyperfine::import(text, at),
        Tool::Pytest => pytest::import(text, at),
    }
}

/// Times of a benchmark in ns. A tool does not measure all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ForeignTimes {
    min: Option<f64>,
    mean: Option<f64>,
    median: Option<f64>,
    max: Option<f64>,
    std_dev: Option<f64>,
}

impl ForeignTimes {
    fn scaled(self, factor: f64) -> Self {
        let scale = |time: Option<f64>| time.map(|time| time * factor);
        Self {
            min: scale(self.min),
            mean: scale(self.mean),
            median: scale(self.median),
            max: scale(self.max),
            std_dev: scale(self.std_dev),
        }
    }

    /// The benchmark; `None` without a usable time. The median is the value that trends show.
    fn measured(self, name: &str) -> Option<Measured> {
        let is_usable = |time: &f64| time.is_finite() && *time >= 0.0;
        let shown = self.median.or(self.mean).or(self.min).filter(is_usable)?;
        let named = [
            ("min", self.min),
            ("mean", self.mean),
            ("median", self.median),
            ("max", self.max),
            ("std_dev", self.std_dev),
        ];
        let metrics = named.into_iter().filter(|(_, time)| time.as_ref().is_some_and(is_usable));
        let foreign_part = Foreign {
            metrics: metrics.map(|(name, _)| name.to_owned()).collect(),
            unit: "ns".to_owned(),
            bigger_is_better: false,
        };
        let mut measured = foreign(name, shown, foreign_part);
        let times = &mut measured.time_ns;
        times.min = self.min.filter(is_usable).unwrap_or(shown);
        times.mean = self.mean.filter(is_usable).unwrap_or(shown);
        times.max = self.max.filter(is_usable).unwrap_or(shown);
        times.std_dev = self.std_dev.filter(is_usable);
        Some(measured)
    }
}

/// A file as values.
fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, ImportError> {
    serde_json::from_str(text).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        ImportError::Malformed(format!("{line}:{column}: {}", json::message(&cause)))
    })
}

/// One run of benchmarks, of which some may have no usable time.
fn run_of(
    origin: &str,
    at: &MeasuredAt,
    benchmarks: Vec<(String, Option<Measured>)>,
) -> Result<Imported, ImportError> {
    if !has_place(at.started) {
        return Err(ImportError::Malformed("the time is before 1970 or after 9999".to_owned()));
    }
    let skipped = benchmarks.iter().filter(|(_, measured)| measured.is_none());
    let notes = skipped.map(|(name, _)| format!("{name} skipped: it has no usable time"));
    let notes: Vec<String> = notes.collect();
    let measured: Vec<Measured> =
        benchmarks.into_iter().filter_map(|(_, measured)| measured).collect();
    let run = imported(at.started, at.commit.clone(), origin, measured);
    let runs = if run.benchmarks.is_empty() { Vec::new() } else { vec![run] };
    Ok(Imported { runs, notes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::import;

    pub(super) fn at() -> MeasuredAt {
        MeasuredAt { started: DateTime::from_timestamp(1_790_000_000, 0).unwrap(), commit: None }
    }

    #[test]
    fn files_of_other_tools_are_recognised() {
        let bencher = r#"{"a": {"latency": {"value": 88.0, "lower_value": 87.5, "upper_value": 88.9}}, "b": {"latency": {"value": 2}}}"#;
        let hyperfine = r#"{"results": [{"command": "sort a", "mean": 0.5, "stddev": null, "median": 0.4, "user": 0.1, "system": 0.1, "min": 0.3, "max": 0.9, "times": [0.3, 0.4, 0.9], "exit_codes": [0, 0, 0]}]}"#;
        let pytest = r#"{"machine_info": {}, "commit_info": {"id": "abc", "branch": "trunk", "dirty": false}, "benchmarks": [{"name": "test_a", "fullname": "t.py::test_a", "stats": {"min": 1e-6, "max": 4e-6, "mean": 2e-6, "stddev": 1e-6, "median": 2e-6, "rounds": 5, "iterations": 1}}], "datetime": "2026-09-22T10:00:00.123456", "version": "5.1.0"}"#;
        for (text, names, median) in [
            (bencher, vec!["a", "b"], 88.0),
            (hyperfine, vec!["sort a"], 0.4e9),
            (pytest, vec!["t.py::test_a"], 2000.0),
        ] {
            let imported = import(text, "main", &at()).unwrap();
            let [run] = &imported.runs[..] else { panic!("{imported:?}") };
            let found: Vec<&str> = run.benchmarks.iter().map(|b| b.name.as_str()).collect();
            assert_eq!(found, names);
            assert!((run.benchmarks[0].time_ns.median / median - 1.0).abs() < 1e-12, "{run:?}");
            assert!(run.origin.is_some());
            assert_eq!(imported.notes, Vec::<String>::new());
        }
    }

    #[test]
    fn damaged_files_are_errors_and_unusable_times_are_notes() {
        for (text, why) in [
            (r#"{"results": [1]}"#, "1:14: "),
            (r#"{"machine_info": {}, "benchmarks": [{}], "datetime": "x"}"#, "1:38: the key"),
            (r#"{"a": {"latency": {"value": "x"}}}"#, "it is none of"),
        ] {
            let error = import(text, "main", &at()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let negative = r#"{"results": [{"command": "a", "mean": -1}]}"#;
        let imported = import(negative, "main", &at()).unwrap();
        assert_eq!(imported.runs, []);
        assert_eq!(imported.notes, ["a skipped: it has no usable time"]);
    }

    #[test]
    fn runs_of_the_same_file_are_one() {
        let text = r#"{"a": {"latency": {"value": 88.0}}}"#;
        let ids = [(); 2].map(|()| import(text, "main", &at()).unwrap().runs[0].id.clone());
        assert_eq!(ids[0], ids[1]);
    }
}

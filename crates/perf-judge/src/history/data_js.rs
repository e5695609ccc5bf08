//! github-action-benchmark's `data.js`: a script that assigns one JSON object.

use super::imported::{ImportError, Imported, foreign, has_place, imported};
use crate::json;
use crate::run::{Commit, Foreign, Measured, Run};
use crate::unit;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct DataJs<'a> {
    #[serde(borrow)]
    entries: BTreeMap<String, Vec<DataJsEntry<'a>>>,
}

#[derive(Deserialize)]
struct DataJsEntry<'a> {
    commit: DataJsCommit,
    /// In ms since 1970.
    date: i64,
    tool: String,
    #[serde(borrow)]
    benches: Vec<DataJsBenchmark<'a>>,
}

#[derive(Deserialize)]
struct DataJsCommit {
    id: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    timestamp: String,
}

#[derive(Deserialize)]
struct DataJsBenchmark<'a> {
    name: String,
    /// A number in a sound file; other tools wrote `null`, `"NaN"` and `"1,234.5"`.
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(default)]
    unit: String,
    /// A number, or a text such as `± 35`.
    #[serde(default)]
    range: Value,
}

/// The default name of a suite in a workflow.
const UNNAMED_SUITE: &str = "Benchmark";

/// Reads a `data.js`, with or without the assignment. It does not contain the measured branch.
pub(super) fn import(text: &str, branch: &str) -> Result<Imported, ImportError> {
    let json = text.split_once('=').map_or(
        text,
        |(before, json)| {
            if before.contains('{') { text } else { json }
        },
    );
    let skipped = text.len() - json.len();
    let json = json.trim_end().trim_end_matches(';');
    let data: DataJs<'_> = serde_json::from_str(json).map_err(|cause| located(&cause, skipped))?;
    let mut read = ReadRuns::default();
    for (suite, entries) in &data.entries {
        entries.iter().for_each(|entry| read.add(suite, entry, branch));
    }
    let notes = [read.timeless_note(), read.overflow_note(), read.no_number_note()];
    Ok(Imported { runs: read.runs, notes: notes.into_iter().flatten().collect() })
}

/// The runs read so far, and the skipped values.
#[derive(Default)]
struct ReadRuns {
    runs: Vec<Run>,
    /// The number of values of entries whose time the history cannot hold.
    timeless: usize,
    /// Descriptions of values that are too large in the unit of the history.
    overflows: Vec<String>,
    /// Descriptions of values that are no number.
    no_numbers: Vec<String>,
}

/// The number of values that a note names.
const NAMED: usize = 3;

impl ReadRuns {
    fn add(&mut self, suite: &str, entry: &DataJsEntry<'_>, branch: &str) {
        let time = DateTime::from_timestamp_millis(entry.date).filter(|time| has_place(*time));
        let Some(started) = time else {
            self.timeless += entry.benches.len();
            return;
        };
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut benchmarks = Vec::new();
        for bench in &entry.benches {
            // A skipped value counts, so that the names of the others do not depend on it.
            let name = name_of(suite, bench, &mut names);
            let Some(value) = bench.number() else {
                let text = bench.value.map_or("null", RawValue::get);
                self.no_numbers.push(described(entry, &name, text));
                continue;
            };
            let measured = measured(&name, bench, value, &entry.tool);
            if measured.is_finite() {
                benchmarks.push(measured)
            } else {
                let text = format!("{value:e} {}", bench.unit);
                self.overflows.push(described(entry, &name, &text))
            }
        }
        if !benchmarks.is_empty() {
            self.runs.push(run_of(suite, entry, started, branch, benchmarks));
        }
    }

    fn timeless_note(&self) -> Option<String> {
        let count = unit::counted(self.timeless, "value", "values");
        (self.timeless > 0).then(|| format!("{count} skipped: no time after 1970"))
    }

    fn overflow_note(&self) -> Option<String> {
        skipped_note("too large", &self.overflows)
    }

    fn no_number_note(&self) -> Option<String> {
        skipped_note("no number", &self.no_numbers)
    }
}

/// The number of skipped values, and the first of them; `None` if there is none.
fn skipped_note(reason: &str, skipped: &[String]) -> Option<String> {
    let count = skipped.len();
    let named = skipped.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match count.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let values = unit::counted(count, "value", "values");
    (count > 0).then(|| format!("{values} skipped, {reason}: {named}{more}"))
}

/// The most characters of a value that a note shows.
const VALUE_LENGTH: usize = 40;

/// `fib of 1a2b3c4d5e6f: 1e308 s`
fn described(entry: &DataJsEntry<'_>, name: &str, value: &str) -> String {
    let commit: String = entry.commit.id.chars().take(12).collect();
    let value: String = value.chars().take(VALUE_LENGTH).collect();
    format!("{name} of {commit}: {value}")
}

impl DataJsBenchmark<'_> {
    /// The value; `None` if it is no number. A number too large for JSON is infinite.
    fn number(&self) -> Option<f64> {
        let text = self.value?.get();
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    }
}

/// The error with its place in the file, whose first line begins with `skipped` bytes of script.
fn located(cause: &serde_json::Error, skipped: usize) -> ImportError {
    let (line, column) = (cause.line(), cause.column());
    let column = if line == 1 { column + skipped } else { column };
    ImportError::Malformed(format!("{line}:{column}: {}", json::message(cause)))
}

fn run_of(
    suite: &str,
    entry: &DataJsEntry<'_>,
    started: DateTime<Utc>,
    branch: &str,
    benchmarks: Vec<Measured>,
) -> Run {
    let commit = Commit {
        hash: entry.commit.id.clone(),
        branch: Some(branch.to_owned()),
        subject: entry.commit.message.lines().next().unwrap_or_default().to_owned(),
        author_date: entry.commit.timestamp.clone(),
        dirty: false,
    };
    let origin = format!("github-action-benchmark: {suite} ({})", entry.tool);
    imported(started, Some(commit), &origin, benchmarks)
}

/// A name comes twice where a tool measured in several configurations.
fn name_of(
    suite: &str,
    bench: &DataJsBenchmark<'_>,
    names: &mut BTreeMap<String, usize>,
) -> String {
    let name = match suite {
        UNNAMED_SUITE => bench.name.clone(),
        _ => format!("{suite}/{}", bench.name),
    };
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name} ({count})") }
}

fn measured(name: &str, bench: &DataJsBenchmark<'_>, value: f64, tool: &str) -> Measured {
    let kind = UnitKind::of(value, &bench.unit);
    // Only Rust's own harness prints medians.
    let metric = if tool == "cargo" { "median" } else { "mean" };
    let bigger_is_better = matches!(kind, UnitKind::Rate { .. })
        || matches!(kind, UnitKind::Other { .. }) && is_bigger_better(tool);
    let mut metrics = vec![metric.to_owned()];
    let std_dev = range(&bench.range).filter(|_| matches!(kind, UnitKind::Time { .. }));
    match kind {
        UnitKind::Time { ns_per_unit } => {
            let std_dev = std_dev.map(|range| range * ns_per_unit).filter(|ns| ns.is_finite());
            metrics.extend(std_dev.map(|_| "std_dev".to_owned()));
            let meaning = Foreign { metrics, unit: "ns".to_owned(), bigger_is_better };
            let mut measured = foreign(name, value * ns_per_unit, meaning);
            measured.time_ns.std_dev = std_dev;
            measured
        }
        UnitKind::Frequency => {
            metrics.push("throughput".to_owned());
            let meaning = Foreign { metrics, unit: "ns".to_owned(), bigger_is_better: false };
            let mut measured = foreign(name, 1e9 / value, meaning);
            measured.throughput.insert("item/s".to_owned(), value);
            measured
        }
        UnitKind::Rate { per_second } => {
            let meaning = Foreign { metrics, unit: "B/s".to_owned(), bigger_is_better };
            foreign(name, per_second, meaning)
        }
        UnitKind::Other { value, unit } => {
            foreign(name, value, Foreign { metrics, unit, bigger_is_better })
        }
    }
}

fn is_bigger_better(tool: &str) -> bool {
    matches!(tool, "customBiggerIsBetter" | "benchmarkjs" | "pytest")
}

/// What a value is, by its unit.
#[derive(Debug, PartialEq)]
enum UnitKind {
    /// A time of one iteration.
    Time { ns_per_unit: f64 },
    /// Iterations a second.
    Frequency,
    /// Bytes a second.
    Rate { per_second: f64 },
    /// Something else; sizes are in bytes.
    Other { value: f64, unit: String },
}

impl UnitKind {
    fn of(value: f64, unit: &str) -> Self {
        // Older entries of Go carry a second metric after a tab.
        let unit = unit.split('\t').next().unwrap_or_default().trim();
        let (what, per) = unit.split_once('/').unwrap_or((unit, ""));
        if let (Some(ns_per_unit), "" | "iter" | "iteration" | "op") = (ns_per(what), per) {
            return Self::Time { ns_per_unit };
        }
        let is_second = matches!(per, "s" | "sec" | "second");
        match (bytes_per(what), is_second) {
            (Some(bytes), true) => Self::Rate { per_second: value * bytes },
            (Some(bytes), false) if per.is_empty() => {
                Self::Other { value: value * bytes, unit: "bytes".to_owned() }
            }
            (None, true) if is_iteration(what) && value > 0.0 && (1e9 / value).is_finite() => {
                Self::Frequency
            }
            _ => Self::Other { value, unit: unit.to_owned() },
        }
    }
}

fn is_iteration(what: &str) -> bool {
    matches!(what, "op" | "ops" | "iter" | "iters" | "iteration" | "iterations" | "call" | "calls")
}

fn ns_per(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" | "nsec" | "nanoseconds" => 1.0,
        "us" | "µs" | "μs" | "usec" | "microseconds" => 1e3,
        "ms" | "msec" | "milliseconds" | "Milliseconds" => 1e6,
        "s" | "sec" | "secs" | "seconds" | "Seconds" => 1e9,
        _ => return None,
    })
}

fn bytes_per(unit: &str) -> Option<f64> {
    Some(match unit {
        "B" | "byte" | "bytes" | "Bytes" => 1.0,
        "kB" | "KB" | "kilobytes" | "Kilobytes" => 1e3,
        "KiB" => 1024.0,
        "MB" | "megabytes" | "Megabytes" => 1e6,
        "MiB" => 1024.0 * 1024.0,
        "GB" | "gigabytes" | "Gigabytes" => 1e9,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    })
}

/// `35`, `± 35`, `+/- 2,802`: what a value spreads by, in its unit.
fn range(range: &Value) -> Option<f64> {
    let spread = match range {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let number = text.trim().trim_start_matches("+/-").trim_start_matches('±');
            number.trim().replace(',', "").parse().ok()
        }
        _ => None,
    };
    spread.filter(|spread| spread.is_finite() && *spread >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::flat::records_of;

    const KEPT: &str = include_str!("../../../../fixtures/history/data.js");

    #[test]
    fn every_tool_is_read_in_its_units() {
        let Imported { runs, notes } = import(KEPT, "trunk").unwrap();
        let mut lines = String::new();
        for run in &runs {
            let label = run.origin.as_deref().unwrap();
            lines += &format!("{} {} {label}\n", run.id, run.branch().unwrap());
            for record in records_of(run) {
                let measured = run.benchmark(&record.operation.as_str().into()).unwrap();
                let bigger = measured.foreign.as_ref().unwrap().bigger_is_better;
                let better = if bigger { "more" } else { "less" };
                let (name, metric, value, unit) =
                    (record.operation, record.metric, record.value, record.unit);
                lines += &format!("  {name:?} {metric} {value} {unit}, {better} is better\n");
            }
        }
        insta::assert_snapshot!(format!("{lines}{notes:?}"), @r#"
        20231114T221320Z-111111111111-a88a3fbb trunk github-action-benchmark: Benchmark (cargo)
          "fib_10" median 255 ns, less is better
          "fib_10" std_dev 32 ns, less is better
          "fib_10 (2)" median 300.5 ns, less is better
          "fib_10 (2)" std_dev 12 ns, less is better
          "</script><img src=x>" median 1 ns, less is better
        20231114T221500Z-222222222222-a416068d trunk github-action-benchmark: Benchmark (go)
          "BenchmarkFib" mean 500000 ns, less is better
        20231114T221640Z-333333333333-62d84a47 trunk github-action-benchmark: Web (benchmarkjs)
          "Web/serve" mean 500 ns, less is better
          "Web/serve" throughput 2000000 item/s, less is better
        20231114T221820Z-555555555555-b462b5d4 trunk github-action-benchmark: Web (customBiggerIsBetter)
          "Web/disk" mean 2500000 B/s, more is better
          "Web/free memory" mean 3072 bytes, more is better
          "Web/hits" mean 99.5 Percent, more is better
        []
        "#);
    }

    #[test]
    fn the_same_file_gives_the_same_runs() {
        assert_eq!(import(KEPT, "main").unwrap(), import(KEPT, "main").unwrap());
        let bare = KEPT.split_once('=').unwrap().1.trim();
        assert_eq!(import(bare, "main").unwrap(), import(KEPT, "main").unwrap());
    }

    #[test]
    fn a_value_that_is_too_large_in_the_unit_is_named_and_skipped() {
        let benches = [
            r#"{"name":"fib","value":1e308,"unit":"s"}"#,
            r#"{"name":"disk","value":-1e308,"unit":"GB/s"}"#,
            r#"{"name":"size","value":1e308,"unit":"KiB"}"#,
            r#"{"name":"spread","value":1,"unit":"s","range":1e308}"#,
            r#"{"name":"slow","value":1e-308,"unit":"ops/s"}"#,
            r#"{"name":"sound","value":1e308,"unit":"ns"}"#,
        ];
        let text = format!(
            r#"{{"entries":{{"Benchmark":[{{"commit":{{"id":"c0ffee"}},"date":1700000000000,"tool":"go","benches":[{}]}}]}}}}"#,
            benches.join(",")
        );
        let Imported { runs, notes } = import(&text, "main").unwrap();
        let [run] = runs.as_slice() else { panic!("{runs:?}") };
        let names: Vec<&str> = run.benchmarks.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["spread", "slow", "sound"]);
        assert_eq!(Run::verified(&run.to_json()).unwrap(), *run);
        assert_eq!(
            notes,
            [
                "3 values skipped, too large: fib of c0ffee: 1e308 s, disk of c0ffee: -1e308 GB/s, size of c0ffee: 1e308 KiB"
            ]
        );
    }

    #[test]
    fn a_value_that_is_no_number_is_named_and_skipped() {
        let values = ["\"NaN\"", "null", "\"1,234.5\"", "{}", "1e999", "7"];
        let benches = values.iter().enumerate();
        let benches = benches.map(|(i, v)| format!(r#"{{"name":"b{i}","value":{v},"unit":"ns"}}"#));
        let benches = benches.collect::<Vec<String>>().join(",");
        let text = format!(
            r#"{{"entries":{{"Benchmark":[{{"commit":{{"id":"c0ffee"}},"date":1700000000000,"tool":"go","benches":[{benches},{{"name":"last"}}]}}]}}}}"#
        );
        let Imported { runs, notes } = import(&text, "main").unwrap();
        let names = runs.iter().flat_map(|run| &run.benchmarks).map(|row| row.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["b5"]);
        assert_eq!(
            notes,
            [
                "1 value skipped, too large: b4 of c0ffee: inf ns",
                "5 values skipped, no number: b0 of c0ffee: \"NaN\", b1 of c0ffee: null, b2 of c0ffee: \"1,234.5\" and 2 more",
            ]
        );
    }

    #[test]
    fn machines_of_imports_have_their_own_keys() {
        let runs = import(KEPT, "main").unwrap().runs;
        let machine = &runs[0].machine;
        assert_ne!(machine.key, crate::run::tests::run(1, vec![]).machine.key);
        assert!(machine.cpu.starts_with("imported from github-action-benchmark: "));
        assert!(!runs[0].is_complete_and_clean());
    }

    #[test]
    fn units_say_what_a_value_is() {
        let other = |value, unit: &str| UnitKind::Other { value, unit: unit.to_owned() };
        let cases = [
            ("ns/iter", UnitKind::Time { ns_per_unit: 1.0 }),
            ("µs", UnitKind::Time { ns_per_unit: 1e3 }),
            ("ms/op", UnitKind::Time { ns_per_unit: 1e6 }),
            ("ns/op\t  4.000 auxMetricUnits", UnitKind::Time { ns_per_unit: 1.0 }),
            ("ops/sec", UnitKind::Frequency),
            ("iter/sec", UnitKind::Frequency),
            ("MB/s", UnitKind::Rate { per_second: 2e6 }),
            ("KiB", other(2048.0, "bytes")),
            ("Percent", other(2.0, "Percent")),
            ("frames/s", other(2.0, "frames/s")),
            ("", other(2.0, "")),
        ];
        for (unit, kind) in cases {
            assert_eq!(UnitKind::of(2.0, unit), kind, "{unit}");
        }
        assert_eq!(UnitKind::of(0.0, "ops/sec"), other(0.0, "ops/sec"));
    }

    #[test]
    fn ranges_are_written_in_many_ways() {
        let cases = [
            ("35", Some(35.0)),
            ("± 35", Some(35.0)),
            ("+/- 2,802", Some(2802.0)),
            ("±1.5%", None),
            ("", None),
        ];
        for (text, spread) in cases {
            assert_eq!(range(&Value::from(text)), spread, "{text}");
        }
        assert_eq!((range(&Value::from(-1)), range(&Value::Null)), (None, None));
    }
}

//! Runs as flat records, one per number, for spreadsheets, databases and scripts.

use super::imported::{ImportError, foreign, imported};
use crate::ident::BenchmarkId;
use crate::json::{JsonError, read_object};
use crate::run::{Alloc, Commit, Foreign, Measured, Run, Times};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// One number of one benchmark of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The time at which the measurement started.
    pub timestamp: DateTime<Utc>,
    /// The benchmark's name.
    pub operation: String,
    /// The metric: `median`, `p95`, `alloc_count` and so on.
    pub metric: String,
    /// The value.
    pub value: f64,
    /// The unit: `ns`, `bytes`, `count`, `B/s`, `item/s`, or one of another tool.
    pub unit: String,
    /// The full hash of the commit; empty outside a repository.
    pub commit_hash: String,
    /// The branch; empty when HEAD was detached.
    pub branch: String,
}

/// The metrics of `time_ns`, all in one unit.
const TIMES: [&str; 8] = ["min", "mean", "median", "p95", "p99", "max", "std_dev", "total"];
/// The others, with their units.
const OTHERS: [(&str, &str); 5] = [
    ("cpu", "ns"),
    ("peak_rss", "bytes"),
    ("alloc_count", "count"),
    ("alloc_bytes", "bytes"),
    ("alloc_peak", "bytes"),
];
const THROUGHPUT: &str = "throughput";

/// All numbers of a run, by benchmark.
pub fn records_of(run: &Run) -> Vec<Record> {
    let commit = run.commit.as_ref();
    let numbers = run.benchmarks.iter().flat_map(|measured| {
        numbers(measured).into_iter().map(move |number| (&measured.name, number))
    });
    let record = |(name, (metric, value, unit)): (&BenchmarkId, MetricValue)| Record {
        timestamp: run.started,
        operation: name.to_string(),
        metric,
        value,
        unit,
        commit_hash: commit.map_or_else(String::new, |commit| commit.hash.clone()),
        branch: commit.and_then(|commit| commit.branch.clone()).unwrap_or_default(),
    };
    numbers.map(record).collect()
}

/// A metric, its value and its unit.
type MetricValue = (String, f64, String);

fn numbers(measured: &Measured) -> Vec<MetricValue> {
    let foreign = measured.foreign.as_ref();
    // A metric of another tool without a name here is stored as the median.
    if let Some(Foreign { metrics, unit, .. }) = foreign
        && let [metric] = &metrics[..]
        && !is_placed(metric, unit)
    {
        return vec![(metric.clone(), measured.time_ns.median, unit.clone())];
    }
    let unit = foreign.map_or("ns", |foreign| foreign.unit.as_str());
    let times = TIMES.iter().map(|metric| (*metric, time(&measured.time_ns, metric), unit));
    let others = OTHERS.iter().map(|(metric, unit)| (*metric, other(measured, metric), *unit));
    let known = times
        .chain(others)
        .filter_map(|(metric, value, unit)| Some((metric.to_owned(), value?, unit.to_owned())));
    let rates = measured.throughput.iter();
    let rates = rates.map(|(unit, value)| (THROUGHPUT.to_owned(), *value, unit.clone()));
    let is_known = |(metric, ..): &MetricValue| foreign.is_none_or(|f| f.metrics.contains(metric));
    known.chain(rates).filter(is_known).collect()
}

fn time(times: &Times, metric: &str) -> Option<f64> {
    match metric {
        "min" => Some(times.min),
        "mean" => Some(times.mean),
        "median" => Some(times.median),
        "p95" => times.p95,
        "p99" => times.p99,
        "max" => Some(times.max),
        "std_dev" => times.std_dev,
        _ => Some(times.total),
    }
}

fn other(measured: &Measured, metric: &str) -> Option<f64> {
    match metric {
        "cpu" => measured.cpu_ns,
        "peak_rss" => measured.peak_rss_bytes,
        "alloc_count" => measured.alloc.map(|alloc| alloc.count),
        "alloc_bytes" => measured.alloc.map(|alloc| alloc.bytes),
        _ => measured.alloc.and_then(|alloc| alloc.peak_bytes),
    }
}

/// Writes records as one JSON array with one record per line.
///
/// # Errors
/// Those of the records and of `out`.
pub fn write_json<E: From<io::Error> + From<serde_json::Error>>(
    out: &mut impl Write,
    records: impl IntoIterator<Item = Result<Record, E>>,
) -> Result<(), E> {
    out.write_all(b"[")?;
    for (i, record) in records.into_iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &record?)?;
    }
    Ok(out.write_all(b"\n]\n")?)
}

/// Writes records as JSON with one record per line.
///
/// # Errors
/// Those of the records and of `out`.
pub fn write_ndjson<E: From<io::Error> + From<serde_json::Error>>(
    out: &mut impl Write,
    records: impl IntoIterator<Item = Result<Record, E>>,
) -> Result<(), E> {
    for record in records {
        serde_json::to_writer(&mut *out, &record?)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes records as CSV with a header.
///
/// # Errors
/// Those of the records and of `out`.
pub fn write_csv<E: From<io::Error> + From<csv::Error>>(
    out: &mut impl Write,
    records: impl IntoIterator<Item = Result<Record, E>>,
) -> Result<(), E> {
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    csv.write_record(COLUMNS)?;
    for record in records {
        csv.serialize(record?)?;
    }
    Ok(csv.flush()?)
}

/// The header of the CSV.
pub(super) const COLUMNS: [&str; 7] =
    ["timestamp", "operation", "metric", "value", "unit", "commit_hash", "branch"];

/// Reads records that were written as CSV.
pub(super) fn from_csv(text: &str) -> Result<Vec<Record>, ImportError> {
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    csv.deserialize()
        .map(|record| record.map_err(|e| ImportError::Malformed(e.to_string())))
        .collect()
}

/// Reads records that were written as JSON: an array, or one record per line.
pub(super) fn from_json(text: &str) -> Result<Vec<Record>, ImportError> {
    let malformed =
        |cause: serde_json::Error| ImportError::Malformed(JsonError::from(cause).to_string());
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(malformed);
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(i, line): (usize, &str)| {
        read_object(line).map_err(|cause| ImportError::Malformed(cause.at_line(i + 1).to_string()))
    };
    lines.map(read).collect()
}

/// The runs of these records: one for each time, commit and branch.
///
/// There are more if a number occurs twice, or cannot be stored with the others of its benchmark.
pub(super) fn runs_of(records: &[Record], origin: &str) -> Vec<Run> {
    let mut groups: Vec<Vec<RunDraft<'_>>> = Vec::new();
    let mut known: BTreeMap<(DateTime<Utc>, &str, &str), usize> = BTreeMap::new();
    for record in records {
        let key = (record.timestamp, record.commit_hash.as_str(), record.branch.as_str());
        let place = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        let group = &mut groups[place];
        match group.iter().position(|draft| draft.has_place_for(record)) {
            Some(i) => group[i].add(record),
            None => group.push(RunDraft::of(record)),
        }
    }
    groups.into_iter().flatten().map(|draft| draft.into_run(origin)).collect()
}

/// The records of one run.
struct RunDraft<'a> {
    first: &'a Record,
    rows: BTreeMap<&'a str, Vec<&'a Record>>,
}

impl<'a> RunDraft<'a> {
    fn of(first: &'a Record) -> Self {
        Self { first, rows: BTreeMap::from([(first.operation.as_str(), vec![first])]) }
    }

    fn has_place_for(&self, record: &Record) -> bool {
        let Some(row) = self.rows.get(record.operation.as_str()) else { return true };
        let twice = |other: &&Record| {
            other.metric == record.metric
                && (record.metric != THROUGHPUT || other.unit == record.unit)
        };
        let is_time = |record: &Record| TIMES.contains(&record.metric.as_str());
        let other_unit =
            |other: &&Record| is_time(other) && is_time(record) && other.unit != record.unit;
        let alone = |record: &Record| !is_placed(&record.metric, &record.unit);
        !alone(record) && !row.iter().any(|other| twice(other) || other_unit(other) || alone(other))
    }

    fn add(&mut self, record: &'a Record) {
        self.rows.entry(&record.operation).or_default().push(record);
    }

    fn into_run(self, origin: &str) -> Run {
        let Record { timestamp, commit_hash, branch, .. } = self.first;
        let commit = (!commit_hash.is_empty() || !branch.is_empty()).then(|| Commit {
            hash: commit_hash.clone(),
            branch: (!branch.is_empty()).then(|| branch.clone()),
            subject: String::new(),
            author_date: String::new(),
            dirty: false,
        });
        let benchmarks = self.rows.iter().map(|(name, row)| measured(name, row)).collect();
        imported(*timestamp, commit, origin, benchmarks)
    }
}

/// Whether a benchmark of a run can hold a metric in this unit.
fn is_placed(metric: &str, unit: &str) -> bool {
    TIMES.contains(&metric) || metric == THROUGHPUT || OTHERS.contains(&(metric, unit))
}

fn measured(name: &str, row: &[&Record]) -> Measured {
    let value = |metric: &str| row.iter().find(|r| r.metric == metric).map(|r| r.value);
    let times = row.iter().filter(|record| TIMES.contains(&record.metric.as_str()));
    let lone = row.first().filter(|record| !is_placed(&record.metric, &record.unit));
    let typical = lone.map(|record| record.value);
    let typical = typical.or(value("median")).or(value("mean")).or(value("min"));
    let typical = typical.or_else(|| Some(times.clone().next()?.value)).unwrap_or_default();
    let unit = lone.or(times.clone().next()).or(row.first());
    let unit = unit.map_or("ns", |record| record.unit.as_str());
    let allocates = ["alloc_count", "alloc_bytes", "alloc_peak"].map(value);
    let rates = row.iter().filter(|record| record.metric == THROUGHPUT);
    Measured {
        time_ns: Times {
            min: value("min").unwrap_or(typical),
            mean: value("mean").unwrap_or(typical),
            median: value("median").unwrap_or(typical),
            p95: value("p95"),
            p99: value("p99"),
            max: value("max").unwrap_or(typical),
            std_dev: value("std_dev"),
            total: value("total").unwrap_or(typical),
            samples: 0,
            iterations: 0,
        },
        cpu_ns: value("cpu"),
        peak_rss_bytes: value("peak_rss"),
        throughput: rates.map(|record| (record.unit.clone(), record.value)).collect(),
        alloc: allocates.iter().any(Option::is_some).then(|| Alloc {
            count: allocates[0].unwrap_or_default(),
            bytes: allocates[1].unwrap_or_default(),
            peak_bytes: allocates[2],
        }),
        ..foreign(
            name,
            typical,
            Foreign { metrics: metrics(row), unit: unit.to_owned(), bigger_is_better: false },
        )
    }
}

fn metrics(row: &[&Record]) -> Vec<String> {
    let mut metrics: Vec<String> = row.iter().map(|record| record.metric.clone()).collect();
    metrics.sort();
    metrics.dedup();
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::import::import;
    use crate::run::tests::{measured, run};
    use proptest::prelude::*;

    type Failure = Box<dyn std::error::Error>;

    fn texts(records: &[Record]) -> [String; 3] {
        let all = || records.iter().cloned().map(Ok::<Record, Failure>);
        let mut texts = [Vec::new(), Vec::new(), Vec::new()];
        write_json(&mut texts[0], all()).unwrap();
        write_ndjson(&mut texts[1], all()).unwrap();
        write_csv(&mut texts[2], all()).unwrap();
        texts.map(|text| String::from_utf8(text).unwrap())
    }

    fn sorted(records: &[Record]) -> Vec<String> {
        let mut lines: Vec<String> =
            records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        lines.sort();
        lines
    }

    fn again(text: &str) -> Vec<Record> {
        let runs = import(text, "main").unwrap().runs;
        assert!(runs.iter().all(|run| !run.is_complete_and_clean()));
        let read = runs.iter().map(|run| Run::from_json(&run.to_json()).unwrap());
        read.flat_map(|run| records_of(&run)).collect()
    }

    fn full() -> Run {
        let mut full = measured("a/b::c,\"d\"", 1.5);
        full.throughput = BTreeMap::from([("B/s".to_owned(), 2e9), ("item/s".to_owned(), 7.0)]);
        full.alloc = Some(Alloc { count: 3.0, bytes: 4.5, peak_bytes: None });
        full.cpu_ns = Some(1e9);
        run(3, vec![full, measured("a/b::bare\n</script>", 0.1)])
    }

    #[test]
    fn a_run_has_a_record_a_number() {
        let records = records_of(&full());
        let of = |metric: &str| {
            let found = records.iter().filter(|record| record.metric == metric);
            found.map(|record| (record.value, record.unit.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(of("median"), [(1.5, "ns"), (0.1, "ns")]);
        assert_eq!(of("throughput"), [(2e9, "B/s"), (7.0, "item/s")]);
        assert_eq!((of("alloc_bytes"), of("alloc_peak")), (vec![(4.5, "bytes")], vec![]));
        assert_eq!(records[0].commit_hash, format!("{:040x}", 3));
    }

    #[test]
    fn what_is_exported_is_imported_the_same() {
        let runs = [full(), run(4, vec![measured("x", 2.0)]), run(4, vec![measured("x", 3.0)])];
        let records: Vec<Record> = runs.iter().flat_map(records_of).collect();
        for text in texts(&records) {
            assert_eq!(sorted(&again(&text)), sorted(&records));
        }
    }

    #[test]
    fn the_csv_has_the_columns_in_their_order() {
        let [.., csv] = texts(&records_of(&run(3, vec![measured("a,b", 0.5)]))[..1]);
        insta::assert_snapshot!(csv, @r#"
        timestamp,operation,metric,value,unit,commit_hash,branch
        2026-11-03T02:45:00Z,"a,b",min,0.5,ns,0000000000000000000000000000000000000003,main
        "#);
    }

    prop_compose! {
        fn record()(
            second in 0_i64..3, operation in "[ab,\"\\n<é]{1,3}",
            metric in prop::sample::select(&["min", "median", "p95", "cpu", "alloc_count", "throughput", "latency", "peak_rss"]),
            value in prop::num::f64::POSITIVE | prop::num::f64::NEGATIVE | prop::num::f64::ZERO,
            unit in prop::sample::select(&["ns", "bytes", "count", "B/s", "ms"]), branch in "[m ,]{0,1}",
        ) -> Record {
            let timestamp = DateTime::from_timestamp(second, 5_000_000).unwrap();
            let (metric, unit, commit_hash) = (metric.to_owned(), unit.to_owned(), "c0ffee".to_owned());
            Record { timestamp, operation, metric, value, unit, commit_hash, branch }
        }
    }

    proptest! {
        #[test]
        fn any_record_survives(records in prop::collection::vec(record(), 1..30)) {
            for text in texts(&records) {
                prop_assert_eq!(sorted(&again(&text)), sorted(&records));
            }
        }
    }
}

//! Runs as flat records, one per number, for spreadsheets, databases and scripts.

use crate::ident::BenchmarkId;
use crate::run::{Foreign, Measured, Quantity, Run, Times};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
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
pub(super) const TIMES: [&str; 8] =
    ["min", "mean", "median", "p95", "p99", "max", "std_dev", "total"];
/// Those of a whole launch, with their units.
const OF_LAUNCH: [(&str, &str); 2] = [("cpu", "ns"), ("peak_rss", "bytes")];
pub(super) const THROUGHPUT: &str = "throughput";

/// The metric of a quantity. The peak had its name before there were other quantities.
fn metric_of(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::AllocPeakBytes => "alloc_peak",
        other => other.key(),
    }
}

/// The quantity of a metric.
pub(super) fn quantity(metric: &str) -> Option<Quantity> {
    Quantity::ALL.into_iter().find(|quantity| metric_of(*quantity) == metric)
}

/// Whether a benchmark of a run can hold a metric in this unit.
pub(super) fn is_placed(metric: &str, unit: &str) -> bool {
    let is_quantity = quantity(metric).is_some_and(|quantity| quantity.unit() == unit);
    let is_other = metric == THROUGHPUT || OF_LAUNCH.contains(&(metric, unit));
    TIMES.contains(&metric) || is_other || is_quantity
}

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
    let of_launch = [measured.cpu_ns, measured.peak_rss_bytes];
    let of_launch =
        OF_LAUNCH.iter().zip(of_launch).map(|((name, unit), value)| (*name, value, *unit));
    let quantities = Quantity::ALL.into_iter();
    let quantities = quantities.map(|q| (metric_of(q), measured.quantity(q), q.unit()));
    let known = times
        .chain(of_launch)
        .chain(quantities)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::import::import;
    use crate::history::other_tools::MeasuredAt;
    use crate::run::Alloc;
    use crate::run::tests::{measured, run};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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
        let at = MeasuredAt { started: DateTime::UNIX_EPOCH, commit: None };
        let runs = import(text, "main", &at).unwrap().runs;
        assert!(runs.iter().all(|run| !run.is_complete_and_clean()));
        let read = runs.iter().map(|run| Run::from_json(&run.to_json()).unwrap());
        read.flat_map(|run| records_of(&run)).collect()
    }

    fn full() -> Run {
        let mut full = measured("a/b::c,\"d\"", 1.5);
        full.throughput = BTreeMap::from([("B/s".to_owned(), 2e9), ("item/s".to_owned(), 7.0)]);
        full.alloc = Some(Alloc { count: 3.0, bytes: 4.5, peak_bytes: None });
        full.cpu_ns = Some(1e9);
        full.counts = Quantity::ALL.into_iter().zip((0..).map(|i| f64::from(i) + 0.5)).collect();
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
        // Divan did not count the peak.
        assert_eq!(
            (of("alloc_bytes"), of("alloc_peak")),
            (vec![(4.5, "bytes")], vec![(3.5, "bytes")])
        );
        assert_eq!(
            (of("instructions"), of("minor_faults")),
            (vec![(0.5, "count")], vec![(4.5, "count")])
        );
        assert_eq!((of("system_ns"), of("alloc_count")), (vec![(7.5, "ns")], vec![(3.0, "count")]));
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
            metric in prop::sample::select(&["min", "median", "p95", "cpu", "alloc_count", "alloc_peak", "instructions", "user_ns", "throughput", "latency", "peak_rss"]),
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

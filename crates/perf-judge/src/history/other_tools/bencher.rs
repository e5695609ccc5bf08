//! Bencher Metric Format: an object of benchmarks, each an object of measures.
//!
//! Source: <https://bencher.dev/docs/reference/bencher-metric-format/>

use super::{ForeignTimes, ImportError, Imported, MeasuredAt, parsed, run_of};
use crate::run::{Measured, Quantity, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The measure of times in ns.
const LATENCY: &str = "latency";

#[derive(Deserialize, Serialize)]
struct Measure {
    value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// The measures of each benchmark.
type Benchmarks = BTreeMap<String, BTreeMap<String, Measure>>;

pub(super) fn import(text: &str, at: &MeasuredAt) -> Result<Imported, ImportError> {
    let benchmarks: Benchmarks = parsed(text)?;
    let measured = |(name, measures): (String, BTreeMap<String, Measure>)| {
        let times = measures.get(LATENCY).map(|latency| ForeignTimes {
            min: latency.lower_value,
            median: Some(latency.value),
            max: latency.upper_value,
            ..ForeignTimes::default()
        });
        let measured = times.and_then(|times| times.measured(&name));
        (name, measured)
    };
    run_of("Bencher Metric Format", at, benchmarks.into_iter().map(measured).collect())
}

/// Writes the medians of a run, with the range of its samples, and its counts.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, run: &Run) -> io::Result<()> {
    let benchmarks: Benchmarks =
        run.benchmarks.iter().map(|one| (one.name.to_string(), measures(one))).collect();
    serde_json::to_writer_pretty(&mut *out, &benchmarks)?;
    writeln!(out)
}

fn measures(measured: &Measured) -> BTreeMap<String, Measure> {
    let times = &measured.time_ns;
    let latency =
        Measure { value: times.median, lower_value: Some(times.min), upper_value: Some(times.max) };
    let count = |quantity: Quantity| {
        let value = measured.quantity(quantity)?;
        let measure = Measure { value, lower_value: None, upper_value: None };
        Some((quantity.key().replace('_', "-"), measure))
    };
    let counts = Quantity::ALL.into_iter().filter_map(count);
    [(LATENCY.to_owned(), latency)].into_iter().chain(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = r#"{"b": {"latency": {"value": 2.0, "lower_value": 1.0, "upper_value": 3.0}}}"#;
        let run = import(text, &at()).unwrap().runs.remove(0);
        let mut out = Vec::new();
        write(&mut out, &run).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }

    #[test]
    fn measures_that_are_no_time_are_skipped() {
        let text = r#"{"b": {"file-size": {"value": 2.0}}}"#;
        let imported = import(text, &at()).unwrap();
        assert_eq!(imported.notes, ["b skipped: it has no usable time"]);
    }
}

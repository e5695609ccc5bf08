//! The format `customSmallerIsBetter` of github-action-benchmark: a list of names, units and values.
//!
//! Source: <https://github.com/benchmark-action/github-action-benchmark#tool-required>

use crate::run::{Measured, Run};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct CustomBenchmark<'a> {
    name: &'a str,
    unit: &'static str,
    value: f64,
    range: String,
}

/// Writes the medians of a run in ns, with the standard deviation as their range.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, run: &Run) -> io::Result<()> {
    let benchmarks: Vec<CustomBenchmark<'_>> = run.benchmarks.iter().map(custom).collect();
    serde_json::to_writer_pretty(&mut *out, &benchmarks)?;
    writeln!(out)
}

fn custom(measured: &Measured) -> CustomBenchmark<'_> {
    let times = &measured.time_ns;
    let range = times.std_dev.unwrap_or(times.max - times.min);
    CustomBenchmark {
        name: measured.name.as_str(),
        unit: "ns",
        value: times.median,
        range: format!("± {range}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tool;
    use super::super::{import, tests::at};
    use super::*;

    #[test]
    fn a_value_has_its_unit_and_range() {
        let text = r#"{"b": {"latency": {"value": 2.0, "lower_value": 1.0, "upper_value": 3.5}}}"#;
        let run = import(Tool::Bencher, text, &at()).unwrap().runs.remove(0);
        let mut out = Vec::new();
        write(&mut out, &run).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected =
            serde_json::json!([{"name": "b", "unit": "ns", "value": 2.0, "range": "± 2.5"}]);
        assert_eq!(written, expected);
    }
}

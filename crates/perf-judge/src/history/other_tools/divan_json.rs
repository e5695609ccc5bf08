//! Divan's results of a run as JSON, in Divan's words. docs/formats.md describes it.

use crate::run::{Alloc, Commit, Measured, Run};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the format.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct DivanResults<'a> {
    schema: u32,
    started: DateTime<Utc>,
    commit: Option<&'a str>,
    benchmarks: Vec<DivanBenchmark<'a>>,
}

/// A row of Divan's table. Times are of one iteration, in ns.
#[derive(Serialize)]
struct DivanBenchmark<'a> {
    name: &'a str,
    package: &'a str,
    target: &'a str,
    path: &'a str,
    fastest_ns: f64,
    slowest_ns: f64,
    median_ns: f64,
    mean_ns: f64,
    samples: u64,
    iterations: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    throughput_per_second: &'a BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alloc: Option<&'a Alloc>,
}

/// Writes the results of all launches of a run.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, run: &Run) -> io::Result<()> {
    out.write_all(to_json(run.started, run.commit.as_ref(), &run.benchmarks).as_bytes())
}

/// The results of measurements that began at `started`.
pub fn to_json<'a>(
    started: DateTime<Utc>,
    commit: Option<&Commit>,
    measured: impl IntoIterator<Item = &'a Measured>,
) -> String {
    let results = DivanResults {
        schema: SCHEMA,
        started,
        commit: commit.map(|commit| commit.hash.as_str()),
        benchmarks: measured.into_iter().map(benchmark).collect(),
    };
    let text = serde_json::to_string_pretty(&results);
    text.unwrap_or_else(|_| unreachable!("results have string keys and finite numbers")) + "\n"
}

fn benchmark(measured: &Measured) -> DivanBenchmark<'_> {
    let (name, times) = (measured.name.as_str(), &measured.time_ns);
    // Names of other tools have neither a package nor a target.
    let (place, path) = name.split_once("::").unwrap_or(("", name));
    let (package, target) = place.split_once('/').unwrap_or(("", place));
    DivanBenchmark {
        name,
        package,
        target,
        path,
        fastest_ns: times.min,
        slowest_ns: times.max,
        median_ns: times.median,
        mean_ns: times.mean,
        samples: times.samples.into(),
        iterations: times.iterations,
        throughput_per_second: &measured.throughput,
        alloc: measured.alloc.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{measured, run};

    #[test]
    fn a_row_has_divans_columns_and_the_parts_of_its_name() {
        let run = run(1, vec![measured("core/text::words::64", 10.0)]);
        let mut out = Vec::new();
        write(&mut out, &run).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["schema"], 1);
        let row = &json["benchmarks"][0];
        assert_eq!(row["package"], "core");
        assert_eq!(row["target"], "text");
        assert_eq!(row["path"], "words::64");
        assert_eq!(row["median_ns"], 10.0);
        assert!(row.get("throughput_per_second").is_none());
    }
}

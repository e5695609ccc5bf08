//! The file of `hyperfine --export-json`: commands, with times in seconds.

use super::{ForeignTimes, ImportError, Imported, MeasuredAt, parsed, run_of};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct HyperfineFile {
    results: Vec<HyperfineResult>,
}

#[derive(Deserialize)]
struct HyperfineResult {
    command: String,
    mean: Option<f64>,
    stddev: Option<f64>,
    median: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

const NS_PER_SECOND: f64 = 1e9;

pub(super) fn import(text: &str, at: &MeasuredAt) -> Result<Imported, ImportError> {
    let file: HyperfineFile = parsed(text)?;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut benchmarks = Vec::new();
    for result in file.results {
        let HyperfineResult { command, mean, stddev: std_dev, median, min, max } = result;
        // One command can be measured twice, e.g. with other preparations.
        let count = names.entry(command.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { command } else { format!("{command} ({count})") };
        let times = ForeignTimes { min, mean, median, max, std_dev }.scaled(NS_PER_SECOND);
        let measured = times.measured(&name);
        benchmarks.push((name, measured));
    }
    run_of("hyperfine", at, benchmarks)
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn a_command_that_was_measured_twice_has_two_names() {
        let text = r#"{"results": [{"command": "a", "mean": 1}, {"command": "a", "mean": 2}]}"#;
        let run = import(text, &at()).unwrap().runs.remove(0);
        let names: Vec<&str> = run.benchmarks.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(names, ["a", "a (2)"]);
    }
}

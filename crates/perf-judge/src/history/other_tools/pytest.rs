//! The file of `pytest --benchmark-json`: benchmarks of one commit, with times in seconds.

use super::{ForeignTimes, ImportError, Imported, MeasuredAt, parsed, run_of};
use crate::run::Commit;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
struct PytestFile {
    benchmarks: Vec<PytestBenchmark>,
    #[serde(default)]
    commit_info: CommitInfo,
    datetime: Option<String>,
}

#[derive(Default, Deserialize)]
struct CommitInfo {
    id: Option<String>,
    branch: Option<String>,
    author_time: Option<String>,
    #[serde(default)]
    dirty: bool,
}

#[derive(Deserialize)]
struct PytestBenchmark {
    fullname: String,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
    stddev: Option<f64>,
    median: Option<f64>,
}

const NS_PER_SECOND: f64 = 1e9;

pub(super) fn import(text: &str, at: &MeasuredAt) -> Result<Imported, ImportError> {
    let file: PytestFile = parsed(text)?;
    let started = file.datetime.as_deref().and_then(time).unwrap_or(at.started);
    let commit = commit(file.commit_info).or_else(|| at.commit.clone());
    let measured = |benchmark: PytestBenchmark| {
        let Stats { min, max, mean, stddev: std_dev, median } = benchmark.stats;
        let times = ForeignTimes { min, mean, median, max, std_dev }.scaled(NS_PER_SECOND);
        let measured = times.measured(&benchmark.fullname);
        (benchmark.fullname, measured)
    };
    let benchmarks = file.benchmarks.into_iter().map(measured).collect();
    run_of("pytest-benchmark", &MeasuredAt { started, commit }, benchmarks)
}

/// The plugin writes UTC, with or without a zone.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let plain = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
    zoned.or_else(|_| plain().map(|time| time.and_utc())).ok()
}

fn commit(info: CommitInfo) -> Option<Commit> {
    // Outside a repository the plugin writes this text.
    let hash = info.id.filter(|hash| hash != "unversioned")?;
    Some(Commit {
        hash,
        branch: info.branch.filter(|branch| !branch.starts_with('(')),
        subject: String::new(),
        author_date: info.author_time.unwrap_or_default(),
        dirty: info.dirty,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn a_file_outside_a_repository_has_the_given_commit() {
        let text = r#"{"benchmarks": [{"fullname": "a", "stats": {"median": 1e-3}}], "commit_info": {"id": "unversioned", "branch": "(detached head)"}, "datetime": "2026-09-22T10:00:00+00:00"}"#;
        let run = import(text, &at()).unwrap().runs.remove(0);
        assert_eq!(run.commit, None);
        assert_eq!(run.started.to_rfc3339(), "2026-09-22T10:00:00+00:00");
        assert_eq!(time("2026-09-22T10:00:00.5").unwrap().timestamp_subsec_millis(), 500);
        assert_eq!(time("soon"), None);
    }
}

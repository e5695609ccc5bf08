//! Flat records read into runs.

use super::flat::{Record, THROUGHPUT, TIMES, is_placed, quantity};
use super::imported::{ImportError, foreign, imported};
use crate::json::{JsonError, read_object};
use crate::run::{Alloc, Commit, Foreign, Measured, Quantities, Run, Times};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The metrics of allocations, which are in a column of their own.
const ALLOC: [&str; 3] = ["alloc_count", "alloc_bytes", "alloc_peak"];

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

fn measured(name: &str, row: &[&Record]) -> Measured {
    let value = |metric: &str| row.iter().find(|r| r.metric == metric).map(|r| r.value);
    let times = row.iter().filter(|record| TIMES.contains(&record.metric.as_str()));
    let lone = row.first().filter(|record| !is_placed(&record.metric, &record.unit));
    let typical = lone.map(|record| record.value);
    let typical = typical.or(value("median")).or(value("mean")).or(value("min"));
    let typical = typical.or_else(|| Some(times.clone().next()?.value)).unwrap_or_default();
    let unit = lone.or(times.clone().next()).or(row.first());
    let unit = unit.map_or("ns", |record| record.unit.as_str());
    let allocates = ALLOC.map(value);
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
        counts: counts(row),
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

/// The quantities other than allocations.
fn counts(row: &[&Record]) -> Quantities {
    let of = |record: &&Record| {
        let quantity = quantity(&record.metric)?;
        let is_own = !ALLOC.contains(&&*record.metric);
        is_own.then_some((quantity, record.value))
    };
    row.iter().filter_map(of).collect()
}

fn metrics(row: &[&Record]) -> Vec<String> {
    let mut metrics: Vec<String> = row.iter().map(|record| record.metric.clone()).collect();
    metrics.sort();
    metrics.dedup();
    metrics
}

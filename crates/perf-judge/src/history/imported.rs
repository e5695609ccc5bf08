//! Runs of other tools, and the errors of importing them.

use crate::ident::BenchmarkId;
use crate::run::{Commit, Foreign, Machine, Measured, Run, Times};
use chrono::{DateTime, Datelike as _, Utc};
use std::collections::BTreeMap;

/// The imported runs.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Imported {
    /// The runs, in the file's order. They have an origin, so no baseline counts them.
    pub runs: Vec<Run>,
    /// What was skipped.
    pub notes: Vec<String>,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file has a supported format and an error.
    #[error("{0}")]
    Malformed(String),
    /// The file is that of a run.
    #[error("it is a run's file: record it by `cargo xtask perf history add`")]
    Run,
    /// The file has none of the supported formats.
    #[error(
        "it is none of the supported formats: docs/history.md lists them, e.g. data.js, Bencher Metric Format, and exports as JSON, NDJSON or CSV"
    )]
    Unknown,
}

/// Whether the history can hold a time: its year is from 1970 to 9999.
pub(super) fn has_place(time: DateTime<Utc>) -> bool {
    (1970..=9999).contains(&time.year())
}

/// A run of another tool's numbers, with a machine key of its own.
pub(super) fn imported(
    started: DateTime<Utc>,
    commit: Option<Commit>,
    origin: &str,
    benchmarks: Vec<Measured>,
) -> Run {
    let machine = Machine { cpu: format!("imported from {origin}"), ..Machine::default() };
    let run = Run {
        commit,
        origin: Some(origin.to_owned()),
        ..Run::new(started, machine.with_machine_key(), benchmarks)
    };
    run.with_imported_id()
}

/// A benchmark of another tool with one number.
pub(super) fn foreign(name: &str, value: f64, foreign: Foreign) -> Measured {
    Measured {
        name: BenchmarkId::from(name),
        source: None,
        sample_size: 0,
        sample_count: 0,
        time_ns: Times {
            min: value,
            mean: value,
            median: value,
            p95: None,
            p99: None,
            max: value,
            std_dev: None,
            total: value,
            samples: 0,
            iterations: 0,
        },
        launches: Vec::new(),
        cpu_ns: None,
        peak_rss_bytes: None,
        throughput: BTreeMap::new(),
        alloc: None,
        counts: BTreeMap::new(),
        count_spreads: BTreeMap::new(),
        tail_source: None,
        foreign: Some(foreign),
    }
}

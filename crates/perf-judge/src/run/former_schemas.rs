//! A run's file in former schemas.
//!
//! The identity of a run is a digest of its first file. A file that was written again in a later
//! schema is therefore checked against its former forms.

use super::{
    Alloc, Commit, Foreign, Machine, Measured, Run, RunKind, Source, TailSource, Times, Unfinished,
};
use crate::ident::BenchmarkId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// A run as schema 1 wrote it: a benchmark was an object.
#[derive(Serialize)]
struct FirstSchema<'a> {
    schema: u32,
    kind: RunKind,
    id: &'a str,
    started: DateTime<Utc>,
    seed: u32,
    commit: &'a Option<Commit>,
    partial: bool,
    machine: &'a Machine,
    benchmarks: Vec<FirstBenchmark<'a>>,
    unfinished: &'a [Unfinished],
}

#[derive(Serialize)]
struct FirstBenchmark<'a> {
    name: &'a BenchmarkId,
    source: &'a Option<Source>,
    n: u32,
    s: u32,
    time_ns: &'a Times,
    launches: Vec<FirstLaunch>,
    cpu_ns: Option<f64>,
    peak_rss_bytes: Option<f64>,
    throughput: &'a BTreeMap<String, f64>,
    alloc: Option<Alloc>,
    tail_source: Option<TailSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<&'a Foreign>,
}

#[derive(Serialize)]
struct FirstLaunch {
    fastest: f64,
    median: f64,
}

impl<'a> From<&'a Measured> for FirstBenchmark<'a> {
    fn from(measured: &'a Measured) -> Self {
        let launches = measured.launches.iter();
        Self {
            name: &measured.name,
            source: &measured.source,
            n: measured.sample_size,
            s: measured.sample_count,
            time_ns: &measured.time_ns,
            launches: launches
                .map(|launch| FirstLaunch { fastest: launch.min, median: launch.median })
                .collect(),
            cpu_ns: measured.cpu_ns,
            peak_rss_bytes: measured.peak_rss_bytes,
            throughput: &measured.throughput,
            alloc: measured.alloc,
            tail_source: measured.tail_source,
            foreign: measured.foreign.as_ref(),
        }
    }
}

/// The keys of schema 3, and those of schema 2. Each occurs once, in this order, and never within a
/// string, because the quotes of a string's contents are escaped.
const RENAMED_SINCE_SECOND: [(&str, &str); 5] = [
    ("{\"schema\":3,", "{\"schema\":2,"),
    (",\"sample_size\":[", ",\"n\":["),
    (",\"sample_count\":[", ",\"s\":["),
    (",\"launches\":{\"min\":[", ",\"launches\":{\"fastest\":["),
    (",\"partitioned\":true", ",\"parted\":true"),
];

impl Run {
    /// The run's file in each former schema that can hold the run.
    pub(super) fn in_former_schemas(&self) -> impl Iterator<Item = String> {
        self.in_first_schema().into_iter().chain([self.in_second_schema()])
    }

    /// `None` if the run has keys that schema 1 does not have.
    fn in_first_schema(&self) -> Option<String> {
        let fits = self.origin.is_none() && !self.partitioned && self.accepted.is_empty();
        let first = FirstSchema {
            schema: 1,
            kind: self.kind,
            id: &self.id,
            started: self.started,
            seed: self.seed,
            commit: &self.commit,
            partial: self.partial,
            machine: &self.machine,
            benchmarks: self.benchmarks.iter().map(FirstBenchmark::from).collect(),
            unfinished: &self.unfinished,
        };
        let text = serde_json::to_string(&first).ok().filter(|_| fits)?;
        Some(text + "\n")
    }

    pub(super) fn in_second_schema(&self) -> String {
        let text = self.to_json();
        let (mut former, mut rest) = (String::with_capacity(text.len()), text.as_str());
        for (new, old) in RENAMED_SINCE_SECOND {
            if let Some((before, after)) = rest.split_once(new) {
                former = former + before + old;
                rest = after;
            }
        }
        former + rest
    }
}

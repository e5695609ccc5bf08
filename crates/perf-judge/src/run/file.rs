//! A run's file. Since schema 2 it stores numbers by column: what stays the same from run to run
//! then stands together, and a packed repository holds a run in two thirds of the bytes.

use super::{
    Accepted, Alloc, Commit, Foreign, Kind, LaunchTimes, Machine, Measured, Run, RunError, SCHEMA,
    Source, TailSource, Times, Unfinished,
};
use crate::ident::BenchmarkId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A run as schema 2 writes it.
#[derive(Serialize, Deserialize)]
pub(super) struct File<'a> {
    schema: u32,
    kind: Kind,
    id: Cow<'a, str>,
    started: DateTime<Utc>,
    seed: u32,
    commit: Cow<'a, Option<Commit>>,
    partial: bool,
    machine: Cow<'a, Machine>,
    benchmarks: Columns<'a>,
    unfinished: Cow<'a, [Unfinished]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_false")]
    parted: bool,
    #[serde(default, skip_serializing_if = "is_empty")]
    accepted: Cow<'a, [Accepted]>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_empty(list: &[Accepted]) -> bool {
    list.is_empty()
}

/// One array a number, with an element a benchmark.
#[derive(Serialize, Deserialize)]
struct Columns<'a> {
    name: Vec<Cow<'a, BenchmarkId>>,
    source: Vec<Cow<'a, Option<Source>>>,
    n: Vec<u32>,
    s: Vec<u32>,
    time_ns: TimeColumns,
    launches: LaunchColumns,
    cpu_ns: Vec<Option<Number>>,
    peak_rss_bytes: Vec<Option<Number>>,
    throughput: BTreeMap<String, Vec<Option<Number>>>,
    alloc: AllocColumns,
    tail_source: Vec<Option<TailSource>>,
    /// Absent where nothing is foreign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foreign: Option<Vec<Option<Foreign>>>,
}

#[derive(Serialize, Deserialize)]
struct TimeColumns {
    min: Vec<Number>,
    mean: Vec<Number>,
    median: Vec<Number>,
    p95: Vec<Option<Number>>,
    p99: Vec<Option<Number>>,
    max: Vec<Number>,
    std_dev: Vec<Option<Number>>,
    /// `null` where the mean and the number of samples say it.
    total: Vec<Option<Number>>,
    samples: Vec<u32>,
    iterations: Vec<u64>,
}

/// For each benchmark an element a launch.
#[derive(Serialize, Deserialize)]
struct LaunchColumns {
    fastest: Vec<Vec<Number>>,
    median: Vec<Vec<Number>>,
}

#[derive(Serialize, Deserialize)]
struct AllocColumns {
    count: Vec<Option<Number>>,
    bytes: Vec<Option<Number>>,
    peak_bytes: Vec<Option<Number>>,
}

/// A number that is written without a fraction where it has none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Up to here every whole number is one that f64 holds exactly.
        let is_whole = self.0.fract() == 0.0 && self.0.abs() < 9e15 && self.0.is_sign_positive();
        match is_whole {
            true => serializer.serialize_u64(self.0 as u64),
            false => serializer.serialize_f64(self.0),
        }
    }
}

impl<'a> File<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        Self {
            schema: SCHEMA,
            kind: run.kind,
            id: Cow::Borrowed(&run.id),
            started: run.started,
            seed: run.seed,
            commit: Cow::Borrowed(&run.commit),
            partial: run.partial,
            machine: Cow::Borrowed(&run.machine),
            benchmarks: Columns::of(&run.benchmarks),
            unfinished: Cow::Borrowed(&run.unfinished),
            origin: run.origin.as_deref().map(Cow::Borrowed),
            parted: run.parted,
            accepted: Cow::Borrowed(&run.accepted),
        }
    }

    pub(super) fn into_run(self) -> Result<Run, RunError> {
        Ok(Run {
            schema: SCHEMA,
            kind: self.kind,
            id: self.id.into_owned(),
            started: self.started,
            seed: self.seed,
            commit: self.commit.into_owned(),
            partial: self.partial,
            machine: self.machine.into_owned(),
            benchmarks: self.benchmarks.into_rows()?,
            unfinished: self.unfinished.into_owned(),
            origin: self.origin.map(Cow::into_owned),
            parted: self.parted,
            accepted: self.accepted.into_owned(),
        })
    }
}

impl<'a> Columns<'a> {
    fn of(rows: &'a [Measured]) -> Self {
        let units: BTreeSet<&String> = rows.iter().flat_map(|row| row.throughput.keys()).collect();
        let of_unit = |unit: &String| optional(rows, |row| row.throughput.get(unit).copied());
        Self {
            name: rows.iter().map(|row| Cow::Borrowed(&row.name)).collect(),
            source: rows.iter().map(|row| Cow::Borrowed(&row.source)).collect(),
            n: rows.iter().map(|row| row.n).collect(),
            s: rows.iter().map(|row| row.s).collect(),
            time_ns: TimeColumns::of(rows),
            launches: LaunchColumns {
                fastest: rows.iter().map(|row| each(row, |launch| launch.fastest)).collect(),
                median: rows.iter().map(|row| each(row, |launch| launch.median)).collect(),
            },
            cpu_ns: optional(rows, |row| row.cpu_ns),
            peak_rss_bytes: optional(rows, |row| row.peak_rss_bytes),
            throughput: units.into_iter().map(|unit| (unit.clone(), of_unit(unit))).collect(),
            alloc: AllocColumns {
                count: optional(rows, |row| row.alloc.map(|alloc| alloc.count)),
                bytes: optional(rows, |row| row.alloc.map(|alloc| alloc.bytes)),
                peak_bytes: optional(rows, |row| row.alloc.and_then(|alloc| alloc.peak_bytes)),
            },
            tail_source: rows.iter().map(|row| row.tail_source).collect(),
            foreign: rows
                .iter()
                .any(|row| row.foreign.is_some())
                .then(|| rows.iter().map(|row| row.foreign.clone()).collect()),
        }
    }

    fn into_rows(self) -> Result<Vec<Measured>, RunError> {
        self.check_lengths()?;
        let Self { time_ns: time, launches, alloc, .. } = &self;
        let row = |i: usize| Measured {
            name: self.name[i].as_ref().clone(),
            source: self.source[i].as_ref().clone(),
            n: self.n[i],
            s: self.s[i],
            time_ns: time.row(i, self.n[i]),
            launches: pairs(&launches.fastest[i], &launches.median[i]),
            cpu_ns: known(self.cpu_ns[i]),
            peak_rss_bytes: known(self.peak_rss_bytes[i]),
            throughput: self
                .throughput
                .iter()
                .filter_map(|(unit, column)| Some((unit.clone(), known(column[i])?)))
                .collect(),
            alloc: alloc.count[i].zip(alloc.bytes[i]).map(|(count, bytes)| Alloc {
                count: count.0,
                bytes: bytes.0,
                peak_bytes: known(alloc.peak_bytes[i]),
            }),
            tail_source: self.tail_source[i],
            foreign: self.foreign.as_ref().and_then(|column| column[i].clone()),
        };
        Ok((0..self.name.len()).map(row).collect())
    }

    fn check_lengths(&self) -> Result<(), RunError> {
        let Self { time_ns: time, launches, alloc, .. } = self;
        let fixed = [
            ("source", self.source.len()),
            ("n", self.n.len()),
            ("s", self.s.len()),
            ("time_ns.min", time.min.len()),
            ("time_ns.mean", time.mean.len()),
            ("time_ns.median", time.median.len()),
            ("time_ns.p95", time.p95.len()),
            ("time_ns.p99", time.p99.len()),
            ("time_ns.max", time.max.len()),
            ("time_ns.std_dev", time.std_dev.len()),
            ("time_ns.total", time.total.len()),
            ("time_ns.samples", time.samples.len()),
            ("time_ns.iterations", time.iterations.len()),
            ("launches.fastest", launches.fastest.len()),
            ("launches.median", launches.median.len()),
            ("cpu_ns", self.cpu_ns.len()),
            ("peak_rss_bytes", self.peak_rss_bytes.len()),
            ("alloc.count", alloc.count.len()),
            ("alloc.bytes", alloc.bytes.len()),
            ("alloc.peak_bytes", alloc.peak_bytes.len()),
            ("tail_source", self.tail_source.len()),
        ];
        let by_unit = self.throughput.values().map(|column| ("throughput", column.len()));
        let foreign = self.foreign.iter().map(|column| ("foreign", column.len()));
        let wanted = self.name.len();
        let wrong =
            fixed.into_iter().chain(by_unit).chain(foreign).find(|(_, length)| *length != wanted);
        wrong.map_or(Ok(()), |(column, found)| Err(RunError::Uneven { column, found, wanted }))
    }
}

impl TimeColumns {
    fn of(rows: &[Measured]) -> Self {
        let number = |of: fn(&Times) -> f64| rows.iter().map(|r| Number(of(&r.time_ns))).collect();
        Self {
            min: number(|time| time.min),
            mean: number(|time| time.mean),
            median: number(|time| time.median),
            p95: optional(rows, |row| row.time_ns.p95),
            p99: optional(rows, |row| row.time_ns.p99),
            max: number(|time| time.max),
            std_dev: optional(rows, |row| row.time_ns.std_dev),
            total: optional(rows, |row| {
                let told = row.time_ns.total_of_samples(row.n);
                (told != Some(row.time_ns.total)).then_some(row.time_ns.total)
            }),
            samples: rows.iter().map(|row| row.time_ns.samples).collect(),
            iterations: rows.iter().map(|row| row.time_ns.iterations).collect(),
        }
    }

    fn row(&self, i: usize, n: u32) -> Times {
        let times = Times {
            min: self.min[i].0,
            mean: self.mean[i].0,
            median: self.median[i].0,
            p95: known(self.p95[i]),
            p99: known(self.p99[i]),
            max: self.max[i].0,
            std_dev: known(self.std_dev[i]),
            total: known(self.total[i]).unwrap_or_default(),
            samples: self.samples[i],
            iterations: self.iterations[i],
        };
        let told = times.total_of_samples(n).filter(|_| self.total[i].is_none());
        Times { total: told.unwrap_or(times.total), ..times }
    }
}

fn optional(rows: &[Measured], of: impl Fn(&Measured) -> Option<f64>) -> Vec<Option<Number>> {
    rows.iter().map(|row| of(row).map(Number)).collect()
}

fn each(row: &Measured, of: impl Fn(&LaunchTimes) -> f64) -> Vec<Number> {
    row.launches.iter().map(|launch| Number(of(launch))).collect()
}

fn pairs(fastest: &[Number], median: &[Number]) -> Vec<LaunchTimes> {
    let both = fastest.iter().zip(median);
    both.map(|(fastest, median)| LaunchTimes { fastest: fastest.0, median: median.0 }).collect()
}

fn known(number: Option<Number>) -> Option<f64> {
    number.map(|number| number.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{measured, run};
    use super::*;

    fn full() -> Measured {
        Measured {
            source: Some(Source { file: "benches/a.rs".to_owned(), line: 3 }),
            cpu_ns: Some(1e9),
            peak_rss_bytes: Some(4096.0),
            throughput: BTreeMap::from([("B/s".to_owned(), 2.5e9)]),
            alloc: Some(Alloc { count: 1.5, bytes: 12.0, peak_bytes: None }),
            ..measured("a/b::full", 0.125)
        }
    }

    #[test]
    fn rows_come_back_from_columns() {
        for rows in [vec![], vec![full()], vec![measured("a/b::bare", 7.0), full()]] {
            let run = run(3, rows);
            assert_eq!(Run::from_json(&run.to_json()).unwrap(), run);
        }
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        let texts = [(3.0, "3"), (-0.0, "-0.0"), (-3.0, "-3.0"), (0.5, "0.5"), (1e300, "1e+300")];
        for (value, text) in texts {
            let written = serde_json::to_string(&Number(value)).unwrap();
            assert_eq!(written, text);
            assert_eq!(
                serde_json::from_str::<Number>(&written).unwrap().0.to_bits(),
                value.to_bits()
            );
        }
    }

    #[test]
    fn a_column_that_is_too_short_is_named() {
        let json = run(3, vec![full()]).to_json();
        for (whole, short, column) in [
            ("\"n\":[1]", "\"n\":[]", "n"),
            ("\"p95\":[0.125]", "\"p95\":[]", "time_ns.p95"),
            ("\"B/s\":[2500000000]", "\"B/s\":[]", "throughput"),
        ] {
            assert!(json.contains(whole), "{json}");
            let error = Run::from_json(&json.replace(whole, short)).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("it is not a run: the column `{column}` has 0 elements for 1 benchmark")
            );
        }
    }

    /// A file of every schema that was ever written, kept as it was: readers must go on reading it.
    const KEPT: [&str; 2] = [
        include_str!("../../../../fixtures/history/run-schema-1.json"),
        include_str!("../../../../fixtures/history/run-schema-2.json"),
    ];

    #[test]
    fn every_schema_is_read_and_says_the_same() {
        assert_eq!(KEPT.len(), SCHEMA as usize, "keep a file of the new schema");
        let [first, second] = KEPT.map(|text| Run::from_json(text).unwrap());
        assert_eq!(first, second);
        assert_eq!((first.benchmarks.len(), first.unfinished.len()), (3, 1));
        assert_eq!(second.to_json(), KEPT[1]);
    }

    #[test]
    fn keys_that_a_later_version_adds_are_passed_over() {
        let later = KEPT[1].replacen('{', "{\"weather\":[1],", 1);
        let later = later.replacen("\"name\":[", "\"colour\":[],\"name\":[", 1);
        assert_eq!(Run::from_json(&later).unwrap(), Run::from_json(KEPT[1]).unwrap());
    }
}

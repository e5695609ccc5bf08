//! The numbers of a run by column. Values that do not change between runs are then adjacent, and a
//! packed repository stores a run in two thirds of the bytes.

use super::{
    Alloc, Foreign, LaunchTimes, Measured, Number, Quantities, Quantity, RunError, Source,
    TailSource, Times,
};
use crate::ident::BenchmarkId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// One array per number, with one element per benchmark.
#[derive(Serialize, Deserialize)]
pub(super) struct Columns<'a> {
    name: Vec<Cow<'a, BenchmarkId>>,
    source: Vec<Cow<'a, Option<Source>>>,
    #[serde(alias = "n")]
    sample_size: Vec<u32>,
    #[serde(alias = "s")]
    sample_count: Vec<u32>,
    time_ns: TimeColumns,
    launches: LaunchColumns,
    cpu_ns: Vec<Option<Number>>,
    peak_rss_bytes: Vec<Option<Number>>,
    throughput: BTreeMap<String, Vec<Option<Number>>>,
    alloc: AllocColumns,
    #[serde(default, skip_serializing_if = "QuantityColumns::is_empty")]
    counts: QuantityColumns,
    #[serde(default, skip_serializing_if = "QuantityColumns::is_empty")]
    count_spreads: QuantityColumns,
    tail_source: Vec<Option<TailSource>>,
    /// Absent if this tool measured all benchmarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foreign: Option<Vec<Option<Foreign>>>,
}

type QuantityColumns = BTreeMap<Quantity, Vec<Option<Number>>>;

#[derive(Serialize, Deserialize)]
struct TimeColumns {
    min: Vec<Number>,
    mean: Vec<Number>,
    median: Vec<Number>,
    p95: Vec<Option<Number>>,
    p99: Vec<Option<Number>>,
    max: Vec<Number>,
    std_dev: Vec<Option<Number>>,
    /// `null` if it is the mean times the number of iterations.
    total: Vec<Option<Number>>,
    samples: Vec<u32>,
    iterations: Vec<u64>,
}

/// For each benchmark one element per launch.
#[derive(Serialize, Deserialize)]
struct LaunchColumns {
    #[serde(alias = "fastest")]
    min: Vec<Vec<Number>>,
    median: Vec<Vec<Number>>,
}

#[derive(Serialize, Deserialize)]
struct AllocColumns {
    count: Vec<Option<Number>>,
    bytes: Vec<Option<Number>>,
    peak_bytes: Vec<Option<Number>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(rows: &'a [Measured]) -> Self {
        let units: BTreeSet<&String> = rows.iter().flat_map(|row| row.throughput.keys()).collect();
        let of_unit = |unit: &String| optional(rows, |row| row.throughput.get(unit).copied());
        Self {
            name: rows.iter().map(|row| Cow::Borrowed(&row.name)).collect(),
            source: rows.iter().map(|row| Cow::Borrowed(&row.source)).collect(),
            sample_size: rows.iter().map(|row| row.sample_size).collect(),
            sample_count: rows.iter().map(|row| row.sample_count).collect(),
            time_ns: TimeColumns::of(rows),
            launches: LaunchColumns {
                min: rows.iter().map(|row| each(row, |launch| launch.min)).collect(),
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
            counts: quantities(rows, |row| &row.counts),
            count_spreads: quantities(rows, |row| &row.count_spreads),
            tail_source: rows.iter().map(|row| row.tail_source).collect(),
            foreign: rows
                .iter()
                .any(|row| row.foreign.is_some())
                .then(|| rows.iter().map(|row| row.foreign.clone()).collect()),
        }
    }

    pub(super) fn into_rows(self) -> Result<Vec<Measured>, RunError> {
        self.check_lengths()?;
        self.check_launches()?;
        let Self { time_ns: time, launches, alloc, .. } = &self;
        let row = |i: usize| Measured {
            name: self.name[i].as_ref().clone(),
            source: self.source[i].as_ref().clone(),
            sample_size: self.sample_size[i],
            sample_count: self.sample_count[i],
            time_ns: time.row(i, self.sample_size[i]),
            launches: pairs(&launches.min[i], &launches.median[i]),
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
            counts: quantities_of(&self.counts, i),
            count_spreads: quantities_of(&self.count_spreads, i),
            tail_source: self.tail_source[i],
            foreign: self.foreign.as_ref().and_then(|column| column[i].clone()),
        };
        Ok((0..self.name.len()).map(row).collect())
    }

    fn check_lengths(&self) -> Result<(), RunError> {
        let Self { time_ns: time, launches, alloc, .. } = self;
        let fixed = [
            ("source", self.source.len()),
            ("sample_size", self.sample_size.len()),
            ("sample_count", self.sample_count.len()),
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
            ("launches.min", launches.min.len()),
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
        let counts = self.counts.values().map(|column| ("counts", column.len()));
        let spreads = self.count_spreads.values().map(|column| ("count_spreads", column.len()));
        let wanted = self.name.len();
        let wrong = fixed
            .into_iter()
            .chain(by_unit)
            .chain(foreign)
            .chain(counts)
            .chain(spreads)
            .find(|(_, length)| *length != wanted);
        wrong.map_or(Ok(()), |(column, found)| Err(RunError::Uneven { column, found, wanted }))
    }
}

impl Columns<'_> {
    fn check_launches(&self) -> Result<(), RunError> {
        let LaunchColumns { min, median } = &self.launches;
        let pairs = min.iter().zip(median).map(|(min, median)| (min.len(), median.len()));
        let uneven = self.name.iter().zip(pairs).find(|(_, (min, median))| min != median);
        uneven.map_or(Ok(()), |(name, _)| Err(RunError::Launches(name.as_ref().clone())))
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
                let product = row.time_ns.total_of_samples(row.sample_size);
                (product != Some(row.time_ns.total)).then_some(row.time_ns.total)
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
        let product = times.total_of_samples(n).filter(|_| self.total[i].is_none());
        Times { total: product.unwrap_or(times.total), ..times }
    }
}

fn optional(rows: &[Measured], of: impl Fn(&Measured) -> Option<f64>) -> Vec<Option<Number>> {
    rows.iter().map(|row| of(row).map(Number)).collect()
}

/// One column per quantity that a benchmark has.
fn quantities(rows: &[Measured], of: impl Fn(&Measured) -> &Quantities) -> QuantityColumns {
    let counted: BTreeSet<Quantity> = rows.iter().flat_map(|row| of(row).keys().copied()).collect();
    let column = |quantity: &Quantity| optional(rows, |row| of(row).get(quantity).copied());
    counted.into_iter().map(|quantity| (quantity, column(&quantity))).collect()
}

fn quantities_of(columns: &QuantityColumns, row: usize) -> Quantities {
    let value = |(quantity, column): (&Quantity, &Vec<Option<Number>>)| {
        Some((*quantity, known(column[row])?))
    };
    columns.iter().filter_map(value).collect()
}

fn each(row: &Measured, of: impl Fn(&LaunchTimes) -> f64) -> Vec<Number> {
    row.launches.iter().map(|launch| Number(of(launch))).collect()
}

fn pairs(min: &[Number], median: &[Number]) -> Vec<LaunchTimes> {
    let both = min.iter().zip(median);
    both.map(|(min, median)| LaunchTimes { min: min.0, median: median.0 }).collect()
}

fn known(number: Option<Number>) -> Option<f64> {
    number.map(|number| number.0)
}

//! The runs of a benchmark as tables for other programs: CSV and JSON.

use super::data::embedded;
use super::run_comparability;
use super::run_view::RunView;
use super::site_runs::SiteRuns;
use super::trend_point::TrendPoint;
use perf_judge::run::{Measured, Quantity};
use std::collections::BTreeMap;

/// The columns of a run, then those of its benchmark. Columns of the quantities follow, which have the
/// names of run files.
const OF_RUN: [&str; 5] = ["run", "started", "commit", "branch", "machine"];
const OF_BENCHMARK: [&str; 9] =
    ["flags", "unit", "min", "median", "p95", "p99", "max", "launches", "samples"];

/// The begin of a run's row, which is the same for all its benchmarks.
#[derive(Clone, Debug)]
struct RowBegin {
    csv: String,
    /// An object without its end.
    json: String,
}

/// The tables of all benchmarks over the runs that a site shows.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    begins: BTreeMap<String, RowBegin>,
}

impl Tables {
    pub(super) fn of(shown: &SiteRuns<'_>) -> Self {
        let runs = shown.runs.iter();
        Self { begins: runs.map(|run| (run.id.to_owned(), RowBegin::of(run))).collect() }
    }

    /// The runs of a benchmark, in the same order.
    ///
    /// They are CSV with a line of column names, and a JSON array of objects with the same names. Times
    /// and counts are numbers in JSON, and objects have no empty fields.
    pub(super) fn of_points(&self, points: &[TrendPoint<'_>]) -> [String; 2] {
        let quantities = Quantity::recorded().map(Quantity::key);
        let columns = OF_RUN.into_iter().chain(OF_BENCHMARK).chain(quantities);
        let mut csv = columns.collect::<Vec<&str>>().join(",") + "\r\n";
        let mut json = "[".to_owned();
        for point in points {
            let begin = self.begins.get(point.run.id);
            if let Some((measured, begin)) = point.measured.zip(begin) {
                json += if json.len() > 1 { ",\n" } else { "\n" };
                let mut row = ExportedRow { csv: &mut csv, json: &mut json };
                row.begin(begin);
                row.benchmark(point, measured);
                row.end();
            }
        }
        json += "\n]\n";
        [csv, json]
    }
}

impl RowBegin {
    fn of(run: &RunView<'_>) -> Self {
        let commit = run.commit.map_or("", |commit| commit.hash.as_str());
        let branch = run.commit.and_then(|commit| commit.branch.as_deref()).unwrap_or_default();
        let fields = [run.id, &run.text.moment, commit, branch, &run.machine.key];
        let csv: Vec<String> = fields.into_iter().map(quoted).collect();
        let known = OF_RUN.into_iter().zip(fields).filter(|(_, field)| !field.is_empty());
        let json = known.map(|(name, field)| format!("\"{name}\":{}", embedded(&field)));
        Self { csv: csv.join(","), json: format!("{{{}", json.collect::<Vec<String>>().join(",")) }
    }
}

/// A row at the end of both tables.
struct ExportedRow<'t> {
    csv: &'t mut String,
    json: &'t mut String,
}

impl ExportedRow<'_> {
    fn begin(&mut self, begin: &RowBegin) {
        *self.csv += &begin.csv;
        *self.json += &begin.json;
    }

    fn benchmark(&mut self, point: &TrendPoint<'_>, measured: &Measured) {
        let times = &measured.time_ns;
        let [flags, unit, min, median, p95, p99, max, launches, samples] = OF_BENCHMARK;
        self.text(flags, &run_comparability::names(&point.flags()).join(" "));
        self.text(unit, measured.unit());
        self.number(min, Some(times.min));
        self.number(median, Some(times.median));
        self.number(p95, times.p95);
        self.number(p99, times.p99);
        self.number(max, Some(times.max));
        self.number(launches, Some(measured.launches.len() as f64));
        self.number(samples, Some(f64::from(times.samples)));
        for quantity in Quantity::recorded() {
            self.number(quantity.key(), measured.quantity(quantity));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.csv.push(',');
        if !value.is_empty() {
            *self.csv += &quoted(value);
            *self.json += &format!(",\"{name}\":{}", embedded(&value));
        }
    }

    /// Infinite numbers are unknown: JSON has none.
    fn number(&mut self, name: &str, value: Option<f64>) {
        self.csv.push(',');
        if let Some(value) = value.filter(|value| value.is_finite()) {
            let value = value.to_string();
            *self.csv += &value;
            for part in [",\"", name, "\":", &value] {
                *self.json += part;
            }
        }
    }

    fn end(&mut self) {
        *self.csv += "\r\n";
        self.json.push('}');
    }
}

/// A field of RFC 4180. An apostrophe precedes text that a spreadsheet would run as a formula.
fn quoted(field: &str) -> String {
    let is_number = field.parse::<f64>().is_ok();
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use serde_json::Value;

    #[test]
    fn both_tables_have_the_same_runs_and_leave_out_unknown_numbers() {
        let mut runs = [
            run(3, vec![measured("a/b::c", 1.5)]),
            run(4, vec![measured("a/b::other", 1.0)]),
            run(5, vec![measured("a/b::c", 2.5)]),
        ];
        let times = &mut runs[2].benchmarks[0].time_ns;
        (times.p95, times.max) = (None, f64::INFINITY);
        runs[2].benchmarks[0].counts.insert(Quantity::AllocCount, 3.0);
        let history: History = runs.iter().cloned().collect();
        let report = report();
        let shown = SiteRuns::new(&history, &report, None);
        let [csv, json] = Tables::of(&shown).of_points(&shown.series(&"a/b::c".into()));
        let lines: Vec<Vec<&str>> =
            csv.split_terminator("\r\n").map(|line| line.split(',').collect()).collect();
        let objects: Vec<Value> = serde_json::from_str(&json).unwrap();
        assert_eq!((lines.len(), objects.len()), (3, 2), "{csv}{json}");
        for (object, line) in objects.iter().zip(&lines[1..]) {
            assert_eq!(line.len(), lines[0].len());
            for (name, field) in lines[0].iter().zip(line) {
                let value = object.get(name).map(|value| match value {
                    Value::String(text) => text.clone(),
                    number => number.as_f64().unwrap().to_string(),
                });
                assert_eq!(value.unwrap_or_default(), *field, "{name}");
            }
        }
        assert_eq!((&objects[1]["median"], &objects[1]["alloc_count"]), (&2.5.into(), &3.into()));
        assert_eq!((objects[1].get("p95"), objects[1].get("max")), (None, None));
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let cases = [
            ("plain", "plain"),
            ("a,b\n\"c\"", "\"a,b\n\"\"c\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-1.5", "-1.5"),
            ("-x", "'-x"),
        ];
        for (field, written) in cases {
            assert_eq!(quoted(field), written);
        }
    }
}

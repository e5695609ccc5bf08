//! The runs of a benchmark as tables for other programs: CSV and JSON.

use super::data::embedded;
use super::run_comparability;
use super::site_runs::SiteRuns;
use super::trend_point::TrendPoint;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Quantity};

/// The number of columns with a text, which are the first.
const TEXTS: usize = 7;
/// The columns before those of the quantities, which have the names of run files.
const COLUMNS: [&str; 14] = [
    "run", "started", "commit", "branch", "machine", "flags", "unit", "min", "median", "p95",
    "p99", "max", "launches", "samples",
];

/// The runs that a benchmark's page shows, the oldest first.
///
/// They are CSV with a line of column names, and a JSON array of objects with the same names. Times and
/// counts are numbers in JSON.
pub(super) fn of<'a>(id: &BenchmarkId, shown: &'a SiteRuns<'a>) -> [String; 2] {
    let columns: Vec<&str> =
        COLUMNS.into_iter().chain(Quantity::recorded().map(Quantity::key)).collect();
    let mut table = line(&columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let mut objects: Vec<String> = Vec::new();
    for point in shown.series(id) {
        if let Some(measured) = point.measured {
            let fields = row(&point, measured);
            table += &line(&fields);
            objects.push(object(&columns, &fields));
        }
    }
    [table, format!("[\n{}\n]\n", objects.join(",\n"))]
}

/// A row as a JSON object, without empty fields.
fn object(columns: &[&str], fields: &[String]) -> String {
    let known = columns.iter().zip(fields).enumerate().filter(|(_, (_, field))| !field.is_empty());
    let member = |(at, (name, field)): (usize, (&&str, &String))| {
        let value = if at < TEXTS { embedded(field) } else { field.clone() };
        format!("\"{name}\":{value}")
    };
    format!("{{{}}}", known.map(member).collect::<Vec<String>>().join(","))
}

fn row(point: &TrendPoint<'_>, measured: &Measured) -> Vec<String> {
    let (run, times) = (point.run, &measured.time_ns);
    let commit = run.commit.map_or("", |commit| commit.hash.as_str());
    let branch = run.commit.and_then(|commit| commit.branch.as_deref()).unwrap_or_default();
    // JSON has no infinite numbers.
    let known = |value: Option<f64>| value.filter(|value| value.is_finite());
    let number = |value| known(value).map_or_else(String::new, |value: f64| value.to_string());
    let fixed = [
        run.id.to_owned(),
        run.text.moment.clone(),
        commit.to_owned(),
        branch.to_owned(),
        run.machine.key.clone(),
        run_comparability::names(&point.flags()).join(" "),
        measured.unit().to_owned(),
        number(Some(times.min)),
        number(Some(times.median)),
        number(times.p95),
        number(times.p99),
        number(Some(times.max)),
        measured.launches.len().to_string(),
        times.samples.to_string(),
    ];
    let counts = Quantity::recorded().map(|quantity| number(measured.quantity(quantity)));
    fixed.into_iter().chain(counts).collect()
}

fn line(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\r\n"
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

//! The runs of a benchmark as a table for other programs.

use super::run_comparability;
use super::site_runs::SiteRuns;
use super::trend_point::TrendPoint;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Quantity};

/// The columns before those of the quantities, which have the names of run files.
const COLUMNS: [&str; 14] = [
    "run", "started", "commit", "branch", "machine", "flags", "unit", "min", "median", "p95",
    "p99", "max", "launches", "samples",
];

/// The runs that a benchmark's page shows, the oldest first, with a line of column names.
pub(super) fn of<'a>(id: &BenchmarkId, shown: &'a SiteRuns<'a>) -> String {
    let columns = COLUMNS.into_iter().chain(Quantity::recorded().map(Quantity::key));
    let mut table = line(columns.map(str::to_owned));
    for point in shown.series(id) {
        if let Some(measured) = point.measured {
            table += &row(&point, measured);
        }
    }
    table
}

fn row(point: &TrendPoint<'_>, measured: &Measured) -> String {
    let (run, times) = (point.run, &measured.time_ns);
    let commit = run.commit.map_or("", |commit| commit.hash.as_str());
    let branch = run.commit.and_then(|commit| commit.branch.as_deref()).unwrap_or_default();
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
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
    line(fixed.into_iter().chain(counts))
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
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

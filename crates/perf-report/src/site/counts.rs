//! The counts that pages show, and those of a run as a table.

use super::text::{self, Name};
use crate::Row;
use crate::svg::drawable;
use perf_judge::budget::Metric;
use perf_judge::detect::counts::variation;
use perf_judge::run::{Measured, Quantity};
use perf_judge::unit;
use serde::Serialize;

/// The counts that pages show, in their order.
pub(super) const SHOWN: [Quantity; 6] = [
    Quantity::Instructions,
    Quantity::AllocCount,
    Quantity::AllocBytes,
    Quantity::AllocPeakBytes,
    Quantity::MinorFaults,
    Quantity::SystemNs,
];

/// The count of a benchmark per iteration. Page faults are those of both kinds.
pub(super) fn value(measured: &Measured, quantity: Quantity) -> Option<f64> {
    let value = measured.quantity(quantity)?;
    let major = || measured.quantity(Quantity::MajorFaults).unwrap_or_default();
    let value = if quantity == Quantity::MinorFaults { value + major() } else { value };
    drawable(value)
}

/// By how much repeated counts of one build differ, and what follows from it if they vary.
pub(super) fn repeats(quantity: Quantity, spread: f64) -> String {
    variation(quantity, spread)
        .unwrap_or_else(|| format!("repeated counts differ by {}", unit::small_share(spread)))
}

/// Whether a budget limits the shown values of a count.
pub(super) fn is_limited_by(quantity: Quantity, metric: Metric) -> bool {
    match metric {
        Metric::PageFaults => quantity == Quantity::MinorFaults,
        _ => metric.quantity() == Some(quantity),
    }
}

/// The name of a count as a heading.
pub(super) fn heading(quantity: Quantity) -> String {
    let name = quantity.to_string();
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// The counts of a run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CountTable {
    headings: Vec<String>,
    rows: Vec<CountRow>,
}

/// The counts of a benchmark.
#[derive(Clone, Debug, Serialize)]
struct CountRow {
    name: Name,
    stem: String,
    cells: Vec<String>,
}

impl CountTable {
    /// The benchmarks with a count; `None` if there is none.
    pub(super) fn of(rows: &[Row]) -> Option<Self> {
        let measured: Vec<&Measured> =
            rows.iter().filter_map(|row| row.measured.as_ref()).collect();
        let is_known = |quantity: &Quantity| measured.iter().any(|m| value(m, *quantity).is_some());
        let columns: Vec<Quantity> = SHOWN.into_iter().filter(is_known).collect();
        let has_count = |m: &&&Measured| columns.iter().any(|column| value(m, *column).is_some());
        let mut rows: Vec<&&Measured> = measured.iter().filter(has_count).collect();
        rows.sort_by_key(|measured| &measured.name);
        (!rows.is_empty()).then(|| Self {
            headings: columns.iter().map(|column| heading(*column)).collect(),
            rows: rows.iter().map(|measured| CountRow::of(measured, &columns)).collect(),
        })
    }
}

impl CountRow {
    fn of(measured: &Measured, columns: &[Quantity]) -> Self {
        let cell = |column: &Quantity| {
            text::or_nothing(value(measured, *column).map(|value| column.show(value)))
        };
        Self {
            name: Name::cell(measured.name.as_str()),
            stem: measured.name.file_stem(),
            cells: columns.iter().map(cell).collect(),
        }
    }
}

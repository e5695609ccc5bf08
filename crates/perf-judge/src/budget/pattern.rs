//! Names of benchmarks in perf-budgets.json.

use crate::ident::BenchmarkId;

/// Whether `pattern` selects the benchmark: it is its name, or the last parts of it. With the ending
/// `::*` it selects everything below a name.
pub(super) fn matches(pattern: &str, id: &BenchmarkId) -> bool {
    match pattern.strip_suffix("::*") {
        Some(above) => id.is_below(above),
        None => id.is_named(pattern),
    }
}

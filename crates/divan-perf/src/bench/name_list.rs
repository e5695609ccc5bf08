//! NameTable of benchmarks in a note, which must stay short.

/// NameTable in a note; more are counted.
const NAMED: usize = 3;

/// The first of these names, and how many more there are.
pub(super) fn abbreviated(names: &[&str]) -> String {
    let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

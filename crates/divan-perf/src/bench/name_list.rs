//! Short lists of benchmark names for notes.

/// The number of names in a list.
const MAX_NAMES: usize = 3;

/// The first names, and the number of the others: `a, b, c and 2 more`.
pub(crate) fn abbreviated(names: &[&str]) -> String {
    let named = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

//! Benchmarks that are different ways to one result.

use super::error::{BudgetError, at_value};
use super::json_place::PathPart::{Index, Key};
use super::pattern::matches;
use crate::ident::BenchmarkId;
use std::collections::BTreeMap;

/// Whether an entry of a group selects the benchmark.
///
/// It is the name, its last parts, or a name above it with the ending `::*`.
pub fn is_alternative(pattern: &str, id: &BenchmarkId) -> bool {
    matches(pattern, id)
}

/// Checks that each group has entries and that none is empty.
pub(super) fn check(text: &str, groups: &BTreeMap<String, Vec<String>>) -> Result<(), BudgetError> {
    let message = "write a benchmark's name, its last parts, or a name that ends in `::*`";
    for (name, patterns) in groups {
        let shown = name.escape_debug();
        if patterns.is_empty() {
            let message = format!("alternatives: `{shown}` has no benchmarks: {message}");
            return Err(at_value(text, &[Key("alternatives"), Key(name)], message));
        }
        let is_empty = |pattern: &String| matches!(pattern.trim(), "" | "::*");
        if let Some(at) = patterns.iter().position(is_empty) {
            let place = [Key("alternatives"), Key(name), Index(at)];
            let message = format!("alternatives: an entry of `{shown}` is empty: {message}");
            return Err(at_value(text, &place, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;

    #[test]
    fn groups_without_an_entry_are_errors_at_their_place() {
        let parse = |groups: &str| {
            let text = format!("{{\"schema\": 2, \"alternatives\": {groups}}}");
            BudgetFile::parse(&text).map(|(file, _)| file).map_err(|error| error.to_string())
        };
        let file = parse(r#"{"index": ["insert::*", "a/b::c"]}"#).unwrap();
        assert_eq!(file.alternatives["index"], ["insert::*", "a/b::c"]);
        for (groups, expected) in [
            (r#"{"index": []}"#, "1:41: alternatives: `index` has no benchmarks: write"),
            (r#"{"index": ["a", "::*"]}"#, "1:47: alternatives: an entry of `index` is empty"),
            (r#"["a"]"#, "1:31: "),
        ] {
            let error = parse(groups).unwrap_err();
            assert!(error.contains(expected), "{groups}: {error}");
        }
    }
}

//! New names of benchmarks by old ones.

use super::error::{BudgetError, at_key, at_value};
use super::json_place::PathPart::Key;
use crate::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};

/// New names by old ones.
type Renamed = BTreeMap<BenchmarkId, BenchmarkId>;

/// The current name of each old one: with `a` to `b` and `b` to `c`, the name of `a` is `c`.
pub(super) fn resolved(text: &str, renamed: &Renamed) -> Result<Renamed, BudgetError> {
    renamed.iter().try_for_each(|(old, new)| check(text, old, new))?;
    let mut today = Renamed::new();
    for old in renamed.keys() {
        let (mut name, mut before) = (old, BTreeSet::new());
        while let Some(new) = renamed.get(name).filter(|_| !today.contains_key(name)) {
            if !before.insert(name) {
                let message =
                    "is renamed to itself by a cycle: remove the entry of the current name";
                return Err(at_new(text, name, message));
            }
            name = new;
        }
        let last = today.get(name).unwrap_or(name).clone();
        today.extend(before.into_iter().map(|old| (old.clone(), last.clone())));
    }
    Ok(today)
}

/// Checks one entry.
fn check(text: &str, old: &BenchmarkId, new: &BenchmarkId) -> Result<(), BudgetError> {
    let is_empty = |name: &BenchmarkId| name.as_str().trim().is_empty();
    if is_empty(old) {
        let message = "renamed: an old name is empty: write the benchmark's full name";
        return Err(at_key(text, &[Key("renamed")], old.as_str(), message.to_owned()));
    }
    if is_empty(new) {
        return Err(at_new(text, old, "has no new name: write its full name, or remove the entry"));
    }
    if old == new {
        return Err(at_new(text, old, "is renamed to itself: remove the entry"));
    }
    Ok(())
}

/// Checks that no existing benchmark has an old name. Its numbers would count for another benchmark,
/// and it would not be judged.
pub(super) fn check_old_names(
    text: &str,
    renamed: &Renamed,
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    let Some(old) = renamed.keys().find(|old| known.contains(old)) else { return Ok(()) };
    let message = "is still the name of a benchmark: remove the entry, or rename the benchmark";
    Err(at_new(text, old, message))
}

/// Checks that each renamed benchmark exists by its new name.
pub(super) fn check_new_names(
    text: &str,
    renamed: &Renamed,
    known: &[BenchmarkId],
) -> Result<(), BudgetError> {
    let unknown = |(_, new): &(&BenchmarkId, &BenchmarkId)| !known.contains(new);
    let Some((old, new)) = renamed.iter().find(unknown) else { return Ok(()) };
    let near = known.iter().find(|id| id.is_named(new.as_str()));
    let hint = near.map_or_else(
        || "correct the name, or remove the entry".to_owned(),
        |id| format!("write the full name, `{id}`"),
    );
    Err(at_new(
        text,
        old,
        &format!("is renamed to `{new}`, and no benchmark has that name: {hint}"),
    ))
}

/// An error at the new name of `old`.
fn at_new(text: &str, old: &BenchmarkId, message: &str) -> BudgetError {
    let place = [Key("renamed"), Key(old.as_str())];
    at_value(text, &place, format!("renamed: `{old}` {message}"))
}

#[cfg(test)]
mod tests {
    use super::super::BudgetFile;
    use super::*;

    fn parse(renamed: &str) -> Result<Renamed, String> {
        let text = format!("{{\"schema\": 1,\n\"renamed\": {{\n{renamed}\n}}}}");
        BudgetFile::parse(&text).map(|(file, _)| file.renamed).map_err(|error| error.to_string())
    }

    #[test]
    fn a_benchmark_that_was_renamed_twice_has_the_last_name() {
        let renamed = parse(r#""c": "d", "b": "c", "a": "b", "x": "d""#).unwrap();
        let expected = ["a", "b", "c", "x"].map(|old| (old.into(), "d".into()));
        assert_eq!(renamed, Renamed::from(expected));
    }

    #[test]
    fn a_long_chain_costs_little() {
        let entry = |n: u32| format!("\"{n}\": \"{}\"", n + 1);
        let entries: Vec<String> = (0..30_000).map(entry).collect();
        let renamed = parse(&entries.join(",\n")).unwrap();
        assert!(renamed.values().all(|new| new.as_str() == "30000"));
    }

    #[test]
    fn a_new_name_is_another_name() {
        let cases = [
            (r#""a": "a""#, "3:6: renamed: `a` is renamed to itself"),
            (r#""a": """#, "3:6: renamed: `a` has no new name"),
            (r#""": "a""#, "3:1: renamed: an old name is empty"),
            ("\"a\": \"b\",\n\"b\": \"a\"", "3:6: renamed: `a` is renamed to itself by a cycle"),
            (
                "\"a\": \"b\",\n\"b\": \"c\",\n\"c\": \"b\"",
                "4:6: renamed: `b` is renamed to itself by a cycle",
            ),
        ];
        for (renamed, expected) in cases {
            let error = parse(renamed).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn new_names_are_those_of_benchmarks_and_old_names_are_not() {
        let text = "{\"schema\": 1, \"renamed\":\n{\"p/t::old\": \"t::new\"}}";
        let known = ["p/t::new", "p/t::old"].map(BenchmarkId::from);
        let renamed = BudgetFile::parse(text).unwrap().0.renamed;
        let error = check_new_names(text, &renamed, &known).unwrap_err().to_string();
        assert!(error.starts_with("2:14: renamed: `p/t::old` is renamed to `t::new`"), "{error}");
        assert!(error.ends_with("write the full name, `p/t::new`"), "{error}");
        let error = check_old_names(text, &renamed, &known).unwrap_err().to_string();
        assert!(error.starts_with("2:14: renamed: `p/t::old` is still the name"), "{error}");
        assert_eq!(check_old_names(text, &renamed, &known[..1]), Ok(()));
        assert_eq!(check_new_names(text, &renamed, &["t::new".into()]), Ok(()));
    }
}

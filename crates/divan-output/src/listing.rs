//! The names of a Divan binary's benchmarks.

use thiserror::Error;

/// Ends each entry. A line break is part of it, since names may hold both.
const ENTRY_END: &str = ": benchmark\n";

/// The benchmarks of one binary, arguments included, thread counts not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Paths in Divan's order, which is not sorted. A path may occur more than once, as with two
    /// generic types of the same short name: `--exact` then runs all of its benchmarks.
    pub names: Vec<String>,
}

/// A text that is no listing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListingError {
    /// The text after the last entry.
    #[error("listing does not end with an entry of the form \"name: benchmark\": {0:?}")]
    Unfinished(String),
}

/// Reads what `NEXTEST=1 <exe> --list --format terse` prints.
pub fn parse_listing(text: &str) -> Result<Listing, ListingError> {
    let mut parts: Vec<&str> = text.split(ENTRY_END).collect();
    match parts.pop() {
        Some("") | None => Ok(Listing { names: parts.into_iter().map(str::to_owned).collect() }),
        Some(rest) => Err(ListingError::Unfinished(rest.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{ListingError, parse_listing};

    const SHAPES: &str = include_str!("../../../fixtures/divan/shapes.list");

    #[test]
    fn hostile_names_come_through() {
        let names = parse_listing(SHAPES).unwrap().names;
        for name in [
            "shapes::str_args::",
            "shapes::str_args::a: benchmark",
            "shapes::str_args::new\nline",
            "shapes::renamed with spaces │ and pipe",
            "shapes::types::Cow<'_, str>",
            "shapes::threads_args::8",
        ] {
            assert!(names.iter().any(|listed| listed == name), "{name:?} not in {names:?}");
        }
    }

    #[test]
    fn nothing_listed_is_no_error_but_a_rest_is() {
        assert!(parse_listing("").unwrap().names.is_empty());
        let rest = ListingError::Unfinished("b: bench".to_owned());
        assert_eq!(parse_listing("a: benchmark\nb: bench"), Err(rest));
    }
}

//! The names of a Divan binary's benchmarks.
//!
//! From Divan 0.1.19 on, a terse listing names each benchmark with its argument. Before, only the
//! tree of the functions exists, and a run of all functions shows their arguments.

use crate::asked::is_thread_count;
use crate::line::branch_depth;
use crate::{Row, RowState, Table};
use std::collections::BTreeSet;
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

/// Reads what `<exe> --list --include-ignored` prints: a tree of groups and functions, without the
/// arguments. Returns the paths of the functions.
///
/// Lines that the program prints itself are skipped, unless they look like a branch.
pub fn parse_tree(text: &str) -> Vec<String> {
    let nodes = tree_nodes(text);
    let depths = nodes.iter().skip(1).map(Vec::len).chain([0]);
    let functions = nodes.iter().zip(depths).filter(|(path, next)| *next <= path.len());
    functions.map(|(path, _)| path.join("::")).filter(|path| path.contains("::")).collect()
}

/// The paths of all lines of the tree, roots and groups included.
fn tree_nodes(text: &str) -> Vec<Vec<&str>> {
    let mut nodes: Vec<Vec<&str>> = Vec::new();
    let mut root = None;
    for line in text.lines() {
        let Some(depth) = branch_depth(line) else {
            root = Some(line);
            continue;
        };
        if let Some(root) = root.take().filter(|_| depth == 1) {
            nodes.push(vec![root]);
        }
        let Some(above) = nodes.last().filter(|above| depth <= above.len()) else { continue };
        let branch = line.char_indices().nth(depth * 3).map_or("", |(at, _)| &line[at..]);
        let path = above[..depth].iter().copied().chain([branch]).collect();
        nodes.push(path);
    }
    nodes
}

impl Table {
    /// The paths of its ignored benchmarks.
    pub fn ignored(&self) -> BTreeSet<String> {
        let ignored = self.rows.iter().filter(|row| row.state == RowState::Ignored);
        ignored.map(|row| row.path.join("::")).collect()
    }

    /// The listed names of its rows, one for each argument of `functions`, in printed order.
    pub fn listed_names(&self, functions: &[String]) -> Vec<String> {
        let functions: BTreeSet<&str> = functions.iter().map(String::as_str).collect();
        let mut names: Vec<String> = Vec::new();
        for row in &self.rows {
            let name = listed_name(row, &functions);
            names.extend(name.filter(|name| names.last() != Some(name)));
        }
        names
    }
}

/// The name by which `--exact` runs the row; `None` if it is of no function. Below the function is
/// the argument, the thread count, or both.
fn listed_name(row: &Row, functions: &BTreeSet<&str>) -> Option<String> {
    let is_function = |len: &usize| functions.contains(row.path[..*len].join("::").as_str());
    let function = (1..=row.path.len()).find(is_function)?;
    let below = &row.path[function..];
    let argument = match below {
        [.., last] if is_thread_count(last) => &below[..below.len() - 1],
        _ => below,
    };
    Some([&row.path[..function], argument].concat().join("::"))
}

#[cfg(test)]
mod tests {
    use super::{ListingError, parse_listing, parse_tree};

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

    #[test]
    fn functions_are_the_ends_of_the_tree() {
        let tree = "a note\nb\n├─ one\n├─ m\n│  ├─ two\n│  ╰─ n\n│     ╰─ three\n╰─ four\n\nc\n╰─ five\n\nthe end\n";
        let functions = ["b::one", "b::m::two", "b::m::n::three", "b::four", "c::five"];
        assert_eq!(parse_tree(tree), functions);
        for nothing in ["", "\n", "no tree\n", "│  ├─ no root\n", "├─ no root\n"] {
            assert!(parse_tree(nothing).is_empty(), "{nothing:?}");
        }
    }
}

//! The names of a Divan binary's benchmarks.
//!
//! From Divan 0.1.19 on, a terse listing names each benchmark with its argument. Before, only the
//! tree of the functions exists, and a run of all functions shows their arguments.

use crate::asked::thread_count;
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

/// Reads what `NEXTEST=1 <exe> --list --format terse` prints. `root` is the name of the bench's
/// crate, with which the entries of its own functions begin.
///
/// Text that the program prints itself is skipped. Entries of functions in other crates are those
/// of the form `crate::path`.
pub fn parse_listing(text: &str, root: &str) -> Result<Listing, ListingError> {
    let mut parts: Vec<&str> = text.split(ENTRY_END).collect();
    let rest = parts.pop().unwrap_or_default();
    let own = format!("{root}::");
    if rest.lines().any(|line| line.starts_with(&own)) {
        return Err(ListingError::Unfinished(rest.to_owned()));
    }
    let names = parts.into_iter().enumerate().filter_map(|(at, part)| match at {
        // Text without a line end may precede the first entry directly.
        0 => entry(part, &own).or_else(|| part.find(&own).and_then(|at| part.get(at..))),
        _ => entry(part, &own),
    });
    Ok(Listing { names: names.map(str::to_owned).collect() })
}

/// The name in the text between two ends of entries, which may begin with foreign lines.
fn entry<'a>(part: &'a str, own: &str) -> Option<&'a str> {
    let starts = part.match_indices(own).map(|(at, _)| at);
    let mut line_starts = starts.filter(|at| *at == 0 || part[..*at].ends_with('\n'));
    if let Some(at) = line_starts.next() {
        return part.get(at..);
    }
    let last_line = part.rsplit('\n').next()?;
    let other_crate = last_line.split_once("::")?.0;
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let is_entry = !other_crate.is_empty() && other_crate.chars().all(is_name);
    // The first entry of the bench's crate may have text without a line end before it.
    (is_entry && !part.contains(own)).then_some(last_line)
}

/// Reads what `<exe> --list --include-ignored` prints: a tree of groups and functions, without the
/// arguments. Returns the paths of the functions. `root` is the name of the bench's crate.
///
/// Lines that the program prints itself are skipped, unless they look like a branch.
pub fn parse_tree(text: &str, root: &str) -> Vec<String> {
    let nodes = tree_nodes(text, root);
    let depths = nodes.iter().skip(1).map(Vec::len).chain([0]);
    let functions = nodes.iter().zip(depths).filter(|(path, next)| *next <= path.len());
    functions.map(|(path, _)| path.join("::")).filter(|path| path.contains("::")).collect()
}

/// The paths of all lines of the tree, roots and groups included.
fn tree_nodes<'a>(text: &'a str, root: &'a str) -> Vec<Vec<&'a str>> {
    let mut nodes: Vec<Vec<&str>> = Vec::new();
    let mut line_before = None;
    for line in text.lines() {
        let Some(depth) = branch_depth(line) else {
            line_before = Some(line);
            continue;
        };
        if let Some(line) = line_before.take().filter(|_| depth == 1) {
            // Text without a line end may precede the first root directly.
            let is_glued = nodes.is_empty() && line.ends_with(root);
            nodes.push(vec![if is_glued { root } else { line }]);
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

    /// The functions that were started and have no benchmark, as with `args = []`.
    pub fn without_benchmarks(&self) -> BTreeSet<String> {
        let is_above = |group: &[String], row: &Row| row.path.starts_with(group);
        let is_empty = |group: &&Vec<String>| !self.rows.iter().any(|row| is_above(group, row));
        self.groups.iter().filter(is_empty).map(|group| group.join("::")).collect()
    }

    /// The listed names of its rows, one for each argument of `functions`, in printed order. A name
    /// that several benchmarks have occurs more than once.
    ///
    /// `skipped` are names that the process skips. A row that seems to be of such a name is of an
    /// argument that looks like a thread count.
    pub fn listed_names(&self, functions: &[String], skipped: &BTreeSet<String>) -> Vec<String> {
        let mut seen: BTreeSet<&[String]> = BTreeSet::new();
        let mut names: Vec<String> = Vec::new();
        for (row, function) in self.rows_of(functions) {
            let is_repeated = !seen.insert(&row.path);
            let name = self.above_threads(row, function).map(|path| path.join("::"));
            let name = name.filter(|name| !skipped.contains(name));
            let name = name.unwrap_or_else(|| row.path.join("::"));
            if is_repeated || names.last() != Some(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether rows right below one of `functions` have thread counts or arguments like `t=4`. A
    /// further process that skips the functions prints rows of arguments again.
    pub fn has_undecided_threads(&self, functions: &[String]) -> bool {
        let is_undecided = |(row, function): (&Row, usize)| {
            self.above_threads(row, function).is_some_and(|path| path.len() == function)
        };
        self.rows_of(functions).any(is_undecided)
    }

    /// The rows of `functions`, with the length of the function's path.
    fn rows_of<'a>(&'a self, functions: &[String]) -> impl Iterator<Item = (&'a Row, usize)> {
        let functions: BTreeSet<String> = functions.iter().cloned().collect();
        self.rows.iter().filter_map(move |row| {
            let is_function = |len: &usize| functions.contains(&row.path[..*len].join("::"));
            Some((row, (1..=row.path.len()).find(is_function)?))
        })
    }

    /// The path of a row without its thread count, if the last part is one.
    ///
    /// Divan prints thread counts only if there are several, in ascending order, and below a function
    /// without arguments or below an argument.
    fn above_threads<'a>(&self, row: &'a Row, function: usize) -> Option<&'a [String]> {
        let (_, above) = row.path.split_last()?;
        let levels = row.path.len() - function;
        let is_beside =
            |other: &&Row| other.path.len() == row.path.len() && other.path.starts_with(above);
        let beside: Vec<&Row> = self.rows.iter().filter(is_beside).collect();
        let counts: Option<Vec<u64>> =
            beside.iter().map(|other| thread_count(other.path.last()?)).collect();
        let counts = counts.filter(|_| levels > 0)?;
        // The process may have ended before the second thread count.
        let was_stopped = beside.iter().any(|other| other.state == RowState::Unfinished);
        let is_ascending = counts.is_sorted_by(|one, other| one < other);
        (is_ascending && (counts.len() > 1 || was_stopped)).then_some(above)
    }
}

#[cfg(test)]
mod tests {
    use super::{ListingError, parse_listing, parse_tree};
    use crate::{Table, parse_table};
    use std::collections::BTreeSet;

    const SHAPES: &str = include_str!("../../../fixtures/divan/shapes.list");

    #[test]
    fn hostile_names_come_through() {
        let names = parse_listing(SHAPES, "shapes").unwrap().names;
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
        assert!(parse_listing("", "a").unwrap().names.is_empty());
        let rest = ListingError::Unfinished("a::y: bench".to_owned());
        assert_eq!(parse_listing("a::x: benchmark\na::y: bench", "a"), Err(rest));
    }

    #[test]
    fn foreign_text_is_no_part_of_a_listing() {
        let entry = |name: &str| format!("{name}: benchmark\n");
        let own = [entry("b::one"), entry("b::new\nline"), entry("b::x::b::y")].concat();
        let cases = [
            (own.clone(), 3),
            (format!("loading\n{own}"), 3),
            (format!("loading {own}"), 3),
            (format!("xyz{own}the end\n"), 3),
            (format!("{own}the end"), 3),
            (format!("b: benchmark\nno path: benchmark\n{own}"), 3),
            (format!("see b::one\n{own}"), 3),
            (format!("{own}{}{}", entry("helper::sum"), entry("a note on b::one")), 4),
        ];
        for (text, count) in cases {
            let names = parse_listing(&text, "b").unwrap().names;
            assert_eq!(names[..3], ["b::one", "b::new\nline", "b::x::b::y"], "{text:?}");
            assert_eq!(names.len(), count, "{text:?}: {names:?}");
        }
    }

    #[test]
    fn thread_counts_and_arguments_are_told_apart() {
        let rows = |paths: &[&str]| {
            let shapes = include_str!("../../../fixtures/divan/shapes.out");
            let mut rows = parse_table(shapes, "").rows;
            rows.truncate(paths.len());
            for (row, path) in rows.iter_mut().zip(paths) {
                row.path = path.split("::").map(str::to_owned).collect();
            }
            Table { rows, ..Table::default() }
        };
        let cases: [(&[&str], &[&str], bool); 8] = [
            (&["b::f"], &["b::f"], false),
            (&["b::f::t=1", "b::f::t=2"], &["b::f"], true),
            (&["b::f::x", "b::f::t=2"], &["b::f::x", "b::f::t=2"], false),
            (&["b::f::t=2", "b::f::t=1"], &["b::f::t=2", "b::f::t=1"], false),
            (&["b::f::t=4"], &["b::f::t=4"], false),
            (&["b::f::1::t=1", "b::f::1::t=2"], &["b::f::1"], false),
            (&["b::f::t=8::t=1", "b::f::t=8::t=2"], &["b::f::t=8"], false),
            (&["b::f::1", "b::f::1"], &["b::f::1", "b::f::1"], false),
        ];
        let functions = ["b::f".to_owned()];
        for (paths, names, is_undecided) in cases {
            let table = rows(paths);
            assert_eq!(table.listed_names(&functions, &BTreeSet::new()), names, "{paths:?}");
            assert_eq!(table.has_undecided_threads(&functions), is_undecided, "{paths:?}");
        }
        // A row of a skipped function was of an argument.
        let table = rows(&["b::f::t=1", "b::f::t=2"]);
        let skipped = BTreeSet::from(["b::f".to_owned()]);
        assert_eq!(table.listed_names(&functions, &skipped), ["b::f::t=1", "b::f::t=2"]);
    }

    #[test]
    fn functions_are_the_ends_of_the_tree() {
        let tree = "a note\nb\n├─ one\n├─ m\n│  ├─ two\n│  ╰─ n\n│     ╰─ three\n╰─ four\n\nc\n╰─ five\n\nthe end\n";
        let functions = ["b::one", "b::m::two", "b::m::n::three", "b::four", "c::five"];
        assert_eq!(parse_tree(tree, "b"), functions);
        assert_eq!(parse_tree(&format!("loading {}", &tree[7..]), "b"), functions);
        for nothing in ["", "\n", "no tree\n", "│  ├─ no root\n", "├─ no root\n"] {
            assert!(parse_tree(nothing, "b").is_empty(), "{nothing:?}");
        }
    }
}

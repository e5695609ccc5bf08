//! Which rows of a table belong to the benchmark that a launch was asked for.
//!
//! A bench can print a table of its own, with any names. Only the rows of the asked benchmark are
//! about it, and nothing else in the output is a row.

use super::row::Row;
use super::table::Table;

impl Table {
    /// Removes every row that is neither the benchmark of this listed name nor one of its thread
    /// counts.
    pub fn keep_rows_of(&mut self, listed: &str) {
        self.rows.retain(|row| row.is_of(listed));
    }

    /// Whether several of its rows claim to be the same. Two of them have one path, or one is for
    /// all thread counts beside those of each.
    pub fn is_ambiguous(&self) -> bool {
        let same = |a: &Row, b: &Row| a.path.starts_with(&b.path) || b.path.starts_with(&a.path);
        let rows = self.rows.iter().enumerate();
        rows.into_iter().any(|(at, row)| self.rows[..at].iter().any(|other| same(row, other)))
    }
}

impl Row {
    /// Whether it is the benchmark of this listed name, or one of its thread counts.
    fn is_of(&self, listed: &str) -> bool {
        let threads = self.path.split_last().filter(|(last, _)| thread_count(last).is_some());
        is_listed_as(&self.path, listed)
            || threads.is_some_and(|(_, path)| is_listed_as(path, listed))
    }
}

/// The number of threads in a row's last part, if it has the form of one.
pub(crate) fn thread_count(part: &str) -> Option<u64> {
    let digits = part.strip_prefix("t=")?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A part may itself contain the separator, and a row has lost the spaces at the ends of its parts.
fn is_listed_as(path: &[String], listed: &str) -> bool {
    let after = |rest: &str, part: &String| {
        let rest = rest.strip_prefix("::")?.strip_prefix(part.as_str())?;
        Some(rest.trim_start_matches(' ').to_owned())
    };
    let rest = path.iter().try_fold(format!("::{listed}"), |rest, part| after(&rest, part));
    rest.is_some_and(|rest| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_listing, parse_table};

    const LISTING: &str = include_str!("../../../fixtures/divan/shapes.list");
    const SHAPES: &str = include_str!("../../../fixtures/divan/shapes.out");

    fn table(paths: &[&str]) -> Table {
        let mut rows = parse_table(SHAPES, "").rows;
        rows.truncate(paths.len());
        for (row, path) in rows.iter_mut().zip(paths) {
            row.path = path.split("::").map(str::to_owned).collect();
        }
        Table { rows, ..Table::default() }
    }

    #[test]
    fn every_listed_shape_has_its_own_rows_and_no_other() {
        let whole = parse_table(SHAPES, "");
        let mut kept = 0;
        for listed in parse_listing(LISTING, "shapes").unwrap().names {
            let mut table = whole.clone();
            table.keep_rows_of(&listed);
            assert!(!table.rows.is_empty(), "{listed:?}");
            let is_own = |row: &Row| {
                let path = row.path.join("::");
                path == listed || path.starts_with(&format!("{listed}::t="))
            };
            assert!(table.rows.iter().all(is_own), "{listed:?}: {:?}", table.rows);
            kept += table.rows.len();
        }
        assert!(kept >= whole.rows.len(), "{kept} of {}", whole.rows.len());
    }

    #[test]
    fn rows_of_other_names_are_dropped() {
        let cases = [
            ("b::plain", "b::plain", true),
            ("b::plain", "b::plain::t=4", true),
            ("b::plain", "b::other", false),
            ("b::plain", "c::plain", false),
            ("b::plain", "b::plain::x", false),
            ("b::plain", "b::plain::t=", false),
            ("b::plain", "b::plain::t=4::t=4", false),
            ("b::plain", "b", false),
            ("b::args::t=4", "b::args::t=4", true),
            ("b::args::t=4", "b::args::t=4::t=2", true),
            ("b::args::1", "b::args::t=4", false),
            ("b::spaced  ::1 ", "b::spaced::1", true),
            ("b::spaced x", "b::spaced::x", false),
            ("b::args::", "b::args::", true),
            ("b::plainer", "b::plain", false),
        ];
        for (listed, path, is_kept) in cases {
            let mut table = table(&[path]);
            table.keep_rows_of(listed);
            assert_eq!(!table.rows.is_empty(), is_kept, "{path} for {listed}");
        }
    }

    #[test]
    fn a_part_may_hold_the_separator() {
        let mut table = table(&["b"]);
        table.rows[0].path = vec!["b".to_owned(), "a::b".to_owned(), "t=2".to_owned()];
        table.keep_rows_of("b::a::b");
        assert_eq!(table.rows.len(), 1);
    }

    #[test]
    fn a_benchmark_has_one_row_or_one_for_each_thread_count() {
        let cases: [(&[&str], bool); 5] = [
            (&["b::plain"], false),
            (&["b::plain::t=1", "b::plain::t=4"], false),
            (&["b::plain", "b::plain"], true),
            (&["b::plain::t=4", "b::plain::t=4"], true),
            (&["b::plain::t=4", "b::plain"], true),
        ];
        for (paths, is_ambiguous) in cases {
            assert_eq!(table(paths).is_ambiguous(), is_ambiguous, "{paths:?}");
        }
    }
}

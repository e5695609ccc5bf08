//! Rows of one thread count each.

use super::plan::PlannedBenchmark;
use perf_judge::ident::BenchmarkId;

impl PlannedBenchmark {
    /// The rows, each with its thread count if a launch has several rows.
    pub(crate) fn rows_by_threads(
        &self,
    ) -> impl Iterator<Item = (&BenchmarkId, Option<u32>)> + use<'_> {
        let is_of_threads = self.rows.len() > 1;
        let threads = move |row| if is_of_threads { thread_count(row) } else { None };
        self.rows.iter().map(move |row| (row, threads(row)))
    }
}

fn thread_count(row: &BenchmarkId) -> Option<u32> {
    row.as_str().rsplit_once("::t=")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_row_is_its_thread_count() {
        let cases = [
            ("p/b::f::t=2", Some(2)),
            ("p/b::t=8::t=16", Some(16)),
            ("p/b::f", None),
            ("b::t=x", None),
        ];
        for (row, expected) in cases {
            assert_eq!(thread_count(&row.into()), expected, "{row}");
        }
    }
}

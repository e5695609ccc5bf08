//! The selection of benchmarks by name.

use perf_judge::ident::BenchmarkId;
use regex_lite::Regex;

/// The benchmarks that `--filter` and `--skip` select.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameFilter<'a> {
    /// Patterns of which one must match; none select every benchmark.
    pub(crate) patterns: &'a [Regex],
    /// Patterns of which none may match.
    pub(crate) skipped: &'a [Regex],
}

impl NameFilter<'_> {
    pub(crate) fn selects(&self, name: &BenchmarkId) -> bool {
        let is_match = |pattern: &Regex| pattern.is_match(name.as_str());
        let is_wanted = self.patterns.is_empty() || self.patterns.iter().any(is_match);
        is_wanted && !self.skipped.iter().any(is_match)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_pattern_selects_and_any_skipped_one_removes() {
        let regexes = |patterns: &[&str]| -> Vec<Regex> {
            patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect()
        };
        let names =
            ["p/text::words::16", "p/text::words::4096", "p/data::sort", "p/data::Sorted<u8>"];
        let cases: [(&[&str], &[&str], &[usize]); 8] = [
            (&[], &[], &[0, 1, 2, 3]),
            (&["words"], &[], &[0, 1]),
            (&["words", "sort$"], &[], &[0, 1, 2]),
            (&["^p/data::"], &["<"], &[2]),
            (&[], &["words", "sort"], &[3]),
            (&["(?i)SORT"], &[], &[2, 3]),
            (&["words::16$"], &[], &[0]),
            (&["nothing"], &[], &[]),
        ];
        for (patterns, skipped, expected) in cases {
            let (patterns, skipped) = (regexes(patterns), regexes(skipped));
            let filter = NameFilter { patterns: &patterns, skipped: &skipped };
            let selects = |at: &usize| filter.selects(&BenchmarkId::from(names[*at]));
            let selected: Vec<usize> = (0..names.len()).filter(selects).collect();
            assert_eq!(selected, expected, "{patterns:?} without {skipped:?}");
        }
    }
}

//! A run compared with the run before it, for readers without scripts.

use super::levels::LEAST_CHANGE;
use super::text::Name;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Run};
use perf_judge::unit::{self, Figures, LogRatio};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most benchmarks that are listed.
const ROWS: usize = 20;

/// The largest differences between two runs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NeighbourView {
    sentence: String,
    rows: Vec<NeighbourRow>,
}

#[derive(Clone, Debug, Serialize)]
struct NeighbourRow {
    name: Name,
    stem: String,
    base: String,
    head: String,
    change: String,
    class: &'static str,
}

/// The differences of `head` from `base`; `None` if they have no comparable benchmark.
pub(super) fn view(base: &Run, head: &Run) -> Option<NeighbourView> {
    let before: BTreeMap<&BenchmarkId, &Measured> =
        base.benchmarks.iter().map(|measured| (&measured.name, measured)).collect();
    let pairs = head.benchmarks.iter().filter_map(|own| Some((*before.get(&own.name)?, own)));
    let all: Vec<(LogRatio, &Measured, &Measured)> =
        pairs.filter_map(|(base, head)| Some((ratio(base, head)?, base, head))).collect();
    let compared = all.len();
    let mut large: Vec<_> =
        all.into_iter().filter(|(ratio, ..)| ratio.0.abs() >= LEAST_CHANGE).collect();
    large.sort_by(|(one, _, a), (other, _, b)| {
        other.0.abs().total_cmp(&one.0.abs()).then_with(|| a.name.cmp(&b.name))
    });
    let sentence = sentence(&large, compared);
    let rows = large.into_iter().take(ROWS).map(|(ratio, base, head)| row(ratio, base, head));
    (compared > 0).then(|| NeighbourView { sentence, rows: rows.collect() })
}

/// The ratio of two medians; `None` if they are not comparable.
fn ratio(base: &Measured, head: &Measured) -> Option<LogRatio> {
    let config = |measured: &Measured| (measured.sample_size, measured.sample_count);
    let is_comparable = config(base) == config(head) && base.unit() == "ns" && head.unit() == "ns";
    let ratio = (head.time_ns.median / base.time_ns.median).ln();
    (is_comparable && ratio.is_finite()).then_some(LogRatio(ratio))
}

/// `2 of 30 benchmarks differ by 3 % or more.`
fn sentence(large: &[(LogRatio, &Measured, &Measured)], of: usize) -> String {
    let all = unit::counted(of, "benchmark", "benchmarks");
    let listed = if large.len() > ROWS { " The 20 largest differences are listed." } else { "" };
    match large.len() {
        0 => format!("None of {all} differs by 3 % or more."),
        1 => format!("1 of {all} differs by 3 % or more."),
        many => format!("{many} of {all} differ by 3 % or more.{listed}"),
    }
}

fn row(ratio: LogRatio, base: &Measured, head: &Measured) -> NeighbourRow {
    let (before, after) = (base.time_ns.median, head.time_ns.median);
    let figures = Figures::new(Some(before), Some(after), Some(ratio));
    NeighbourRow {
        name: Name::cell(head.name.as_str()),
        stem: head.name.file_stem(),
        base: figures.base.unwrap_or_default(),
        head: figures.head.unwrap_or_default(),
        change: figures.change.unwrap_or_default(),
        class: if ratio.0 > 0.0 { "slower" } else { "faster" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_fixtures::{measured, run};

    #[test]
    fn the_largest_differences_come_first() {
        let base =
            run(1, vec![measured("a/b::x", 1e3), measured("a/b::y", 1e3), measured("a/b::z", 1e3)]);
        let mut head = run(
            2,
            vec![measured("a/b::x", 1.02e3), measured("a/b::y", 1.1e3), measured("a/b::z", 0.5e3)],
        );
        let found = view(&base, &head).unwrap();
        assert_eq!(found.sentence, "2 of 3 benchmarks differ by 3 % or more.");
        let changes: Vec<&str> = found.rows.iter().map(|row| row.change.as_str()).collect();
        assert_eq!(changes, ["-50.0 %", "+10.0 %"]);
        head.benchmarks.iter_mut().for_each(|own| own.sample_size = 64);
        assert!(view(&base, &head).is_none());
        assert!(view(&base, &run(3, vec![])).is_none());
    }
}

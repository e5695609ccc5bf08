//! The newest recorded comparison in which a benchmark changed.

use super::comparison;
use super::explanation::{Explanation, explanation, is_explained};
use super::text;
use crate::{Compared, Comparison};
use perf_judge::ident::BenchmarkId;
use serde::Serialize;
use std::collections::BTreeMap;

/// The newest recorded change of each benchmark.
pub(super) type RecordedChanges<'a> = BTreeMap<&'a BenchmarkId, (&'a Comparison, &'a Compared)>;

/// The explanation on a benchmark's page, with the comparison that it is from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LastChange {
    page: String,
    started: String,
    base: String,
    head: String,
    explanation: Explanation,
}

/// The newest change of each benchmark under its current name. `comparisons`: the newest first.
pub(super) fn newest<'a>(
    comparisons: &'a [Comparison],
    renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
) -> RecordedChanges<'a> {
    let mut changes = RecordedChanges::new();
    for comparison in comparisons.iter().rev() {
        for compared in comparison.benchmarks.iter().filter(|one| is_explained(one)) {
            let name = renamed.get(&compared.name).unwrap_or(&compared.name);
            changes.insert(name, (comparison, compared));
        }
    }
    changes
}

/// The newest change of a benchmark.
pub(super) fn last_change((comparison, compared): (&Comparison, &Compared)) -> LastChange {
    let head = comparison.head.as_ref().map(|commit| comparison::short(&commit.hash));
    LastChange {
        page: comparison::page_of(comparison),
        started: text::minute(comparison.started),
        base: comparison::short(&comparison.base),
        head: text::or_nothing(head),
        explanation: explanation(compared),
    }
}

#[cfg(test)]
mod tests {
    use super::super::explanation::tests::compared;
    use super::*;
    use serde_json::json;

    fn comparison(day: u32, benchmarks: &serde_json::Value) -> Comparison {
        let text = json!({
            "schema": 2, "kind": "comparison", "id": format!("run{day}-base"), "seed": 7,
            "started": format!("2026-11-{day:02}T02:45:00Z"), "base": "c0ffee", "head": null,
            "machine": perf_fixtures::run(1, vec![]).machine, "benchmarks": benchmarks,
        });
        Comparison::from_json(&text.to_string()).unwrap()
    }

    #[test]
    fn the_newest_change_of_a_benchmark_is_found_under_its_current_name() {
        let comparisons = [
            comparison(3, &json!([compared("a/b::same", None)])),
            comparison(2, &json!([compared("a/b::old", Some(json!([])))])),
            comparison(1, &json!([compared("a/b::old", Some(json!([])))])),
        ];
        let renamed = BTreeMap::from([("a/b::old".into(), "a/b::now".into())]);
        let newest = newest(&comparisons, &renamed);
        assert_eq!(newest.len(), 1);
        let found = last_change(newest[&BenchmarkId::from("a/b::now")]);
        assert_eq!(found.started, "2026-11-02 02:45");
    }
}

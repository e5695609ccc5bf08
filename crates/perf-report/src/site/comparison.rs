//! Recorded comparisons: a page each, and rows of a list.

use super::explanation::{Explanation, explanation, is_explained};
use super::interval;
use super::runs::{self, file_name};
use super::text::{self, Badge, Bounds, Name};
use crate::links::commit_page;
use crate::{Compared, Comparison};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Pair;
use perf_judge::stats;
use perf_judge::unit::{self, Figures, LogRatio};
use perf_judge::verdict::State;
use serde::Serialize;

/// A comparison as a row of a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ComparisonRow {
    page: String,
    started: String,
    head: String,
    branch: String,
    base: String,
    result: String,
    class: &'static str,
}

/// The page of a comparison.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ComparisonPage {
    root: &'static str,
    title: String,
    row: ComparisonRow,
    subject: String,
    head_page: Option<String>,
    base_page: Option<String>,
    /// The page of its run, if there is one.
    run: Option<String>,
    machine: String,
    /// The ends of the scale of the intervals.
    scale: [String; 2],
    benchmarks: Vec<ComparedRow>,
    explanations: Vec<ExplainedChange>,
}

/// The explanation of a change, and the benchmark's page if there is one.
#[derive(Clone, Debug, Serialize)]
struct ExplainedChange {
    page: Option<String>,
    #[serde(flatten)]
    explanation: Explanation,
}

/// A benchmark of a comparison.
#[derive(Clone, Debug, Serialize)]
struct ComparedRow {
    badge: Badge,
    name: Name,
    /// Its page; `None` if no shown run has the benchmark.
    page: Option<String>,
    change: String,
    bounds: Bounds,
    base: String,
    head: String,
    pairs: usize,
    /// The confidence interval as a drawing.
    drawing: String,
}

impl ComparisonRow {
    pub(super) fn of(comparison: &Comparison) -> Self {
        let count = |state| comparison.benchmarks.iter().filter(|c| c.state == state).count();
        let (slower, faster) = (count(State::Regression), count(State::Improvement));
        let head = comparison.head.as_ref();
        Self {
            page: page_of(comparison),
            started: text::minute(comparison.started),
            head: head.map_or_else(|| text::NOTHING.to_owned(), |commit| short(&commit.hash)),
            branch: text::or_nothing(head.and_then(|c| c.branch.as_deref()).map(text::word)),
            base: short(&comparison.base),
            result: result(slower, faster, comparison.benchmarks.len()),
            class: match (slower, faster) {
                (1.., _) => "slower",
                (0, 1..) => "faster",
                _ => "neutral",
            },
        }
    }
}

/// The page of a comparison, below the site's root.
pub(super) fn page_of(comparison: &Comparison) -> String {
    format!("comparison/{}.html", file_name(&comparison.id))
}

pub(super) fn short(hash: &str) -> String {
    text::clipped(hash.get(..12).unwrap_or(hash), 12)
}

/// `2 regressions, 1 improvement in 14 benchmarks`
fn result(slower: usize, faster: usize, all: usize) -> String {
    let slower = (slower > 0).then(|| unit::counted(slower, "regression", "regressions"));
    let faster = (faster > 0).then(|| unit::counted(faster, "improvement", "improvements"));
    let parts: Vec<String> = slower.into_iter().chain(faster).collect();
    let all = unit::counted(all, "benchmark", "benchmarks");
    if parts.is_empty() {
        format!("no change in {all}")
    } else {
        format!("{} in {all}", parts.join(", "))
    }
}

/// The page of `comparison`. `has_page`: whether the run with this identity has one. `page_of`: the page of
/// a benchmark, if it has one.
pub(super) fn view(
    comparison: &Comparison,
    commits_at: Option<&str>,
    has_page: impl Fn(&str) -> bool,
    page_of: impl Fn(&BenchmarkId) -> Option<String>,
) -> ComparisonPage {
    let row = ComparisonRow::of(comparison);
    let head = comparison.head.as_ref();
    let run = comparison.run().filter(|run| has_page(run));
    let mut benchmarks: Vec<&Compared> = comparison.benchmarks.iter().collect();
    benchmarks.sort_by(|one, other| (one.state, &one.name).cmp(&(other.state, &other.name)));
    let ends = benchmarks.iter().filter_map(|compared| compared.low.zip(compared.high));
    let reach = interval::reach(ends);
    let explained = benchmarks.iter().filter(|one| is_explained(one));
    let explanations = explained
        .map(|one| ExplainedChange { page: page_of(&one.name), explanation: explanation(one) });
    ComparisonPage {
        root: "../",
        title: format!("{} compared with {}", row.head, row.base),
        subject: head.map_or_else(String::new, |commit| text::line(&commit.subject)),
        head_page: head.and_then(|commit| commit_page(commits_at, &commit.hash)),
        base_page: commit_page(commits_at, &comparison.base),
        run: run.map(runs::page_of),
        machine: super::machines::name(&comparison.machine),
        scale: interval::ends(reach),
        explanations: explanations.collect(),
        benchmarks: benchmarks
            .into_iter()
            .map(|own| compared_row(own, page_of(&own.name), reach))
            .collect(),
        row,
    }
}

/// The minimum detectable change is the end of the interval that is farther from zero.
fn bounds(compared: &Compared) -> Bounds {
    let ends = compared.low.zip(compared.high);
    let farther = ends.map(|(low, high)| LogRatio(high.0.max(-low.0).max(0.0)));
    Bounds::new(compared.state, ends, farther)
}

fn compared_row(compared: &Compared, page: Option<String>, reach: f64) -> ComparedRow {
    let median = |side: fn(&Pair) -> f64| {
        stats::median(&compared.pairs.iter().map(side).collect::<Vec<f64>>())
    };
    let [base_ns, head_ns] = [median(|pair| pair.base.median), median(|pair| pair.head.median)];
    let figures = Figures::new(base_ns, head_ns, compared.change);
    let badge = Badge::of_state(compared.state, compared.state.label(compared.severity));
    let ends = compared.change.zip(compared.low.zip(compared.high));
    let drawing = ends.map(|(change, ends)| interval::drawn(change, ends, reach, badge.class));
    ComparedRow {
        drawing: drawing.unwrap_or_default(),
        badge,
        name: Name::cell(compared.name.as_str()),
        page,
        change: figures.change.unwrap_or_default(),
        bounds: bounds(compared),
        base: text::or_nothing(figures.base),
        head: text::or_nothing(figures.head),
        pairs: compared.pairs.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::explanation::tests::compared;
    use super::*;
    use serde_json::json;

    #[test]
    fn benchmarks_without_a_page_have_no_link() {
        let text = json!({
            "schema": 2, "kind": "comparison", "id": "run-base", "seed": 7,
            "started": "2026-11-02T02:45:00Z", "base": "c0ffee", "head": null,
            "machine": perf_fixtures::run(1, vec![]).machine,
            "benchmarks": [compared("a/b::gone", Some(json!([]))), compared("a/b::kept", None)],
        });
        let comparison = Comparison::from_json(&text.to_string()).unwrap();
        let page_of =
            |name: &BenchmarkId| (name.as_str() == "a/b::kept").then(|| "../kept.html".to_owned());
        let page = view(&comparison, None, |_| false, page_of);
        let pages: Vec<Option<&str>> =
            page.benchmarks.iter().map(|row| row.page.as_deref()).collect();
        assert_eq!(pages, [None, Some("../kept.html")]);
        assert_eq!(page.explanations.len(), 1);
        assert_eq!(page.explanations[0].page, None);
    }
}

//! Alternatives of one build that were compared in pairs.

use super::machines;
use super::ratio_axis::{drawn, ticks};
use super::spark;
use super::text::{self, Badge, Name};
use crate::links::commit_page;
use crate::svg::Scale;
use crate::versus::{ScalingSeries, Versus, VersusResult};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::State;
use perf_judge::versus::Relation;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most comparisons of different alternatives on the page.
const SHOWN: usize = 20;
/// The most benchmarks of a comparison on the page.
const ROWS: usize = 40;

/// The newest comparison of some alternatives.
#[derive(Clone, Debug, Serialize)]
pub(super) struct VersusView {
    baseline: Name,
    /// `other is 1.23 × as fast as one (1.20 × to 1.26 ×)`, or the numbers of results.
    sentence: String,
    started: String,
    commit: String,
    commit_page: Option<String>,
    subject: String,
    is_dirty: bool,
    machine: String,
    rows: Vec<VersusRow>,
    ticks: String,
    exponents: Vec<MeasuredExponent>,
    /// The number of benchmarks that are not shown.
    left_out: String,
}

/// An alternative beside the baseline.
#[derive(Clone, Debug, Serialize)]
struct VersusRow {
    name: Name,
    page: Option<String>,
    badge: Badge,
    time: String,
    baseline: String,
    speed: String,
    interval: String,
    drawing: String,
    pairs: usize,
    /// The speed in earlier comparisons, as a drawing.
    spark: String,
}

/// An alternative with the exponent of its times by argument.
#[derive(Clone, Debug, Serialize)]
struct MeasuredExponent {
    name: Name,
    exponent: String,
}

/// What the page needs beside the comparisons.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersusSource<'a> {
    pub(super) commits_at: Option<&'a str>,
    /// The benchmarks with a page.
    pub(super) pages: &'a BTreeSet<&'a BenchmarkId>,
    /// New names of benchmarks by old ones.
    pub(super) renamed: &'a BTreeMap<BenchmarkId, BenchmarkId>,
}

impl VersusSource<'_> {
    fn page_of(self, name: &BenchmarkId) -> Option<String> {
        let current = self.renamed.get(name).unwrap_or(name);
        self.pages.contains(current).then(|| format!("benchmark/{}.html", current.file_stem()))
    }
}

/// The newest comparison of each set of alternatives. `recorded` begins with the newest.
pub(super) fn views(recorded: &[Versus], source: VersusSource<'_>) -> Vec<VersusView> {
    let mut known = BTreeSet::new();
    let newest = recorded.iter().enumerate().filter(|(_, versus)| {
        known.insert((&versus.baseline, versus.alternatives.iter().collect::<BTreeSet<_>>()))
    });
    newest.take(SHOWN).map(|(at, _)| view(&recorded[at..], source)).collect()
}

/// The view of the first of `recorded`; the others are earlier.
fn view(recorded: &[Versus], source: VersusSource<'_>) -> VersusView {
    let (versus, commit) = (&recorded[0], recorded[0].run.commit.as_ref());
    let shown = &versus.results[..versus.results.len().min(ROWS)];
    let ends = shown.iter().flat_map(|result| {
        let all = [result.change, result.low, result.high];
        all.into_iter().flatten().map(|change| (-change.0).exp()).chain([1.0])
    });
    let scale = Scale::all_logarithmic(&ends.collect::<Vec<f64>>());
    let row = |result: &VersusResult| VersusRow {
        name: Name::cell(versus.short(result.name.as_str())),
        page: source.page_of(&result.name),
        badge: badge(result.relation),
        time: text::time(result.ns),
        baseline: text::time(result.baseline_ns),
        speed: text::or_nothing(result.speed()),
        interval: result.speed_interval().unwrap_or_default(),
        drawing: scale.zip(speeds(result)).map_or_else(String::new, |(scale, (speed, ends))| {
            drawn("dot", speed, Some(ends), scale)
        }),
        pairs: result.pairs.len(),
        spark: development(recorded, result),
    };
    let exponent = |series: &ScalingSeries| MeasuredExponent {
        name: Name::cell(versus.short(series.name.as_str())),
        exponent: series.exponent(),
    };
    VersusView {
        baseline: Name::full(versus.baseline.as_str()),
        sentence: sentence(versus),
        started: text::minute(versus.run.started),
        commit: commit.map_or_else(String::new, |commit| super::comparison::short(&commit.hash)),
        commit_page: commit.and_then(|commit| commit_page(source.commits_at, &commit.hash)),
        subject: commit.map_or_else(String::new, |commit| text::line(&commit.subject)),
        is_dirty: commit.is_some_and(|commit| commit.dirty),
        machine: machines::name(&versus.run.machine),
        rows: shown.iter().map(row).collect(),
        ticks: scale.map_or_else(String::new, |scale| ticks(scale, |_| true)),
        exponents: versus.scaling.iter().take(ROWS).map(exponent).collect(),
        left_out: match versus.results.len() - shown.len() {
            0 => String::new(),
            more => unit::counted(more, "more benchmark", "more benchmarks"),
        },
    }
}

/// The verdict on one alternative, or the number of verdicts of each kind.
fn sentence(versus: &Versus) -> String {
    if let [only] = versus.results.as_slice() {
        return text::line(&only.conclusion);
    }
    let count = |relation| versus.results.iter().filter(|one| one.relation == relation).count();
    let counts = [
        (Relation::Faster, "faster"),
        (Relation::Slower, "slower"),
        (Relation::NoDifference, "without a difference"),
        (Relation::Undecided, "not decided"),
        (Relation::NotMeasured, "not measured"),
    ];
    let counts = counts.map(|(relation, words)| (count(relation), words)).into_iter();
    let counts = counts.filter(|(count, _)| *count > 0);
    counts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<String>>().join(", ")
}

fn badge(relation: Relation) -> Badge {
    let (state, word) = match relation {
        Relation::Faster => (State::Improvement, "faster"),
        Relation::Slower => (State::Regression, "slower"),
        Relation::NoDifference => (State::Unchanged, "no difference"),
        Relation::Undecided => (State::Inconclusive, "not decided"),
        Relation::NotMeasured => (State::Missing, "not measured"),
    };
    Badge::of_state(state, word.to_owned())
}

/// How many times as fast as the baseline it is, and the interval of that.
fn speeds(result: &VersusResult) -> Option<(f64, (f64, f64))> {
    let times = |change: LogRatio| (-change.0).exp();
    let (low, high) = result.low.zip(result.high)?;
    Some((times(result.change?), (times(high), times(low))))
}

/// The speeds of a pair of benchmarks in all comparisons that have it; empty for one alone.
fn development(recorded: &[Versus], result: &VersusResult) -> String {
    let is_same =
        |other: &&VersusResult| other.name == result.name && other.baseline == result.baseline;
    let all = recorded.iter().rev().flat_map(|versus| versus.results.iter().filter(is_same));
    let speeds: Vec<(usize, f64)> =
        (0..).zip(all.filter_map(speeds).map(|(speed, _)| speed)).collect();
    if speeds.len() < 2 { String::new() } else { spark::around(&speeds, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::versus::example;

    fn shown(recorded: &[Versus], pages: &BTreeSet<&BenchmarkId>) -> Vec<VersusView> {
        let renamed = BTreeMap::from([("p/t::new::16".into(), "p/t::newer::16".into())]);
        views(recorded, VersusSource { commits_at: None, pages, renamed: &renamed })
    }

    #[test]
    fn the_newest_comparison_of_the_same_alternatives_is_shown_with_its_trend() {
        let (mut earlier, mut other) = (example(), example());
        earlier.results.truncate(1);
        other.results.truncate(1);
        other.baseline = "p/t::another".into();
        let linked: BenchmarkId = "p/t::newer::16".into();
        let views = shown(&[example(), earlier, other], &[&linked].into());
        assert_eq!(views.len(), 2);
        let [first, second, ..] = views[0].rows.as_slice() else { unreachable!("it has four") };
        assert!(first.spark.starts_with("<svg") && second.spark.is_empty());
        assert!(first.page.is_some() && second.page.is_none());
        assert_eq!((first.speed.as_str(), first.badge.word.as_str()), ("1.25 ×", "faster"));
        assert_eq!(views[0].sentence, "1 faster, 1 slower, 1 without a difference, 1 not measured");
    }

    #[test]
    fn one_alternative_has_the_sentence_of_its_verdict() {
        let mut versus = example();
        versus.results.truncate(1);
        let view = &shown(&[versus], &BTreeSet::new())[0];
        assert!(view.sentence.starts_with("new::16 is 1.25 × as fast as old::16"));
    }
}

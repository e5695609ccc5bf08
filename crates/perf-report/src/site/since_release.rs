//! How the reported checkout differs from the newest release, in one sentence.

use super::level_difference::LevelDifference;
use super::levels::BenchmarkLevels;
use super::releases::{ReleaseDifference, pairs, release_places};
use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::text::Name;
use crate::Report;
use perf_judge::unit::LogRatio;
use perf_judge::verdict::{State, Verdict};
use std::collections::BTreeMap;

/// The most benchmarks that are named.
const NAMED: usize = 5;

/// The places of two runs: that of the newest release, and a later one. The later one is the reported
/// run, or the newest run up to the base of a comparison. `None` without such runs.
pub(super) fn places(report: &Report, runs: &[RunView<'_>]) -> Option<[usize; 2]> {
    if report.reference.base.is_none() {
        return pairs(runs).into_iter().next().filter(|pair| runs[pair[1]].is_reported());
    }
    let newest = runs.iter().rposition(|run| run.comparability() == Comparability::Counted)?;
    let release = release_places(runs).pop()?;
    // At the release itself the comparison is the whole difference.
    (release < newest).then_some([release, newest])
}

/// `since v1.2: 2 of 30 benchmarks are slower, by up to 18.3 %. The geometric mean changed by -3.1 %.
/// Changed: parse_large_xml +18.3 %, …`. The changes of a comparison are added to those between the two
/// `places`.
pub(super) fn sentence(
    report: &Report,
    levels: &[BenchmarkLevels<'_>],
    runs: &[RunView<'_>],
    places: [usize; 2],
) -> Option<String> {
    let release = runs[places[0]].release.as_ref()?;
    let mut all: Vec<LevelDifference<'_>> =
        levels.iter().filter_map(|one| LevelDifference::between(one, places)).collect();
    let is_comparison = report.reference.base.is_some();
    if is_comparison {
        all = with_comparison(all, report);
    }
    if all.is_empty() {
        return None;
    }
    let ReleaseDifference { changed, sentence, .. } = ReleaseDifference::of(all);
    let label = if is_comparison { ", with this checkout" } else { "" };
    let sentence = sentence.replacen("None of", "none of", 1);
    Some(format!("since {release}{label}: {sentence}{}", names(&changed)))
}

/// ` Changed: parse_large_xml +18.3 %, …`
fn names(changed: &[LevelDifference<'_>]) -> String {
    let named = |one: &LevelDifference<'_>| {
        let change = one.figures().change.unwrap_or_default();
        format!("{} {change}", Name::cell(one.id.as_str()).text())
    };
    let mut named: Vec<String> = changed.iter().take(NAMED).map(named).collect();
    if changed.len() > NAMED {
        named.push("…".to_owned());
    }
    if named.is_empty() { String::new() } else { format!(" Changed: {}", named.join(", ")) }
}

/// Adds the change of each benchmark that was compared, and leaves the others out.
fn with_comparison<'a>(
    before: Vec<LevelDifference<'a>>,
    report: &Report,
) -> Vec<LevelDifference<'a>> {
    let verdicts = report.rows.iter().map(|row| &row.verdict);
    let compared = verdicts.filter_map(|verdict| Some((&verdict.name, PairedChange::of(verdict)?)));
    let compared: BTreeMap<_, PairedChange> = compared.collect();
    let with = |one: LevelDifference<'a>| {
        let PairedChange { change, interval } = compared.get(one.id)?;
        Some(one.followed_by(*change, *interval))
    };
    before.into_iter().filter_map(with).collect()
}

/// The change of a benchmark in a comparison.
struct PairedChange {
    change: LogRatio,
    interval: (LogRatio, LogRatio),
}

impl PairedChange {
    /// `None` if nothing is known about the time of the head.
    fn of(verdict: &Verdict) -> Option<Self> {
        if let (Some(change), Some(low), Some(high)) = (verdict.change, verdict.low, verdict.high) {
            return Some(Self { change, interval: (low, high) });
        }
        // Benchmarks that execute the same code are not timed.
        let none = LogRatio(0.0);
        (verdict.state == State::Unchanged).then_some(Self { change: none, interval: (none, none) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::project::Release;
    use super::super::since_release;
    use crate::Report;
    use crate::report::Base;
    use crate::report::tests::{made_with, report};
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use perf_judge::unit::LogRatio;
    use perf_judge::verdict::Verdicts;

    const NAME: &str = "core/parse::parse_large_xml";

    /// Runs of twelve days, the last four of `ns`, with a release at the given day.
    fn since(report: &Report, release: u32, ns: f64) -> Option<String> {
        let day = |day| run(day, vec![measured(NAME, if day < 9 { 1e6 } else { ns })]);
        let history: History = (1..=12).map(day).collect();
        let releases = [Release { name: "v1".to_owned(), commit: format!("{release:040x}") }];
        since_release(&history, report, &releases)
    }

    /// A comparison in which the benchmark changed by this factor.
    fn comparison(factor: f64) -> Report {
        let change = |factor: f64| Some(LogRatio(factor.ln()));
        let mut report = made_with(|verdicts: &mut Verdicts| {
            for verdict in &mut verdicts.verdicts {
                verdict.change = change(factor);
                verdict.low = change(factor * 0.995);
                verdict.high = change(factor * 1.005);
            }
        });
        let commit = report.run.commit.clone().unwrap();
        report.run.id = "comparison".to_owned();
        report.run.partial = true;
        report.reference.base = Some(Base { commit, label: "merge base with main".to_owned() });
        report
    }

    #[test]
    fn the_latest_run_is_described_by_what_changed_since_the_newest_release() {
        let slower = since(&report(), 6, 1.2e6).unwrap();
        assert!(slower.starts_with("since v1: 1 of 1 benchmark is slower, by up to "), "{slower}");
        assert!(slower.contains(&format!(" Changed: {NAME} +")), "{slower}");
        assert_eq!(since(&report(), 99, 1.2e6), None);
    }

    #[test]
    fn a_comparison_adds_its_changes_to_those_before_its_base() {
        let slower = since(&comparison(1.1), 6, 1.2e6).unwrap();
        let start = "since v1, with this checkout: 1 of 1 benchmark is slower, by up to 32.0 %.";
        assert!(slower.starts_with(start), "{slower}");
        assert!(slower.ends_with(&format!(" Changed: {NAME} +32.0 %")), "{slower}");
    }

    #[test]
    fn a_comparison_can_take_back_what_changed_since_the_release() {
        let same = since(&comparison(1.0 / 1.2), 6, 1.2e6).unwrap();
        assert!(same.starts_with("since v1, with this checkout: none of 1 benchmark"), "{same}");
    }

    #[test]
    fn a_comparison_with_the_release_is_the_whole_difference() {
        assert_eq!(since(&comparison(1.1), 12, 1.2e6), None);
    }

    #[test]
    fn a_benchmark_that_was_not_compared_is_left_out() {
        let mut report = comparison(1.1);
        report.rows.retain(|row| row.verdict.name.as_str() != NAME);
        assert_eq!(since(&report, 6, 1.2e6), None);
    }
}

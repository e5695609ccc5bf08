//! The last releases, each compared with the one before it.

use super::level_difference::LevelDifference;
use super::levels::BenchmarkLevels;
use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::runs;
use super::text::{self, Badge, Name};
use perf_judge::stats;
use perf_judge::unit::{self, Figures, LogRatio};
use serde::Serialize;

/// The most comparisons of the page.
const STEPS: usize = 6;
/// The most benchmarks of a comparison.
const ROWS: usize = 20;

#[derive(Clone, Debug, Serialize)]
pub(super) struct ReleasesPage {
    root: &'static str,
    title: String,
    steps: Vec<ReleaseStep>,
}

/// A release, or the newest run, compared with the release before it.
#[derive(Clone, Debug, Serialize)]
struct ReleaseStep {
    base: String,
    head: String,
    dates: String,
    compare: String,
    states: Vec<Badge>,
    sentence: String,
    rows: Vec<ReleaseRow>,
    more: String,
}

#[derive(Clone, Debug, Serialize)]
struct ReleaseRow {
    name: Name,
    stem: String,
    base: String,
    head: String,
    change: String,
    class: &'static str,
    interval: String,
}

/// Whether there are two runs to compare of which one is that of a release.
pub(super) fn exist(runs: &[RunView<'_>]) -> bool {
    !pairs(runs).is_empty()
}

/// The page; `None` without a release to compare.
pub(super) fn page(levels: &[BenchmarkLevels<'_>], runs: &[RunView<'_>]) -> Option<ReleasesPage> {
    let pairs = pairs(runs);
    let steps = pairs.iter().map(|pair| step(levels, runs, *pair)).collect();
    let title = "Releases".to_owned();
    (!pairs.is_empty()).then_some(ReleasesPage { root: "", title, steps })
}

/// The places of base and head of each comparison, the newest first. A level has counted runs alone:
/// at any other run it would be that of runs before.
pub(super) fn pairs(runs: &[RunView<'_>]) -> Vec<[usize; 2]> {
    let is_counted = |run: &RunView<'_>| run.comparability() == Comparability::Counted;
    let mut places = release_places(runs);
    let newest = runs.iter().rposition(|run| run.is_reported() && is_counted(run));
    if !places.is_empty() && places.last().copied() < newest {
        places.extend(newest);
    }
    places.windows(2).rev().take(STEPS).map(|pair| [pair[0], pair[1]]).collect()
}

/// The place of each release with a counted run, the oldest first.
pub(super) fn release_places(runs: &[RunView<'_>]) -> Vec<usize> {
    let is_counted = |run: &RunView<'_>| run.comparability() == Comparability::Counted;
    let mut places: Vec<usize> = Vec::new();
    let counted = runs.iter().enumerate().filter(|(_, run)| is_counted(run));
    for (place, run) in counted.filter(|(_, run)| run.release.is_some()) {
        // Of several runs of a release, the last counts.
        if places.last().is_some_and(|last| runs[*last].release == run.release) {
            places.pop();
        }
        places.push(place);
    }
    places
}

fn step(levels: &[BenchmarkLevels<'_>], runs: &[RunView<'_>], places: [usize; 2]) -> ReleaseStep {
    let [base, head] = places.map(|place| &runs[place]);
    let label = |run: &RunView<'_>| run.release.clone().unwrap_or_else(|| "latest run".to_owned());
    let both = levels.iter().filter_map(|one| LevelDifference::between(one, places));
    let ReleaseDifference { mut changed, sentence, states } = ReleaseDifference::of(both.collect());
    let [a, b] = [base, head].map(|run| runs::file_name(run.id));
    let more = changed.len().saturating_sub(ROWS);
    changed.truncate(ROWS);
    ReleaseStep {
        base: label(base),
        head: label(head),
        dates: format!("{} to {}", base.label(), head.label()),
        compare: format!("compare.html?a={a}&b={b}"),
        states,
        sentence,
        rows: changed.iter().map(row).collect(),
        more: match more {
            0 => String::new(),
            _ => format!("{} not listed.", unit::counted(more, "benchmark", "benchmarks")),
        },
    }
}

/// What changed after a release.
pub(super) struct ReleaseDifference<'a> {
    /// The benchmarks that certainly changed, slower ones first, so that a gain hides no loss.
    pub(super) changed: Vec<LevelDifference<'a>>,
    /// `2 of 30 benchmarks are slower, by up to 18.3 %. The geometric mean changed by -3.1 %.`
    pub(super) sentence: String,
    states: Vec<Badge>,
}

impl<'a> ReleaseDifference<'a> {
    pub(super) fn of(all: Vec<LevelDifference<'a>>) -> Self {
        let mean = stats::mean(&all.iter().map(|one| one.change.0).collect::<Vec<f64>>());
        let compared = all.len();
        let undecided = all.iter().filter(|one| one.interval.is_none()).count();
        let mut changed: Vec<_> = all.into_iter().filter(LevelDifference::is_change).collect();
        changed.sort_by(|one, other| {
            let by_size = other.change.0.abs().total_cmp(&one.change.0.abs());
            other.is_slower().cmp(&one.is_slower()).then(by_size)
        });
        let slower = changed.iter().filter(|one| one.is_slower()).count();
        Self {
            sentence: sentence(slower, &changed, compared, mean) + &too_few(undecided),
            states: states([slower, changed.len() - slower, undecided], compared),
            changed,
        }
    }
}

/// ` 2 benchmarks have too few runs for an interval.`
fn too_few(undecided: usize) -> String {
    match undecided {
        0 => String::new(),
        1 => " 1 benchmark has too few runs for an interval.".to_owned(),
        _ => format!(" {undecided} benchmarks have too few runs for an interval."),
    }
}

fn states([slower, faster, undecided]: [usize; 3], of: usize) -> Vec<Badge> {
    let badge = |symbol, count: usize, word, class| {
        (count > 0).then(|| Badge { symbol, word: format!("{count} {word}"), class })
    };
    let states = [
        badge("▲", slower, "slower", "slower"),
        badge("▼", faster, "faster", "faster"),
        badge("=", of - slower - faster - undecided, "unchanged", "neutral"),
        badge("?", undecided, "inconclusive", "warn"),
    ];
    states.into_iter().flatten().collect()
}

fn row(difference: &LevelDifference<'_>) -> ReleaseRow {
    let Figures { base, head, change } = difference.figures();
    let interval = difference.interval.map(|(low, high)| unit::interval(low, high));
    ReleaseRow {
        name: Name::cell(difference.id.as_str()),
        stem: difference.id.file_stem(),
        base: text::or_nothing(base),
        head: text::or_nothing(head),
        change: text::or_nothing(change),
        class: if difference.is_slower() { "slower" } else { "faster" },
        interval: interval.unwrap_or_default(),
    }
}

/// `2 of 30 benchmarks are slower, by up to 18.3 %. The geometric mean changed by -3.1 %.`
fn sentence(
    slower: usize,
    changed: &[LevelDifference<'_>],
    of: usize,
    mean: Option<f64>,
) -> String {
    let all = unit::counted(of, "benchmark", "benchmarks");
    let worst = changed.first().filter(|worst| worst.is_slower());
    let slower = match worst {
        Some(worst) => {
            let verb = if slower == 1 { "is" } else { "are" };
            format!("{slower} of {all} {verb} slower, by up to {}.", unit::percent(worst.change))
        }
        None => format!("None of {all} is slower."),
    };
    let mean = mean.map(|mean| unit::change(LogRatio(mean)));
    let mean = mean.map(|mean| format!(" The geometric mean changed by {mean}."));
    slower + &mean.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::project::{Project, Release};
    use super::super::site_runs::SiteRuns;
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use perf_judge::run::Run;

    const NAME: &str = "core/parse::parse_large_xml";

    /// The base, the head and the sentence of each comparison of the releases, each of a day's commit.
    fn compared(runs: Vec<Run>, releases: &[(&str, u32)]) -> Vec<[String; 3]> {
        let (history, report) = (runs.into_iter().collect::<History>(), report());
        let release = |(name, day): &(&str, u32)| Release {
            name: (*name).to_owned(),
            commit: format!("{day:040x}"),
        };
        let releases: Vec<Release> = releases.iter().map(release).collect();
        let project = Project { releases: &releases, ..Project::default() };
        let shown = SiteRuns::new(&history, &report, None).with_releases(project);
        let page = page(&levels::all(&shown), &shown.runs).unwrap();
        page.steps.into_iter().map(|step| [step.base, step.head, step.sentence]).collect()
    }

    fn day(day: u32, ns: f64) -> Run {
        run(day, vec![measured(NAME, ns)])
    }

    #[test]
    fn a_release_is_compared_with_the_one_before_and_the_latest_run_with_the_last() {
        let runs = (1..=12).map(|at| day(at, if at < 9 { 1e6 } else { 1.2e6 })).collect();
        let steps = compared(runs, &[("v1", 3), ("v2", 6), ("v3", 12), ("v0", 99)]);
        let slower =
            "1 of 1 benchmark is slower, by up to 20.0 %. The geometric mean changed by +20.0 %.";
        assert_eq!(steps[1], ["v2", "v3", slower]);
        assert_eq!(steps[0][..2], ["v3", "latest run"]);
        assert!(steps[2][2].starts_with("None of 1 benchmark is slower."), "{steps:?}");
    }

    #[test]
    fn runs_that_are_not_counted_are_no_releases() {
        let mut runs: Vec<Run> = (1..=12).map(|at| day(at, 1e6)).collect();
        runs[3].commit.as_mut().unwrap().branch = Some("other".to_owned());
        runs[5].partial = true;
        let releases = [("v1", 3), ("branch", 4), ("partial", 6), ("v2", 9)];
        let steps = compared(runs, &releases);
        let pairs: Vec<&[String]> = steps.iter().map(|step| &step[..2]).collect();
        assert_eq!(pairs, [["v2", "latest run"], ["v1", "v2"]]);
    }

    #[test]
    fn a_benchmark_is_compared_where_both_releases_measured_it() {
        let mut runs: Vec<Run> = (1..=12).map(|at| day(at, 1e6)).collect();
        runs[8] = run(9, vec![measured("core/filter::unchanged", 2.5)]);
        let steps = compared(runs, &[("v1", 3), ("v2", 9)]);
        assert_eq!(steps[1][2], "None of 0 benchmarks is slower.");
    }

    #[test]
    fn one_run_decides_nothing() {
        let steps = compared(vec![day(1, 1e6), day(2, 1.2e6)], &[("v1", 1), ("v2", 2)]);
        let undecided = "None of 1 benchmark is slower. The geometric mean changed by +10.0 %. 1 benchmark has too few runs for an interval.";
        assert_eq!(steps[1], ["v1", "v2", undecided]);
    }
}

//! The last releases, each compared with the one before it.

use super::levels::{BenchmarkLevels, LEAST_CHANGE};
use super::run_comparability::Comparability;
use super::run_view::RunView;
use super::runs;
use super::text::{self, Badge, Name};
use perf_judge::detect::level_interval;
use perf_judge::stats;
use perf_judge::unit::{self, Figures, LogRatio};
use serde::Serialize;

/// The most comparisons of the page.
const STEPS: usize = 6;
/// The most benchmarks of a comparison.
const ROWS: usize = 20;
/// The most benchmarks that a report names.
const NAMED: usize = 5;

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
    #[serde(skip)]
    ratio: LogRatio,
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
fn pairs(runs: &[RunView<'_>]) -> Vec<[usize; 2]> {
    let mut places: Vec<usize> = Vec::new();
    let is_counted = |run: &RunView<'_>| run.comparability() == Comparability::Counted;
    let counted = runs.iter().enumerate().filter(|(_, run)| is_counted(run));
    for (place, run) in counted.filter(|(_, run)| run.release.is_some()) {
        // Of several runs of a release, the last counts.
        if places.last().is_some_and(|last| runs[*last].release == run.release) {
            places.pop();
        }
        places.push(place);
    }
    let newest = runs.iter().rposition(|run| run.is_reported() && is_counted(run));
    if !places.is_empty() && places.last().copied() < newest {
        places.extend(newest);
    }
    places.windows(2).rev().take(STEPS).map(|pair| [pair[0], pair[1]]).collect()
}

/// How the latest run differs from the newest release: `since v1.2: 2 of 30 benchmarks are slower, by up
/// to 18.3 %. The geometric mean changed by -3.1 %. Changed: parse_large_xml +18.3 %, …`. `None` without a
/// run of a release before it.
pub(super) fn since_newest(levels: &[BenchmarkLevels<'_>], runs: &[RunView<'_>]) -> Option<String> {
    let pair = pairs(runs).into_iter().next().filter(|pair| runs[pair[1]].is_reported())?;
    let ReleaseStep { base, sentence, rows, .. } = step(levels, runs, pair);
    let named = |row: &ReleaseRow| format!("{} {}", row.name.text(), row.change);
    let mut all: Vec<String> = rows.iter().take(NAMED).map(named).collect();
    if rows.len() > NAMED {
        all.push("…".to_owned());
    }
    let names =
        if all.is_empty() { String::new() } else { format!(" Changed: {}", all.join(", ")) };
    let sentence = sentence.replacen("None of", "none of", 1);
    Some(format!("since {base}: {sentence}{names}"))
}

fn step(levels: &[BenchmarkLevels<'_>], runs: &[RunView<'_>], places: [usize; 2]) -> ReleaseStep {
    let [base, head] = places.map(|place| &runs[place]);
    let label = |run: &RunView<'_>| run.release.clone().unwrap_or_else(|| "latest run".to_owned());
    let both: Vec<ReleaseRow> = levels.iter().filter_map(|one| row(one, places)).collect();
    let mean = stats::mean(&both.iter().map(|row| row.ratio.0).collect::<Vec<f64>>());
    let compared = both.len();
    let undecided = both.iter().filter(|row| row.interval.is_empty()).count();
    let mut rows: Vec<ReleaseRow> = both.into_iter().filter(|row| !row.class.is_empty()).collect();
    // Slower ones first, so that a gain hides no loss.
    rows.sort_by(|one, other| {
        let is_faster = |row: &ReleaseRow| row.ratio.0 < 0.0;
        let by_size = other.ratio.0.abs().total_cmp(&one.ratio.0.abs());
        is_faster(one).cmp(&is_faster(other)).then(by_size)
    });
    let slower = rows.iter().filter(|row| row.ratio.0 > 0.0).count();
    let sentence = sentence(slower, &rows, compared, mean) + &too_few(undecided);
    let states = states([slower, rows.len() - slower, undecided], compared);
    let [a, b] = [base, head].map(|run| runs::file_name(run.id));
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    ReleaseStep {
        base: label(base),
        head: label(head),
        dates: format!("{} to {}", base.label(), head.label()),
        compare: format!("compare.html?a={a}&b={b}"),
        states,
        sentence,
        rows,
        more: match more {
            0 => String::new(),
            _ => format!("{} not listed.", unit::counted(more, "benchmark", "benchmarks")),
        },
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

/// A benchmark that was measured for both. Its class is empty if its level is the same, or if too few
/// runs decide.
fn row(levels: &BenchmarkLevels<'_>, places: [usize; 2]) -> Option<ReleaseRow> {
    if !places.iter().all(|place| levels.is_measured(*place)) {
        return None;
    }
    let [base, head] = places.map(|place| levels.current_at(place));
    let (before, after) = (stats::median(&base)?, stats::median(&head)?);
    let ratio = LogRatio((after / before).ln());
    let ends = level_interval(&base, &head);
    let is_certain = ends.is_some_and(|(low, high)| low.0 > 0.0 || high.0 < 0.0);
    let Figures { base, head, change } = Figures::new(Some(before), Some(after), Some(ratio));
    Some(ReleaseRow {
        name: Name::cell(levels.id.as_str()),
        stem: levels.id.file_stem(),
        base: text::or_nothing(base),
        head: text::or_nothing(head),
        change: text::or_nothing(change),
        class: match ratio.0 {
            change if change >= LEAST_CHANGE && is_certain => "slower",
            change if change <= -LEAST_CHANGE && is_certain => "faster",
            _ => "",
        },
        interval: ends.map_or_else(String::new, |(low, high)| unit::interval(low, high)),
        ratio,
    })
}

/// `2 of 30 benchmarks are slower, by up to 18.3 %. The geometric mean changed by -3.1 %.`
fn sentence(slower: usize, rows: &[ReleaseRow], of: usize, mean: Option<f64>) -> String {
    let all = unit::counted(of, "benchmark", "benchmarks");
    let worst = rows.first().filter(|row| row.ratio.0 > 0.0);
    let slower = match worst {
        Some(worst) => {
            let verb = if slower == 1 { "is" } else { "are" };
            format!("{slower} of {all} {verb} slower, by up to {}.", unit::percent(worst.ratio))
        }
        None => format!("None of {all} is slower."),
    };
    let mean = mean.map(|mean| unit::change(LogRatio(mean)));
    let mean = mean.map(|mean| format!(" The geometric mean changed by {mean}."));
    slower + &mean.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::project::{Project, Release};
    use super::super::site_runs::SiteRuns;
    use super::super::{levels, since_release};
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
    fn the_latest_run_is_described_by_what_changed_since_the_newest_release() {
        let since = |release: u32, ns: f64| {
            let runs = (1..=12).map(|at| day(at, if at < 9 { 1e6 } else { ns }));
            let (history, report) = (runs.collect::<History>(), report());
            let releases = [Release { name: "v1".to_owned(), commit: format!("{release:040x}") }];
            since_release(&history, &report, &releases)
        };
        let slower = since(6, 1.2e6).unwrap();
        assert!(slower.starts_with("since v1: 1 of 1 benchmark is slower, by up to "), "{slower}");
        assert!(slower.contains(&format!(" Changed: {NAME} +")), "{slower}");
        assert_eq!(since(99, 1.2e6), None);
    }

    #[test]
    fn one_run_decides_nothing() {
        let steps = compared(vec![day(1, 1e6), day(2, 1.2e6)], &[("v1", 1), ("v2", 2)]);
        let undecided = "None of 1 benchmark is slower. The geometric mean changed by +10.0 %. 1 benchmark has too few runs for an interval.";
        assert_eq!(steps[1], ["v1", "v2", undecided]);
    }
}

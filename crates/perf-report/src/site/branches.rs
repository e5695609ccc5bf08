//! A benchmark on other branches: the newest run of each, compared with the level of the base branch.

use super::run_comparability::{Comparability, Flag};
use super::runs;
use super::text;
use super::trend_point::TrendPoint;
use perf_judge::run::Commit;
use perf_judge::stats;
use perf_judge::unit::{self, LogRatio};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most branches that are listed.
const BRANCHES: usize = 10;
/// The most runs that make the level of the base branch: the length of a baseline.
const LEVEL: usize = 10;

/// A benchmark on another branch.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BranchView {
    name: String,
    page: Option<String>,
    newest: String,
    commit: String,
    commit_page: Option<String>,
    value: String,
    change: String,
    runs: usize,
}

/// The newest comparable run of each other branch, the newest first. `level_begin`: the index of the first
/// point of the current level.
pub(super) fn elsewhere(points: &[TrendPoint<'_>], level_begin: usize) -> Vec<BranchView> {
    let level = level(points, level_begin);
    let mut all: BTreeMap<&str, (usize, &TrendPoint<'_>, f64)> = BTreeMap::new();
    for (at, point) in points.iter().enumerate() {
        if let Some((branch, value)) = branch_of(point).zip(point.level_value()) {
            all.insert(branch, (at, point, value));
        }
    }
    let mut newest: Vec<(usize, &TrendPoint<'_>, f64)> = all.into_values().collect();
    newest.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    newest.truncate(BRANCHES);
    newest.into_iter().map(|(_, point, value)| view(points, point, value, level)).collect()
}

/// The median of the newest counted runs of the current level.
fn level(points: &[TrendPoint<'_>], begin: usize) -> Option<f64> {
    let counted = points.get(begin..)?.iter().rev();
    let counted = counted.filter(|point| point.comparability() == Comparability::Counted);
    stats::median(&counted.filter_map(TrendPoint::level_value).take(LEVEL).collect::<Vec<f64>>())
}

/// The branch of a point whose times are comparable with those of the base branch.
fn branch_of<'a>(point: &TrendPoint<'a>) -> Option<&'a str> {
    let is_other = point.run.has(Flag::OtherBranch);
    let is_comparable = point.comparability() != Comparability::Incomparable;
    let commit: Option<&'a Commit> = point.run.commit.filter(|_| is_other && is_comparable);
    commit?.branch.as_deref()
}

fn view(
    points: &[TrendPoint<'_>],
    point: &TrendPoint<'_>,
    value: f64,
    level: Option<f64>,
) -> BranchView {
    let run = point.run;
    let is_same = |other: &&TrendPoint<'_>| {
        branch_of(other).is_some_and(|branch| branch_of(point) == Some(branch))
    };
    BranchView {
        name: run.branch_label(),
        page: runs::page(run),
        newest: run.text.day.clone(),
        commit: run.text.commit.clone(),
        commit_page: run.commit_page.clone(),
        value: text::value(value, point.unit()),
        change: level
            .map_or_else(String::new, |level| unit::change(LogRatio((value / level).ln()))),
        runs: points.iter().filter(is_same).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::site_runs::SiteRuns;
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};
    use perf_judge::history::History;
    use perf_judge::run::Run;

    const NAME: &str = "core/parse::parse_large_xml";

    fn on(day: u32, branch: Option<&str>, ns: f64) -> Run {
        let mut run = run(day, vec![measured(NAME, ns)]);
        run.commit.as_mut().unwrap().branch = branch.map(str::to_owned);
        run
    }

    #[test]
    fn the_newest_run_of_each_branch_is_compared_with_the_level_of_the_base_branch() {
        let mut elsewhere_run = on(9, Some("other-machine"), 5e6);
        elsewhere_run.machine.key = "elsewhere".to_owned();
        let runs = [
            on(1, Some("main"), 5e5),
            on(2, Some("main"), 1e6),
            on(3, Some("faster"), 3e6),
            on(4, Some("faster"), 0.9e6),
            on(5, Some("main"), 1e6),
            on(6, Some("slower"), 1.2e6),
            on(7, None, 1.2e6),
            elsewhere_run,
        ];
        let (history, mut report) = (runs.into_iter().collect::<History>(), report());
        report.rows.clear();
        let shown = SiteRuns::new(&history, &report, None);
        let all = elsewhere(&shown.series(&NAME.into()), 1);
        let cells = |view: &BranchView| format!("{} {} {}", view.name, view.change, view.runs);
        let cells: Vec<String> = all.iter().map(cells).collect();
        assert_eq!(cells, ["slower +20.0 % 1", "faster -10.0 % 2"]);
        assert_eq!(all[1].newest, "2026-11-04");
        assert!(all[1].page.as_deref().is_some_and(|page| page.starts_with("run/")));
    }
}

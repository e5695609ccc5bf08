//! Which runs the site shows, and the series of each benchmark among them.

use super::project::Project;
use super::run_comparability::{Comparability, Flag};
use super::run_view::{RunView, recorded, unrecorded};
use super::text;
use super::trend_point::{SeriesReference, TrendPoint, sample_config};
use crate::{Report, Row};
use perf_judge::history::{History, Past};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Measured, Run};
use std::collections::{BTreeMap, BTreeSet};

/// The most runs that are shown.
pub(super) const LIMIT: usize = 200;

/// The runs of the site.
#[derive(Clone, Debug)]
pub(super) struct SiteRuns<'a> {
    /// The newest runs, oldest first.
    pub(super) runs: Vec<RunView<'a>>,
    /// The number of older runs.
    pub(super) archived: usize,
    /// Each benchmark's measurements with the indices of their runs, oldest first.
    series: BTreeMap<&'a BenchmarkId, Vec<(usize, &'a Measured)>>,
    /// The report's row of each benchmark.
    rows: BTreeMap<&'a BenchmarkId, &'a Row>,
}

impl<'a> SiteRuns<'a> {
    /// The newest runs of `history`, and the reported one last if it is not among them.
    /// `commits_at`: the address of the repository's commit pages.
    pub(super) fn new(history: &'a History, report: &'a Report, commits_at: Option<&str>) -> Self {
        let is_recorded = history.runs().any(|run| run.id == report.run.id);
        let count = history.len() + usize::from(!is_recorded);
        let archived = count.saturating_sub(LIMIT);
        let newest = || history.runs().skip(archived);
        let mut runs: Vec<RunView<'a>> =
            newest().map(|run| recorded(run, report, commits_at)).collect();
        if !is_recorded {
            runs.push(unrecorded(report, commits_at));
        }
        let recorded = newest().enumerate();
        let recorded = recorded.flat_map(|(at, run)| run.benchmarks.iter().map(move |m| (at, m)));
        let unrecorded = report.rows.iter().filter(|_| !is_recorded);
        let unrecorded =
            unrecorded.filter_map(|row| Some((runs.len() - 1, row.measured.as_ref()?)));
        let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, measured) in recorded.chain(unrecorded) {
            series.entry(&measured.name).or_default().push((at, measured));
        }
        let rows = report.rows.iter().map(|row| (&row.verdict.name, row)).collect();
        Self { runs, archived, series, rows }
    }

    /// Names the releases that runs are of.
    pub(super) fn with_releases(mut self, project: Project<'_>) -> Self {
        for run in &mut self.runs {
            run.release = project.release_of(run).map(|release| text::word(&release.name));
        }
        self
    }

    /// A run of the history and those before it, without their benchmarks.
    pub(super) fn of_run(
        past: Past<'a>,
        run: &'a Run,
        report: &'a Report,
        commits_at: Option<&str>,
    ) -> Self {
        let all = past.runs().chain([run]);
        let runs = all.map(|run| recorded(run, report, commits_at)).collect();
        Self { runs, archived: 0, series: BTreeMap::new(), rows: BTreeMap::new() }
    }

    /// Every benchmark that has a page: of the report, and of the runs shown.
    pub(super) fn names(&self) -> BTreeSet<&'a BenchmarkId> {
        self.rows.keys().chain(self.series.keys()).copied().collect()
    }

    /// The measurements of a benchmark, oldest first.
    pub(super) fn measured(
        &'a self,
        name: &BenchmarkId,
    ) -> impl DoubleEndedIterator<Item = (&'a RunView<'a>, &'a Measured)> {
        let known = self.series.get(name).map_or(&[][..], Vec::as_slice);
        known.iter().map(|(at, measured)| (&self.runs[*at], *measured))
    }

    /// The runs of one benchmark, oldest first. A counted run without the benchmark is a gap in the
    /// series.
    pub(super) fn series(&'a self, name: &BenchmarkId) -> Vec<TrendPoint<'a>> {
        let known = self.series.get(name).map_or(&[][..], Vec::as_slice);
        let (Some((first, _)), Some((_, newest))) = (known.first(), known.last()) else {
            return Vec::new();
        };
        let reported = self.rows.get(name).and_then(|row| row.measured.as_ref());
        let reference = SeriesReference {
            sample_config: sample_config(reported.unwrap_or(newest)),
            is_foreign: self.is_imported(name),
            statistic: self.row(name).map(|row| row.verdict.statistic).unwrap_or_default(),
        };
        let mut known = known.iter().peekable();
        let mut points = Vec::with_capacity(self.runs.len() - first);
        for (at, run) in self.runs.iter().enumerate().skip(*first) {
            let measured = known.next_if(|(index, _)| *index == at).map(|(_, measured)| *measured);
            let point = TrendPoint::new(run, measured, &reference);
            if measured.is_some() || point.comparability() == Comparability::Counted {
                points.push(point);
            }
        }
        points
    }

    /// Whether the reported run measured a benchmark. If it measured only some, the newest counted
    /// run decides on the others.
    pub(super) fn is_current(&self, name: &BenchmarkId) -> bool {
        let is_reported = self.row(name).is_some_and(|row| row.measured.is_some());
        is_reported || self.has_partial_report() && self.is_in_newest_counted(name)
    }

    fn has_partial_report(&self) -> bool {
        self.runs.iter().any(|run| run.is_reported() && run.has(Flag::Partial))
    }

    fn is_in_newest_counted(&self, name: &BenchmarkId) -> bool {
        let is_counted = |run: &RunView<'_>| run.comparability() == Comparability::Counted;
        let newest = self.runs.iter().rposition(is_counted);
        let own = self.series.get(name).map_or(&[][..], Vec::as_slice);
        newest.is_some_and(|newest| own.binary_search_by_key(&newest, |(at, _)| *at).is_ok())
    }

    /// Whether another tool made the newest measurement of a benchmark.
    pub(super) fn is_imported(&self, name: &BenchmarkId) -> bool {
        let newest = self.series.get(name).and_then(|known| known.last());
        newest.is_some_and(|(at, _)| self.runs[*at].has(Flag::Imported))
    }

    /// The report's row of a benchmark.
    pub(super) fn row(&self, name: &BenchmarkId) -> Option<&'a Row> {
        self.rows.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::trend_point::since;
    use super::*;
    use crate::report::tests::report;
    use perf_fixtures::{measured, run};

    const NAME: &str = "core/parse::parse_large_xml";

    fn day(day: u32, ns: f64) -> Run {
        run(day, vec![measured(NAME, ns)])
    }

    fn history(runs: Vec<Run>) -> History {
        runs.into_iter().collect()
    }

    fn flags_of(history: &History) -> Vec<Vec<&'static str>> {
        let report = report();
        let shown = SiteRuns::new(history, &report, None);
        let series = shown.series(&NAME.into());
        series.iter().map(|p| p.flags().into_iter().map(Flag::name).collect()).collect()
    }

    #[test]
    fn an_unrecorded_run_is_the_last() {
        let history = history(vec![day(28, 1e6), day(2, 1e6)]);
        let shown = flags_of(&history);
        assert_eq!(shown, [vec![], vec![], vec!["this run", "not recorded"]]);
    }

    #[test]
    fn a_recorded_run_is_shown_once() {
        let report = report();
        let mut own = day(23, 1.9e6);
        own.id = report.run.id.clone();
        let history = history(vec![day(2, 1e6), own]);
        let shown = SiteRuns::new(&history, &report, None);
        assert_eq!(shown.runs.len(), 2);
        assert_eq!(shown.runs[1].flags, [Flag::Reported]);
    }

    #[test]
    fn runs_outside_baselines_are_flagged() {
        let mut all: Vec<Run> = (1..=5).map(|d| day(d, 1e6)).collect();
        all[0].partial = true;
        all[1].commit.as_mut().unwrap().dirty = true;
        all[2].commit.as_mut().unwrap().branch = None;
        all[3].machine.key = "elsewhere".to_owned();
        all[4].benchmarks[0].sample_size = 64;
        let shown = flags_of(&history(all));
        let names = ["partial", "dirty", "other branch", "other machine", "other sample size"];
        for (flags, name) in shown.iter().zip(names) {
            assert_eq!(flags, &[name]);
        }
    }

    #[test]
    fn a_run_without_the_benchmark_is_a_gap() {
        let mut partial = run(3, vec![]);
        partial.partial = true;
        let history = history(vec![run(1, vec![]), day(2, 1e6), partial, run(4, vec![])]);
        let report = report();
        let shown = SiteRuns::new(&history, &report, None);
        let medians: Vec<bool> =
            shown.series(&NAME.into()).iter().map(|point| point.value().is_some()).collect();
        assert_eq!(medians, [true, false, true]);
    }

    #[test]
    fn only_the_newest_are_shown() {
        let many = (0..300u32).map(|i| {
            let mut run = day(1, f64::from(i) + 1.0);
            run.started += chrono::TimeDelta::hours(i64::from(i));
            run.with_id()
        });
        let (history, report) = (many.collect::<History>(), report());
        let shown = SiteRuns::new(&history, &report, None);
        assert_eq!((shown.runs.len(), shown.archived), (LIMIT, 101));
    }

    #[test]
    fn a_change_begins_with_its_first_uninterrupted_run() {
        let report = report();
        let verdict = &report.rows[1].verdict;
        let times = [0.95e6, 1.9e6, 0.95e6, 1.8e6, 1.9e6];
        let days = (1..).zip(times).map(|(d, ns)| day(d, ns));
        let history = history(days.collect());
        let shown = SiteRuns::new(&history, &report, None);
        let since = since(&shown.series(&NAME.into()), verdict).unwrap();
        assert_eq!(since.started.to_rfc3339(), "2026-11-04T02:45:00+00:00");
    }
}

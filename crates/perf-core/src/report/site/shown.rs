//! Which runs the site shows, and how each stands to the run that is reported.

use crate::baseline::RunValue;
use crate::history::{History, Past};
use crate::ident::BenchmarkId;
use crate::report::links::commit_page;
use crate::report::svg::drawable;
use crate::report::{Report, Row};
use crate::run::{Commit, Machine, Measured, Run, Statistic};
use crate::verdict::{State, Verdict};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The most runs that are shown.
pub(super) const LIMIT: usize = 200;

/// What sets a run apart from those that the reported one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    /// It is the reported run.
    Reported,
    /// It is not part of the history.
    Unrecorded,
    /// Tracked files differed from the commit.
    Dirty,
    /// Only some benchmarks, or too few launches, were measured.
    Partial,
    /// It is not a commit of the branch that baselines are taken from.
    OtherBranch,
    /// It was measured elsewhere.
    OtherMachine,
    /// Another tool measured it.
    Imported,
    /// It was measured in batches of another size.
    OtherBatch,
}

impl Flag {
    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reported => "this run",
            Self::Unrecorded => "not recorded",
            Self::Dirty => "dirty",
            Self::Partial => "partial",
            Self::OtherBranch => "other branch",
            Self::OtherMachine => "other machine",
            Self::Imported => "imported",
            Self::OtherBatch => "other batch size",
        }
    }
}

/// Whether a run may be joined into the line of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A baseline may count it.
    Counted,
    /// Its times compare, but no baseline counts it.
    SetAside,
    /// Its times do not compare.
    Incomparable,
}

/// A run on the site.
#[derive(Clone, Debug)]
pub(super) struct ShownRun<'a> {
    pub(super) id: &'a str,
    pub(super) started: DateTime<Utc>,
    pub(super) commit: Option<&'a Commit>,
    pub(super) machine: &'a Machine,
    pub(super) flags: Vec<Flag>,
    /// The commit's page on the web.
    pub(super) commit_page: Option<String>,
    benchmarks: BTreeMap<&'a BenchmarkId, &'a Measured>,
}

impl ShownRun<'_> {
    pub(super) fn is_reported(&self) -> bool {
        self.has(Flag::Reported)
    }

    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    fn standing(&self) -> Standing {
        match () {
            () if self.has(Flag::OtherMachine) || self.has(Flag::Imported) => {
                Standing::Incomparable
            }
            () if [Flag::Dirty, Flag::Partial, Flag::OtherBranch].iter().any(|f| self.has(*f)) => {
                Standing::SetAside
            }
            () => Standing::Counted,
        }
    }
}

/// The runs of the site.
#[derive(Clone, Debug)]
pub(super) struct Shown<'a> {
    /// The newest runs, oldest first.
    pub(super) runs: Vec<ShownRun<'a>>,
    /// How many there are besides, too old to be shown.
    pub(super) older: usize,
    report: &'a Report,
}

impl<'a> Shown<'a> {
    /// The newest runs of `history`, and the reported one last if it is not among them.
    /// `commits_at`: below which address the repository's commits are shown.
    pub(super) fn new(history: &'a History, report: &'a Report, commits_at: Option<&str>) -> Self {
        let is_recorded = history.runs().any(|run| run.id == report.run.id);
        let count = history.len() + usize::from(!is_recorded);
        let older = count.saturating_sub(LIMIT);
        let newest = history.runs().skip(older);
        let mut runs: Vec<ShownRun<'a>> = newest
            .map(|run| recorded(run, report, commits_at, benchmarks(&run.benchmarks)))
            .collect();
        if !is_recorded {
            runs.push(unrecorded(report, commits_at));
        }
        Self { runs, older, report }
    }

    /// A run of the history and those before it, without their benchmarks.
    pub(super) fn of_run(
        past: Past<'a>,
        run: &'a Run,
        report: &'a Report,
        commits_at: Option<&str>,
    ) -> Self {
        let all = past.runs().chain([run]);
        let runs = all.map(|run| recorded(run, report, commits_at, BTreeMap::new())).collect();
        Self { runs, older: 0, report }
    }

    /// Every benchmark that has a page: of the report, and of the runs shown.
    pub(super) fn names(&self) -> BTreeSet<&'a BenchmarkId> {
        let reported = self.report.rows.iter().map(|row| &row.verdict.name);
        let shown = self.runs.iter().flat_map(|run| run.benchmarks.keys().copied());
        reported.chain(shown).collect()
    }

    /// The runs of one benchmark, oldest first. A run that should have measured it and did not has
    /// its place all the same, so that a gap is seen.
    pub(super) fn series(&'a self, name: &BenchmarkId) -> Vec<Point<'a>> {
        let newest = self.runs.iter().rev().find_map(|run| Some((run, *run.benchmarks.get(name)?)));
        let pinned = self.measured(name).or(newest.map(|(_, measured)| measured)).map(batch);
        let is_foreign = newest.is_some_and(|(run, _)| run.has(Flag::Imported));
        let statistic = self.row(name).map(|row| row.verdict.statistic).unwrap_or_default();
        let point = |run: &'a ShownRun<'a>| {
            let measured = ShownRun::measured(run, name);
            let same_batch = measured.is_none_or(|m| Some(batch(m)) == pinned);
            Point { run, measured, same_batch, is_foreign, statistic }
        };
        let points = self.runs.iter().map(point);
        let known = points.skip_while(|point| point.measured.is_none());
        known.filter(|p| p.measured.is_some() || p.standing() == Standing::Counted).collect()
    }

    fn measured(&self, name: &BenchmarkId) -> Option<&'a Measured> {
        self.row(name)?.measured.as_ref()
    }

    fn row(&self, name: &BenchmarkId) -> Option<&'a Row> {
        self.report.rows.iter().find(|row| row.verdict.name == *name)
    }
}

impl<'a> ShownRun<'a> {
    pub(super) fn measured(&self, name: &BenchmarkId) -> Option<&'a Measured> {
        self.benchmarks.get(name).copied()
    }
}

fn benchmarks<'a>(
    measured: impl IntoIterator<Item = &'a Measured>,
) -> BTreeMap<&'a BenchmarkId, &'a Measured> {
    measured.into_iter().map(|measured| (&measured.name, measured)).collect()
}

fn recorded<'a>(
    run: &'a Run,
    report: &'a Report,
    commits_at: Option<&str>,
    benchmarks: BTreeMap<&'a BenchmarkId, &'a Measured>,
) -> ShownRun<'a> {
    let is_reported = run.id == report.run.id;
    let same_machine = run.machine.key == report.run.machine.key;
    ShownRun {
        id: &run.id,
        started: run.started,
        commit: run.commit.as_ref(),
        machine: &run.machine,
        flags: flags(&[
            (Flag::Reported, is_reported),
            (Flag::Dirty, is_dirty(run.commit.as_ref())),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, run.branch() != Some(&report.against.branch)),
            (Flag::OtherMachine, !same_machine && run.origin.is_none()),
            (Flag::Imported, run.origin.is_some()),
        ]),
        commit_page: web_page(run.commit.as_ref(), commits_at),
        benchmarks,
    }
}

fn web_page(commit: Option<&Commit>, commits_at: Option<&str>) -> Option<String> {
    commit_page(commits_at, &commit?.hash)
}

fn unrecorded<'a>(report: &'a Report, commits_at: Option<&str>) -> ShownRun<'a> {
    let run = &report.run;
    let commit = run.commit.as_ref();
    let branch = commit.and_then(|commit| commit.branch.as_deref());
    let measured = report.rows.iter().filter_map(|row| row.measured.as_ref());
    ShownRun {
        id: &run.id,
        started: run.started,
        commit,
        machine: &run.machine,
        flags: flags(&[
            (Flag::Reported, true),
            (Flag::Unrecorded, true),
            (Flag::Dirty, is_dirty(commit)),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, branch != Some(&report.against.branch)),
        ]),
        commit_page: web_page(commit, commits_at),
        benchmarks: benchmarks(measured),
    }
}

fn flags(flags: &[(Flag, bool)]) -> Vec<Flag> {
    flags.iter().filter(|(_, raised)| *raised).map(|(flag, _)| *flag).collect()
}

fn is_dirty(commit: Option<&Commit>) -> bool {
    commit.is_some_and(|commit| commit.dirty)
}

/// What must be the same for numbers to be compared: the batches, and the unit.
fn batch(measured: &Measured) -> (u32, u32, &str) {
    (measured.n, measured.s, measured.unit())
}

/// One run of one benchmark.
#[derive(Clone, Debug)]
pub(super) struct Point<'a> {
    pub(super) run: &'a ShownRun<'a>,
    /// What the run says of the benchmark; absent where it should have measured it and did not.
    pub(super) measured: Option<&'a Measured>,
    same_batch: bool,
    /// Whether another tool measures this benchmark now.
    is_foreign: bool,
    /// Which of a launch's numbers is judged.
    pub(super) statistic: Statistic,
}

impl<'a> Point<'a> {
    pub(super) fn flags(&self) -> Vec<Flag> {
        let batch = (!self.same_batch).then_some(Flag::OtherBatch);
        self.run.flags.iter().copied().chain(batch).collect()
    }

    pub(super) fn standing(&self) -> Standing {
        match self.same_batch {
            true if self.is_foreign && self.run.has(Flag::Imported) => Standing::Counted,
            true => self.run.standing(),
            false => Standing::Incomparable,
        }
    }

    /// The value as it is judged, in ns for times, so that it lies on the baseline where nothing
    /// changed.
    pub(super) fn judged(&self) -> Option<f64> {
        let measured = self.measured?;
        let judged = RunValue::of(&measured.launches).get(self.statistic).map(f64::exp);
        drawable(judged.unwrap_or(measured.time_ns.median))
    }

    /// The lowest and the highest time of a launch, in ns.
    pub(super) fn spread(&self) -> Option<(f64, f64)> {
        let times = self.measured?.launches.iter().map(|launch| launch.get(self.statistic));
        let usable: Vec<f64> = times.filter_map(drawable).collect();
        let low = usable.iter().copied().reduce(f64::min)?;
        Some((low, usable.into_iter().reduce(f64::max)?))
    }

    /// The unit of its values.
    pub(super) fn unit(&self) -> &'a str {
        self.measured.map_or("ns", Measured::unit)
    }

    /// The 95th percentile in ns.
    pub(super) fn p95(&self) -> Option<f64> {
        self.measured?.time_ns.p95.and_then(drawable)
    }

    /// The 99th percentile in ns.
    pub(super) fn p99(&self) -> Option<f64> {
        self.measured?.time_ns.p99.and_then(drawable)
    }
}

/// The oldest run of the unbroken stretch up to the reported one that lies nearer to the reported
/// time than to the baseline: where a reader should look for the cause of a change.
pub(super) fn since<'a>(points: &[Point<'a>], verdict: &Verdict) -> Option<&'a ShownRun<'a>> {
    let changed = matches!(verdict.state, State::Regression | State::Improvement);
    let (baseline, now) = (verdict.baseline_ns?, verdict.now_ns?);
    let distance = |value: f64, to: f64| (value / to).ln().abs();
    let nearer = |value: f64| distance(value, now) < distance(value, baseline);
    let until_reported = points.iter().rev().skip_while(|point| !point.run.is_reported());
    let judged = until_reported
        .filter(|point| point.run.is_reported() || point.standing() == Standing::Counted);
    let stretch = judged.take_while(|point| point.judged().is_some_and(nearer));
    stretch.last().map(|point| point.run).filter(|_| changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use crate::run::tests::{measured, run};

    const NAME: &str = "core/parse::parse_large_xml";

    fn day(day: u32, ns: f64) -> Run {
        run(day, vec![measured(NAME, ns)])
    }

    fn history(runs: Vec<Run>) -> History {
        runs.into_iter().collect()
    }

    fn flags_of(history: &History) -> Vec<Vec<&'static str>> {
        let report = report();
        let shown = Shown::new(history, &report, None);
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
        let shown = Shown::new(&history, &report, None);
        assert_eq!(shown.runs.len(), 2);
        assert_eq!(shown.runs[1].flags, [Flag::Reported]);
    }

    #[test]
    fn what_no_baseline_counts_is_told_apart() {
        let mut all: Vec<Run> = (1..=5).map(|d| day(d, 1e6)).collect();
        all[0].partial = true;
        all[1].commit.as_mut().unwrap().dirty = true;
        all[2].commit.as_mut().unwrap().branch = None;
        all[3].machine.key = "elsewhere".to_owned();
        all[4].benchmarks[0].n = 64;
        let shown = flags_of(&history(all));
        let names = ["partial", "dirty", "other branch", "other machine", "other batch size"];
        for (flags, name) in shown.iter().zip(names) {
            assert_eq!(flags, &[name]);
        }
    }

    #[test]
    fn a_run_that_should_have_measured_it_leaves_a_gap() {
        let mut partial = run(3, vec![]);
        partial.partial = true;
        let history = history(vec![run(1, vec![]), day(2, 1e6), partial, run(4, vec![])]);
        let report = report();
        let shown = Shown::new(&history, &report, None);
        let medians: Vec<bool> =
            shown.series(&NAME.into()).iter().map(|point| point.judged().is_some()).collect();
        assert_eq!(medians, [true, false, true]);
    }

    #[test]
    fn only_the_newest_are_shown() {
        let many = (0..300u32).map(|i| {
            let mut run = day(1, f64::from(i) + 1.0);
            run.started += chrono::TimeDelta::hours(i64::from(i));
            run.seal()
        });
        let (history, report) = (many.collect::<History>(), report());
        let shown = Shown::new(&history, &report, None);
        assert_eq!((shown.runs.len(), shown.older), (LIMIT, 101));
    }

    #[test]
    fn a_change_is_dated_by_the_stretch_that_shows_it() {
        let report = report();
        let verdict = &report.rows[1].verdict;
        let times = [0.95e6, 1.9e6, 0.95e6, 1.8e6, 1.9e6];
        let days = (1..).zip(times).map(|(d, ns)| day(d, ns));
        let history = history(days.collect());
        let shown = Shown::new(&history, &report, None);
        let since = since(&shown.series(&NAME.into()), verdict).unwrap();
        assert_eq!(since.started.to_rfc3339(), "2026-11-04T02:45:00+00:00");
    }
}

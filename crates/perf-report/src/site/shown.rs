//! Which runs the site shows, and how each stands to the run that is reported.

use super::point::{Kind, Point, batch};
use super::text;
use crate::links::commit_page;
use crate::{Report, Row};
use chrono::{DateTime, Utc};
use perf_judge::history::{History, Past};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Accepted, Commit, Machine, Measured, Run};
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
    /// The slowdowns that it was measured with as accepted.
    pub(super) accepted: &'a [Accepted],
    pub(super) flags: Vec<Flag>,
    /// The commit's page on the web.
    pub(super) commit_page: Option<String>,
    /// What pages say of it, written once: every benchmark's page says it again.
    pub(super) words: Words,
}

/// A run in words.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// `2026-11-23`
    pub(super) day: String,
    /// `2026-11-23 02:45`
    pub(super) minute: String,
    /// As other programs read it.
    pub(super) moment: String,
    /// The commit's first digits.
    pub(super) commit: String,
    /// The commit's subject.
    pub(super) subject: String,
}

impl Words {
    fn of(started: DateTime<Utc>, commit: Option<&Commit>) -> Self {
        Self {
            day: text::day(started),
            minute: text::minute(started),
            moment: started.to_rfc3339(),
            commit: text::or_nothing(commit.map(|commit| text::clipped(commit.short(), 12))),
            subject: commit.map_or_else(String::new, |commit| text::line(&commit.subject)),
        }
    }
}

impl ShownRun<'_> {
    pub(super) fn is_reported(&self) -> bool {
        self.has(Flag::Reported)
    }

    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    pub(super) fn standing(&self) -> Standing {
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
    /// What each benchmark's runs say of it, with the places of the runs, oldest first.
    series: BTreeMap<&'a BenchmarkId, Vec<(usize, &'a Measured)>>,
    /// The report's row of each benchmark.
    rows: BTreeMap<&'a BenchmarkId, &'a Row>,
}

impl<'a> Shown<'a> {
    /// The newest runs of `history`, and the reported one last if it is not among them.
    /// `commits_at`: below which address the repository's commits are shown.
    pub(super) fn new(history: &'a History, report: &'a Report, commits_at: Option<&str>) -> Self {
        let is_recorded = history.runs().any(|run| run.id == report.run.id);
        let count = history.len() + usize::from(!is_recorded);
        let older = count.saturating_sub(LIMIT);
        let newest = || history.runs().skip(older);
        let mut runs: Vec<ShownRun<'a>> =
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
        Self { runs, older, series, rows }
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
        Self { runs, older: 0, series: BTreeMap::new(), rows: BTreeMap::new() }
    }

    /// Every benchmark that has a page: of the report, and of the runs shown.
    pub(super) fn names(&self) -> BTreeSet<&'a BenchmarkId> {
        self.rows.keys().chain(self.series.keys()).copied().collect()
    }

    /// What the runs say of a benchmark, oldest first.
    pub(super) fn measured(
        &'a self,
        name: &BenchmarkId,
    ) -> impl DoubleEndedIterator<Item = (&'a ShownRun<'a>, &'a Measured)> {
        let known = self.series.get(name).map_or(&[][..], Vec::as_slice);
        known.iter().map(|(at, measured)| (&self.runs[*at], *measured))
    }

    /// The runs of one benchmark, oldest first. A run that should have measured it and did not has
    /// its place all the same, so that a gap is seen.
    pub(super) fn series(&'a self, name: &BenchmarkId) -> Vec<Point<'a>> {
        let known = self.series.get(name).map_or(&[][..], Vec::as_slice);
        let (Some((first, _)), Some((last, newest))) = (known.first(), known.last()) else {
            return Vec::new();
        };
        let reported = self.rows.get(name).and_then(|row| row.measured.as_ref());
        let kind = Kind {
            batch: batch(reported.unwrap_or(newest)),
            is_foreign: self.runs[*last].has(Flag::Imported),
            statistic: self.row(name).map(|row| row.verdict.statistic).unwrap_or_default(),
        };
        let mut known = known.iter().peekable();
        let mut points = Vec::with_capacity(self.runs.len() - first);
        for (at, run) in self.runs.iter().enumerate().skip(*first) {
            let measured = known.next_if(|(place, _)| *place == at).map(|(_, measured)| *measured);
            let point = Point::new(run, measured, &kind);
            if measured.is_some() || point.standing() == Standing::Counted {
                points.push(point);
            }
        }
        points
    }

    /// The report's row of a benchmark.
    pub(super) fn row(&self, name: &BenchmarkId) -> Option<&'a Row> {
        self.rows.get(name).copied()
    }
}

fn recorded<'a>(run: &'a Run, report: &'a Report, commits_at: Option<&str>) -> ShownRun<'a> {
    let is_reported = run.id == report.run.id;
    let same_machine = run.machine.key == report.run.machine.key;
    ShownRun {
        id: &run.id,
        started: run.started,
        commit: run.commit.as_ref(),
        machine: &run.machine,
        accepted: &run.accepted,
        flags: flags(&[
            (Flag::Reported, is_reported),
            (Flag::Dirty, is_dirty(run.commit.as_ref())),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, run.branch() != Some(&report.against.branch)),
            (Flag::OtherMachine, !same_machine && run.origin.is_none()),
            (Flag::Imported, run.origin.is_some()),
        ]),
        commit_page: web_page(run.commit.as_ref(), commits_at),
        words: Words::of(run.started, run.commit.as_ref()),
    }
}

fn web_page(commit: Option<&Commit>, commits_at: Option<&str>) -> Option<String> {
    commit_page(commits_at, &commit?.hash)
}

fn unrecorded<'a>(report: &'a Report, commits_at: Option<&str>) -> ShownRun<'a> {
    let run = &report.run;
    let commit = run.commit.as_ref();
    let branch = commit.and_then(|commit| commit.branch.as_deref());
    ShownRun {
        id: &run.id,
        started: run.started,
        commit,
        machine: &run.machine,
        accepted: &[],
        flags: flags(&[
            (Flag::Reported, true),
            (Flag::Unrecorded, true),
            (Flag::Dirty, is_dirty(commit)),
            (Flag::Partial, run.partial),
            (Flag::OtherBranch, branch != Some(&report.against.branch)),
        ]),
        commit_page: web_page(commit, commits_at),
        words: Words::of(run.started, commit),
    }
}

fn flags(flags: &[(Flag, bool)]) -> Vec<Flag> {
    flags.iter().filter(|(_, raised)| *raised).map(|(flag, _)| *flag).collect()
}

fn is_dirty(commit: Option<&Commit>) -> bool {
    commit.is_some_and(|commit| commit.dirty)
}

#[cfg(test)]
mod tests {
    use super::super::point::since;
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

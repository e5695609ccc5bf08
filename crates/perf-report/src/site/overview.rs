//! The overview of a machine: the results of its latest run, and the runs before it.

use super::budget::{self, BudgetView};
use super::columns::Columns;
use super::commits::{self, CommitView};
use super::first_run::{self, FirstRunView};
use super::group::Grouping;
use super::group_list::{self, GroupView};
use super::headline::{Headline, headline};
use super::history_chart::{self, HistoryView};
use super::levels::BenchmarkLevels;
use super::machines::{self, MachineView};
use super::rows::{RowColumns, lacks_baseline, state};
use super::run_comparability::{Comparability, Flag};
use super::runs::RunRow;
use super::site_runs::SiteRuns;
use super::text;
use crate::Report;
use perf_judge::baseline::MINIMUM;
use perf_judge::budget::BudgetResult;
use perf_judge::run::Machine;
use perf_judge::unit;
use perf_judge::verdict::State;
use serde::Serialize;

/// The most runs that the overview lists.
const LISTED: usize = 15;

#[derive(Clone, Debug, Serialize)]
pub(super) struct OverviewView {
    root: &'static str,
    title: String,
    headline: Headline,
    reasons: Vec<String>,
    run: Facts,
    branch: String,
    /// The runs or the commit that the rows are compared with.
    reference: String,
    no_baseline: Option<NoBaseline>,
    /// Where the time goes, while there is no baseline.
    first_run: Option<FirstRunView>,
    history: Option<HistoryView>,
    commits: Vec<CommitView>,
    /// The ends of the scale of the commits' intervals.
    scale: [String; 2],
    /// The text in the place of an empty list of changes.
    unchanged: String,
    groups: Vec<GroupView>,
    /// Whether there are too many benchmarks for the page of another machine.
    has_too_many: bool,
    count: String,
    columns: RowColumns,
    budgets: Vec<BudgetView>,
    notes: Vec<String>,
    runs: Vec<RunRow>,
    /// The number of runs that are not in the list.
    unlisted: String,
    machines: Vec<MachineView>,
    machine: Vec<(&'static str, String)>,
}

/// The reported run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Facts {
    started: String,
    commit: String,
    commit_page: Option<String>,
    subject: String,
    machine: String,
    page: Option<String>,
}

/// The progress towards a baseline, while no benchmark has one.
#[derive(Clone, Debug, Serialize)]
struct NoBaseline {
    branch: String,
    /// Comparable runs so far.
    found: usize,
    /// Comparable runs of a baseline.
    needed: usize,
    /// The instruction for further runs.
    more: String,
}

/// The source of an overview.
pub(super) struct Overview<'a> {
    pub(super) root: &'static str,
    pub(super) shown: &'a SiteRuns<'a>,
    pub(super) report: &'a Report,
    /// The machine key of the reported run.
    pub(super) main: &'a str,
    pub(super) levels: &'a [BenchmarkLevels<'a>],
    pub(super) commits_at: Option<&'a str>,
    pub(super) project: &'a str,
}

impl Overview<'_> {
    pub(super) fn view(&self) -> OverviewView {
        let Self { root, shown, report, main, levels, commits_at, project } = *self;
        let columns = Columns::of(levels);
        let runs = &shown.runs;
        let headline = headline(report, levels, runs, columns.first(), columns.len());
        let outcome = &report.outcome;
        let unlisted = runs.len().saturating_sub(LISTED) + shown.archived;
        let grouping = Grouping::of(report.rows.iter().map(|row| &row.verdict.name));
        let commits = commits::all(levels, shown, report);
        let is_main = report.run.machine.key == main;
        let mut budgets: Vec<&BudgetResult> = report.budgets.iter().collect();
        budgets.sort_by(|one, other| budget::used(other).total_cmp(&budget::used(one)));
        let project = if project.is_empty() { "Benchmarks" } else { project };
        OverviewView {
            root,
            title: format!("{}: {}", text::word(project), headline.title),
            headline,
            reasons: outcome
                .gate
                .iter()
                .chain(&outcome.incomplete)
                .map(|text| reason(text))
                .collect(),
            run: facts(report, shown),
            branch: text::word(&report.reference.branch),
            reference: reference(report),
            no_baseline: no_baseline(report, shown),
            first_run: first_run::view(report, grouping).filter(|_| lacks_baseline(report)),
            history: history_chart::view(levels, shown, &commits, &columns, grouping),
            scale: commits::scale(&commits),
            commits: commits::views(&commits, runs, commits_at),
            unchanged: unchanged(report),
            groups: group_list::groups(report, shown, grouping, is_main),
            has_too_many: group_list::is_left_out(report, is_main),
            count: unit::counted(report.rows.len(), "benchmark", "benchmarks"),
            columns: RowColumns::of(report),
            budgets: budgets.into_iter().map(budget::view).collect(),
            notes: report.notes.iter().map(|note| text::clipped(note, text::NAME)).collect(),
            runs: runs.iter().rev().take(LISTED).map(RunRow::of).collect(),
            unlisted: match unlisted {
                0 => String::new(),
                more => unit::counted(more, "older run", "older runs"),
            },
            machines: machines::selector(shown, main, &report.run.machine.key),
            machine: machine(&report.run.machine),
        }
    }
}

/// The progress towards a baseline, if the report lacks one.
fn no_baseline(report: &Report, shown: &SiteRuns<'_>) -> Option<NoBaseline> {
    if !lacks_baseline(report) {
        return None;
    }
    let recorded = shown.runs.iter().filter(|run| !run.has(Flag::Unrecorded));
    let counted = recorded.filter(|run| run.comparability() == Comparability::Counted);
    let found = counted.count().min(MINIMUM);
    let runs = unit::counted(MINIMUM - found, "more comparable run", "more comparable runs");
    let more = match MINIMUM - found {
        0 => "Record the next run, which is compared with these".to_owned(),
        _ => format!("Record {runs}: clean commits, all benchmarks, this machine"),
    };
    let branch = text::word(&report.reference.branch);
    Some(NoBaseline { branch, found, needed: MINIMUM, more })
}

fn reason(reason: &str) -> String {
    text::clipped(reason, text::NAME)
}

/// `1a2b3c4d5e6f`, `1a2b3c4d5e6f with uncommitted changes`
fn commit(report: &Report) -> String {
    let Some(commit) = &report.run.commit else { return text::NOTHING.to_owned() };
    let hash = text::clipped(commit.short(), 12);
    if commit.dirty { format!("{hash} with uncommitted changes") } else { hash }
}

pub(super) fn facts(report: &Report, shown: &SiteRuns<'_>) -> Facts {
    let run = &report.run;
    let shown = shown.runs.iter().find(|shown| shown.id == run.id);
    let subject = run.commit.as_ref().map_or("", |commit| &commit.subject);
    Facts {
        started: format!("{} UTC", text::minute(run.started)),
        commit: commit(report),
        commit_page: shown.and_then(|shown| shown.commit_page.clone()),
        subject: text::line(subject),
        machine: machines::name(&run.machine),
        page: shown.and_then(super::runs::page),
    }
}

/// `baselines of main, 12 recorded runs`, `1a2b3c4, the merge base with main`
fn reference(report: &Report) -> String {
    if let Some(base) = &report.reference.base {
        return text::line(&format!("{}, the {}", base.commit.short(), base.label));
    }
    let runs = unit::counted(report.reference.history_runs, "recorded run", "recorded runs");
    format!("baselines of {}, {runs}", text::word(&report.reference.branch))
}

/// The sentence for a report without changes. A benchmark without a verdict is not unchanged.
pub(super) fn unchanged(report: &Report) -> String {
    let unchanged = report.rows.iter().filter(|row| state(row) == State::Unchanged).count();
    let all = unit::counted(report.rows.len(), "benchmark", "benchmarks");
    let reference = reference(report);
    match (unchanged, report.rows.len() - unchanged) {
        (0, _) => format!("No verdicts: {all} without a baseline."),
        (_, 0) => format!("No changes in {all}, compared with {reference}."),
        (_, others) => format!(
            "No changes in {unchanged} of {all}, compared with {reference}. The other {others} have no verdict."
        ),
    }
}

pub(super) fn machine(machine: &Machine) -> Vec<(&'static str, String)> {
    let facts = machine.fields().into_iter();
    let more = [("image", machine.image.clone()), ("key", machine.key.clone())];
    let known = facts.chain(more).filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| (name, text::line(&value))).collect()
}

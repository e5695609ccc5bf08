//! The first page: what the latest run found, and the runs before it.

use super::budget::{self, BudgetView};
use super::shown::{Shown, ShownRun, since};
use super::spark;
use super::text::{self, Badge};
use super::watch::StepView;
use crate::report::{Report, Row};
use crate::run::Machine;
use crate::unit;
use crate::verdict::State;
use serde::Serialize;

/// How many runs the overview lists.
const LISTED: usize = 30;

#[derive(Clone, Debug, Serialize)]
pub(super) struct OverviewView {
    root: &'static str,
    title: String,
    badge: Badge,
    summary: String,
    reasons: Vec<String>,
    run: Facts,
    against: String,
    changed: Vec<RowView>,
    others: Vec<RowView>,
    steps: Vec<StepView>,
    budgets: Vec<BudgetView>,
    notes: Vec<String>,
    runs: Vec<RunView>,
    /// How many runs there are but not in the list.
    unlisted: String,
    machine: Vec<(&'static str, String)>,
}

/// The reported run in words.
#[derive(Clone, Debug, Serialize)]
struct Facts {
    started: String,
    commit: String,
    subject: String,
    machine: String,
}

/// A benchmark as a row of a table.
#[derive(Clone, Debug, Serialize)]
struct RowView {
    badge: Badge,
    name: Vec<String>,
    stem: String,
    change: String,
    now: String,
    baseline: String,
    since: String,
    remark: String,
    spark: String,
}

/// A run as a row of a table.
#[derive(Clone, Debug, Serialize)]
struct RunView {
    started: String,
    commit: String,
    branch: String,
    subject: String,
    machine: String,
    flags: Vec<&'static str>,
}

pub(super) fn view(shown: &Shown<'_>, report: &Report, steps: Vec<StepView>) -> OverviewView {
    let badge = Badge::of_status(report.status);
    let is_loud = |row: &&Row| row.verdict.state < State::Incomparable;
    let (changed, others): (Vec<&Row>, Vec<&Row>) = report.rows.iter().partition(is_loud);
    let rows = |rows: Vec<&Row>| rows.into_iter().map(|row| row_view(row, shown)).collect();
    let outcome = &report.outcome;
    let listed = shown.runs.iter().rev().take(LISTED);
    let unlisted = shown.runs.len().saturating_sub(LISTED) + shown.older;
    OverviewView {
        root: "",
        title: format!("{}: {}", badge.word, report.summary),
        badge,
        summary: report.summary.clone(),
        reasons: outcome.gate.iter().chain(&outcome.incomplete).map(|r| reason(r)).collect(),
        run: facts(report),
        against: against(report),
        changed: rows(changed),
        others: rows(others),
        steps,
        budgets: report.budgets.iter().map(budget::view).collect(),
        notes: report.notes.iter().map(|note| text::clipped(note, text::NAME)).collect(),
        runs: listed.map(run_view).collect(),
        unlisted: if unlisted > 0 {
            unit::counted(unlisted, "older run", "older runs")
        } else {
            String::new()
        },
        machine: machine(&report.run.machine),
    }
}

fn reason(reason: &str) -> String {
    text::clipped(reason, text::NAME)
}

fn facts(report: &Report) -> Facts {
    let run = &report.run;
    let subject = run.commit.as_ref().map_or("", |commit| &commit.subject);
    Facts {
        started: format!("{} UTC", text::minute(run.started)),
        commit: text::line(&run.commit_label()),
        subject: text::line(subject),
        machine: format!("{} with {} cores", text::line(&run.machine.cpu), run.machine.cores),
    }
}

fn against(report: &Report) -> String {
    let runs = unit::counted(report.against.history_runs, "recorded run", "recorded runs");
    format!("{}, {runs}", text::word(&report.against.branch))
}

fn row_view(row: &Row, shown: &Shown<'_>) -> RowView {
    let verdict = &row.verdict;
    let points = shown.series(&verdict.name);
    RowView {
        badge: Badge::of_verdict(verdict),
        name: text::parts(&verdict.name),
        stem: verdict.name.file_stem(),
        change: verdict.change.map_or_else(String::new, unit::change),
        now: text::time(verdict.now_ns),
        baseline: text::time(verdict.baseline_ns),
        since: since(&points, verdict).map_or_else(String::new, text::since),
        remark: text::line(&row.remark()),
        spark: spark::spark(&points, verdict),
    }
}

fn run_view(run: &ShownRun<'_>) -> RunView {
    RunView {
        started: text::minute(run.started),
        commit: text::commit(run),
        branch: text::branch(run),
        subject: run.commit.map_or_else(String::new, |commit| text::line(&commit.subject)),
        machine: text::word(&run.machine.key),
        flags: text::flags(&run.flags),
    }
}

fn machine(machine: &Machine) -> Vec<(&'static str, String)> {
    let facts = machine.fields().into_iter();
    let more = [("image", machine.image.clone()), ("key", machine.key.clone())];
    let known = facts.chain(more).filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| (name, text::line(&value))).collect()
}

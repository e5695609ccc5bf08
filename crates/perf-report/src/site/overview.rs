//! The overview of a machine: what the latest run found, and the runs before it.

use super::budget::{self, BudgetView};
use super::change_points::ChangePointView;
use super::machines::{self, MachineView};
use super::run_view::RunView;
use super::runs::RunRow;
use super::site_runs::SiteRuns;
use super::spark;
use super::text::{self, Badge};
use super::trend_point::since;
use crate::{Report, Row};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::run::Machine;
use perf_judge::unit;
use perf_judge::verdict::{State, Verdict};
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
    /// What is said where nothing changed.
    quiet: String,
    modules: Vec<ModuleView>,
    count: usize,
    steps: Vec<ChangePointView>,
    budgets: Vec<BudgetView>,
    /// Those over their targets.
    broken: Vec<BudgetView>,
    notes: Vec<String>,
    runs: Vec<RunRow>,
    /// How many runs there are but not in the list.
    unlisted: String,
    machines: Vec<MachineView>,
    machine: Vec<(&'static str, String)>,
}

/// The reported run in words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Facts {
    started: String,
    commit: String,
    commit_page: Option<String>,
    subject: String,
    machine: String,
    page: Option<String>,
}

/// The benchmarks of one module.
#[derive(Clone, Debug, Serialize)]
struct ModuleView {
    name: String,
    rows: Vec<RowView>,
}

/// A benchmark as a row of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowView {
    badge: Badge,
    name: Vec<String>,
    /// The name without its module.
    short: Vec<String>,
    /// The whole name, to search in.
    whole: String,
    stem: String,
    change: String,
    interval: String,
    now: String,
    baseline: String,
    since: String,
    since_page: Option<String>,
    remark: String,
    spark: String,
    /// The change as a logarithm and the time in ns, to sort by.
    ratio: String,
    ns: String,
    loud: bool,
}

/// What an overview is made of.
pub(super) struct Overview<'a> {
    pub(super) root: &'static str,
    pub(super) shown: &'a SiteRuns<'a>,
    pub(super) report: &'a Report,
    /// The key of the machine that the site is about.
    pub(super) main: &'a str,
    pub(super) steps: Vec<ChangePointView>,
}

impl Overview<'_> {
    pub(super) fn view(self) -> OverviewView {
        let Self { root, shown, report, main, steps } = self;
        let badge = Badge::of_status(report.status);
        let changed = report.rows.iter().filter(|row| is_loud(&row.verdict));
        let outcome = &report.outcome;
        let unlisted = shown.runs.len().saturating_sub(LISTED) + shown.older;
        OverviewView {
            root,
            title: format!("{}: {}", badge.word, report.summary),
            badge,
            summary: report.summary.clone(),
            reasons: outcome.gate.iter().chain(&outcome.incomplete).map(|r| reason(r)).collect(),
            run: facts(report, shown),
            against: against(report),
            changed: changed.map(|row| row_view(row, shown)).collect(),
            quiet: quiet(report),
            modules: modules(report, shown),
            count: report.rows.len(),
            steps,
            budgets: report.budgets.iter().map(budget::view).collect(),
            broken: report.budgets.iter().filter(is_over).map(budget::view).collect(),
            notes: report.notes.iter().map(|note| text::clipped(note, text::NAME)).collect(),
            runs: shown.runs.iter().rev().take(LISTED).map(RunRow::of).collect(),
            unlisted: match unlisted {
                0 => String::new(),
                more => unit::counted(more, "older run", "older runs"),
            },
            machines: machines::selector(shown, main, &report.run.machine.key),
            machine: machine(&report.run.machine),
        }
    }
}

fn is_over(budget: &&BudgetResult) -> bool {
    budget.status > BudgetStatus::Unmeasured
}

/// Whether a reader should see it before everything else.
pub(super) fn is_loud(verdict: &Verdict) -> bool {
    verdict.state < State::Incomparable
}

fn reason(reason: &str) -> String {
    text::clipped(reason, text::NAME)
}

pub(super) fn facts(report: &Report, shown: &SiteRuns<'_>) -> Facts {
    let run = &report.run;
    let shown = shown.runs.iter().find(|shown| shown.id == run.id);
    let subject = run.commit.as_ref().map_or("", |commit| &commit.subject);
    Facts {
        started: format!("{} UTC", text::minute(run.started)),
        commit: text::line(&run.commit_label()),
        commit_page: shown.and_then(|shown| shown.commit_page.clone()),
        subject: text::line(subject),
        machine: machines::name(&run.machine),
        page: shown.and_then(super::runs::page),
    }
}

fn against(report: &Report) -> String {
    let runs = unit::counted(report.reference.history_runs, "recorded run", "recorded runs");
    format!("{}, {runs}", text::word(&report.reference.branch))
}

/// A verdict of nothing is not a verdict: what could not be judged is not called unchanged.
fn quiet(report: &Report) -> String {
    let judged = |state| state == State::Unchanged;
    let unchanged = report.rows.iter().filter(|row| judged(row.verdict.state)).count();
    let all = unit::counted(report.rows.len(), "benchmark", "benchmarks");
    match (unchanged, report.rows.len() - unchanged) {
        (0, _) => format!("Nothing could be judged yet: {all} without enough to compare with."),
        (_, 0) => format!("None of {all} changed against {}.", against(report)),
        (judged, _) => {
            format!("None of the {judged} judged of {all} changed against {}.", against(report))
        }
    }
}

/// All benchmarks by module, in the order of their names.
fn modules(report: &Report, shown: &SiteRuns<'_>) -> Vec<ModuleView> {
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    rows.sort_by(|one, other| one.verdict.name.cmp(&other.verdict.name));
    let mut modules: Vec<ModuleView> = Vec::new();
    for row in rows {
        let (module, _) = split(row.verdict.name.as_str());
        let name = text::clipped(module, text::NAME);
        let view = row_view(row, shown);
        match modules.last_mut().filter(|module| module.name == name) {
            Some(module) => module.rows.push(view),
            None => modules.push(ModuleView { name, rows: vec![view] }),
        }
    }
    modules
}

/// `core/parse::xml::large` as `core/parse::xml` and `large`
fn split(name: &str) -> (&str, &str) {
    let by_path = name.rsplit_once("::");
    by_path
        .or_else(|| name.rsplit_once('/'))
        .filter(|(_, last)| !last.is_empty())
        .unwrap_or(("", name))
}

pub(super) fn row_view(row: &Row, shown: &SiteRuns<'_>) -> RowView {
    let verdict = &row.verdict;
    let points = shown.series(&verdict.name);
    let since = since(&points, verdict);
    let figures = verdict.figures();
    let name = verdict.name.as_str();
    RowView {
        badge: Badge::of_verdict(verdict),
        name: text::parts(name),
        short: text::parts(split(name).1),
        whole: text::clipped(name, text::NAME),
        stem: verdict.name.file_stem(),
        change: figures.change.unwrap_or_default(),
        interval: text::interval(verdict.low, verdict.high),
        now: figures.head.unwrap_or_default(),
        baseline: figures.base.unwrap_or_default(),
        since: since.map_or_else(String::new, RunView::since_label),
        since_page: since.and_then(super::runs::page),
        remark: text::line(&row.remark()),
        spark: spark::spark(&points, verdict),
        ratio: verdict.change.map_or_else(String::new, |change| format!("{:.4}", change.0)),
        ns: verdict.head_ns.map_or_else(String::new, |ns| format!("{ns:.3e}")),
        loud: is_loud(verdict),
    }
}

pub(super) fn machine(machine: &Machine) -> Vec<(&'static str, String)> {
    let facts = machine.fields().into_iter();
    let more = [("image", machine.image.clone()), ("key", machine.key.clone())];
    let known = facts.chain(more).filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| (name, text::line(&value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_module() {
        let cases = [
            ("core/parse::xml::large", ("core/parse::xml", "large")),
            ("core/parse", ("core", "parse")),
            ("odd", ("", "odd")),
            ("odd::", ("", "odd::")),
        ];
        for (name, parts) in cases {
            assert_eq!(split(name), parts);
        }
    }
}

//! The overview of a machine: the results of its latest run, and the runs before it.

use super::budget::{self, BudgetView};
use super::change_point_list::ChangePointView;
use super::machines::{self, MachineView};
use super::run_comparability::{Comparability, Flag};
use super::run_view::RunView;
use super::runs::RunRow;
use super::site_runs::SiteRuns;
use super::spark;
use super::text::{self, Badge, Bounds, Name};
use super::trend_point::since;
use crate::{Report, Row};
use perf_judge::baseline::MINIMUM;
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::run::Machine;
use perf_judge::unit;
use perf_judge::verdict::{State, Verdict};
use serde::Serialize;

/// The most runs that the overview lists.
const LISTED: usize = 30;

#[derive(Clone, Debug, Serialize)]
pub(super) struct OverviewView {
    root: &'static str,
    title: String,
    badge: Badge,
    summary: String,
    reasons: Vec<String>,
    run: Facts,
    /// The runs or the commit that the rows are compared with.
    reference: String,
    no_baseline: Option<NoBaseline>,
    changed: Vec<RowView>,
    /// The text in the place of an empty list of changes.
    unchanged: String,
    modules: Vec<ModuleView>,
    /// The number of columns of the table of benchmarks.
    columns: usize,
    count: String,
    /// Whether any row has a confidence interval.
    has_intervals: bool,
    /// Whether any row has a throughput.
    has_throughput: bool,
    /// Whether the rows have different states.
    has_states: bool,
    change_points: Vec<ChangePointView>,
    budgets: Vec<BudgetView>,
    /// The budgets over their targets.
    broken: Vec<BudgetView>,
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

/// The benchmarks of one module.
#[derive(Clone, Debug, Serialize)]
struct ModuleView {
    name: String,
    label: Name,
    rows: Vec<RowView>,
}

/// A benchmark as a row of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowView {
    badge: Badge,
    name: Name,
    /// The name without its module.
    short: Name,
    /// The full name, to search in.
    whole: String,
    stem: String,
    base: String,
    head: String,
    change: String,
    bounds: Bounds,
    throughput: String,
    since: String,
    since_page: Option<String>,
    remark: String,
    spark: String,
    /// The change as a logarithm and the time in ns, to sort by.
    ratio: String,
    ns: String,
    is_notable: bool,
}

/// The source of an overview.
pub(super) struct Overview<'a> {
    pub(super) root: &'static str,
    pub(super) shown: &'a SiteRuns<'a>,
    pub(super) report: &'a Report,
    /// The machine key of the reported run.
    pub(super) main: &'a str,
    pub(super) change_points: Vec<ChangePointView>,
}

impl Overview<'_> {
    pub(super) fn view(self) -> OverviewView {
        let Self { root, shown, report, main, change_points } = self;
        let badge = Badge::of_status(report.status);
        let changed = report.rows.iter().filter(|row| is_notable(&row.verdict));
        let outcome = &report.outcome;
        let unlisted = shown.runs.len().saturating_sub(LISTED) + shown.archived;
        let no_baseline = no_baseline(report, shown);
        let summary = summary(report);
        let has_intervals = report.rows.iter().any(has_interval);
        let has_throughput = report.rows.iter().any(|row| throughput(row).is_some());
        let has_states = report.rows.windows(2).any(|two| state(&two[0]) != state(&two[1]));
        let columns = match &no_baseline {
            Some(_) => 3 + usize::from(has_throughput) + usize::from(has_states),
            None => 7 + usize::from(has_intervals),
        };
        OverviewView {
            root,
            title: format!("{}: {summary}", badge.word),
            badge,
            summary,
            reasons: outcome
                .gate
                .iter()
                .chain(&outcome.incomplete)
                .map(|text| reason(text))
                .collect(),
            run: facts(report, shown),
            reference: reference(report),
            no_baseline,
            changed: changed.map(|row| row_view(row, shown)).collect(),
            unchanged: unchanged(report),
            modules: modules(report, shown),
            count: unit::counted(report.rows.len(), "benchmark", "benchmarks"),
            columns,
            has_intervals,
            has_throughput,
            has_states,
            change_points,
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

/// Whether the list of changes contains it.
pub(super) fn is_notable(verdict: &Verdict) -> bool {
    verdict.state < State::Incomparable
}

/// Whether a row's confidence interval is shown.
pub(super) fn has_interval(row: &Row) -> bool {
    !Bounds::of_verdict(&row.verdict).interval.is_empty()
}

fn state(row: &Row) -> State {
    row.verdict.state
}

/// The throughput at the median time, by name of its unit.
fn throughput(row: &Row) -> Option<String> {
    let rates = row.measured.as_ref()?.throughput.iter();
    let rates: Vec<String> =
        rates.map(|(unit, rate)| unit::rate(*rate, &text::word(unit))).collect();
    (!rates.is_empty()).then(|| rates.join(", "))
}

/// Whether no benchmark of the report could be compared, as the baselines are incomplete.
pub(super) fn lacks_baseline(report: &Report) -> bool {
    let waits = |row: &Row| matches!(state(row), State::InsufficientHistory | State::Incomparable);
    let is_compared = report.rows.iter().any(|row| row.verdict.base_ns.is_some());
    !is_compared && report.rows.iter().any(waits)
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

/// The report's summary, or `51 benchmarks measured, no baseline yet`.
pub(super) fn summary(report: &Report) -> String {
    if !lacks_baseline(report) {
        return report.summary.clone();
    }
    let measured = report.rows.iter().filter(|row| row.measured.is_some()).count();
    let measured = unit::counted(measured, "benchmark", "benchmarks");
    let missing = report.rows.iter().filter(|row| state(row) == State::Missing).count();
    match missing {
        0 => format!("{measured} measured, no baseline yet"),
        _ => format!("{measured} measured, {missing} missing, no baseline yet"),
    }
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

/// All benchmarks by module, in the order of their names.
fn modules(report: &Report, shown: &SiteRuns<'_>) -> Vec<ModuleView> {
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    rows.sort_by_key(|row| split(row.verdict.name.as_str()));
    let mut modules: Vec<ModuleView> = Vec::new();
    for row in rows {
        let (module, _) = split(row.verdict.name.as_str());
        let name = text::clipped(module, text::NAME);
        let view = row_view(row, shown);
        match modules.last_mut().filter(|module| module.name == name) {
            Some(module) => module.rows.push(view),
            None => {
                let label = Name::cell(module);
                modules.push(ModuleView { name, label, rows: vec![view] });
            }
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
        name: Name::cell(name),
        short: Name::cell(split(name).1),
        whole: text::clipped(name, text::NAME),
        stem: verdict.name.file_stem(),
        base: figures.base.unwrap_or_default(),
        head: figures.head.unwrap_or_default(),
        change: figures.change.unwrap_or_default(),
        bounds: Bounds::of_verdict(verdict),
        throughput: throughput(row).unwrap_or_default(),
        since: since.map_or_else(String::new, RunView::since_label),
        since_page: since.and_then(super::runs::page),
        remark: text::line(&row.remark()),
        spark: spark::spark(&points, verdict),
        ratio: verdict.change.map_or_else(String::new, |change| format!("{:.4}", change.0)),
        ns: verdict.head_ns.map_or_else(String::new, |ns| format!("{ns:.3e}")),
        is_notable: is_notable(verdict),
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

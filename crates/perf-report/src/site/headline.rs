//! The verdict of the overview: one sentence on the latest run and on what is still slower.

use super::first_run;
use super::levels::{BenchmarkLevels, LevelChange};
use super::rows::{lacks_baseline, summary};
use super::run_view::RunView;
use super::text::{self, Badge};
use crate::Report;
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::State;
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Headline {
    pub(super) title: String,
    /// The states in short: open regressions, the latest run, what is inconclusive.
    states: Vec<Badge>,
    /// The result of the latest run, and of the budgets.
    latest: String,
}

/// A benchmark whose level rose and has stayed there.
struct Open<'l, 'a> {
    id: &'a BenchmarkId,
    change: &'l LevelChange,
}

/// The verdict. `first`: the place of the oldest run that is looked at; `count`: their number.
pub(super) fn headline(
    report: &Report,
    levels: &[BenchmarkLevels<'_>],
    runs: &[RunView<'_>],
    first: usize,
    count: usize,
) -> Headline {
    let fresh = fresh(report);
    let open = open(report, levels, first, &fresh);
    let title = match (fresh.len(), report.status, open.len()) {
        (1.., ..) => of_latest(&fresh, report.rows.len(), open.len()),
        (0, 1.., _) => report.summary.clone(),
        (0, 0, 1..) => of_open(&open, report.rows.len(), runs),
        (0, 0, 0) if lacks_baseline(report) => {
            first_run::title(report).unwrap_or_else(|| summary(report))
        }
        (0, 0, 0) => of_unchanged(report, levels, first, count),
    };
    Headline {
        states: states(report, open.len()),
        latest: latest(report),
        title: capitalized(&title),
    }
}

/// The regressions of the latest run.
fn fresh(report: &Report) -> Vec<(&BenchmarkId, LogRatio)> {
    let verdicts = report.rows.iter().map(|row| &row.verdict);
    let slower = verdicts.filter(|v| v.state == State::Regression && !v.is_waived());
    slower.filter_map(|verdict| Some((&verdict.name, verdict.change?))).collect()
}

/// The levels that rose after run `first` and have stayed, without accepted ones and those of the
/// latest run. Benchmarks that it did not measure are left out.
fn open<'l, 'a>(
    report: &Report,
    levels: &'l [BenchmarkLevels<'a>],
    first: usize,
    fresh: &[(&BenchmarkId, LogRatio)],
) -> Vec<Open<'l, 'a>> {
    let accepted = report.accepted.iter().map(|accepted| &accepted.entry.benchmark);
    let known: BTreeSet<&BenchmarkId> = accepted.chain(fresh.iter().map(|(id, _)| *id)).collect();
    let others =
        levels.iter().filter(|benchmark| benchmark.is_current && !known.contains(benchmark.id));
    let open = others.filter_map(|benchmark| {
        let change = benchmark.times().last().filter(|change| change.is_open_regression())?;
        (change.run > first).then_some(Open { id: benchmark.id, change })
    });
    open.collect()
}

fn of_latest(fresh: &[(&BenchmarkId, LogRatio)], of: usize, open: usize) -> String {
    let sentence = slower(fresh, of, "than the baseline in the latest run");
    let older = unit::counted(open, "older regression is", "older regressions are");
    if open == 0 { sentence } else { format!("{sentence}; {older} open") }
}

fn of_open(open: &[Open<'_, '_>], of: usize, runs: &[RunView<'_>]) -> String {
    let changes: Vec<(&BenchmarkId, LogRatio)> =
        open.iter().map(|open| (open.id, open.change.change)).collect();
    let earliest = open.iter().map(|open| open.change.run).min();
    let since = earliest.map_or("", |run| &runs[run].text.day);
    format!("{}; the latest run found nothing new", slower(&changes, of, &format!("since {since}")))
}

fn of_unchanged(
    report: &Report,
    levels: &[BenchmarkLevels<'_>],
    first: usize,
    runs: usize,
) -> String {
    let runs = unit::counted(runs, "run", "runs");
    let none = if report.summary.starts_with("no change in ") {
        format!("No regression in {} in the last {runs}", benchmarks(report.rows.len()))
    } else {
        report.summary.clone()
    };
    match improved(levels, first) {
        improved if improved.is_empty() => none,
        improved => format!("{none}; {improved}"),
    }
}

/// `3 of 36 benchmarks are 6.1 to 14.8 % slower since 2026-11-18`
fn slower(changes: &[(&BenchmarkId, LogRatio)], of: usize, when: &str) -> String {
    let mut sizes: Vec<LogRatio> = changes.iter().map(|(_, change)| *change).collect();
    sizes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (Some(least), Some(most)) = (sizes.first(), sizes.last()) else { return String::new() };
    let [least, most] = [least, most].map(|change| unit::percent(*change));
    if let [(only, _)] = changes {
        let name = text::word(super::group::split(only.as_str()).1);
        return format!("{name} is {most} slower {when}");
    }
    let range = if least == most {
        most
    } else {
        format!("{} to {most}", least.trim_end_matches([' ', '%']))
    };
    format!("{} of {} are {range} slower {when}", changes.len(), benchmarks(of))
}

/// `2 are up to 38.0 % faster`: what improved within the runs and holds.
fn improved(levels: &[BenchmarkLevels<'_>], first: usize) -> String {
    let current = levels.iter().filter(|benchmark| benchmark.is_current);
    let last = current.filter_map(|benchmark| benchmark.times().last());
    let changes: Vec<f64> = last
        .filter(|change| change.run > first && change.change.0 < 0.0)
        .map(|change| change.change.0)
        .collect();
    let Some(most) = changes.iter().copied().reduce(f64::min) else { return String::new() };
    let most = unit::change(LogRatio(most));
    let most = most.trim_start_matches(['-', '−']);
    match changes.len() {
        1 => format!("1 is {most} faster"),
        count => format!("{count} are up to {most} faster"),
    }
}

fn benchmarks(count: usize) -> String {
    unit::counted(count, "benchmark", "benchmarks")
}

fn states(report: &Report, open: usize) -> Vec<Badge> {
    let count = |state| report.rows.iter().filter(|row| row.verdict.state == state).count();
    let badge = |symbol, word: String, class| Badge { symbol, word, class };
    let status = Badge::of_status(report.status);
    let latest = Badge { word: format!("Latest run {}", status.word.to_lowercase()), ..status };
    let open = (open > 0)
        .then(|| badge("▲", unit::counted(open, "open regression", "open regressions"), "slower"));
    let inconclusive = match count(State::Inconclusive) {
        0 => None,
        some => Some(badge("?", format!("{some} inconclusive"), "warn")),
    };
    [open, Some(latest), inconclusive].into_iter().flatten().collect()
}

/// `2 regressions; 28 of 31 benchmarks unchanged. All 12 budgets are kept, the tightest with 5.4 % left.`
fn latest(report: &Report) -> String {
    let budgets = budgets(&report.budgets);
    let summary = capitalized(&summary(report));
    if budgets.is_empty() { format!("{summary}.") } else { format!("{summary}. {budgets}") }
}

fn budgets(budgets: &[BudgetResult]) -> String {
    let measured: Vec<&BudgetResult> =
        budgets.iter().filter(|budget| budget.status != BudgetStatus::Unmeasured).collect();
    let over = measured.iter().filter(|budget| budget.status > BudgetStatus::Unmeasured).count();
    let count = unit::counted(measured.len(), "budget", "budgets");
    match (measured.len(), over) {
        (0, _) => String::new(),
        (_, 0) => {
            let left = measured.iter().filter_map(|budget| Some(budget.value? / budget.target));
            let tightest = left.fold(0.0, f64::max);
            let left = unit::percent(LogRatio((1.0 - tightest).ln_1p()));
            format!("{count} kept, the tightest with {left} left.")
        }
        _ => format!("{over} of {count} over the target."),
    }
}

/// The text with a capital first letter.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_the_range_of_its_changes() {
        let [a, b]: [BenchmarkId; 2] = ["p/t::first", "p/t::second"].map(BenchmarkId::from);
        let changes = [(&a, LogRatio::from_percent(14.8)), (&b, LogRatio::from_percent(6.1))];
        assert_eq!(slower(&changes, 36, "now"), "2 of 36 benchmarks are 6.1 to 14.8 % slower now");
        assert_eq!(slower(&changes[..1], 36, "now"), "first is 14.8 % slower now");
        assert_eq!(
            slower(&[changes[0], changes[0]], 2, "x"),
            "2 of 2 benchmarks are 14.8 % slower x"
        );
    }
}

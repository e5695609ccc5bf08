//! The result of a report in one sentence.

use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::detect::counts::CountDirection;
use perf_judge::unit;
use perf_judge::verdict::{Method, State, Verdict};

/// `1 regression, 2 improvements; 28 of 31 benchmarks unchanged`
pub(crate) fn summary<'a>(
    verdicts: impl Iterator<Item = &'a Verdict>,
    budgets: &[BudgetResult],
) -> String {
    let verdicts: Vec<&Verdict> = verdicts.collect();
    let count = |state| verdicts.iter().filter(|verdict| verdict.state == state).count();
    let all = unit::counted(verdicts.len(), "benchmark", "benchmarks");
    let over = budgets.iter().filter(|budget| budget.status > BudgetStatus::Unmeasured).count();
    let over =
        (over > 0).then(|| unit::counted(over, "budget over its target", "budgets over target"));
    if !verdicts.is_empty() && count(State::InsufficientHistory) == verdicts.len() {
        let is_of_counts = verdicts.iter().any(|verdict| verdict.method == Method::Counts);
        let done = if is_of_counts { "counted" } else { "measured" };
        let measured = format!("{all} {done}, no baseline yet");
        return [Some(measured), over].into_iter().flatten().collect::<Vec<String>>().join("; ");
    }
    let waived = verdicts.iter().filter(|verdict| verdict.is_waived()).count();
    let changed = State::ALL.into_iter().filter(|state| *state != State::Unchanged);
    let parts = changed.filter_map(|state| {
        let waived = if state == State::Regression { waived } else { 0 };
        counted_state(count(state) - waived, state)
    });
    let accepted =
        (waived > 0).then(|| unit::counted(waived, "accepted regression", "accepted regressions"));
    let parts: Vec<String> = parts.chain(accepted).chain(over).collect();
    let text = if parts.is_empty() {
        format!("no change in {all}")
    } else {
        format!("{}; {} of {all} unchanged", parts.join(", "), count(State::Unchanged))
    };
    let counts = changed_counts(&verdicts);
    if counts.is_empty() { text } else { format!("{text}; {}", counts.join(", ")) }
}

/// `counts grew in 2, 1 trade-off`: what the states do not report.
fn changed_counts(verdicts: &[&Verdict]) -> Vec<String> {
    let changed = [CountDirection::Grew, CountDirection::Shrank].map(|direction| {
        let is_changed = |verdict: &&&Verdict| verdict.added_direction() == Some(direction);
        let changed = verdicts.iter().filter(is_changed).count();
        (changed > 0).then(|| format!("{} in {changed}", direction.name()))
    });
    let trade_offs = verdicts.iter().filter(|verdict| verdict.trade_off().is_some()).count();
    let trade_offs = (trade_offs > 0).then(|| unit::counted(trade_offs, "trade-off", "trade-offs"));
    changed.into_iter().flatten().chain(trade_offs).collect()
}

fn counted_state(count: usize, state: State) -> Option<String> {
    if matches!(state, State::CountsGrew | State::CountsShrank) {
        return (count > 0).then(|| format!("{} in {count}", state.name()));
    }
    let (one, many) = match state {
        State::Regression => (state.name(), "regressions"),
        State::Improvement => (state.name(), "improvements"),
        State::InsufficientHistory => ("without a baseline", "without a baseline"),
        _ => (state.name(), state.name()),
    };
    (count > 0).then(|| unit::counted(count, one, many))
}

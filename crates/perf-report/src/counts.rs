//! Counts as cells of a table, and as the table of an explanation.

use super::table::aligned;
use super::visible;
use perf_judge::detect::counts::{CountDirection, CountPair, Counts, InstructionChange, variation};
use perf_judge::detect::system_calls::SystemCalls;
use perf_judge::run::{Quantity, Run};
use perf_judge::unit::{Figures, LogRatio, percent, small_share};
use perf_judge::verdict::{CountedRun, Method, Verdict};

/// The quantities with a column in a report on counts alone.
const COLUMNS: [Quantity; 5] = [
    Quantity::Instructions,
    Quantity::AllocCount,
    Quantity::AllocBytes,
    Quantity::AllocPeakBytes,
    Quantity::MinorFaults,
];

/// The titles of [`count_cells`].
pub(crate) const COUNT_TITLES: [&str; 5] =
    ["instructions", "allocations", "allocated", "peak", "page faults"];

/// The counts of the head and their changes: `1.052 M (+5.2 %)`.
pub(crate) fn count_cells(verdict: &Verdict) -> [String; 5] {
    let counts = verdict.counts.as_ref();
    COLUMNS.map(|quantity| {
        let pair = counts.and_then(|counts| counts.get(quantity));
        pair.map_or_else(String::new, |pair| cell(quantity, pair))
    })
}

fn cell(quantity: Quantity, pair: CountPair) -> String {
    let head = quantity.show(pair.head);
    match pair.change_label() {
        label if label == "+0.0 %" => head,
        label => format!("{head} ({label})"),
    }
}

/// All counts of base and head, one line each.
pub(crate) fn explained(verdict: &Verdict, counts: &Counts) -> String {
    let meaning = match counts.instruction_change() {
        InstructionChange::Grew if verdict.method == Method::Counts => "more work",
        InstructionChange::Grew => "more work, so the gate `compare_instructions_grew` applies",
        InstructionChange::Shrank => "less work",
        InstructionChange::Unchanged => "the same",
        InstructionChange::Unknown => "instructions were not counted",
    };
    let header = "  \tbase\thead\tchange\trepeat spread\tthreshold\tverdict\n".to_owned();
    let lines = counts.iter().map(|(quantity, pair)| line(quantity, pair));
    let table = aligned(&(header + &lines.collect::<String>()));
    let base = counted_base(verdict).map(|base| format!("The base is {}.", visible(&base)));
    let varying = counts.iter().filter_map(|(quantity, pair)| variation(quantity, pair.spread?));
    let lines: Vec<String> = base.into_iter().chain(varying).chain(verdict.trade_off()).collect();
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("\nCounts per iteration: {meaning}\n{table}{lines}")
}

/// Where the counts of the base are from.
fn counted_base(verdict: &Verdict) -> Option<String> {
    let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
    match (&verdict.counts_base, &verdict.base) {
        (Some(CountedRun { run, commit: Some(commit) }), _) => {
            Some(format!("the recorded run {run} of {}", short(commit)))
        }
        (Some(CountedRun { run, commit: None }), _) => Some(format!("the recorded run {run}")),
        (None, Some(base)) => Some(format!("the build of {}", short(base))),
        (None, None) => None,
    }
}

/// A note for each count that varies between processes, with the benchmarks that have it.
pub(crate) fn variation_notes(run: &Run, verdicts: &[Verdict]) -> Vec<String> {
    let spread = |verdict: &Verdict, quantity: Quantity| {
        let compared = verdict.counts.as_ref().and_then(|counts| counts.get(quantity)?.spread);
        let measured = run.benchmark(&verdict.name);
        compared.or_else(|| measured?.count_spreads.get(&quantity).copied())
    };
    let note = |quantity: Quantity| {
        let varying = verdicts.iter().filter_map(|verdict| {
            let spread = spread(verdict, quantity)?;
            variation(quantity, spread).map(|text| (spread, verdict, text))
        });
        let mut varying: Vec<(f64, &Verdict, String)> = varying.collect();
        varying.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        let (_, verdict, text) = varying.first()?;
        let more = match varying.len() - 1 {
            0 => String::new(),
            more => format!("; less in {more} more"),
        };
        Some(format!("{}: {text}{more}", verdict.name))
    };
    Quantity::ALL.into_iter().filter_map(note).collect()
}

fn line(quantity: Quantity, pair: CountPair) -> String {
    let [base, head] = figures(quantity, pair);
    let spread = pair.spread.map_or_else(|| "-".to_owned(), small_share);
    let (threshold, verdict) = if quantity.repeats() {
        let verdict = match pair.direction() {
            Some(CountDirection::Grew) => "grew",
            Some(CountDirection::Shrank) => "shrank",
            None => "unchanged",
        };
        (share(pair.threshold()), verdict)
    } else {
        let meaning = if quantity.is_simulated() { "simulated" } else { "depends on the load" };
        ("-".to_owned(), meaning)
    };
    let change = pair.change_label();
    format!("  {quantity}\t{base}\t{head}\t{change}\t{spread}\t{threshold}\t{verdict}\n")
}

/// The system calls of base and head, one line per name.
pub(crate) fn explained_calls(calls: &SystemCalls) -> String {
    let line = |(name, pair): (&str, CountPair)| {
        let [base, head] = [pair.base, pair.head].map(digits);
        format!("  {}\t{base}\t{head}\t{}\n", visible(name), pair.change_label())
    };
    let pairs = calls.pairs();
    if pairs.is_empty() {
        return "\nSystem calls per iteration: none\n".to_owned();
    }
    let lines: String = pairs.into_iter().map(line).collect();
    let table = aligned(&format!("  \tbase\thead\tchange\n{lines}"));
    format!("\nSystem calls per iteration\n{table}")
}

/// Both counts, with as many digits as their change needs to agree with them.
fn figures(quantity: Quantity, pair: CountPair) -> [String; 2] {
    let both = [pair.base, pair.head];
    match quantity {
        Quantity::UserNs | Quantity::SystemNs if both.iter().all(|ns| *ns > 0.0) => {
            let change = LogRatio((pair.head / pair.base).ln());
            let Figures { base, head, .. } =
                Figures::new(Some(pair.base), Some(pair.head), Some(change));
            [base, head].map(Option::unwrap_or_default)
        }
        Quantity::UserNs | Quantity::SystemNs => both.map(|ns| quantity.show(ns)),
        Quantity::AllocBytes | Quantity::AllocPeakBytes => {
            both.map(|bytes| format!("{} B", digits(bytes)))
        }
        _ => both.map(digits),
    }
}

/// A count with all digits before the point, and at least six.
fn digits(value: f64) -> String {
    if value.abs() >= 1e5 {
        return format!("{value:.0}");
    }
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    rounded.to_string()
}

fn share(share: f64) -> String {
    percent(LogRatio(share.ln_1p()))
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;

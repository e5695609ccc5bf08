//! A verdict with every number behind it, in the order of the method's steps.

use super::table::aligned;
use super::visible;
use crate::causes::explained_causes;
use crate::counts::{explained, explained_calls};
use crate::text::argument;
use perf_judge::baseline::RunValue;
use perf_judge::detect::history::Deviation;
use perf_judge::detect::paired::{self, InterimAnalysis, PairedAnalysis, Schedule, Test};
use perf_judge::detect::pooled::{PooledDeviation, PooledStatistic};
use perf_judge::detect::{Finding, Severity};
use perf_judge::run::{LaunchTimes, Pair, Side, Statistic};
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::{Method, Stage, StageResult, State, Trace, Verdict};
use std::fmt::Write as _;

/// The verdict explained step by step, for a reader who does not know the method.
pub fn explain(verdict: &Verdict) -> String {
    let trace = &verdict.trace;
    let mut text = headline(verdict);
    for result in &trace.stages {
        text += &stage(result, &trace.baseline);
    }
    text += &pooled(&trace.pooled);
    if let Some(base) = verdict.base.as_deref().filter(|_| verdict.method == Method::Paired) {
        text += &paired(trace, base);
    }
    if let Some(counts) = &verdict.counts {
        text += &explained(verdict, counts);
    }
    if let Some(calls) = &verdict.system_calls {
        text += &explained_calls(calls);
    }
    if let Some(causes) = &verdict.causes {
        text += &explained_causes(causes);
    }
    text + &conclusion(verdict)
}

fn headline(verdict: &Verdict) -> String {
    let change = verdict.change.map_or_else(String::new, |c| format!(", {}", unit::change(c)));
    let reason =
        verdict.reason.as_deref().map_or_else(String::new, |r| format!("\n{}", visible(r)));
    format!("{}: {}{change}{reason}\n", visible(verdict.name.as_str()), verdict.label())
}

fn stage(result: &StageResult, baseline: &[RunValue]) -> String {
    let launches = unit::counted(result.launches.len(), "launch", "launches");
    let title = match result.stage {
        Stage::Initial => format!("Initial measurement: {launches}"),
        Stage::Rerun => format!("Rerun: {launches}, because the change reached the threshold"),
        Stage::Confirmation => {
            format!("Confirmation: {launches}, the last ten at least 2 s apart")
        }
    };
    let mut text = format!("\n{title}\n");
    text += "Times are per iteration. The value is the mean of the lowest third of the launches.\n";
    text += &times(&result.launches, &result.deviations);
    let runs = baseline.len();
    let (which, n) = match runs {
        // The executables turned out to be identical after the measurement.
        0 => ("n".to_owned(), "n".to_owned()),
        _ => (format!("the last {runs}"), runs.to_string()),
    };
    let _ = writeln!(
        text,
        "\nBaseline: {which} comparable runs. Threshold: 5 %, or t × spread × √(1 + 1/{n}) if that is larger."
    );
    text += &deviations(&result.deviations);
    text += &left_out(&result.deviations);
    if let Some(shift) = result.suite_wide_shift {
        let _ = writeln!(
            text,
            "Most benchmarks of this run differ by {}. A change must exceed the threshold with and without that shift.",
            unit::change(shift)
        );
    }
    text
}

fn times(launches: &[LaunchTimes], deviations: &[Deviation]) -> String {
    let row = |statistic: Statistic| {
        let each: Vec<String> = launches.iter().map(|l| unit::time(l.get(statistic))).collect();
        let value = deviations.iter().find(|deviation| deviation.statistic == statistic);
        let value = value.map_or_else(|| "-".to_owned(), |found| unit::time(found.now.exp()));
        format!("  {}\t{}\t→ {value}\n", name(statistic), each.join("  "))
    };
    aligned(&Statistic::ALL.map(row).concat())
}

fn deviations(deviations: &[Deviation]) -> String {
    let mut lines = "  \tvalue\tbaseline median\tchange\tspread\tthreshold\n".to_owned();
    for deviation in deviations {
        let _ = writeln!(
            lines,
            "  {}\t{}\t{}\t{}\t{}\t{}",
            name(deviation.statistic),
            unit::time(deviation.now.exp()),
            unit::time(deviation.median.exp()),
            unit::change(LogRatio(deviation.shift)),
            unit::percent(LogRatio(deviation.spread)),
            unit::percent(LogRatio(deviation.threshold)),
        );
    }
    aligned(&lines)
}

/// The comparison with several runs together.
fn pooled(deviations: &[PooledDeviation]) -> String {
    let Some(PooledDeviation { runs, .. }) = deviations.first() else { return String::new() };
    let mut lines = "  minima\tvalue\tmedian of groups\tchange\tspread\tthreshold\n".to_owned();
    for deviation in deviations {
        let name = match deviation.statistic {
            PooledStatistic::Lowest => "lowest",
            PooledStatistic::Median => "median",
        };
        let _ = writeln!(
            lines,
            "  {name}\t{}\t{}\t{}\t{}\t{}",
            unit::time(deviation.now.exp()),
            unit::time(deviation.median.exp()),
            unit::change(LogRatio(deviation.shift())),
            unit::percent(LogRatio(deviation.spread)),
            unit::percent(LogRatio(deviation.threshold)),
        );
    }
    format!(
        "\nSeveral runs: the baseline of single runs is noisy, so the initial launches and the rerun were\n\
         compared with those of {runs} runs together. Each {runs} consecutive runs are a group.\n\
         Threshold: 5 %, or t × spread × √(1 + 1/n) for n groups if that is larger.\n{}",
        aligned(&lines)
    )
}

/// The statistics that the rule ignored, and why.
fn left_out(deviations: &[Deviation]) -> String {
    let is_ignored = |deviation: &&Deviation| deviation.is_underpowered();
    let ignored: Vec<&Deviation> = deviations.iter().filter(is_ignored).collect();
    match (ignored.len(), deviations.len()) {
        (0, _) => String::new(),
        (some, all) if some == all => {
            "Both thresholds exceed 10 %: single runs show only changes above them.\n".to_owned()
        }
        _ => format!(
            "The {} is ignored, because its threshold exceeds 10 %.\n",
            name(ignored[0].statistic)
        ),
    }
}

fn paired(trace: &Trace, base: &str) -> String {
    let Some(analysis) = &trace.analysis else { return String::new() };
    let base = base.get(..12).unwrap_or(base);
    let mut text =
        format!("\nPaired comparison with {base}: the order within each pair is random\n");
    text += &pairs(&trace.pairs);
    text += &tests(analysis);
    for interim in &analysis.analyses {
        text += &interim_analysis(interim);
    }
    text + &placement(trace)
}

/// The pairs with the functions in random orders, which decide in place of the others.
fn placement(trace: &Trace) -> String {
    let Some(analysis) = paired::judge(&trace.placement, Schedule::Once) else {
        return String::new();
    };
    let mut text = "\nCode placement: counts do not explain the change, so both executables were linked with their\n\
         functions in random orders. There is one pair of each order.\n"
        .to_owned();
    text += &pairs(&trace.placement);
    analysis.analyses.iter().for_each(|interim| text += &interim_analysis(interim));
    text
}

/// The tests that were made.
fn tests(analysis: &PairedAnalysis) -> String {
    let was_made = |test: fn(&Test) -> bool| analysis.analyses.iter().any(|each| test(&each.test));
    let mut text =
        "\nEstimate: the weighted median of all differences, both statistics together.\n  \
         Weights by noise: 4 at low noise, 2 at medium noise, 1 at high noise.\n"
            .to_owned();
    if was_made(|test| matches!(test, Test::Change { .. })) {
        text += "Test for a change (estimates from 1 %): two weighted sign tests.\n  \
                 A pair counts for the change if both statistics show it, and against it if both show the opposite.\n  \
                 Weights: that by noise, times 4, 2 or 1 by the size of the difference.\n  \
                 p is the probability of at least this weight if base and head are equal.\n  \
                 p must not exceed the level.\n  \
                 p for 1 % is that of a true change of 1 %, by the weights of noise alone.\n  \
                 It must not exceed 0.055: the confidence interval is then beyond 1 %.\n";
    }
    if was_made(|test| matches!(test, Test::Nothing { .. })) {
        text += "Test for no change (estimates below 1 %): two weighted sign tests.\n  \
                 p is the probability of these pairs if the head were 5 % slower, or 5 % faster.\n  \
                 Both must not exceed the level.\n";
    }
    text
}

fn pairs(pairs: &[Pair]) -> String {
    let mut lines =
        "  pair\tfirst\tbase minimum\tmedian\thead minimum\tmedian\tminimum change\tmedian change\n"
            .to_owned();
    for (at, pair) in pairs.iter().enumerate() {
        let change = |statistic| {
            let (base, head) = (pair.get(Side::Base, statistic), pair.get(Side::Head, statistic));
            unit::change(LogRatio((head / base).ln()))
        };
        let time = |side, statistic| unit::time(pair.get(side, statistic));
        let _ = writeln!(
            lines,
            "  {}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            at + 1,
            if pair.first == Side::Base { "base" } else { "head" },
            time(Side::Base, Statistic::Min),
            time(Side::Base, Statistic::Median),
            time(Side::Head, Statistic::Min),
            time(Side::Head, Statistic::Median),
            change(Statistic::Min),
            change(Statistic::Median),
        );
    }
    aligned(&lines)
}

fn interim_analysis(interim: &InterimAnalysis) -> String {
    let medians: Vec<String> = interim
        .medians
        .iter()
        .map(|(statistic, median)| format!("{} {}", name(*statistic), unit::change(*median)))
        .collect();
    let left_out = match interim.pairs - interim.counted {
        0 => String::new(),
        some => format!(", {some} of them without a time"),
    };
    let test = match interim.test {
        Test::Change { bar, weight_for, weight_against, p, level, margin_p } => {
            let margin = margin_p.map_or_else(
                || format!(", bar {}", unit::percent(bar)),
                |margin_p| format!(", p {margin_p:.1e} for 1 %"),
            );
            format!(
                "weight {weight_for} for and {weight_against} against, p {p:.1e}, level {level:.1e}{margin}"
            )
        }
        Test::Nothing { slower, faster, level } => {
            format!("p {slower:.1e} for slower and {faster:.1e} for faster, level {level}")
        }
    };
    let result = match interim.finding {
        Some(Finding::Regression(_)) => "regression",
        Some(Finding::Improvement(_)) => "improvement",
        Some(Finding::Unchanged) => "unchanged",
        Some(Finding::Inconclusive) | None => "undecided",
    };
    format!(
        "  {} pairs{left_out}: {} ({}); {test}: {result}\n",
        interim.pairs,
        unit::change(interim.estimate),
        medians.join(", "),
    )
}

/// The verdict with its certainty, and what to do next.
fn conclusion(verdict: &Verdict) -> String {
    let mut text = String::new();
    if let Some((low, high)) = verdict.low.zip(verdict.high) {
        let _ = writeln!(text, "\n89 % CI of the change: {}.", unit::interval(low, high));
    }
    if let Some((severity, change)) = verdict.severity.zip(verdict.change) {
        let size = unit::percent(LogRatio(change.0.abs()));
        let from = match severity {
            Severity::Notice => "below 10 %",
            Severity::Minor => "from 10 %",
            Severity::Major => "from 20 %",
            Severity::Critical => "from 50 %, and 30 % by each statistic",
        };
        let is_capped = severity == Severity::Notice && !verdict.trace.pooled.is_empty();
        text += &if is_capped {
            "\nSeverity: notice whatever the size, because single runs are too noisy.\n".to_owned()
        } else {
            let severity = severity.name();
            format!("\nSeverity: {severity}, {from} ({size} plus a tolerance of 2 %).\n")
        };
    }
    let detectable = verdict.min_detectable_change.filter(|_| verdict.severity.is_none());
    if let Some(change) = detectable {
        let _ = writeln!(text, "\nMinimum detectable change: {}.", unit::percent(change));
    }
    if verdict.severity.is_some() {
        text += &next(verdict);
    }
    text
}

fn next(verdict: &Verdict) -> String {
    let Some(name) = argument(verdict.name.as_str()) else { return String::new() };
    let is_open = verdict.state == State::Regression && !verdict.is_waived();
    let profile = verdict.base.as_deref().filter(|_| verdict.has_profile());
    let profile = profile.and_then(|base| argument(base.get(..12)?)).map_or_else(String::new, |base| {
        format!("next: `cargo xtask perf profile {name} --compare {base}` shows the instructions by function and call stack\n")
    });
    let accept = if is_open {
        format!("; `cargo xtask perf accept {name} --reason \"why\"` accepts it")
    } else {
        String::new()
    };
    format!(
        "{profile}next: `cargo xtask perf --compare BRANCH --filter {name}` measures again{accept}\n"
    )
}

fn name(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Min => "minimum",
        Statistic::Median => "median",
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;

//! A verdict with every number that led to it, in the order that the rule used them.

use super::terminal::aligned;
use super::visible;
use perf_judge::baseline::RunValue;
use perf_judge::detect::counts::{CountPair, Counts, InstructionChange};
use perf_judge::detect::history::Deviation;
use perf_judge::detect::paired::{InterimAnalysis, PairedAnalysis, Test};
use perf_judge::detect::{Finding, Severity};
use perf_judge::run::{LaunchTimes, Pair, Side, Statistic};
use perf_judge::unit::{self, LogRatio};
use perf_judge::verdict::{Method, Stage, StageResult, Trace, Verdict};
use std::fmt::Write as _;

/// The verdict explained, for somebody who has not read the rule.
pub fn explain(verdict: &Verdict) -> String {
    let trace = &verdict.trace;
    let mut text = headline(verdict);
    for seen in &trace.stages {
        text += &look(seen, &trace.baseline);
    }
    if let Some(base) = verdict.base.as_deref().filter(|_| verdict.method == Method::Paired) {
        text += &paired(trace, base);
    }
    text + &ending(verdict)
}

fn headline(verdict: &Verdict) -> String {
    let change = verdict.change.map_or_else(String::new, |c| format!(", {}", unit::change(c)));
    let reason =
        verdict.reason.as_deref().map_or_else(String::new, |r| format!("\n{}", visible(r)));
    format!("{}: {}{change}{reason}\n", visible(verdict.name.as_str()), verdict.label())
}

fn look(seen: &StageResult, baseline: &[RunValue]) -> String {
    let launches = unit::counted(seen.launches.len(), "launch", "launches");
    let title = match seen.stage {
        Stage::Initial => format!("First look: {launches}"),
        Stage::Rerun => format!("Second look: {launches} afresh, as it had moved"),
        Stage::Confirmation => {
            format!(
                "Third look: {launches} afresh, the last ten two seconds apart, as it was still slower"
            )
        }
    };
    let mut text = format!("\n{title}\n");
    text += "Noise only adds time, so the mean of the lowest third stands for them.\n";
    text += &times(&seen.launches, &seen.deviations);
    let runs = baseline.len();
    let _ = writeln!(
        text,
        "\nThe baseline is the last {runs} comparable runs. A change is believed from 5 %, or from t × spread × √(1 + 1/{runs}) where that is more."
    );
    text += &deviations(&seen.deviations);
    text += &asked(&seen.deviations);
    if let Some(shift) = seen.suite_wide_shift {
        let _ = writeln!(
            text,
            "The whole run moved by {}: a change must lie beyond its limit with and without that.",
            unit::change(shift)
        );
    }
    text
}

fn times(launches: &[LaunchTimes], deviations: &[Deviation]) -> String {
    let row = |statistic: Statistic| {
        let each: Vec<String> = launches.iter().map(|l| unit::time(l.get(statistic))).collect();
        let now = deviations.iter().find(|deviation| deviation.statistic == statistic);
        let now = now.map_or_else(|| "-".to_owned(), |deviation| unit::time(deviation.now.exp()));
        format!("  {}\t{}\t→ {now}\n", name(statistic), each.join("  "))
    };
    aligned(&Statistic::ALL.map(row).concat())
}

fn deviations(deviations: &[Deviation]) -> String {
    let mut lines = "  \tnow\tbaseline\tmoved\tspread\tbelieved from\n".to_owned();
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

/// Says so where the rule left a statistic out.
fn asked(deviations: &[Deviation]) -> String {
    let blind = |deviation: &&Deviation| deviation.is_underpowered();
    let out: Vec<&Deviation> = deviations.iter().filter(blind).collect();
    match (out.len(), deviations.len()) {
        (0, _) => String::new(),
        (some, all) if some == all => {
            "Neither sees changes of 10 %: the history alone cannot decide it.\n".to_owned()
        }
        _ => format!(
            "The {} times see no change of 10 %, so they are not asked.\n",
            name(out[0].statistic)
        ),
    }
}

fn paired(trace: &Trace, base: &str) -> String {
    let Some(analysis) = &trace.analysis else { return String::new() };
    let base = base.get(..12).unwrap_or(base);
    let mut text = format!(
        "\nSide by side with {base}: both were launched next to each other, a coin deciding which first\n"
    );
    text += &pairs(&trace.pairs);
    text += &questions(analysis);
    for look in &analysis.analyses {
        text += &looked(look);
    }
    text + &bounds(analysis)
}

/// The rule's two questions, as far as they were asked.
fn questions(analysis: &PairedAnalysis) -> String {
    let asked = |test: fn(&Test) -> bool| analysis.analyses.iter().any(|look| test(&look.test));
    let mut text =
        "\nThe estimate is the median of all changes, both kinds of time together.\n".to_owned();
    if asked(|test| matches!(test, Test::Change { .. })) {
        text += "From 3 % on: could chance do that? A pair speaks for the change if both its times lie beyond a bar, and against it if both lie on the other side. Quiet pairs weigh 4, disturbed ones 2, bursts 1. p is how often coins in place of the pairs would weigh as much, and must reach the level, which rises with the pairs; both kinds of time must have moved by 1.5 %.\n";
    }
    if asked(|test| matches!(test, Test::Nothing { .. })) {
        text += "Below 3 %: can 5 % hide? p is how likely such pairs are if it got 5 % slower, or 5 % faster; both must reach the level, and each kind of time must have moved by less than 3 %.\n";
    }
    text
}

fn pairs(pairs: &[Pair]) -> String {
    let mut lines =
        "  pair\tfirst\tbase fastest\tmedian\thead fastest\tmedian\tfastest\tmedian\n".to_owned();
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

fn looked(look: &InterimAnalysis) -> String {
    let medians: Vec<String> = look
        .medians
        .iter()
        .map(|(statistic, median)| format!("{} {}", name(*statistic), unit::change(*median)))
        .collect();
    let left_out = match look.pairs - look.counted {
        0 => String::new(),
        some => format!(", {some} of them without a time"),
    };
    let test = match look.test {
        Test::Change { bar, weight_for, weight_against, p, level } => format!(
            "beyond {} weigh {weight_for}, against {weight_against}; p {p:.1e}, level {level:.1e}",
            unit::percent(bar)
        ),
        Test::Nothing { slower, faster, level } => {
            format!("p slower {slower:.1e}, faster {faster:.1e}, level {level}")
        }
    };
    let answer = match look.finding {
        Some(Finding::Regression(_)) => "slower",
        Some(Finding::Improvement(_)) => "faster",
        Some(Finding::Unchanged) => "unchanged",
        Some(Finding::Inconclusive) | None => "not decided",
    };
    format!(
        "  {} pairs{left_out}: {} ({}); {test}: {answer}\n",
        look.pairs,
        unit::change(look.estimate),
        medians.join(", "),
    )
}

fn bounds(analysis: &PairedAnalysis) -> String {
    match analysis.low.zip(analysis.high) {
        Some((low, high)) => format!(
            "\nThe pairs leave changes between {} and {} possible.\n",
            unit::change(low),
            unit::change(high)
        ),
        None => "\nThe pairs exclude nothing.\n".to_owned(),
    }
}

fn ending(verdict: &Verdict) -> String {
    let mut text = String::new();
    if let Some(counts) = &verdict.counts {
        text += &counted(counts);
    }
    if let Some((severity, change)) = verdict.severity.zip(verdict.change) {
        let size = unit::percent(LogRatio(change.0.abs()));
        let from = match severity {
            Severity::Notice => "less than 10 %",
            Severity::Minor => "10 % and more",
            Severity::Major => "20 % and more",
            Severity::Critical => "50 % and more, and 30 % by both kinds of time",
        };
        let _ =
            writeln!(text, "\n{size} and a tolerance of 2 % make it {}: {from}.", severity.name());
    }
    if let Some(limit) = verdict.min_detectable_change.filter(|_| verdict.severity.is_none()) {
        let _ = writeln!(text, "\nA change below {} could not be seen.", unit::percent(limit));
    }
    text
}

fn counted(counts: &Counts) -> String {
    let line = |what: &str, pair: Option<CountPair>, show: fn(f64) -> String| {
        pair.map_or_else(String::new, |pair| {
            format!("  {what}\t{}\t→ {}\n", show(pair.base), show(pair.head))
        })
    };
    let lines = line("instructions", counts.instructions, unit::count)
        + &line("allocations", counts.alloc_count, unit::count)
        + &line("bytes allocated", counts.alloc_bytes, unit::bytes);
    let says = match counts.instruction_change() {
        InstructionChange::Grew => {
            "there is more work to do, so it fails from minor on, unless the gate says otherwise"
        }
        InstructionChange::Shrank => "there is less work to do",
        InstructionChange::Unchanged => {
            "the work is the same: code placement, caches or the machine"
        }
        InstructionChange::Unknown => "without instructions it is not known whether the work grew",
    };
    format!("\nCounted an iteration, base → head: {says}.\n{}", aligned(&lines))
}

fn name(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Min => "fastest",
        Statistic::Median => "median",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::baseline::{Baseline, Selection};
    use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference, Step};

    /// Launches that alternate about `ns`, with one disturbed in five.
    fn launch(at: usize, ns: f64) -> LaunchTimes {
        let by = if at % 5 == 4 { 1.4 } else { 1.0 + 0.004 * (at % 3) as f64 };
        LaunchTimes { min: ns * by, median: ns * by * 1.02 }
    }

    fn verdict(first: f64, head: f64) -> Verdict {
        let recorded = |at| RunValue::of(&[launch(at, 1e5)]);
        let values = (0..6).map(|run| recorded(run * 5)).collect();
        let near = vec!["1a2b3c4d5e6f7a8b".to_owned()];
        let against = Reference::Runs(Selection::Ready(Baseline::new(values, near)));
        let judge_config = JudgeConfig::of_launches(5).with_reruns(Some(10)).with_comparison(true);
        let mut judge =
            Judge::new(vec![Comparison::new("core/parse::large", against)], vec![], judge_config);
        let mut at = 0;
        loop {
            match judge.step() {
                Step::Done(verdicts) => return verdicts.verdicts[0].clone(),
                Step::Measure { benchmarks, launches, .. } => {
                    judge.feed(&benchmarks[0], (0..launches).map(|at| launch(at, first)));
                }
                Step::Compare { benchmarks, pairs, .. } => {
                    let pair = |at| Pair {
                        first: if at % 3 == 0 { Side::Head } else { Side::Base },
                        base: launch(at, 1e5),
                        head: launch(at + 1, head),
                    };
                    judge.feed_pairs(&benchmarks[0], (at..at + pairs).map(pair));
                    at += pairs;
                }
            }
        }
    }

    #[test]
    fn a_regression_is_explained_from_its_launches_to_its_name() {
        insta::assert_snapshot!(explain(&verdict(1.12e5, 1.12e5)));
    }

    #[test]
    fn a_suspicion_that_was_not_borne_out_is_explained() {
        insta::assert_snapshot!(explain(&verdict(1.12e5, 1e5)));
    }

    #[test]
    fn an_explanation_survives_the_reports_json() {
        let verdict = verdict(1.12e5, 1.12e5);
        let json = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    }
}

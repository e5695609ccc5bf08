//! Every row that is shown agrees with itself: the printed head is the printed base times one plus
//! the printed change.

use perf_fixtures::{measured, run};
use perf_judge::baseline::{Baseline, RunValue, Selection};
use perf_judge::budget::Gate;
use perf_judge::run::{LaunchTimes, Pair, Side};
use perf_judge::unit;
use perf_judge::verdict::{Judge, JudgeConfig, Reference, Step};
use perf_report::{
    Page, PreviousCommit, ReferenceFacts, Report, ReportParts, to_markdown, to_terminal,
};
use proptest::prelude::*;

const REPORT: &str = include_str!("../../../fixtures/reports/regression.json");
const SHOWN: [&str; 4] = [
    include_str!("../../../README.md"),
    include_str!("../../../docs/usage.md"),
    include_str!("../../../docs/examples/comment.md"),
    include_str!("../../../docs/examples/summary.md"),
];

/// A time in ns.
fn time(cell: &str) -> Option<f64> {
    let (digits, unit) = cell.split_once(' ')?;
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

/// Head divided by base.
fn change(cell: &str) -> Option<f64> {
    let (digits, unit) = cell.split_once(' ')?;
    let number = digits.parse::<f64>().ok()?;
    match unit {
        "%" => Some(1.0 + number / 100.0),
        "×" => Some(number),
        _ => None,
    }
}

/// The rows of a text that have a base, a head and a change next to each other.
fn rows(text: &str) -> Vec<(String, [String; 3])> {
    let cells = |line: &str| -> Vec<String> {
        let separator = if line.starts_with('|') { "|" } else { "  " };
        let cells = line.split(separator).map(|cell| cell.trim().to_owned());
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    let figures = |line: &str| {
        let cells = cells(line);
        let found = cells.windows(3).find(|three| {
            time(&three[0]).is_some() && time(&three[1]).is_some() && change(&three[2]).is_some()
        })?;
        Some((line.to_owned(), [found[0].clone(), found[1].clone(), found[2].clone()]))
    };
    text.lines().filter_map(figures).collect()
}

#[test]
fn every_row_of_the_report_and_of_the_documents_agrees_with_itself() {
    let report = Report::from_json(REPORT).unwrap();
    let rendered = [to_terminal(&report, None), to_markdown(&report, Page::SUMMARY)];
    let texts = rendered.iter().map(String::as_str).chain(SHOWN);
    for text in texts {
        let rows = rows(text);
        assert!(rows.len() > 3, "{text}");
        for (line, [base, head, ratio]) in rows {
            let (base, head_ns) = (time(&base).unwrap(), time(&head).unwrap());
            if let Some(factor) = ratio.strip_suffix(" ×") {
                let digits = factor.split_once('.').map_or(0, |(_, digits)| digits.len());
                assert_eq!(format!("{:.digits$}", head_ns / base), factor, "{line}");
            } else {
                assert_eq!(unit::time(base * change(&ratio).unwrap()), head, "{line}");
            }
        }
    }
}

/// A launch with these times, in ns.
fn launch(ns: f64, above: f64) -> LaunchTimes {
    LaunchTimes { min: ns, median: ns * (1.0 + above) }
}

/// A report on one benchmark: launches of the head, and either recorded runs or pairs.
fn judged(head_ns: f64, change: f64, noise: &[f64], is_paired: bool) -> Report {
    let name = "core/parse::xml";
    let base = |at: usize| launch(head_ns * (1.0 + noise[at % noise.len()]), 0.01);
    let head = |at: usize| launch(head_ns * change * (1.0 + noise[(at + 3) % noise.len()]), 0.012);
    let recorded = (0..6).map(|at| RunValue::of(&[base(at), base(at + 1), base(at + 2)]));
    let baseline = Baseline::new(recorded.collect(), Vec::new());
    let config = JudgeConfig::of_launches(5).with_reruns(Some(10)).with_comparison(is_paired);
    let reference = if is_paired {
        Reference::Build("1a2b3c4d5e6f".to_owned())
    } else {
        Reference::Runs(Selection::Ready(baseline))
    };
    let comparison = perf_judge::verdict::Comparison::new(name, reference);
    let mut judge = Judge::new(vec![comparison], Vec::new(), config);
    let verdicts = loop {
        match judge.step() {
            Step::Done(verdicts) => break verdicts,
            Step::Measure { launches, .. } => judge.feed(&name.into(), (0..launches).map(head)),
            Step::Compare { pairs, .. } => {
                let pair = |at| Pair { first: Side::Base, base: base(at), head: head(at) };
                judge.feed_pairs(&name.into(), (0..pairs).map(pair));
            }
        }
    };
    Report::new(ReportParts {
        run: &run(3, vec![measured(name, head_ns * change)]),
        verdicts,
        budgets: Vec::new(),
        accepted: Vec::new(),
        reference: ReferenceFacts {
            branch: "main".to_owned(),
            branch_is_missing: false,
            history_runs: 6,
            base: None,
            previous_commit: PreviousCommit::Available,
        },
        gate: Gate::default(),
        notes: Vec::new(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_row_of_a_generated_report_agrees_with_itself(
        exponent in 0.0..9.0_f64,
        change in 0.3..3.0_f64,
        noise in prop::collection::vec(0.0..0.3_f64, 5..12),
        is_paired in prop::bool::weighted(0.05),
    ) {
        let report = judged(10_f64.powf(exponent), change, &noise, is_paired);
        let verdict = &report.rows[0].verdict;
        let (base, head) = (verdict.base_ns.unwrap(), verdict.head_ns.unwrap());
        let change = verdict.change.unwrap();
        prop_assert!((base * change.0.exp() / head - 1.0).abs() < 1e-9);
        for text in [to_terminal(&report, None), to_markdown(&report, Page::SUMMARY)] {
            let rows = rows(&text);
            prop_assert_eq!(rows.len(), 1, "{}", text);
            let (line, [base, head, ratio]) = &rows[0];
            let expected = time(base).unwrap() * self::change(ratio).unwrap();
            prop_assert_eq!(&unit::time(expected), head, "{}", line);
        }
    }
}

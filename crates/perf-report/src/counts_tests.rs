use super::*;
use crate::report::tests::{made_with, report};
use crate::terminal::tests::plain;
use crate::{Page, Report, ReportParts, Row, to_annotations, to_markdown, to_terminal};
use perf_fixtures::{measured, run};
use perf_judge::budget::{CountLimit, Gate};
use perf_judge::run::Measured;
use perf_judge::verdict::{Method, State, Verdicts};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn pair(base: f64, head: f64, spread: Option<f64>) -> CountPair {
    CountPair { spread, ..CountPair::new(base, head) }
}

#[test]
fn an_explanation_has_every_count_with_its_threshold() {
    let mut counts = Counts::default();
    for (quantity, pair) in [
        (Quantity::Instructions, pair(659_137.0, 693_412.25, Some(0.000_03))),
        (Quantity::AllocCount, pair(12.000_341, 12.000_341, Some(0.02))),
        (Quantity::AllocPeakBytes, pair(4096.0, 2048.0, None)),
        (Quantity::MinorFaults, pair(0.0, 0.0122, None)),
        (Quantity::UserNs, pair(1234.56, 1299.99, None)),
    ] {
        counts.insert(quantity, pair);
    }
    let mut verdict = Verdict::of_counts(&"a/b::c".into(), counts.clone());
    let (run, commit) = ("20261120T0300Z-1".to_owned(), Some("1a2b3c4d5e6f7a8b".to_owned()));
    verdict.counts_base = Some(CountedRun { run, commit });
    insta::assert_snapshot!(explained(&verdict, &counts));
}

/// A verdict whose simulated counts and system calls changed.
fn detailed() -> Verdict {
    let counts = counts(&[
        (Quantity::Instructions, 1e6, 1e6),
        (Quantity::DataAccesses, 4e5, 4.01e5),
        (Quantity::LastLevelMisses, 12.0, 4000.5),
        (Quantity::BranchMispredictions, 30.0, 31.0),
    ]);
    let calls = |read: f64| BTreeMap::from([("close".to_owned(), 1.0), ("read".to_owned(), read)]);
    let system_calls = Some(SystemCalls { base: calls(4.0), head: calls(8.0) });
    let mut verdict = Verdict::of_counts(&"a/b::c".into(), counts);
    verdict.system_calls = system_calls;
    verdict
}

#[test]
fn simulated_counts_and_system_calls_are_explained_and_noted() {
    let verdict = detailed();
    insta::assert_snapshot!(crate::explain(&verdict));
    let row = Row { verdict, measured: None, calls: None };
    assert_eq!(
        row.remark(),
        "simulated: last-level misses 12 → 4000 per iteration; system calls: read 4 → 8 per iteration"
    );
    let none = explained_calls(&SystemCalls::default());
    assert_eq!(none, "\nSystem calls per iteration: none\n");
}

#[test]
fn a_name_of_a_system_call_cannot_control_a_terminal() {
    let base = BTreeMap::from([("\u{1b}[31m".to_owned(), 1.0)]);
    let calls = SystemCalls { base, head: <_>::default() };
    assert!(!explained_calls(&calls).contains('\u{1b}'));
}

#[test]
fn a_count_that_varies_is_noted_with_its_worst_benchmark() {
    let spread = |name: &str, spread| {
        let mut counts = Counts::default();
        counts.insert(Quantity::Instructions, pair(1e6, 1e6, Some(spread)));
        Verdict::of_counts(&name.into(), counts)
    };
    let recorded = Measured {
        count_spreads: [(Quantity::AllocCount, 0.02), (Quantity::AllocBytes, 0.001)].into(),
        ..measured("a/b::new", 1e3)
    };
    let new = Verdict::without_counts(&"a/b::new".into(), State::New, None);
    let verdicts = [spread("a/b::c", 0.002), spread("a/b::d", 0.005), new];
    assert_eq!(
        variation_notes(&run(1, vec![recorded]), &verdicts),
        [
            "a/b::d: instructions differ by 0.50 % between processes: changes from 1.5 % are reported; less in 1 more",
            "a/b::new: allocations differ by 2.0 % between processes: changes from 6.0 % are reported",
        ]
    );
}

#[test]
fn a_cell_has_the_count_of_the_head_and_its_change() {
    let cases = [
        (Quantity::Instructions, pair(1e6, 1.052e6, None), "1.052 M (+5.2 %)"),
        (Quantity::AllocCount, pair(100.0, 100.0, None), "100"),
        (Quantity::AllocBytes, pair(0.0, 64.0, None), "64 B (from 0)"),
        (Quantity::AllocPeakBytes, pair(64.0, 0.0, None), "0 B (-100.0 %)"),
    ];
    for (quantity, pair, text) in cases {
        assert_eq!(cell(quantity, pair), text);
    }
}

fn counts(pairs: &[(Quantity, f64, f64)]) -> Counts {
    let mut counts = Counts::default();
    for (quantity, base, head) in pairs {
        counts.insert(*quantity, CountPair::new(*base, *head));
    }
    counts
}

/// The report of the other tests, with counts of most rows.
fn counted() -> Report {
    use Quantity::{AllocBytes, AllocCount, AllocPeakBytes, Instructions, MinorFaults};
    made_with(|verdicts| {
        for verdict in &mut verdicts.verdicts {
            verdict.counts = match verdict.name.as_str() {
                "core/parse::parse_large_xml" => {
                    Some(counts(&[(Instructions, 1e6, 2e6), (AllocCount, 12.0, 12.0)]))
                }
                "core/parse::<script>alert(1)</script>" => {
                    Some(counts(&[(Instructions, 500.0, 400.0), (AllocPeakBytes, 1e6, 1.2e6)]))
                }
                "core/filter::unchanged" => Some(counts(&[
                    (Instructions, 1000.0, 1002.0),
                    (AllocCount, 100.0, 101.0),
                    (AllocBytes, 6400.0, 6464.0),
                    (MinorFaults, 1.0, 9.0),
                ])),
                _ => None,
            };
        }
    })
}

/// A report on counts alone.
fn of_counts(limit: CountLimit) -> Report {
    use Quantity::{AllocBytes, AllocCount, Instructions, MinorFaults};
    let of = |name: &str, pairs: &[_]| Verdict::of_counts(&name.into(), counts(pairs));
    let grown = [(Instructions, 1e6, 1.052e6), (AllocCount, 100.0, 100.0), (MinorFaults, 2.0, 2.5)];
    let mixed = [(Instructions, 1e4, 9e3), (AllocCount, 0.0, 3.0), (AllocBytes, 0.0, 96.0)];
    let mut verdicts = Verdicts::default();
    verdicts.verdicts = vec![
        of("core/filter::same", &[(Instructions, 1e6, 1.002e6), (AllocCount, 7.0, 7.0)]),
        of("core/parse::grown", &grown),
        of("core/parse::mixed", &mixed),
        of("core/parse::shrunk", &[(Instructions, 1e6, 9e5)]),
        Verdict::without_counts(&"core/export::new".into(), State::New, None),
    ];
    Report::new(ReportParts {
        run: &run(23, vec![]),
        verdicts,
        budgets: vec![],
        accepted: vec![],
        reference: report().reference,
        gate: Gate { counts: limit, ..Gate::default() },
        notes: vec![],
    })
}

#[test]
fn rows_whose_counts_changed_are_shown_beside_their_times() {
    let report = counted();
    assert!(report.summary.ends_with("2 of 8 benchmarks unchanged; counts grew in 1, 1 trade-off"));
    insta::assert_snapshot!(plain(&to_terminal(&report, None)));
}

#[test]
fn a_comment_does_not_fold_what_changed_its_counts() {
    insta::assert_snapshot!(to_markdown(&counted(), Page::WHOLE));
}

#[test]
fn a_report_on_counts_alone_has_no_times() {
    let report = of_counts(CountLimit::Percent(5.0));
    assert_eq!(
        report.summary,
        "counts grew in 2, counts shrank in 1, 1 new; 1 of 5 benchmarks unchanged; 1 trade-off"
    );
    assert_eq!((report.status, of_counts(CountLimit::Never).status), (1, 0));
    insta::assert_snapshot!(plain(&to_terminal(&report, None)));
}

#[test]
fn a_narrow_terminal_has_the_same_counts() {
    insta::assert_snapshot!(plain(&to_terminal(&of_counts(CountLimit::Never), Some(60))));
}

#[test]
fn a_comment_on_counts_alone_names_the_next_steps() {
    insta::assert_snapshot!(to_markdown(&of_counts(CountLimit::Percent(5.0)), Page::WHOLE));
}

#[test]
fn without_recorded_counts_the_next_step_records_them() {
    let mut verdicts = Verdicts::default();
    let state = State::InsufficientHistory;
    verdicts.verdicts = vec![Verdict::without_counts(&"core/parse::xml".into(), state, None)];
    let report = Report::new(ReportParts {
        run: &run(23, vec![]),
        verdicts,
        budgets: vec![],
        accepted: vec![],
        reference: report().reference,
        gate: Gate::default(),
        notes: vec![],
    });
    assert_eq!(report.summary, "1 benchmark counted, no baseline yet");
    let text = plain(&to_terminal(&report, None));
    assert!(text.contains("next: record counts of the base branch"), "{text}");
}

#[test]
fn failing_counts_are_annotated() {
    let annotations = to_annotations(&of_counts(CountLimit::Percent(5.0)), "");
    let lines: Vec<&str> = annotations.lines().collect();
    assert_eq!(
        lines,
        [
            "::error title=core/parse%3A%3Agrown%3A counts grew::instructions +5.2 %25.",
            "::error title=core/parse%3A%3Amixed%3A counts grew::instructions -10.0 %25. trade-off: instructions -10.0 %25, but allocations 0 → 3, allocated bytes 0 B → 96 B",
        ]
    );
}

#[test]
fn reports_with_counts_survive_their_file_and_contradictions_are_refused() {
    let mut with_details = of_counts(CountLimit::Never);
    with_details.rows[0].verdict.system_calls = detailed().system_calls;
    for report in [counted(), of_counts(CountLimit::Percent(5.0)), with_details.clone()] {
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }
    let json: Value = serde_json::from_str(&of_counts(CountLimit::Never).to_json()).unwrap();
    with_details.rows[0].verdict.system_calls.as_mut().unwrap().head.insert("read".into(), -1.0);
    let error = Report::from_json(&with_details.to_json()).unwrap_err().to_string();
    assert!(error.contains("has an impossible time"), "{error}");
    let verdict = |json: &Value, key: &str| json["rows"][0]["verdict"][key].clone();
    assert_eq!(
        (verdict(&json, "state"), verdict(&json, "method")),
        (json!("counts_grew"), json!("counts"))
    );
    let written = json!({"base": 1e6, "head": 1.052e6, "threshold": 0.01, "change": "grew"});
    assert_eq!(verdict(&json, "counts")["instructions"], written);
    for (pointer, value, message) in [
        ("/state", json!("unchanged"), "its counts contradict that"),
        ("/state", json!("counts_shrank"), "its counts contradict that"),
        ("/state", json!("regression"), "contradicts that"),
        ("/counts", json!(null), "its counts contradict that"),
        ("/method", json!("paired"), "but was not measured"),
        ("/counts/instructions/base", json!(-1.0), "has an impossible time"),
    ] {
        let mut json = json.clone();
        *json.pointer_mut(&format!("/rows/0/verdict{pointer}")).unwrap() = value;
        let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
        assert!(error.contains(message), "{pointer}: {error}");
    }
}

#[test]
fn an_acceptance_of_grown_counts_allows_their_growth() {
    let report = of_counts(CountLimit::Never);
    let max_changes: Vec<f64> = report.rows.iter().map(|row| row.max_change_percent()).collect();
    assert_eq!(max_changes[..2], [9.0, 3.0]);
    assert!(report.rows.iter().all(|row| row.verdict.method == Method::Counts));
}

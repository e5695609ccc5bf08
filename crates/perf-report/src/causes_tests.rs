use super::*;
use crate::report::tests::made_with;
use crate::{Page, Report, explain, to_markdown};
use perf_judge::cause::BuildDifferences;
use perf_judge::detect::counts::{CountPair, Counts};
use perf_judge::run::Quantity;
use serde_json::json;

const SLOWER: &str = "core/parse::parse_large_xml";
const FASTER: &str = "core/parse::<script>alert(1)</script>";

/// The report of other tests, with causes of the regression and none of the improvement.
fn explained() -> Report {
    let function = |name: &str, base, head| FunctionCount {
        name: name.to_owned(),
        former_name: None,
        base,
        head,
    };
    let functions = [
        function("<core::Reader as Read>::next", 2e5, 9e5),
        function("core::parse::\u{1b}[31m_`new`_", 0.0, 3e5),
        FunctionCount {
            former_name: Some("core::old::skip".to_owned()),
            ..function("core::skip", 1e5, 0.0)
        },
    ];
    let pairs = [
        (Quantity::Instructions, 1e6, 2e6),
        (Quantity::AllocCount, 12.0, 9000.0),
        (Quantity::MinorFaults, 0.0, 900.0),
    ];
    made_with(|verdicts| {
        for verdict in &mut verdicts.verdicts {
            let mut counts = Counts::default();
            let is_slower = verdict.name.as_str() == SLOWER;
            for (quantity, base, head) in pairs {
                let head = if is_slower { head } else { base };
                counts.insert(quantity, CountPair::new(base, head));
            }
            if is_slower || verdict.name.as_str() == FASTER {
                verdict.counts = Some(counts);
            }
            verdict.find_causes(&functions, &BuildDifferences::default());
        }
    })
}

fn verdict_on<'a>(report: &'a Report, name: &str) -> &'a crate::Row {
    report.rows.iter().find(|row| row.verdict.name.as_str() == name).unwrap()
}

#[test]
fn the_first_cause_is_a_remark_and_part_of_the_reason() {
    let report = explained();
    let first = "likely cause: page faults 0 → 900";
    let note = verdict_on(&report, SLOWER).remark();
    assert!(
        note.ends_with(&format!("allocations 12 → 9000 per iteration; {first} (2 more causes)")),
        "{note}"
    );
    assert!(report.outcome.gate[0].ends_with(&format!("({first})")), "{:?}", report.outcome.gate);
    let note = verdict_on(&report, FASTER).remark();
    assert!(note.ends_with("no count explains it"), "{note}");
}

#[test]
fn all_causes_are_explained_with_their_functions() {
    let report = explained();
    let explanation = explain(&verdict_on(&report, SLOWER).verdict);
    let (_, causes) = explanation.split_once("\nLikely causes").unwrap();
    insta::assert_snapshot!(causes.split("\n\n").next().unwrap());
    let none = explain(&verdict_on(&report, FASTER).verdict);
    assert!(none.contains("Likely causes: none. No count explains the change."), "{none}");
}

#[test]
fn a_comment_folds_the_causes() {
    let text = to_markdown(&explained(), Page::WHOLE);
    let (_, causes) = text.split_once("<details><summary>Likely causes").unwrap();
    insta::assert_snapshot!(causes.split("</details>").next().unwrap());
}

#[test]
fn causes_survive_their_file_and_impossible_ones_are_refused() {
    let report = explained();
    assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    let at = report.rows.iter().position(|row| row.verdict.name.as_str() == SLOWER).unwrap();
    let mut json = serde_json::to_value(&report).unwrap();
    *json.pointer_mut(&format!("/rows/{at}/verdict/causes/0/numbers/0/head")).unwrap() =
        json!(-1.0);
    let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
    assert!(error.contains("impossible"), "{error}");
    // Former reports have none.
    json["rows"][at]["verdict"].as_object_mut().unwrap().remove("causes");
    let former = Report::from_json(&json.to_string()).unwrap();
    assert_eq!(former.rows[at].verdict.causes, None);
}

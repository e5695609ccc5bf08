//! Files from elsewhere, damaged or forged: whatever they hold, they are refused or shown.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use perf_fixtures::damaged;
use perf_judge::history::{RunRow, flat, path_of};
use perf_judge::run::Run;
use perf_report::check::{Artefact, Job, Needs, decide};
use perf_report::{
    Comparison, Page, Report, explain, run_to_text, to_annotations, to_markdown, to_outputs,
    to_terminal,
};
use proptest::prelude::*;

const FIRST_SCHEMA: &[u8] = include_bytes!("../../../fixtures/history/run-schema-1.json");
const SECOND_SCHEMA: &[u8] = include_bytes!("../../../fixtures/history/run-schema-2.json");
const REPORT: &[u8] = include_bytes!("../../../fixtures/reports/regression.json");

fn read_run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Run::verified(text);
    let Ok(run) = Run::from_json(text) else { return };
    assert_eq!(Run::from_json(&run.to_json()).unwrap().to_json(), run.to_json());
    let _ = (RunRow::of(&run), flat::records_of(&run), run_to_text(&run), path_of(&run));
    for joined in Run::joined([run.clone(), run]) {
        assert_eq!(Run::verified(&joined.to_json()).unwrap().id, joined.id);
    }
}

fn show(report: &Report) {
    let comment = Page { bytes: Page::COMMENT_BYTES, more: Some("https://ci.example/") };
    assert!(to_markdown(report, comment).len() <= Page::COMMENT_BYTES);
    let _ = (to_terminal(report, None), to_markdown(report, Page::SUMMARY));
    let _ = (to_annotations(report, ""), to_outputs(report));
    for row in &report.rows {
        let _ = (explain(&row.verdict), row.max_change_percent());
    }
    for comparison in Comparison::all_of(report) {
        assert!(Comparison::from_json(&comparison.to_json()).is_ok());
    }
    let json = report.to_json();
    assert_eq!(Report::from_json(&json).unwrap().to_json(), json);
}

fn read_report(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(report) = Report::from_json(text) else { return };
    show(&report);
    let job = Job { result: "success".to_owned(), ..Job::default() };
    let needs: Needs = [("measure".to_owned(), job)].into();
    let passes = decide(&needs, &Artefact::Read(Box::new(report.clone()))).passes;
    let is_complete = report.partition.is_none() && !report.rows.is_empty();
    assert_eq!(passes, report.status == 0 && is_complete);
    let twice = Report::merged(vec![report.clone(), report.clone()]).unwrap();
    assert_ne!(twice.status, 0);
    show(&twice);
    show(&Report::merged(vec![report]).unwrap());
}

proptest! {
    #[test]
    fn a_damaged_run_is_refused_or_shown(
        first in damaged(FIRST_SCHEMA),
        second in damaged(SECOND_SCHEMA),
    ) {
        read_run(&first);
        read_run(&second);
    }

    #[test]
    fn a_damaged_report_is_refused_or_shown(bytes in damaged(REPORT)) {
        read_report(&bytes);
    }
}

#[test]
fn what_is_damaged_is_read_whole_first() {
    read_run(FIRST_SCHEMA);
    read_run(SECOND_SCHEMA);
    read_report(REPORT);
    let text = std::str::from_utf8(REPORT).unwrap();
    assert!(Report::from_json(text).is_ok());
}

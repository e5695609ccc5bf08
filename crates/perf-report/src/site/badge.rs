//! The state of the latest run for a badge in a README, in the format of the shields.io endpoint.

use crate::Report;
use perf_judge::unit;
use perf_judge::verdict::State;
use serde_json::json;

/// The badge's file.
pub(super) fn of(report: &Report) -> String {
    let slower = report.rows.iter().filter(|row| row.verdict.state == State::Regression).count();
    let is_judged = report.rows.iter().any(|row| row.verdict.base_ns.is_some());
    let (message, color) = match (report.status, slower) {
        (0, 0) if !is_judged => ("no baseline".to_owned(), "lightgrey"),
        (0, 0) => ("no regressions".to_owned(), "brightgreen"),
        (0 | 1, 1..) => {
            let color = if report.status == 0 { "yellow" } else { "red" };
            (unit::counted(slower, "regression", "regressions"), color)
        }
        (1, _) => ("budget exceeded".to_owned(), "red"),
        _ => ("incomplete".to_owned(), "lightgrey"),
    };
    let badge =
        json!({"schemaVersion": 1, "label": "performance", "message": message, "color": color});
    format!("{badge}\n")
}

//! The state of the latest run for a badge in a README, as the endpoint of shields.io reads it.

use crate::Report;
use perf_judge::unit;
use perf_judge::verdict::State;
use serde_json::json;

/// The badge's file.
pub(super) fn of(report: &Report) -> String {
    let slower = report.rows.iter().filter(|row| row.verdict.state == State::Regression).count();
    let (message, color) = match (report.status, slower) {
        (0, 0) => ("no regression".to_owned(), "brightgreen"),
        (0 | 1, 1..) => {
            let color = if report.status == 0 { "yellow" } else { "red" };
            (unit::counted(slower, "regression", "regressions"), color)
        }
        (1, _) => ("budget broken".to_owned(), "red"),
        _ => ("incomplete".to_owned(), "lightgrey"),
    };
    let badge =
        json!({"schemaVersion": 1, "label": "performance", "message": message, "color": color});
    format!("{badge}\n")
}

//! What to do about a check that failed, as commands that one can paste.

use super::super::{Report, Row};
use super::text::argument;
use perf_judge::verdict::State;

/// The next steps; empty where nothing failed.
pub(super) fn steps(report: &Report) -> String {
    match (report.outcome.gate.is_empty(), slowest(report)) {
        (true, _) => String::new(),
        (false, Some(row)) => about(report, row),
        (false, None) => {
            "\nMake it faster, or raise its limit in `perf-budgets.json`.\n".to_owned()
        }
    }
}

/// The most pressing regression: the rows stand in that order.
fn slowest(report: &Report) -> Option<&Row> {
    report.rows.iter().find(|row| row.verdict.state == State::Regression)
}

fn about(report: &Report, row: &Row) -> String {
    let name = argument(row.verdict.name.as_str()).unwrap_or("BENCHMARK");
    let branch = argument(&report.reference.branch).unwrap_or("BRANCH");
    let ceiling = row.max_change_percent();
    format!(
        "\nMeasure it again where you are, see every number, or say that it is worth it:\n\n\
         ```\n\
         cargo xtask perf --compare {branch} --filter {name}\n\
         cargo xtask perf explain {name}\n\
         cargo xtask perf accept {name} --ceiling {ceiling} --reason \"why\"\n\
         ```\n"
    )
}

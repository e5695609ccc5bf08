//! The next steps after a failed check, as commands to paste.

use super::super::{Report, Row};
use crate::text::argument;
use perf_judge::verdict::State;

/// The next steps; empty where nothing failed.
pub(super) fn steps(report: &Report) -> String {
    if report.is_first() {
        let steps = report.next_step().into_iter();
        return steps.map(|step| format!("\n{step}\n")).collect();
    }
    match (report.outcome.gate.is_empty(), worst(report)) {
        (true, _) => String::new(),
        (false, Some(row)) => about(report, row),
        (false, None) => {
            "\nReduce the metric, or raise the limit in `perf-budgets.json`.\n".to_owned()
        }
    }
}

/// The first regression, else the first benchmark whose counts grew; the most severe rows come first.
fn worst(report: &Report) -> Option<&Row> {
    let regression = report.rows.iter().find(|row| row.verdict.state == State::Regression);
    regression.or_else(|| report.rows.iter().find(|row| row.verdict.is_worse()))
}

fn about(report: &Report, row: &Row) -> String {
    let name = argument(row.verdict.name.as_str()).unwrap_or("BENCHMARK");
    let branch = report.reference.branch_argument().unwrap_or("BRANCH");
    let max_change = row.max_change_percent();
    let counts_only = if report.is_of_counts() { " --counts-only" } else { "" };
    format!(
        "\nReproduce, explain or accept it:\n\n\
         ```sh\n\
         cargo xtask perf{counts_only} --compare {branch} --filter {name}\n\
         cargo xtask perf explain {name}\n\
         cargo xtask perf accept {name} --max-change {max_change} --reason \"why\"\n\
         ```\n"
    )
}

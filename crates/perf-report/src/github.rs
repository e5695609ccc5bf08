//! What GitHub reads from a job's log and files: annotations and outputs.

use super::{Report, Row, visible};
use crate::text::begins;
use perf_judge::run::{Quantity, Source};
use perf_judge::unit::Figures;
use perf_judge::verdict::State;
use std::collections::BTreeSet;

/// Annotations of a report at most: GitHub shows ten a step.
const ANNOTATIONS: usize = 10;

/// The report's annotations, one workflow command per line. Failures are errors on the benchmark's
/// line; other regressions and missing benchmarks are warnings.
///
/// `folder` is the folder of the measured workspace in its repository, empty for the root.
pub fn to_annotations(report: &Report, folder: &str) -> String {
    let reasons: BTreeSet<&str> = report.outcome.gate.iter().map(String::as_str).collect();
    let failed = |row: &&Row| blames(&reasons, row);
    let is_loud = |row: &&Row| matches!(row.verdict.state, State::Regression | State::Missing);
    let errors = report.rows.iter().filter(failed).map(|row| about(row, "error", folder));
    let budgets = report.budgets.iter().filter(|budget| budget.fails);
    let budgets = budgets.map(|budget| {
        let value = budget.value.map_or_else(String::new, |value| budget.metric.show(value));
        let limit = budget.metric.show(budget.critical);
        let said = format!("{} is {value}, above {limit}", budget.metric.name());
        command("error", None, folder, &format!("budget {}", budget.name), &said)
    });
    let others = report.rows.iter().filter(|row| is_loud(row) && !failed(row));
    let warnings = others.map(|row| about(row, "warning", folder));
    errors.chain(budgets).chain(warnings).take(ANNOTATIONS).collect()
}

/// The report's outputs for later steps, `name=value` a line.
pub fn to_outputs(report: &Report) -> String {
    let count = |state| report.rows.iter().filter(|row| row.verdict.state == state).count();
    let verdict = match report.status {
        0 => "passed",
        1 => "failed",
        _ => "incomplete",
    };
    format!(
        "status={}\nverdict={verdict}\nregressions={}\nimprovements={}\ninconclusive={}\nmissing={}\nsummary={}\n",
        report.status,
        count(State::Regression),
        count(State::Improvement),
        count(State::Inconclusive),
        count(State::Missing),
        visible(&report.summary),
    )
}

/// Whether one of these reasons is about the row: they begin with its name.
fn blames(reasons: &BTreeSet<&str>, row: &Row) -> bool {
    let name = row.verdict.name.as_str();
    [' ', ':'].iter().any(|end| begins(reasons, &format!("{name}{end}")))
}

fn about(row: &Row, level: &str, folder: &str) -> String {
    let verdict = &row.verdict;
    let Figures { base, head, change } = verdict.figures();
    let times = base.zip(head).map(|(base, head)| format!(", from {base} to {head}"));
    let change = change.map(|change| format!("{change}{}. ", times.unwrap_or_default()));
    let change = change.unwrap_or_default();
    let changes = row.count_changes();
    let instructions = changes.iter().find(|change| change.quantity == Quantity::Instructions);
    let instructions = instructions.map(|change| format!("{change}. ")).unwrap_or_default();
    let source = row.measured.as_ref().and_then(|measured| measured.source.as_ref());
    let title = format!("{}: {}", verdict.name, verdict.label());
    command(
        level,
        source,
        folder,
        &title,
        format!("{change}{instructions}{}", row.remark()).trim_end(),
    )
}

/// `::error file=…,line=…,title=…::message`
fn command(
    level: &str,
    source: Option<&Source>,
    folder: &str,
    title: &str,
    message: &str,
) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    let place = source.map_or_else(String::new, |source| {
        format!(
            "file={},line={},",
            property(&format!("{folder}{slash}{}", source.file)),
            source.line
        )
    });
    format!("::{level} {place}title={}::{}\n", property(title), escaped(message))
}

fn escaped(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// Commas and colons end a property.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn what_failed_is_told_on_its_line() {
        let mut report = report();
        let measured = report.rows[1].measured.as_mut().unwrap();
        measured.source = Some(Source { file: "benches/a,b.rs".to_owned(), line: 7 });
        insta::assert_snapshot!(to_annotations(&report, "tools/perf"));
    }

    #[test]
    fn no_name_begins_a_command_of_its_own() {
        let mut report = report();
        let hostile = "a/b::c\n::error file=x::y%0A::set-output name=status::0,title=z\r\n::stop";
        report.rows[1].verdict.name = hostile.into();
        report.rows[1].verdict.reason = Some(hostile.to_owned());
        report.outcome.gate = vec![format!("{hostile} got slower")];
        let text = to_annotations(&report, "");
        let is_own = |line: &str| line.starts_with("::error ") || line.starts_with("::warning ");
        assert!(text.lines().all(is_own), "{text}");
        assert_eq!(text.lines().count(), 3);
        assert!(!text.contains("%0A") && text.starts_with("::error title=a/b%3A%3Ac\\u{a}"));
        let row = report.rows[1].clone();
        report.rows.extend(vec![row; 20]);
        assert_eq!(to_annotations(&report, "").lines().count(), ANNOTATIONS);
    }

    #[test]
    fn outputs_are_a_line_each() {
        let mut report = report();
        report.summary = "fine\nstatus=0".to_owned();
        insta::assert_snapshot!(to_outputs(&report), @r"
        status=1
        verdict=failed
        regressions=1
        improvements=1
        inconclusive=0
        missing=1
        summary=fine\u{a}status=0
        ");
    }
}

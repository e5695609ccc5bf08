//! The report for a pull request or a job's summary.

use super::{Report, Row, is_reordering};
use crate::unit;
use crate::verdict::State;

/// The report as GitHub's Markdown. Every string from a repository is escaped.
pub fn to_markdown(report: &Report) -> String {
    let word = match report.status {
        0 => "passed",
        1 => "failed",
        _ => "is incomplete",
    };
    let mut text = format!("## Performance check {word}\n\n{}.\n", report.summary);
    for reason in report.outcome.gate.iter().chain(&report.outcome.incomplete) {
        text += &format!("- {}\n", escaped(reason));
    }
    let (quiet, loud): (Vec<&Row>, Vec<&Row>) =
        report.rows.iter().partition(|row| row.verdict.state == State::Unchanged);
    if !loud.is_empty() {
        text += &format!("\n{}", table(&loud));
    }
    if !quiet.is_empty() {
        let count = unit::counted(quiet.len(), "unchanged benchmark", "unchanged benchmarks");
        text +=
            &format!("\n<details><summary>{count}</summary>\n\n{}\n</details>\n", table(&quiet));
    }
    text + &budgets(report) + &notes(report) + &footer(report)
}

fn table(rows: &[&Row]) -> String {
    let mut text = "| state | benchmark | now | p95 | before | change | seen from | |\n".to_owned();
    text += "|---|---|--:|--:|--:|--:|--:|---|\n";
    for row in rows {
        text += &line(row);
    }
    text
}

fn line(row: &Row) -> String {
    let verdict = &row.verdict;
    let time = |ns: Option<f64>| ns.map_or_else(String::new, unit::time);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
        verdict.label(),
        escaped(verdict.name.as_str()),
        time(verdict.now_ns),
        time(row.measured.as_ref().and_then(|measured| measured.time_ns.p95)),
        time(verdict.baseline_ns),
        verdict.change.map_or_else(String::new, unit::change),
        verdict.limit.map_or_else(String::new, unit::percent),
        escaped(&row.remark()),
    )
}

fn budgets(report: &Report) -> String {
    if report.budgets.is_empty() {
        return String::new();
    }
    let mut text = "\n| budget | status | metric | value | target | critical | |\n".to_owned();
    text += "|---|---|---|--:|--:|--:|---|\n";
    for budget in &report.budgets {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            escaped(&budget.name),
            budget.status.name(),
            escaped(budget.metric.name()),
            budget.value.map_or_else(String::new, |value| budget.metric.show(value)),
            budget.metric.show(budget.target),
            budget.metric.show(budget.critical),
            escaped(budget.reason.as_deref().unwrap_or_default()),
        );
    }
    text
}

fn notes(report: &Report) -> String {
    let lines = report.notes.iter().map(|note| format!("- {}\n", escaped(note)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn footer(report: &Report) -> String {
    let (run, machine) = (&report.run, &report.run.machine);
    let image =
        if machine.image.is_empty() { String::new() } else { format!(", {}", machine.image) };
    let with = report.against.base.as_ref().map_or_else(String::new, |base| {
        format!(" compared with {}, the {}", base.commit.short(), base.label)
    });
    let facts = format!(
        "{}{with} · {} · {} with {} cores{image} · rustc {} · seed {}",
        run.commit_label(),
        run.started.format("%Y-%m-%d %H:%M UTC"),
        machine.cpu,
        machine.cores,
        machine.rustc,
        run.seed
    );
    format!("\n<sub>{}</sub>\n", escaped(&facts))
}

/// Text that Markdown and HTML show as it is, on one line.
///
/// Escaping every mark that either gives a meaning to is longer than a code span, and unlike one
/// it cannot be broken out of. `@` and `#` are escaped so that nobody is mentioned.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '@' => safe += "&#64;",
            '#' => safe += "&#35;",
            '|' => safe += "&#124;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '!' => safe.extend(['\\', c]),
            _ if c.is_control() || is_reordering(c) => safe += " ",
            _ => safe.push(c),
        }
    }
    without_links(&safe)
}

/// GitHub links what looks like an address; an entity in place of a mark stops that.
fn without_links(text: &str) -> String {
    text.replace("://", "&#58;//").replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use proptest::prelude::*;

    #[test]
    fn the_comment_shows_what_changed_and_folds_the_rest() {
        insta::assert_snapshot!(to_markdown(&report()));
    }

    #[test]
    fn hostile_names_stay_text() {
        let hostile = "<img src=x>|`a`\n# [x](https://e.example) @team **b**";
        let safe = escaped(hostile);
        for mark in ["<", ">", "|", "\n", "# ", "://", " @"] {
            assert!(!safe.contains(mark), "{mark} in {safe}");
        }
        assert!(safe.contains(r"\`a\`") && safe.contains(r"\[x\]") && safe.contains(r"\*\*b\*\*"));
    }

    proptest! {
        #[test]
        fn no_name_can_end_its_cell(name in any::<String>()) {
            let safe = escaped(&name);
            prop_assert!(!safe.contains(['|', '<', '>', '\n', '\r', '@']));
        }
    }
}

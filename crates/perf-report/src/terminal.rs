//! The table that a person reads after a run.

use super::{Report, Row, visible};
use anstyle::{AnsiColor, Style};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::unit::{self, Figures};
use perf_judge::verdict::State;
use std::fmt::Write as _;
use std::io::Write as _;
use tabwriter::TabWriter;

/// The report as a table with styles: the edge strips them where a terminal is absent.
pub fn to_terminal(report: &Report) -> String {
    let mut text = header(report);
    text += &aligned(&benchmark_lines(report));
    if !report.budgets.is_empty() {
        text += "\n";
        text += &aligned(&budget_lines(report));
    }
    for note in &report.notes {
        text += &format!("\nnote: {}", visible(note));
    }
    if !report.notes.is_empty() {
        text += "\n";
    }
    text + &conclusion(report)
}

fn header(report: &Report) -> String {
    let run = &report.run;
    let machine = &run.machine;
    let commit = visible(&run.commit_label());
    let bold = Style::new().bold();
    let with = report.reference.base.as_ref().map_or_else(String::new, |base| {
        format!(" compared with {}, the {}", base.commit.short(), visible(&base.label))
    });
    format!(
        "{bold}{commit}{bold:#}{with}, {}, {} with {} cores, rustc {}\n\n",
        run.started.format("%Y-%m-%d %H:%M UTC"),
        visible(&machine.cpu),
        machine.cores,
        visible(&machine.rustc),
    )
}

fn benchmark_lines(report: &Report) -> String {
    let mut lines =
        "state\tbenchmark\tbase\thead\tchange\t89 % interval\tdetectable\t\n".to_owned();
    for row in &report.rows {
        lines += &benchmark_line(row);
    }
    lines
}

fn benchmark_line(row: &Row) -> String {
    let verdict = &row.verdict;
    let style = state_style(verdict.state);
    let Figures { base, head, change } = verdict.figures();
    let figures =
        [base, head, change, row.interval(), verdict.min_detectable_change.map(unit::percent)];
    let [base, head, change, interval, limit] = figures.map(|text| text.unwrap_or("-".to_owned()));
    format!(
        "{style}{}{style:#}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
        verdict.label(),
        visible(verdict.name.as_str()),
        base,
        head,
        change,
        interval,
        limit,
        visible(&row.remark()),
    )
}

fn budget_lines(report: &Report) -> String {
    let mut lines = "budget\tstatus\tmetric\tvalue\ttarget\tcritical\t\n".to_owned();
    for budget in &report.budgets {
        let style = budget_style(budget);
        let _ = writeln!(
            lines,
            "{}\t{style}{}{style:#}\t{}\t{}\t{}\t{}\t{}",
            visible(&budget.name),
            budget.status.name(),
            budget.metric.name(),
            budget.value.map_or_else(|| "-".to_owned(), |value| budget.metric.show(value)),
            budget.metric.show(budget.target),
            budget.metric.show(budget.critical),
            visible(budget.reason.as_deref().unwrap_or_default()),
        );
    }
    lines
}

fn conclusion(report: &Report) -> String {
    let (word, color) = match report.status {
        0 => ("pass", AnsiColor::Green),
        1 => ("FAIL", AnsiColor::Red),
        _ => ("INCOMPLETE", AnsiColor::Yellow),
    };
    let style = color.on_default().bold();
    let mut text = format!("\n{style}{word}{style:#}: {}\n", report.summary);
    for reason in report.outcome.gate.iter().chain(&report.outcome.incomplete) {
        text += &format!("  {}\n", visible(reason));
    }
    text
}

fn state_style(state: State) -> Style {
    match state {
        State::Missing | State::Regression => AnsiColor::Red.on_default().bold(),
        State::Invalid | State::Inconclusive => AnsiColor::Yellow.on_default(),
        State::Improvement => AnsiColor::Green.on_default(),
        State::New | State::Removed => AnsiColor::Cyan.on_default(),
        State::Incomparable | State::InsufficientHistory | State::Unchanged => {
            Style::new().dimmed()
        }
    }
}

fn budget_style(budget: &BudgetResult) -> Style {
    match budget.status {
        BudgetStatus::Ok => AnsiColor::Green.on_default(),
        BudgetStatus::Unmeasured => Style::new().dimmed(),
        BudgetStatus::Slow | BudgetStatus::Warning => AnsiColor::Yellow.on_default(),
        BudgetStatus::Critical => AnsiColor::Red.on_default().bold(),
    }
}

pub(super) fn aligned(lines: &str) -> String {
    let mut writer = TabWriter::new(Vec::new()).padding(2).ansi(true);
    // Writing into memory cannot fail, and what went in was UTF-8.
    let _ = writer.write_all(lines.as_bytes()).and_then(|()| writer.flush());
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    fn plain(text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(start) = text.find("\u{1b}[") {
            let end = text[start..].find('m').map_or(text.len(), |end| start + end + 1);
            text.replace_range(start..end, "");
        }
        text
    }

    #[test]
    fn the_table_shows_what_changed_first() {
        insta::assert_snapshot!(plain(&to_terminal(&report())));
    }

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\r\nc\u{202e}d"), "a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d");
        assert_eq!(visible("Röyksopp │ 日本"), "Röyksopp │ 日本");
    }
}

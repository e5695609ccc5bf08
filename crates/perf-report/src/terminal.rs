//! The report that a person reads after a run.

use super::{Report, Row, visible};
use crate::conclusion::REASONS;
use crate::counts::{COUNT_TITLES, count_cells};
use crate::row::{MEASURED_TITLES, Notes, RowCells, TITLES};
use crate::stage_time::stage_line;
use crate::table::{NARROWEST, Table, shortened, wrapped};
use anstyle::{AnsiColor, Style};
use perf_judge::budget::{BudgetResult, BudgetStatus};
use perf_judge::unit;
use perf_judge::verdict::State;
use std::collections::BTreeMap;

/// The report as tables with styles: the edge strips them where a terminal is absent.
///
/// `width` is the width of the terminal in columns, `None` without one. Names are shortened to fit;
/// below 60 columns nothing gets narrower.
pub fn to_terminal(report: &Report, width: Option<usize>) -> String {
    let width = width.map(|width| width.max(NARROWEST));
    let mut text = header(report, width);
    text += &if report.is_of_counts() {
        counts(report, width)
    } else if report.is_first() {
        measurements(report, width)
    } else {
        benchmarks(report, width)
    };
    if !report.budgets.is_empty() {
        text += "\n";
        text += &budgets(report, width);
    }
    if !report.notes.is_empty() || !report.stages.is_empty() {
        text += "\n";
    }
    for note in &report.notes {
        text += &wrapped(&format!("note: {}", visible(note)), "      ", width);
        text += "\n";
    }
    if let Some(stages) = stage_line(&report.stages) {
        text += &wrapped(&format!("time: {stages}"), "      ", width);
        text += "\n";
    }
    text + &conclusion(report, width)
}

fn header(report: &Report, width: Option<usize>) -> String {
    let run = &report.run;
    let machine = &run.machine;
    let base = report.reference.base.as_ref().map_or_else(String::new, |base| {
        format!(", compared with {} ({})", base.commit.short(), visible(&base.label))
    });
    let head = format!("{}{base}", visible(&run.commit_label()));
    let place = format!(
        "{}, {} with {} cores, rustc {}",
        run.started.format("%Y-%m-%d %H:%M UTC"),
        visible(&machine.cpu),
        machine.cores,
        visible(&machine.rustc),
    );
    let bold = Style::new().bold();
    let [head, place] = [head, place].map(|line| wrapped(&line, "  ", width));
    format!("{bold}{head}{bold:#}\n{place}\n\n")
}

/// The verdicts: one line each, or two where the terminal is narrow.
fn benchmarks(report: &Report, width: Option<usize>) -> String {
    let mut notes = Notes::default();
    let (untimed, listed): (Vec<&Row>, Vec<&Row>) =
        report.rows.iter().partition(|row| row.verdict.is_unchanged() && row.verdict.launches == 0);
    let rows: Vec<(&Row, String, RowCells)> = listed
        .into_iter()
        .map(|row| {
            let mark = notes.mark(row.note());
            (row, visible(row.verdict.name.as_str()) + &mark, row.cells())
        })
        .collect();
    let mut table = Table::new(&[&["state", "benchmark"], &TITLES[..]].concat(), 1);
    for (row, name, cells) in &rows {
        let own = [row.verdict.label(), name.clone()].into_iter();
        table.add(style(row.verdict.state), own.chain(cells.clone().list()).collect());
    }
    let two_lines =
        |(row, name, cells): &(&Row, String, RowCells)| stacked(row, name, figures(cells), width);
    let text = if rows.is_empty() {
        String::new()
    } else {
        table.render(width).unwrap_or_else(|| rows.iter().map(two_lines).collect())
    };
    text + &below(&notes, width) + &folded(&untimed, width)
}

/// One line per reason of the benchmarks that are unchanged and were not timed.
fn folded(rows: &[&Row], width: Option<usize>) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *reasons.entry(row.verdict.reason.as_deref().unwrap_or("not timed")).or_default() += 1;
    }
    let line = |(reason, count): (&str, usize)| {
        let benchmarks = unit::counted(count, "benchmark", "benchmarks");
        let text = format!("unchanged, not timed: {benchmarks}: {}", visible(reason));
        wrapped(&text, "  ", width) + "\n"
    };
    reasons.into_iter().map(line).collect()
}

/// The verdicts on counts alone: one line each, or two where the terminal is narrow.
fn counts(report: &Report, width: Option<usize>) -> String {
    let mut notes = Notes::default();
    let mut table = Table::new(&[&["state", "benchmark"], &COUNT_TITLES[..]].concat(), 1);
    let mut two_lines = String::new();
    for row in &report.rows {
        let name = visible(row.verdict.name.as_str()) + &notes.mark(row.note());
        let cells = count_cells(&row.verdict);
        let titled = COUNT_TITLES.into_iter().zip(&cells).map(|(title, cell)| titled(title, cell));
        two_lines += &stacked(row, &name, titled.collect(), width);
        let own = [row.verdict.label(), name].into_iter();
        table.add(style(row.verdict.state), own.chain(cells).collect());
    }
    table.render(width).unwrap_or(two_lines) + &below(&notes, width)
}

/// Two lines of a benchmark: its name, and its figures.
fn stacked(row: &Row, name: &str, figures: Vec<String>, width: Option<usize>) -> String {
    let (style, label) = (style(row.verdict.state), row.verdict.label());
    let room = width.unwrap_or(NARROWEST).saturating_sub(label.len() + 2);
    let figures: Vec<String> = figures.into_iter().filter(|cell| !cell.is_empty()).collect();
    let figures = if figures.is_empty() {
        String::new()
    } else {
        wrapped(&format!("  {}", figures.join(", ")), "  ", width) + "\n"
    };
    format!("{style}{label}{style:#}  {}\n{figures}", shortened(name, room))
}

/// The figures of a row, each with its meaning.
fn figures(cells: &RowCells) -> Vec<String> {
    let RowCells { base, head, change, interval, min_detectable, instructions } = cells;
    let arrow = if base.is_empty() { "" } else { " → " };
    vec![
        format!("{base}{arrow}{head}"),
        change.clone(),
        titled("89 % CI", interval),
        titled("min. detectable", min_detectable),
        titled("instructions", instructions),
    ]
}

fn titled(title: &str, cell: &str) -> String {
    if cell.is_empty() { String::new() } else { format!("{title} {cell}") }
}

/// What was measured, by bench target: there is nothing to compare it with yet.
fn measurements(report: &Report, width: Option<usize>) -> String {
    let mut targets: BTreeMap<&str, Vec<(&str, &Row)>> = BTreeMap::new();
    for row in &report.rows {
        let name = row.verdict.name.as_str();
        let (target, path) = name.split_once("::").unwrap_or(("", name));
        targets.entry(target).or_default().push((path, row));
    }
    let mut table = Table::new(&[&["benchmark"], &MEASURED_TITLES[..]].concat(), 0);
    let mut notes = Notes::default();
    for (target, mut rows) in targets {
        rows.sort_by_key(|(path, _)| *path);
        let empty = || [const { String::new() }; 3].into_iter();
        table.add(Style::new(), [visible(target)].into_iter().chain(empty()).collect());
        for (path, row) in rows {
            let note = row.note().filter(|_| row.measured.is_none());
            let name = [format!("  {}{}", visible(path), notes.mark(note))].into_iter();
            let figures = row.measured_cells().map(|cell| visible(&cell));
            table.add(Style::new(), name.chain(figures).collect());
        }
    }
    table.render(width).unwrap_or_default() + &below(&notes, width)
}

/// The notes below a table.
fn below(notes: &Notes, width: Option<usize>) -> String {
    let lines = notes.list().map(|(mark, note)| {
        let line = format!("{mark} {}", visible(note));
        format!("{}\n", wrapped(&line, "    ", width))
    });
    lines.collect()
}

fn budgets(report: &Report, width: Option<usize>) -> String {
    let mut notes = Notes::default();
    let header = ["status", "budget", "metric", "value", "target", "critical"];
    let (mut table, mut narrow) = (Table::new(&header, 1), Table::new(&header[..5], 1));
    for budget in &report.budgets {
        let mark = notes.mark(budget.reason.clone());
        let metric = budget.metric;
        let cells = [
            budget.status.name().to_owned(),
            visible(&budget.name) + &mark,
            metric.name().to_owned(),
            budget.value.map_or_else(String::new, |value| metric.show(value)),
            metric.show(budget.target),
            metric.show(budget.critical),
        ];
        table.add(budget_style(budget), cells.to_vec());
        narrow.add(budget_style(budget), cells[..5].to_vec());
    }
    let text = table.render(width).or_else(|| narrow.render(width)).unwrap_or_default();
    text + &below(&notes, width)
}

/// What happened, how certain it is and what to do next, in at most six lines.
fn conclusion(report: &Report, width: Option<usize>) -> String {
    let (word, color) = match report.status {
        0 => ("PASS", AnsiColor::Green),
        1 => ("FAIL", AnsiColor::Red),
        _ => ("INCOMPLETE", AnsiColor::Yellow),
    };
    let style = color.on_default().bold();
    let mut lines = vec![format!("{style}{word}{style:#}: {}", report.summary)];
    let reasons = || report.outcome.gate.iter().chain(&report.outcome.incomplete);
    let more = reasons().count().saturating_sub(REASONS);
    lines.extend(reasons().take(REASONS).map(|reason| format!("  {}", visible(reason))));
    if let Some(last) = lines.last_mut().filter(|_| more > 0) {
        *last += &format!(" (and {more} more)");
    }
    lines.extend(report.certainty().map(|certainty| format!("certainty: {certainty}")));
    lines.extend(report.next_step().iter().map(|step| format!("next: {}", visible(step))));
    let lines = lines.iter().map(|line| wrapped(line, "    ", width) + "\n");
    format!("\n{}", lines.collect::<String>())
}

fn style(state: State) -> Style {
    match state {
        State::Missing | State::Regression => AnsiColor::Red.on_default().bold(),
        State::Invalid | State::Inconclusive | State::Empty | State::CountsGrew => {
            AnsiColor::Yellow.on_default()
        }
        State::Improvement | State::CountsShrank => AnsiColor::Green.on_default(),
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::report::tests::{first_report, report};
    use unicode_width::UnicodeWidthStr as _;

    /// The text without styles.
    pub(crate) fn plain(text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(start) = text.find("\u{1b}[") {
            let end = text[start..].find('m').map_or(text.len(), |end| start + end + 1);
            text.replace_range(start..end, "");
        }
        text
    }

    #[test]
    fn the_table_shows_what_changed_first() {
        insta::assert_snapshot!(plain(&to_terminal(&report(), None)));
    }

    #[test]
    fn a_narrow_terminal_gets_two_lines_per_benchmark() {
        insta::assert_snapshot!(plain(&to_terminal(&report(), Some(60))));
    }

    #[test]
    fn the_first_run_shows_what_was_measured_and_the_ways_to_a_verdict() {
        insta::assert_snapshot!(plain(&to_terminal(&first_report(), Some(80))));
    }

    #[test]
    fn a_first_run_shows_the_times_that_later_tables_call_head() {
        let mut report = first_report();
        let row = report.rows.iter_mut().find(|row| row.throughput().count() > 0).unwrap();
        let measured = row.measured.as_ref().unwrap();
        let bytes = measured.throughput["B/s"] * measured.time_ns.median / 1e9;
        row.verdict.head_ns = Some(1.5e6);
        let rate = unit::rate(bytes / 1.5e-3, "B/s");
        let text = to_terminal(&report, None);
        assert!(text.contains("1.500 ms") && text.contains(&rate), "{rate}: {text}");
    }

    #[test]
    fn benchmarks_that_were_not_timed_are_counted_by_reason() {
        let mut report = report();
        let row = report.rows[0].clone();
        report.rows.extend(["a", "b", "c"].map(|name| {
            let mut row = row.clone();
            row.verdict.name = format!("p/b::{name}").as_str().into();
            row.verdict.state = State::Unchanged;
            row.verdict.counts = None;
            row.verdict.launches = 0;
            row.verdict.reason = Some(if name == "c" { "same" } else { "equal" }.to_owned());
            row
        }));
        let text = plain(&to_terminal(&report, None));
        assert!(text.contains("unchanged, not timed: 2 benchmarks: equal\n"), "{text}");
        assert!(text.contains("unchanged, not timed: 1 benchmark: same\n"), "{text}");
        assert!(!text.contains("p/b::a"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut report = report();
        report.rows[1].verdict.name = format!("a/b::{}", "x".repeat(4_800)).as_str().into();
        report.rows[1].verdict.reason = Some("a reason of many words ".repeat(30));
        for report in [report, first_report()] {
            for width in [60, 80, 100, 120, 200] {
                let text = plain(&to_terminal(&report, Some(width)));
                let wide = text.lines().find(|line| line.width() > width);
                assert_eq!(wide, None, "{width}: {text}");
            }
        }
    }

    #[test]
    fn the_conclusion_takes_at_most_six_lines() {
        let mut failed = report();
        failed.outcome.gate = vec!["core/parse::parse_large_xml: regression".to_owned(); 40];
        for report in [report(), failed, first_report()] {
            assert!(conclusion(&report, None).trim().lines().count() <= 6);
        }
    }

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\r\nc\u{202e}d"), "a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d");
        assert_eq!(visible("Röyksopp │ 日本"), "Röyksopp │ 日本");
    }
}

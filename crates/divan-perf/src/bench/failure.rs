//! Reasons for launches without a result, from the output of the process.

use divan_output::{RowState, Table, is_divans, unregistered};
use perf_report::visible;

/// The largest number of lines of a process that a reason quotes, and of characters in each.
const QUOTED: (usize, usize) = (3, 200);

/// The reason of a benchmark that succeeded without a measurement.
const UNREGISTERED: &str = "it does not call a method such as `bench` of its Bencher: add the call";

/// Whether the benchmark ran and measured nothing.
pub(super) fn is_unregistered(reason: &str) -> bool {
    reason.starts_with(UNREGISTERED)
}

/// The reason if a successful process printed a table without numbers for all rows.
pub(super) fn incomplete(table: &Table, stderr: &str) -> Option<String> {
    if table.is_ambiguous() {
        let reason = "its row occurs more than once in the output, so Divan's row cannot be identified. Let the bench print no table";
        return Some(reason.to_owned());
    }
    if !unregistered(stderr).is_empty() {
        return Some(UNREGISTERED.to_owned());
    }
    if let Some(row) = table.rows.iter().find(|row| row.figures().is_none()) {
        return Some(match row.state {
            RowState::Ignored => "it is ignored: remove `ignore` from its attribute".to_owned(),
            RowState::Repeated => "it printed a line like those of Divan's table, so Divan's numbers cannot be identified. Let the bench print no such line".to_owned(),
            RowState::Unfinished | RowState::Done(_) => "its row has no numbers".to_owned(),
        });
    }
    let problem = table.problems.first().filter(|_| table.rows.is_empty());
    match (problem, table.rows.is_empty()) {
        (Some(problem), _) => {
            let (line, text) = (problem.line, problem.text.trim());
            Some(format!("cannot parse line {line} of Divan's table: {text}"))
        }
        (None, true) => Some("it was listed, but printed no row".to_owned()),
        (None, false) => None,
    }
}

/// The message and location of a panic. The message is the line after `panicked at`.
pub(super) fn panic_of(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().skip_while(|line| !line.contains("panicked at"));
    let header = lines.next()?;
    let message = lines.next().unwrap_or(header).trim();
    let location = header.split("panicked at ").nth(1)?.trim_end_matches(':');
    Some(format!("{message} ({location})"))
}

/// The reason with the last lines that the process printed on standard error.
pub(super) fn with_last_words(reason: &str, stderr: &str) -> String {
    let (lines, chars) = QUOTED;
    let is_own = |line: &&str| !line.is_empty() && !is_divans(line);
    let mut last: Vec<&str> =
        stderr.lines().rev().map(str::trim).filter(is_own).take(lines).collect();
    if last.is_empty() {
        return reason.to_owned();
    }
    last.reverse();
    let quoted: Vec<String> =
        last.into_iter().map(|line| visible(&shortened(line, chars))).collect();
    format!("{reason}. It printed on standard error: {}", quoted.join(" / "))
}

/// The first `chars` characters, with spaces instead of tabs.
fn shortened(line: &str, chars: usize) -> String {
    let start: String = line.chars().take(chars).collect();
    let end = if start.len() < line.len() { "…" } else { "" };
    format!("{}{end}", start.replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_ends_with_the_last_lines_of_standard_error() {
        let long = "x".repeat(300);
        let cut = format!("a / {}… / b", "x".repeat(200));
        let cases = [
            ("", None),
            ("Timer precision: 20 ns\n\n", None),
            ("Timer precision: 20 ns\nno such file\n\n", Some("no such file")),
            ("1\n2\n\n3\r\n4", Some("2 / 3 / 4")),
            ("a\u{1b}[31m\tred\u{202e}", Some("a\\u{1b}[31m red\\u{202e}")),
            (&format!("a\n{long}\nb"), Some(&*cut)),
        ];
        for (stderr, words) in cases {
            let words = words.map(|words| format!(". It printed on standard error: {words}"));
            let expected = format!("it ended{}", words.unwrap_or_default());
            assert_eq!(with_last_words("it ended", stderr), expected, "{stderr:?}");
        }
    }

    #[test]
    fn a_panic_is_reported_by_its_message_and_location() {
        let stderr = "Timer precision: 20 ns\n\nthread 'main' (7) panicked at benches/b.rs:3:5:\nno such file\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(panic_of(stderr).unwrap(), "no such file (benches/b.rs:3:5)");
        assert_eq!(panic_of("warning: slow\n"), None);
    }
}

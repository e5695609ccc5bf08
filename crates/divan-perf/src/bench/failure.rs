//! Reasons for launches without a result, from the output of the process.

use divan_output::{RowState, Table, unregistered};

/// The reason if a successful process printed a table without numbers for all rows.
pub(super) fn incomplete(table: &Table, stderr: &str) -> Option<String> {
    if table.is_ambiguous() {
        let reason = "its row occurs more than once in the output, so Divan's row cannot be identified. Let the bench print no table";
        return Some(reason.to_owned());
    }
    if let Some(row) = table.rows.iter().find(|row| row.figures().is_none()) {
        return Some(match row.state {
            RowState::Ignored => "it is ignored: remove `ignore` from its attribute".to_owned(),
            _ if !unregistered(stderr).is_empty() => {
                "it does not call a method such as `bench` of its Bencher: add the call".to_owned()
            }
            _ => "its row has no numbers".to_owned(),
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

/// The last line of standard error, after a colon; empty if there is none. For a missing shared
/// library it is the message of the system's loader.
pub(super) fn last_words(stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim);
    let is_own = |line: &&str| !line.is_empty() && !line.starts_with("Timer precision: ");
    lines.rfind(is_own).map(|line| format!(": {line}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_standard_error_is_a_reason() {
        let loader = "bench: error while loading shared libraries: liba.so: cannot open\n";
        let expected = ": bench: error while loading shared libraries: liba.so: cannot open";
        assert_eq!(last_words(loader), expected);
        assert_eq!(last_words("a\n b \n\n"), ": b");
        assert_eq!(last_words("Timer precision: 20 ns\n\n"), "");
        assert_eq!(last_words(""), "");
    }

    #[test]
    fn a_panic_is_reported_by_its_message_and_location() {
        let stderr = "Timer precision: 20 ns\n\nthread 'main' (7) panicked at benches/b.rs:3:5:\nno such file\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(panic_of(stderr).unwrap(), "no such file (benches/b.rs:3:5)");
        assert_eq!(panic_of("warning: slow\n"), None);
    }
}

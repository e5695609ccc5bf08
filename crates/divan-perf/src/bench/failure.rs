//! Why a launch gave no result, from what its process printed.

use divan_output::{RowState, Table, unregistered};

/// Why a table that a process ended in order with has no number for every row.
pub(super) fn incomplete(table: &Table, stderr: &str) -> Option<String> {
    if table.is_ambiguous() {
        let reason = "its row occurs more than once in the output, and only Divan's is right: let the bench print no table";
        return Some(reason.to_owned());
    }
    if let Some(row) = table.rows.iter().find(|row| row.figures().is_none()) {
        return Some(match row.state {
            RowState::Ignored => "it is marked as ignored".to_owned(),
            _ if !unregistered(stderr).is_empty() => {
                "it never calls `bench` on its Bencher".to_owned()
            }
            _ => "its row has no numbers".to_owned(),
        });
    }
    let problem = table.problems.first().filter(|_| table.rows.is_empty());
    match (problem, table.rows.is_empty()) {
        (Some(problem), _) => {
            let (line, text) = (problem.line, problem.text.trim());
            Some(format!("line {line} of Divan's table cannot be read: {text}"))
        }
        (None, true) => Some("it was listed, and printed no row".to_owned()),
        (None, false) => None,
    }
}

/// The message of a panic: the first line behind `panicked at`.
pub(super) fn panic_of(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().skip_while(|line| !line.contains("panicked at"));
    let place = lines.next()?;
    let message = lines.next().unwrap_or(place).trim();
    let place = place.split("panicked at ").nth(1)?.trim_end_matches(':');
    Some(format!("{message} ({place})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_message_and_place() {
        let stderr = "Timer precision: 20 ns\n\nthread 'main' (7) panicked at benches/b.rs:3:5:\nno such file\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(panic_of(stderr).unwrap(), "no such file (benches/b.rs:3:5)");
        assert_eq!(panic_of("warning: slow\n"), None);
    }
}

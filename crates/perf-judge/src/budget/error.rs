//! What is wrong with perf-budgets.json, and where.

/// What is wrong with the file, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
#[non_exhaustive]
pub struct BudgetError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// The error of a parser, with its place told once.
pub(super) fn located(error: &serde_json::Error) -> BudgetError {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    BudgetError { line: error.line().max(1), column: error.column().max(1), message }
}

/// An error at the first place where `key` stands as a key.
pub(super) fn at_key(text: &str, key: &str, message: String) -> BudgetError {
    let quoted = serde_json::Value::from(key).to_string();
    let is_key = |(at, _): &(usize, &str)| text[at + quoted.len()..].trim_start().starts_with(':');
    let at = text.match_indices(&quoted).find(is_key).map_or(0, |(at, _)| at);
    self::at(text, at, message)
}

/// An error at a byte of the text.
pub(super) fn at(text: &str, at: usize, message: String) -> BudgetError {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    BudgetError { line, column: before[line_start..].chars().count() + 1, message }
}

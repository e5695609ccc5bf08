//! The errors of perf-budgets.json, with line and column.

use super::json_place::{self, PathPart};
use crate::json;

/// An error of the file, and its place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
#[non_exhaustive]
pub struct BudgetError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The error, and the edit that fixes it.
    pub message: String,
}

/// The error of a parser, at the value or key that caused it.
pub(super) fn located(text: &str, error: &serde_json::Error) -> BudgetError {
    let byte = last_read(text, error);
    let begin = json_place::token(text, byte).unwrap_or(byte);
    at(text, begin, json::message(error))
}

/// The last byte that a parser read, or the first byte that it only peeked at.
fn last_read(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let read = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let rest = text.as_bytes().get(read..).unwrap_or_default();
    let list = usize::from(rest.first() == Some(&b'['));
    let is_before_value = |byte: &&u8| byte.is_ascii_whitespace() || b":,".contains(byte);
    read + list + rest[list..].iter().take_while(is_before_value).count()
}

/// An error at the value at `path`, or at the beginning of the text if there is none.
pub(super) fn at_value(text: &str, path: &[PathPart<'_>], message: String) -> BudgetError {
    at(text, json_place::range(text, path).map_or(0, |range| range.start), message)
}

/// An error at `key` in the object at `path`, or at the beginning of the text if there is none.
pub(super) fn at_key(text: &str, path: &[PathPart<'_>], key: &str, message: String) -> BudgetError {
    at(text, json_place::key(text, path, key).unwrap_or_default(), message)
}

/// An error at a byte of the text, or at the beginning of the character that holds it.
pub(super) fn at(text: &str, byte: usize, message: String) -> BudgetError {
    let byte = (0..=byte.min(text.len())).rev().find(|byte| text.is_char_boundary(*byte));
    let before = &text[..byte.unwrap_or_default()];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    BudgetError { line, column: before[line_start..].chars().count() + 1, message }
}

//! Text for a terminal.

/// `text` without control characters: what comes from a file must not move the cursor or rename
/// the window.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

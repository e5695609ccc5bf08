//! One text cell, made harmless.

use crate::rekordbox::Location;

/// Writes `text` to `cell` as a spreadsheet may have it.
///
/// Tabs and line ends become spaces, and other control characters are removed. A text that a
/// spreadsheet would read as a formula gets a `'` before it. A title from the internet must not run
/// anything on the machine where the export is opened.
pub(super) fn clean(cell: &mut String, text: &str) {
    cell.clear();
    if is_formula(text) {
        cell.push('\'');
    }
    append_printable(cell, text);
}

/// `text` without control characters, in one line.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    append_printable(&mut out, text);
    out
}

fn append_printable(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '\t' | '\n' | '\r' => out.push(' '),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
}

/// What a text becomes as a cell of a table.
pub(crate) fn text_cell(text: &str) -> String {
    let mut cell = String::new();
    clean(&mut cell, text);
    cell
}

/// What the path of a Location becomes as a cell of a table.
pub(crate) fn path_cell(uri: &str) -> String {
    let location = Location::decode(uri);
    let path = location.as_str();
    if is_formula(path) { format!("'{path}") } else { path.to_owned() }
}

/// Whether a spreadsheet would read `text` as a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.trim_start_matches(is_blank).starts_with(['=', '+', '-', '@'])
}

/// What is left out, or what a program may skip before it looks for a formula.
fn is_blank(letter: char) -> bool {
    letter.is_control() || letter.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::clean;

    fn cleaned(text: &str) -> String {
        let mut cell = String::from("left over");
        clean(&mut cell, text);
        cell
    }

    #[test]
    fn formulas_are_escaped() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u{a0}=1"] {
            assert_eq!(cleaned(text), format!("'{text}"));
        }
        assert_eq!(cleaned("\t=1"), "' =1");
        assert_eq!(cleaned("\r=1"), "' =1");
        assert_eq!(cleaned("\u{7}=1"), "'=1");
    }

    #[test]
    fn other_texts_stay() {
        for text in ["", "Sunrise", "a = b", "3 - 2", "'quoted'", "Größe 夜 🔥"] {
            assert_eq!(cleaned(text), text);
        }
    }

    #[test]
    fn control_characters_do_not_come_out() {
        assert_eq!(cleaned("a\tb\nc\u{0}\u{7}\u{1b}d\u{85}"), "a b cd");
    }
}

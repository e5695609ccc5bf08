//! The pieces of one line of Divan's table.

use std::borrow::Cow;

/// The text of printed bytes. A byte that is no UTF-8 becomes `?`, so that positions stay the same.
pub fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// Between two columns.
const SEPARATOR: &str = " │ ";

/// Six columns: the first with all that precedes it, the others trimmed.
pub(super) struct Cells<'a> {
    /// Tree, name and first column.
    pub(super) head: &'a str,
    /// Slowest, median, mean, samples, iters.
    pub(super) rest: [&'a str; 5],
}

impl<'a> Cells<'a> {
    /// Splits from the right, as names may hold separators.
    pub(super) fn split(line: &'a str) -> Option<Self> {
        // The last column is left out where it is empty, and with it the space before it.
        let (line, iters) = match line.strip_suffix(" │") {
            Some(line) => (line, Some("")),
            None => (line, None),
        };
        let (line, iters) = match iters {
            Some(iters) => (line, iters),
            None => line.rsplit_once(SEPARATOR)?,
        };
        let (line, samples) = line.rsplit_once(SEPARATOR)?;
        let (line, mean) = line.rsplit_once(SEPARATOR)?;
        let (line, median) = line.rsplit_once(SEPARATOR)?;
        let (head, slowest) = line.rsplit_once(SEPARATOR)?;
        Some(Self { head, rest: [slowest, median, mean, samples, iters].map(str::trim) })
    }
}

/// The last `width` characters of the first column, in which Divan prints from the left. `None` if
/// they begin with a space, or there are fewer.
pub(super) fn last_cell(head: &str, width: usize) -> Option<&str> {
    let (at, _) = head.char_indices().rev().nth(width.checked_sub(1)?)?;
    let cell = &head[at..];
    (!cell.starts_with(' ')).then(|| cell.trim_end())
}

/// How deep in the tree a line's branch is: 1 right below a root.
pub(super) fn branch_depth(line: &str) -> Option<usize> {
    let mut rest = line;
    let mut depth = 1;
    while let Some(inner) = rest.strip_prefix("│  ").or_else(|| rest.strip_prefix("   ")) {
        rest = inner;
        depth += 1;
    }
    (rest.starts_with("├─ ") || rest.starts_with("╰─ ")).then_some(depth)
}

/// The byte length of the first `count` characters, if there are so many.
pub(super) fn byte_len(text: &str, count: usize) -> Option<usize> {
    let ends = text.char_indices().map(|(start, char)| start + char.len_utf8());
    if count == 0 { Some(0) } else { ends.take(count).nth(count - 1) }
}

#[cfg(test)]
mod tests {
    use super::{Cells, branch_depth, byte_len, decoded, last_cell};

    #[test]
    fn columns_are_split_from_the_right() {
        let cells = Cells::split("├─ a │ b  1 ns │ 2 ns  │ 3 ns │ 4 ns │ 5 │ 6").unwrap();
        assert_eq!(cells.head, "├─ a │ b  1 ns");
        assert_eq!(cells.rest, ["2 ns", "3 ns", "4 ns", "5", "6"]);
        let cells = Cells::split("├─ a      │   │   │    │      │").unwrap();
        assert_eq!(cells.rest, [""; 5]);
        assert!(Cells::split("a │ b │ c").is_none());
    }

    #[test]
    fn a_cell_is_found_behind_a_print() {
        let cases = [
            ("├─ a   600.7 ns     ", 13, Some("600.7 ns")),
            ("no end of line75.94 µs     ", 13, Some("75.94 µs")),
            ("took 35 ns         ", 13, Some("5 ns")),
            ("├─ a                  ", 13, None),
            ("5 ns", 13, None),
            ("5 ns", 0, None),
            ("", 1, None),
        ];
        for (head, width, cell) in cases {
            assert_eq!(last_cell(head, width), cell, "{head:?}");
        }
    }

    #[test]
    fn depth_is_counted_in_steps_of_three() {
        assert_eq!(branch_depth("╰─ a"), Some(1));
        assert_eq!(branch_depth("│     ├─ a"), Some(3));
        assert_eq!(branch_depth("│  max alloc:"), None);
    }

    #[test]
    fn bytes_keep_their_positions() {
        assert_eq!(decoded("├─ a".as_bytes()), "├─ a");
        assert_eq!(decoded(b"a\xff\xe2\x94b\xe2\x94\x82"), "a???b│");
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(byte_len("├─ a", 2), Some(6));
        assert_eq!(byte_len("├─", 3), None);
        assert_eq!(byte_len("├─", 0), Some(0));
    }
}

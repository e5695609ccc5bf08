//! The pieces of one line of Divan's table.

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

/// The value that ends the first column, `600.7 ns`, though other text may precede it directly.
pub(super) fn last_value(head: &str) -> Option<&str> {
    let head = head.trim_end();
    let (before, _unit) = head.rsplit_once(' ')?;
    let digits = before.trim_end_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    head.get(digits.len()..).filter(|value| !value.starts_with(' '))
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
    use super::{Cells, branch_depth, byte_len, last_value};

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
    fn a_value_is_found_behind_a_print() {
        assert_eq!(last_value("├─ a   600.7 ns   "), Some("600.7 ns"));
        assert_eq!(last_value("no end of line75.94 ns"), Some("75.94 ns"));
        assert_eq!(last_value("├─ a          "), None);
        assert_eq!(last_value(""), None);
    }

    #[test]
    fn depth_is_counted_in_steps_of_three() {
        assert_eq!(branch_depth("╰─ a"), Some(1));
        assert_eq!(branch_depth("│     ├─ a"), Some(3));
        assert_eq!(branch_depth("│  max alloc:"), None);
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(byte_len("├─ a", 2), Some(6));
        assert_eq!(byte_len("├─", 3), None);
        assert_eq!(byte_len("├─", 0), Some(0));
    }
}

//! Tables of text for a terminal: aligned, and no wider than it.

use anstyle::Style;
use std::io::Write as _;
use tabwriter::TabWriter;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The narrowest terminal that tables are laid out for, in columns.
pub(crate) const NARROWEST: usize = 60;
/// The longest name where the output has no width, in columns.
const LONGEST_NAME: usize = 100;
/// What a shortened name has at least, in columns: less cannot be recognised.
const SHORTEST_NAME: usize = 16;
/// Columns between two cells.
const GAP: usize = 2;

/// A table with one column of names, which are shortened in the middle where they do not fit.
/// Columns without any content are left out.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    header: Vec<&'a str>,
    rows: Vec<TableRow>,
    names: usize,
}

#[derive(Clone, Debug)]
struct TableRow {
    style: Style,
    cells: Vec<String>,
}

impl<'a> Table<'a> {
    /// A table whose column `names` may be shortened.
    pub(crate) fn new(header: &[&'a str], names: usize) -> Self {
        Self { header: header.to_vec(), rows: Vec::new(), names }
    }

    /// Adds a row of as many cells as the header has; `style` is the style of its first cell.
    pub(crate) fn add(&mut self, style: Style, cells: Vec<String>) {
        self.rows.push(TableRow { style, cells });
    }

    /// The table in at most `width` columns; `None` if the names would become too short.
    pub(crate) fn render(&self, width: Option<usize>) -> Option<String> {
        let shown: Vec<usize> = (0..self.header.len()).filter(|at| self.has_content(*at)).collect();
        let others = shown.iter().filter(|at| **at != self.names);
        let others: usize = others.map(|at| self.width_of(*at) + GAP).sum();
        let room = width.map_or(LONGEST_NAME, |width| width.saturating_sub(others));
        if room < SHORTEST_NAME.min(self.width_of(self.names)) {
            return None;
        }
        let header = shown.iter().map(|at| self.header[*at]).collect::<Vec<&str>>().join("\t");
        let lines = self.rows.iter().map(|row| self.line(row, &shown, room));
        Some(aligned(&format!("{header}\n{}", lines.collect::<String>())))
    }

    fn line(&self, row: &TableRow, shown: &[usize], room: usize) -> String {
        let cell = |at: &usize| match *at {
            0 if self.names != 0 => format!("{}{}{:#}", row.style, row.cells[0], row.style),
            at if at == self.names => shortened(&row.cells[at], room),
            at => row.cells[at].clone(),
        };
        shown.iter().map(cell).collect::<Vec<String>>().join("\t") + "\n"
    }

    fn has_content(&self, at: usize) -> bool {
        self.rows.iter().any(|row| !row.cells[at].is_empty())
    }

    fn width_of(&self, at: usize) -> usize {
        let cells = self.rows.iter().map(|row| row.cells[at].width());
        cells.chain([self.header[at].width()]).max().unwrap_or_default()
    }
}

/// Lines of cells between tabs, as columns. Styles take no room.
pub(crate) fn aligned(lines: &str) -> String {
    let mut writer = TabWriter::new(Vec::new()).padding(GAP).ansi(true);
    // Writing into memory cannot fail, and the input was UTF-8.
    let _ = writer.write_all(lines.as_bytes()).and_then(|()| writer.flush());
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The text in at most `room` columns: its beginning and its end, with `…` between them.
pub(crate) fn shortened(text: &str, room: usize) -> String {
    if text.chars().map(columns).sum::<usize>() <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let head = prefix(text.chars(), kept.div_ceil(2));
    let tail = prefix(text.chars().rev(), kept / 2);
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// The columns of a character. One that takes none counts as well, so that no text is endless.
fn columns(c: char) -> usize {
    c.width().unwrap_or_default().max(1)
}

/// The first of `chars` that fit into `room` columns.
fn prefix(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += columns(*c);
        taken <= room
    };
    chars.take_while(fits).collect()
}

/// The text in lines of at most `width` columns; lines after the first begin with `indent`.
pub(crate) fn wrapped(text: &str, indent: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    textwrap::fill(text, textwrap::Options::new(width).subsequent_indent(indent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_shortened_in_the_middle() {
        let cases = [
            ("core/parse::xml", 15, "core/parse::xml"),
            ("core/parse::xml", 14, "core/pa…e::xml"),
            ("core/parse::xml", 2, "c…"),
            ("core/parse::xml", 0, "…"),
            ("日本日本", 5, "日…本"),
            ("a\u{301}\u{301}\u{301}\u{301}", 3, "a…\u{301}"),
        ];
        for (text, room, expected) in cases {
            assert_eq!(shortened(text, room), expected);
        }
    }

    #[test]
    fn empty_columns_are_left_out_and_too_narrow_tables_refused() {
        let mut table = Table::new(&["state", "benchmark", "base", "change"], 1);
        let cells = |name: &str| ["ok", name, "", "+1.0 %"].map(str::to_owned).to_vec();
        table.add(Style::new(), cells("core/filter::filter_1000_tracks::accented"));
        table.add(Style::new(), cells("a"));
        let text = table.render(Some(NARROWEST)).unwrap();
        assert_eq!(text.lines().next().unwrap().split_whitespace().count(), 3, "{text}");
        let narrow = table.render(Some(46)).unwrap();
        assert!(narrow.contains("core/filter::fi…racks::accented"), "{narrow}");
        assert!(table.render(Some(30)).is_none());
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_it_may_be(
            names in prop::collection::vec("[a-z:/]{0,200}|[日本:]{0,80}", 1..6),
            width in 40..160_usize,
        ) {
            let mut table = Table::new(&["state", "benchmark", "change"], 1);
            for name in &names {
                table.add(Style::new(), vec!["unchanged".to_owned(), name.clone(), "+1.0 %".to_owned()]);
            }
            let text = table.render(Some(width)).unwrap();
            for line in text.lines() {
                prop_assert!(line.width() <= width, "{line}");
            }
        }
    }
}

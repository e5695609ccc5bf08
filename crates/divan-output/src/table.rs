//! Reads the table of Divan 0.1.21 (`tree_painter.rs`).
//!
//! ```text
//! root  := NAME pad "fastest" " │ " "slowest" … "iters"     rows     blank line
//! row   := ("│  " | "   ")* ("├─ " | "╰─ ") NAME pad (group | "(ignored)" | numbers) extra*
//! extra := rates, then allocations; a line without a branch, whose last two columns are empty
//! ```
//!
//! Names are printed raw, even with separators and line breaks, so a label is taken by its width.
//! Divan fills it with spaces up to the first column. What the benchmark prints lands between the
//! label and the numbers, which then end a later line. The first number is taken by the width of
//! its column, because printed text may precede it directly.

use super::cell::Columns;
use super::line::{Cells, branch_depth, byte_len};
use super::row::{Alloc, AllocKind, Figures, Rate, Row, RowState};

/// Spaces that Divan leaves at least behind a label (`TREE_COL_BUF`).
const LABEL_GAP: &str = "  ";

/// The largest number of problems that a table keeps.
const MAX_PROBLEMS: usize = 20;

/// A table as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// In printed order.
    pub rows: Vec<Row>,
    /// Paths of the groups in printed order, roots excluded. A function with arguments is one.
    pub groups: Vec<Vec<String>>,
    /// The first lines that look like a table and have no place in it. If a listed benchmark has no
    /// row, the first of these is the reason: the grammar has changed.
    pub problems: Vec<Problem>,
}

/// A line that the grammar has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Its number, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl Table {
    /// Moves the spans of its rows to their positions in the whole output. Each of `gaps` is a
    /// position in the parsed text and the number of bytes that are left out there, in order.
    pub fn add_gaps(&mut self, gaps: &[(usize, usize)]) {
        let mut left_out = 0;
        let sums: Vec<(usize, usize)> = gaps
            .iter()
            .map(|(at, len)| {
                left_out += len;
                (*at, left_out)
            })
            .collect();
        let moved = |position: usize, is_end: bool| {
            let is_before = |gap: &(usize, usize)| gap.0 < position || !is_end && gap.0 == position;
            let before = sums.partition_point(is_before);
            position + before.checked_sub(1).map_or(0, |last| sums[last].1)
        };
        for row in &mut self.rows {
            row.span = moved(row.span.start, false)..moved(row.span.end, true);
        }
    }
}

/// Reads a bench process's standard output. A text without a table gives no rows.
///
/// `root` is the name of the benchmarks' crate. Text without a line end may precede it in the first
/// line of the table.
pub fn parse_table(text: &str, root: &str) -> Table {
    let mut parser = Parser { text, root, ..Parser::default() };
    let mut at = 0;
    while at < text.len() {
        at = parser.step(at);
    }
    parser.table
}

#[derive(Default)]
struct Parser<'a> {
    text: &'a str,
    root: &'a str,
    table: Table,
    /// The number of the line in progress, from 1.
    line_number: usize,
    /// Names of the groups that the next row is in, the root first.
    stack: Vec<String>,
    /// Characters before the first column.
    column: usize,
    /// Characters of the first column.
    width: usize,
    /// Where the last row's numbers may be: from its label or a later line on.
    numbers_at: usize,
    /// Whether the last row still waits for its numbers.
    open: bool,
    /// Whether lines belong to the last row.
    in_row: bool,
    /// The allocation lines in progress: which, and how many.
    alloc: Option<(AllocKind, Option<Columns>)>,
}

/// The label of a row, by its place in the text.
struct Label {
    depth: usize,
    /// Bytes, with the spaces that fill it.
    len: usize,
}

impl<'a> Parser<'a> {
    /// Parses the line that starts at `at`, and returns where the next line starts.
    fn step(&mut self, at: usize) -> usize {
        self.line_number += 1;
        let end = self.line_end(at);
        let line = self.line(at, end);
        if let Some(header) = HeaderLine::read(line) {
            self.begin(&header);
            return end;
        }
        if let Some(label) = self.label(at) {
            return self.place(at, &label);
        }
        let placed = self.in_row && self.finish(at, end) || !self.open && self.extend(line);
        let table_like = Cells::split(line).is_some() || branch_depth(line).is_some() && !self.open;
        if !placed && table_like {
            self.report(line);
        }
        end
    }

    /// Begins the table of a root.
    fn begin(&mut self, header: &HeaderLine<'_>) {
        let is_first = self.stack.is_empty();
        let is_glued = is_first && !self.root.is_empty() && header.name.ends_with(self.root);
        let name = if is_glued { self.root } else { header.name };
        let before = header.name[..header.name.len() - name.len()].chars().count();
        self.stack = vec![name.to_owned()];
        self.column = header.column - before;
        self.width = header.width;
        self.leave_row();
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |len| at + len + 1)
    }

    fn line(&self, at: usize, end: usize) -> &'a str {
        let line = &self.text[at..end];
        line.strip_suffix('\n').unwrap_or(line)
    }

    fn report(&mut self, line: &str) {
        if self.table.problems.len() < MAX_PROBLEMS {
            self.table.problems.push(Problem { line: self.line_number, text: line.to_owned() });
        }
    }

    fn leave_row(&mut self) {
        self.open = false;
        self.in_row = false;
        self.alloc = None;
    }

    /// The label that begins at `at`, if one does.
    fn label(&mut self, at: usize) -> Option<Label> {
        let rest = &self.text[at..];
        let depth = branch_depth(rest).filter(|depth| *depth <= self.stack.len())?;
        let len = self.filled_len(rest).or_else(|| self.thread_label_len(rest, depth))?;
        Some(Label { depth, len })
    }

    /// The length of a label that is filled up to the first column.
    fn filled_len(&self, rest: &str) -> Option<usize> {
        let len = byte_len(rest, self.column)?;
        let label = &rest[..len];
        // A short line of the benchmark's own can look like the start of a label with a line break.
        let own_print = self.open && label.contains('\n');
        (label.ends_with(LABEL_GAP) && !own_print).then_some(len)
    }

    /// `t=4` is not in the width that Divan computes beforehand: it moves the column, for good.
    fn thread_label_len(&mut self, rest: &str, depth: usize) -> Option<usize> {
        let start = byte_len(rest, depth * 3)?;
        let digits = rest[start..].strip_prefix("t=")?;
        let after = digits.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let len = rest.len() - after.strip_prefix(LABEL_GAP)?.len();
        self.column = rest[..len].chars().count();
        Some(len)
    }

    /// Makes a row or a group of a label and the rest of its line.
    fn place(&mut self, at: usize, label: &Label) -> usize {
        let content_at = at + label.len;
        let end = self.line_end(content_at);
        let content = self.line(content_at, end);
        let name_at = at + byte_len(&self.text[at..], label.depth * 3).unwrap_or(label.len);
        let name = self.text[name_at..content_at].trim_end_matches(' ').to_owned();
        self.line_number += name.matches('\n').count();
        self.leave_row();
        self.stack.truncate(label.depth);
        let Some(state) = self.state(content) else {
            self.stack.push(name);
            self.table.groups.push(self.stack.clone());
            return end;
        };
        self.open = state == RowState::Unfinished;
        self.in_row = state != RowState::Ignored;
        self.numbers_at = content_at;
        let path = self.stack.iter().cloned().chain([name]).collect();
        self.table.rows.push(Row { path, state, span: at..end });
        end
    }

    /// The cells behind a label; `None` is a group.
    fn state(&mut self, content: &str) -> Option<RowState> {
        if let Some(figures) = Figures::read(content, self.width) {
            return Some(RowState::Done(Box::new(figures)));
        }
        let Some(cells) = Cells::split(content) else { return Some(RowState::Unfinished) };
        match (cells.head.trim(), cells.rest) {
            ("", ["", "", "", "", ""]) => None,
            ("(ignored)", ["", "", "", "", ""]) => Some(RowState::Ignored),
            _ => {
                self.report(content);
                Some(RowState::Unfinished)
            }
        }
    }

    /// Gives the row its numbers, if the line ends with some. If it has numbers already, the
    /// benchmark printed one of the lines, and Divan's cannot be identified.
    fn finish(&mut self, at: usize, end: usize) -> bool {
        let figures = Figures::read(self.line(at, end), self.width);
        let (Some(figures), Some(row)) = (figures, self.table.rows.last_mut()) else {
            return false;
        };
        row.state = if self.open { RowState::Done(Box::new(figures)) } else { RowState::Repeated };
        row.span.end = end;
        self.numbers_at = at;
        self.open = false;
        true
    }

    /// Adds a line of rates or allocations to the last row.
    fn extend(&mut self, line: &str) -> bool {
        let Some(cells) = Cells::split(line) else { return false };
        let [slowest, median, mean, "", ""] = cells.rest else { return false };
        self.widen(cells.head);
        let Some(RowState::Done(figures)) = self.table.rows.last_mut().map(|row| &mut row.state)
        else {
            return false;
        };
        let head = cells.head.trim_matches(['│', ' ']);
        if let Some(kind) = AllocKind::read(head) {
            self.alloc = Some((kind, None));
            return true;
        }
        let values = [head, slowest, median, mean];
        match self.alloc.take() {
            None => push(&mut figures.rates, Rate::read(values)),
            Some((kind, None)) => {
                self.alloc = Alloc::read_count(values).map(|count| (kind, Some(count)));
                self.alloc.is_some()
            }
            Some((kind, Some(count))) => {
                push(&mut figures.allocs, Alloc::read(kind, count, values))
            }
        }
    }

    /// Widens the first column, as Divan does for long rates and allocations of a row. Its numbers
    /// are then read again.
    fn widen(&mut self, head: &str) {
        let width = head.chars().count().saturating_sub(self.column);
        if width <= self.width {
            return;
        }
        self.width = width;
        let Some(row) = self.table.rows.last_mut() else { return };
        let line = self.text[self.numbers_at..row.span.end].trim_end_matches('\n');
        if let (RowState::Done(figures), Some(again)) = (&mut row.state, Figures::read(line, width))
        {
            figures.time_ns = again.time_ns;
        }
    }
}

/// The first line of a table.
struct HeaderLine<'a> {
    name: &'a str,
    column: usize,
    width: usize,
}

impl<'a> HeaderLine<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let cells = Cells::split(line)?;
        if cells.rest != ["slowest", "median", "mean", "samples", "iters"] {
            return None;
        }
        let before = cells.head.trim_end().strip_suffix("fastest")?;
        let column = before.chars().count();
        let width = cells.head.chars().count() - column;
        Some(Self { name: before.trim_end(), column, width })
    }
}

fn push<T>(list: &mut Vec<T>, item: Option<T>) -> bool {
    let found = item.is_some();
    list.extend(item);
    found
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;

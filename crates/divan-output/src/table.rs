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
//! label and the numbers, which then end a later line.

use super::cell::Columns;
use super::line::{Cells, branch_depth, byte_len};
use super::row::{Alloc, AllocKind, Figures, Rate, Row, RowState};

/// Spaces that Divan leaves at least behind a label (`TREE_COL_BUF`).
const LABEL_GAP: &str = "  ";

/// A table as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// In printed order.
    pub rows: Vec<Row>,
    /// Paths of the groups in printed order, roots excluded. A function with arguments is one.
    pub groups: Vec<Vec<String>>,
    /// Lines that look like a table and have no place in it, in order. If a listed benchmark has
    /// no row, the first of these is the reason: the grammar has changed.
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

/// Reads a bench process's standard output. A text without a table gives no rows.
pub fn parse_table(text: &str) -> Table {
    let mut parser = Parser { text, ..Parser::default() };
    let mut at = 0;
    while at < text.len() {
        at = parser.step(at);
    }
    parser.table
}

#[derive(Default)]
struct Parser<'a> {
    text: &'a str,
    table: Table,
    /// Names of the groups that the next row is in, the root first.
    stack: Vec<String>,
    /// Characters before the first column.
    column: usize,
    /// Whether the last row still waits for its numbers.
    open: bool,
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
        let end = self.line_end(at);
        let line = self.line(at, end);
        if let Some((name, column)) = header(line) {
            self.stack = vec![name.to_owned()];
            self.column = column;
            self.leave_row();
            return end;
        }
        if let Some(label) = self.label(at) {
            return self.place(at, &label);
        }
        let placed = if self.open { self.finish(line, end) } else { self.extend(line) };
        let table_like = Cells::split(line).is_some() || branch_depth(line).is_some() && !self.open;
        if !placed && table_like {
            self.report(at, line);
        }
        end
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |len| at + len + 1)
    }

    fn line(&self, at: usize, end: usize) -> &'a str {
        let line = &self.text[at..end];
        line.strip_suffix('\n').unwrap_or(line)
    }

    fn report(&mut self, at: usize, line: &str) {
        let before = self.text[..at].bytes().filter(|byte| *byte == b'\n').count();
        self.table.problems.push(Problem { line: before + 1, text: line.to_owned() });
    }

    fn leave_row(&mut self) {
        self.open = false;
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
        self.leave_row();
        self.stack.truncate(label.depth);
        let Some(state) = self.state(at, content) else {
            self.stack.push(name);
            self.table.groups.push(self.stack.clone());
            return end;
        };
        self.open = state == RowState::Unfinished;
        let path = self.stack.iter().cloned().chain([name]).collect();
        self.table.rows.push(Row { path, state, span: at..end });
        end
    }

    /// The cells behind a label; `None` is a group.
    fn state(&mut self, at: usize, content: &str) -> Option<RowState> {
        if let Some(figures) = Figures::read(content) {
            return Some(RowState::Done(Box::new(figures)));
        }
        let Some(cells) = Cells::split(content) else { return Some(RowState::Unfinished) };
        match (cells.head.trim(), cells.rest) {
            ("", ["", "", "", "", ""]) => None,
            ("(ignored)", ["", "", "", "", ""]) => Some(RowState::Ignored),
            _ => {
                self.report(at, content);
                Some(RowState::Unfinished)
            }
        }
    }

    /// Gives the open row its numbers, if the line ends with some.
    fn finish(&mut self, line: &str, end: usize) -> bool {
        let (Some(figures), Some(row)) = (Figures::read(line), self.table.rows.last_mut()) else {
            return false;
        };
        row.state = RowState::Done(Box::new(figures));
        row.span.end = end;
        self.open = false;
        true
    }

    /// Adds a line of rates or allocations to the last row.
    fn extend(&mut self, line: &str) -> bool {
        let Some(RowState::Done(figures)) = self.table.rows.last_mut().map(|row| &mut row.state)
        else {
            return false;
        };
        let Some(cells) = Cells::split(line) else { return false };
        let [slowest, median, mean, "", ""] = cells.rest else { return false };
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
}

fn push<T>(list: &mut Vec<T>, item: Option<T>) -> bool {
    let found = item.is_some();
    list.extend(item);
    found
}

/// A root's name, and the characters before its first column.
fn header(line: &str) -> Option<(&str, usize)> {
    let cells = Cells::split(line)?;
    if cells.rest != ["slowest", "median", "mean", "samples", "iters"] {
        return None;
    }
    let before = cells.head.trim_end().strip_suffix("fastest")?;
    Some((before.trim_end(), before.chars().count()))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;

//! Lines of a CSV table.
//!
//! A table of a library is a hundred thousand lines of two dozen cells. Nearly all lines are
//! ordinary: their cells are appended as they are, and the whole line is scanned once. If the scan
//! finds anything else, the line is written again with care: texts by [`clean`], and both texts and
//! paths in quotes.

use std::io::{self, Write};
use std::mem;

use memchr::{memchr, memchr2};

use super::cell::{clean, is_formula};
use super::scan::{Signs, may_start_formula, signs};
use super::value::Cell;
use crate::rekordbox::Location;

/// The separator of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, which spreadsheets expect where the decimal sign is a comma.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    fn sign(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// Bytes that are collected before they are written.
const CHUNK: usize = 1 << 16;

/// What a cell holds, and so what is done to it.
#[derive(Clone, Copy)]
enum Content {
    /// A text from outside.
    Text,
    /// A path, which stays as it is byte for byte.
    Path,
    /// What this program makes.
    Value,
}

/// Writes lines cell by cell, ended by CR LF. Texts are made harmless for spreadsheets.
pub(super) struct Lines<W: Write> {
    out: W,
    /// Whole lines, and the cells of the next one as they are, each with a delimiter after it.
    text: Vec<u8>,
    /// Where that next line starts.
    start: usize,
    /// Where its cells end.
    cells: Vec<(usize, Content)>,
    /// Whether a cell of it may be taken for a formula.
    formula: bool,
    /// Used for every line and cell that needs care, so that none needs an allocation.
    raw: Vec<u8>,
    cell: String,
    path: Vec<u8>,
    delimiter: u8,
}

impl<W: Write> Lines<W> {
    /// Lines the first of which names the columns.
    pub(super) fn new(out: W, delimiter: Delimiter, columns: &[&str]) -> io::Result<Self> {
        let mut lines = Self {
            out,
            text: Vec::with_capacity(CHUNK + CHUNK / 4),
            start: 0,
            cells: Vec::with_capacity(columns.len()),
            formula: false,
            raw: Vec::new(),
            cell: String::new(),
            path: Vec::new(),
            delimiter: delimiter.sign(),
        };
        for column in columns {
            lines.text(column);
        }
        lines.end()?;
        Ok(lines)
    }

    /// A text from outside.
    pub(super) fn text(&mut self, text: &str) {
        self.append(text, Content::Text);
    }

    /// The path of a Location attribute, byte for byte: without its control characters it would
    /// lead to no file.
    pub(super) fn location(&mut self, uri: &str) {
        let start = self.text.len();
        Location::append_path(&mut self.text, &mut self.path, uri);
        self.formula |= self.text.get(start).copied().is_some_and(may_start_formula);
        self.close(Content::Path);
    }

    /// A path that was a cell of a table before.
    pub(super) fn kept_path(&mut self, path: &str) {
        self.append(path, Content::Path);
    }

    /// A number, date or the like; empty if there is none.
    pub(super) fn value(&mut self, value: Option<impl Cell>) {
        if let Some(value) = value {
            value.append_to(&mut self.text);
        }
        self.close(Content::Value);
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        let Signs { delimiters, quotes, controls } =
            signs(&self.text[self.start..], self.delimiter);
        if self.formula || controls {
            self.write_again(Self::append_with_care);
        } else if quotes || delimiters != self.cells.len() {
            self.write_again(Self::append_ordinary);
        }
        if !self.cells.is_empty() {
            self.text.pop();
        }
        self.text.extend_from_slice(b"\r\n");
        self.start = self.text.len();
        self.cells.clear();
        self.formula = false;
        if self.text.len() < CHUNK { Ok(()) } else { self.write() }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        self.start = 0;
        Ok(())
    }

    fn append(&mut self, cell: &str, content: Content) {
        if let Some(&first) = cell.as_bytes().first() {
            self.formula |= may_start_formula(first);
            self.text.extend_from_slice(cell.as_bytes());
        }
        self.close(content);
    }

    fn close(&mut self, content: Content) {
        self.cells.push((self.text.len(), content));
        self.text.push(self.delimiter);
    }

    /// Writes the cells of the line again, each through `append` unless it is a value.
    fn write_again(&mut self, append: impl Fn(&mut Self, &[u8], Content)) {
        let mut raw = mem::take(&mut self.raw);
        raw.clear();
        raw.extend_from_slice(&self.text[self.start..]);
        self.text.truncate(self.start);
        let mut from = 0;
        for at in 0..self.cells.len() {
            let (end, content) = self.cells[at];
            let cell = &raw[from..end - self.start];
            match content {
                Content::Value => self.text.extend_from_slice(cell),
                Content::Text | Content::Path => append(self, cell, content),
            }
            self.text.push(self.delimiter);
            from = end - self.start + 1;
        }
        self.raw = raw;
    }

    /// Appends a cell without control characters that is no formula.
    fn append_ordinary(&mut self, cell: &[u8], _: Content) {
        if memchr2(self.delimiter, b'"', cell).is_some() {
            append_in_quotes(&mut self.text, "", cell);
        } else {
            self.text.extend_from_slice(cell);
        }
    }

    fn append_with_care(&mut self, cell: &[u8], content: Content) {
        let controls = signs(cell, self.delimiter).controls;
        let formula = cell.first().copied().is_some_and(may_start_formula);
        match content {
            _ if !(formula || controls) => self.append_ordinary(cell, content),
            Content::Path => self.append_odd_path(cell),
            Content::Text | Content::Value => self.append_cleaned(cell),
        }
    }

    fn append_cleaned(&mut self, cell: &[u8]) {
        // Cells are appended as texts, so nothing is lost.
        clean(&mut self.cell, &String::from_utf8_lossy(cell));
        append_quoted(&mut self.text, &self.cell, self.delimiter);
    }

    fn append_odd_path(&mut self, cell: &[u8]) {
        let path = String::from_utf8_lossy(cell);
        if is_formula(&path) {
            append_in_quotes(&mut self.text, "'", cell);
        } else {
            append_quoted(&mut self.text, &path, self.delimiter);
        }
    }
}

/// Appends a cell, in quotes if it needs them.
fn append_quoted(text: &mut Vec<u8>, cell: &str, delimiter: u8) {
    let parts =
        |letter: char| letter == char::from(delimiter) || letter == '"' || letter.is_control();
    if cell.contains(parts) {
        append_in_quotes(text, "", cell.as_bytes());
    } else {
        text.extend_from_slice(cell.as_bytes());
    }
}

/// Appends `prefix` and `cell` in quotes, with those of the cell doubled.
fn append_in_quotes(text: &mut Vec<u8>, prefix: &str, cell: &[u8]) {
    text.push(b'"');
    text.extend_from_slice(prefix.as_bytes());
    let mut rest = cell;
    while let Some(at) = memchr(b'"', rest) {
        text.extend_from_slice(&rest[..=at]);
        text.push(b'"');
        rest = &rest[at + 1..];
    }
    text.extend_from_slice(rest);
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Points;
    use crate::rekordbox::{Bpm, Date};
    use proptest::prelude::*;

    fn line(cells: impl Fn(&mut Lines<&mut Vec<u8>>)) -> String {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out, Delimiter::Comma, &[]).unwrap();
        cells(&mut lines);
        lines.end().unwrap();
        lines.finish().unwrap();
        String::from_utf8(out).unwrap().trim_start_matches("\r\n").to_owned()
    }

    #[test]
    fn values_are_written_as_they_are_shown() {
        let date = Date { year: 2024, month: 1, day: 31 };
        let bpm = Bpm::from_hundredths(12_805);
        let written = line(|lines| {
            lines.value(Some(date));
            lines.value(Some(bpm));
            lines.value(None::<u32>);
            lines.value(Some(Points(-15)));
        });
        assert_eq!(written, format!("{date},{bpm},,{}\r\n", Points(-15)));
        assert_eq!(written, "2024-01-31,128.05,,-1.5\r\n");
    }

    proptest! {
        #[test]
        fn every_path_reads_back_byte_for_byte(path in "/M/[^\\PC%]{0,12}[\\x01-\\x1f\"',;%é\u{80}-\u{9f}]{0,6}") {
            let escaped: String = path.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let uri = format!("file://localhost{}", escaped.replace("%2f", "/"));
            let written = line(|lines| {
                lines.text("before");
                lines.location(&uri);
            });
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(&record[1], path);
        }

        #[test]
        fn every_text_reads_back_as_it_was_cleaned(texts in prop::collection::vec(any::<String>(), 2..5)) {
            let written = line(|lines| texts.iter().for_each(|text| lines.text(text)));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            let cleaned = texts.iter().map(|text| {
                let mut cell = String::new();
                clean(&mut cell, text);
                cell
            });
            prop_assert_eq!(record.iter().collect::<Vec<_>>(), cleaned.collect::<Vec<_>>());
        }
    }
}

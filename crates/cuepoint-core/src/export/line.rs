//! Lines of a CSV table.
//!
//! A table of a library is a hundred thousand lines of two dozen cells. Nearly all cells are short
//! and ordinary: they are scanned once and appended to the line. Others are written with care:
//! texts by [`clean`], and both texts and paths in quotes.

use std::io::{self, Write};

use super::cell::{clean, is_formula};
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
    fn sign(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
            Self::Pipe => '|',
        }
    }
}

/// Bytes that are collected before they are written.
const CHUNK: usize = 1 << 16;

/// Writes lines cell by cell, ended by CR LF. Texts are made harmless for spreadsheets.
pub(super) struct Lines<W: Write> {
    out: W,
    text: String,
    /// Used for every cell that needs care, so that none needs an allocation.
    cell: String,
    path: Vec<u8>,
    delimiter: char,
    at_start: bool,
}

impl<W: Write> Lines<W> {
    /// Lines the first of which names the columns.
    pub(super) fn new(out: W, delimiter: Delimiter, columns: &[&str]) -> io::Result<Self> {
        let text = String::with_capacity(CHUNK + CHUNK / 4);
        let delimiter = delimiter.sign();
        let (cell, path) = (String::new(), Vec::new());
        let mut lines = Self { out, text, cell, path, delimiter, at_start: true };
        for column in columns {
            lines.text(column);
        }
        lines.end()?;
        Ok(lines)
    }

    /// A text from outside.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        let scan = Scan::of(text, self.delimiter);
        if scan.harmless && !scan.parts {
            return self.text.push_str(text);
        }
        if scan.harmless {
            return append_in_quotes(&mut self.text, text);
        }
        clean(&mut self.cell, text);
        append_quoted(&mut self.text, &self.cell, self.delimiter);
    }

    /// The path of a Location attribute, byte for byte: without its control characters it would
    /// lead to no file.
    pub(super) fn location(&mut self, uri: &str) {
        self.separate();
        let start = self.text.len();
        Location::append_path(&mut self.text, &mut self.path, uri);
        let scan = Scan::of(&self.text[start..], self.delimiter);
        if !scan.harmless || scan.parts {
            self.cell.clear();
            self.cell.push_str(&self.text[start..]);
            self.text.truncate(start);
            append_path(&mut self.text, &self.cell, self.delimiter);
        }
    }

    /// A path that was a cell of a table before.
    pub(super) fn kept_path(&mut self, path: &str) {
        self.separate();
        append_path(&mut self.text, path, self.delimiter);
    }

    /// A number, date or the like; empty if there is none.
    pub(super) fn value(&mut self, value: Option<impl Cell>) {
        self.separate();
        if let Some(value) = value {
            value.append_to(&mut self.text);
        }
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        self.text.push_str("\r\n");
        self.at_start = true;
        if self.text.len() < CHUNK { Ok(()) } else { self.write() }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn separate(&mut self) {
        if !self.at_start {
            self.text.push(self.delimiter);
        }
        self.at_start = false;
    }
}

fn append_path(text: &mut String, path: &str, delimiter: char) {
    if is_formula(path) {
        text.push_str("\"'");
        append_doubled(text, path);
        text.push('"');
    } else {
        append_quoted(text, path, delimiter);
    }
}

/// Appends a cell, in quotes if it needs them.
fn append_quoted(text: &mut String, cell: &str, delimiter: char) {
    let parts = |letter: char| letter == delimiter || letter == '"' || letter.is_control();
    if cell.contains(parts) {
        append_in_quotes(text, cell);
    } else {
        text.push_str(cell);
    }
}

fn append_in_quotes(text: &mut String, cell: &str) {
    text.push('"');
    append_doubled(text, cell);
    text.push('"');
}

fn append_doubled(text: &mut String, cell: &str) {
    for (at, part) in cell.split('"').enumerate() {
        text.push_str(if at > 0 { "\"\"" } else { "" });
        text.push_str(part);
    }
}

/// What one scan of a text's bytes finds.
struct Scan {
    /// No control character, and nothing at its start that a program may skip or take for a formula.
    harmless: bool,
    /// There is a sign that separates cells.
    parts: bool,
}

/// Bytes that are looked at together: so many fit into a vector of every processor of today.
const LANES: usize = 16;

impl Scan {
    /// Control characters beyond ASCII start with 0xC2, as a few letters do, which then take the
    /// long way.
    fn of(text: &str, delimiter: char) -> Self {
        let bytes = text.as_bytes();
        let Some(&first) = bytes.first() else { return Self { harmless: true, parts: false } };
        let formula = matches!(first, b'=' | b'+' | b'-' | b'@');
        let skipped = first <= b' ' || first >= 0x80;
        let found = signs(bytes, delimiter as u8);
        let harmless = !formula && !skipped && found & CONTROL == 0;
        Self { harmless, parts: found & PARTS != 0 }
    }
}

const CONTROL: u8 = 1;
const PARTS: u8 = 2;

/// What there is in `bytes`.
fn signs(bytes: &[u8], delimiter: u8) -> u8 {
    let Some(last) = bytes.last_chunk::<LANES>() else {
        return bytes.iter().fold(0, |found, &byte| found | sign(byte, delimiter));
    };
    // Some of the last bytes are looked at twice, which costs less than one by one.
    let mut lanes = last.map(|byte| sign(byte, delimiter));
    for chunk in bytes.as_chunks::<LANES>().0 {
        for (lane, &byte) in lanes.iter_mut().zip(chunk) {
            *lane |= sign(byte, delimiter);
        }
    }
    lanes.iter().fold(0, |found, lane| found | lane)
}

/// What a byte is, without a branch, so that the compiler can do many at once.
fn sign(byte: u8, delimiter: u8) -> u8 {
    let control = (byte < b' ') | (byte == 0x7f) | (byte == 0xc2);
    let parts = (byte == b'"') | (byte == delimiter);
    (u8::from(control) * CONTROL) | (u8::from(parts) * PARTS)
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

//! Lines of a CSV table.
//!
//! A table of a library is a hundred thousand lines of two dozen cells, and nearly all are short
//! and ordinary. Cells are appended as they are, and the whole line is checked at once. It may have
//! signs that need care, or more delimiters than there are between its cells. Only a line with
//! something odd is written again, cell by cell.

use std::io::{self, Write};

use memchr::memchr_iter;

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
    /// Where the line that is being written starts.
    start: usize,
    /// The cells of this line.
    cells: Vec<RawCell>,
    /// Whether a cell starts with a sign that may need care.
    odd: bool,
    delimiter: char,
    /// Used for every line that needs care, so that none needs an allocation.
    spare: Spare,
}

#[derive(Default)]
struct Spare {
    line: String,
    cell: String,
    path: Vec<u8>,
}

/// A cell as it was appended.
#[derive(Clone, Copy)]
struct RawCell {
    /// Where it ends, from the start of the line.
    end: u32,
    origin: Origin,
}

/// Where the content of a cell comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// A text from outside.
    Text,
    /// The path of a file, from outside.
    Path,
    /// This program.
    Value,
}

impl<W: Write> Lines<W> {
    /// Lines the first of which names the columns.
    pub(super) fn new(out: W, delimiter: Delimiter, columns: &[&str]) -> io::Result<Self> {
        let mut lines = Self {
            out,
            text: String::with_capacity(CHUNK + CHUNK / 4),
            start: 0,
            cells: Vec::with_capacity(columns.len()),
            odd: false,
            delimiter: delimiter.sign(),
            spare: Spare::default(),
        };
        for column in columns {
            lines.text(column);
        }
        lines.end()?;
        Ok(lines)
    }

    /// A text from outside.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        self.odd |= text.bytes().next().is_some_and(is_odd_start);
        self.text.push_str(text);
        self.close(Origin::Text);
    }

    /// The path of a Location attribute, byte for byte: without its control characters it would
    /// lead to no file.
    pub(super) fn location(&mut self, uri: &str) {
        self.separate();
        let start = self.text.len();
        Location::append_path(&mut self.text, &mut self.spare.path, uri);
        self.odd |= self.text.as_bytes().get(start).is_some_and(|&first| is_odd_start(first));
        self.close(Origin::Path);
    }

    /// A path that was a cell of a table before.
    pub(super) fn kept_path(&mut self, path: &str) {
        self.separate();
        self.text.push_str(path);
        self.odd = true;
        self.close(Origin::Path);
    }

    /// A number, date or the like; empty if there is none.
    pub(super) fn value(&mut self, value: Option<impl Cell>) {
        self.separate();
        if let Some(value) = value {
            value.append_to(&mut self.text);
        }
        self.close(Origin::Value);
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        let line = &self.text.as_bytes()[self.start..];
        let parted = memchr_iter(self.delimiter as u8, line).count() + 1 != self.cells.len();
        if (self.odd || parted || needs_care(line)) && !self.cells.is_empty() {
            self.write_again();
        }
        self.cells.clear();
        self.odd = false;
        self.text.push_str("\r\n");
        if self.text.len() >= CHUNK {
            self.write()?;
        }
        self.start = self.text.len();
        Ok(())
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
        if !self.cells.is_empty() {
            self.text.push(self.delimiter);
        }
    }

    fn close(&mut self, origin: Origin) {
        let end = (self.text.len() - self.start) as u32;
        self.cells.push(RawCell { end, origin });
    }

    /// Replaces the line by one in which each cell is as a spreadsheet may have it.
    fn write_again(&mut self) {
        let Self { text, delimiter, cells, start, spare, .. } = self;
        let Spare { line, cell, .. } = spare;
        line.clear();
        line.push_str(&text[*start..]);
        text.truncate(*start);
        let mut from = 0;
        for (at, raw) in cells.iter().enumerate() {
            if at > 0 {
                text.push(*delimiter);
            }
            let content = &line[from..raw.end as usize];
            from = raw.end as usize + 1;
            match raw.origin {
                Origin::Value => text.push_str(content),
                Origin::Text => {
                    clean(cell, content);
                    append_quoted(text, cell, *delimiter);
                }
                Origin::Path => append_path(text, content, *delimiter),
            }
        }
    }
}

/// Whether a program may skip what starts with this byte, or take it for a formula.
fn is_odd_start(byte: u8) -> bool {
    matches!(byte, b'=' | b'+' | b'-' | b'@') || byte <= b' ' || byte >= 0x80
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
    if !cell.contains(parts) {
        return text.push_str(cell);
    }
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

/// Bytes that are looked at together: so many fit into a vector of every processor of today.
const LANES: usize = 16;

/// Whether a line has a quote or control characters. Those beyond ASCII start with 0xC2, as a few
/// letters do, which then take the long way.
fn needs_care(line: &[u8]) -> bool {
    let Some(last) = line.last_chunk::<LANES>() else {
        return line.iter().any(|&byte| is_sign(byte));
    };
    // Some of the last bytes are looked at twice, which costs less than one by one.
    let mut lanes = last.map(is_sign);
    for chunk in line.as_chunks::<LANES>().0 {
        for (lane, &byte) in lanes.iter_mut().zip(chunk) {
            *lane |= is_sign(byte);
        }
    }
    lanes.contains(&true)
}

/// Without a branch, so that the compiler can do many at once.
fn is_sign(byte: u8) -> bool {
    (byte < b' ') | (byte == 0x7f) | (byte == 0xc2) | (byte == b'"')
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

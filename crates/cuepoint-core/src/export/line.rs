//! One line of a CSV table.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::cell::clean;

/// What stands between two cells.
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
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// Writes lines cell by cell. Texts are made harmless for spreadsheets.
pub(super) struct Lines<W: Write> {
    writer: csv::Writer<W>,
    /// Used for every cell, so that a table needs no allocation for each.
    cell: String,
}

impl<W: Write> Lines<W> {
    /// Lines ended by CR LF, the first of which names the columns.
    pub(super) fn new(out: W, delimiter: u8, columns: &[&str]) -> io::Result<Self> {
        let builder = &mut WriterBuilder::new();
        let writer = builder.delimiter(delimiter).terminator(Terminator::CRLF).from_writer(out);
        let mut lines = Self { writer, cell: String::new() };
        lines.writer.write_record(columns).map_err(io_error)?;
        Ok(lines)
    }

    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        clean(&mut self.cell, text);
        self.writer.write_field(&self.cell).map_err(io_error)
    }

    /// A number or a name of this program; empty if there is none.
    pub(super) fn value(&mut self, value: Option<impl Display>) -> io::Result<()> {
        self.cell.clear();
        if let Some(value) = value {
            write!(self.cell, "{value}").map_err(io::Error::other)?;
        }
        self.writer.write_field(&self.cell).map_err(io_error)
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(io_error)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The error of the output itself: csv's own conversion hides its kind, by which a caller knows a
/// closed pipe.
pub(super) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

//! The CSV table.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::cell::clean;
use crate::rekordbox::Location;
use crate::results::Row;

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
    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// The first line.
const COLUMNS: [&str; 16] = [
    "index",
    "track_id",
    "title",
    "artist",
    "album",
    "genre",
    "label",
    "remixer",
    "mix",
    "year",
    "bpm",
    "key",
    "seconds",
    "rating",
    "date_added",
    "file_path",
];

/// Writes a header and one line for each row: UTF-8, every line ended by CR LF.
///
/// `index` counts from 1 in the order of the collection or playlist. Cells of what is not known
/// are empty.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_csv<'t>(
    out: impl Write,
    rows: impl Iterator<Item = Row<'t>>,
    delimiter: Delimiter,
) -> io::Result<()> {
    let writer = WriterBuilder::new()
        .delimiter(delimiter.byte())
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let mut line = Line { writer, cell: String::new() };
    line.writer.write_record(COLUMNS).map_err(io_error)?;
    for row in rows {
        line.write(&row)?;
    }
    line.writer.flush()
}

struct Line<W: Write> {
    writer: csv::Writer<W>,
    /// Used for every cell, so that a table needs no allocation for each.
    cell: String,
}

impl<W: Write> Line<W> {
    fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        let track = row.track;
        self.value(Some(row.index + 1))?;
        self.value(Some(track.id()))?;
        self.text(track.title())?;
        self.text(track.artist())?;
        self.text(track.album())?;
        self.text(track.genre())?;
        self.text(track.label())?;
        self.text(track.remixer())?;
        self.text(track.mix())?;
        self.value(track.year())?;
        self.value(track.bpm())?;
        self.text(track.key())?;
        self.value(track.seconds())?;
        self.value(track.stars())?;
        self.value(track.date_added())?;
        self.text(Location::decode(track.location()).as_str())?;
        self.writer.write_record(None::<&[u8]>).map_err(io_error)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        clean(&mut self.cell, text);
        self.writer.write_field(&self.cell).map_err(io_error)
    }

    fn value(&mut self, value: Option<impl Display>) -> io::Result<()> {
        self.cell.clear();
        if let Some(value) = value {
            write!(self.cell, "{value}").map_err(io::Error::other)?;
        }
        self.writer.write_field(&self.cell).map_err(io_error)
    }
}

/// The error of the output itself: csv's own conversion hides its kind, by which a caller knows a
/// closed pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

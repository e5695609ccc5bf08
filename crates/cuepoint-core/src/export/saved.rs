//! Saved tables, written again.

use std::io::{self, Write};

use csv::{StringRecord, Terminator, WriterBuilder};

use crate::results::{Row, SavedRow, SavedTable};

/// Writes `rows` of `table` as it was: its comments, header, delimiter and cells.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_saved_csv<'t>(
    mut out: impl Write,
    table: &SavedNote,
    rows: impl Iterator<Item = Row<'t, SavedRow>>,
) -> io::Result<()> {
    for comment in &table.comments {
        write!(out, "# {comment}\r\n")?;
    }
    let builder = &mut WriterBuilder::new();
    builder.delimiter(table.delimiter).terminator(Terminator::CRLF);
    let mut writer = builder.from_writer(out);
    writer.write_record(&table.header).map_err(io_error)?;
    for row in rows {
        writer.write_record(&row.item.cells).map_err(io_error)?;
    }
    writer.flush()
}

/// The error of the output itself: csv's own conversion hides its kind, by which a caller knows a
/// closed pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What a saved table has beside its rows.
#[derive(Clone, Debug)]
pub struct SavedNote {
    comments: Vec<String>,
    header: StringRecord,
    delimiter: u8,
}

impl SavedNote {
    /// Parts a table into its rows and the rest.
    pub fn split(table: SavedTable) -> (Self, Vec<SavedRow>) {
        let SavedTable { comments, header, delimiter, rows } = table;
        (Self { comments, header, delimiter }, rows)
    }
}

//! Saved tables, written again.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use crate::results::{Row, SavedHead, SavedRow};

/// Writes `rows` under the head of their table as it was: its comments, header, delimiter and cells.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_saved_csv<'t>(
    mut out: impl Write,
    head: &SavedHead,
    rows: impl Iterator<Item = Row<'t, SavedRow>>,
) -> io::Result<()> {
    for comment in &head.comments {
        write!(out, "# {comment}\r\n")?;
    }
    let builder = &mut WriterBuilder::new();
    builder.delimiter(head.delimiter).terminator(Terminator::CRLF);
    let mut writer = builder.from_writer(out);
    writer.write_record(&head.columns).map_err(io_error)?;
    for row in rows {
        writer.write_record(&row.item.cells).map_err(io_error)?;
    }
    writer.flush()
}

/// The error of the output itself: csv's own conversion hides its kind, by which a caller
/// detects a closed pipe.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

//! Tracks of a library as CSV.

use std::io::{self, Write};

use super::line::{Delimiter, Lines};
use crate::rekordbox::Track;
use crate::results::Row;

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
    rows: impl Iterator<Item = Row<'t, Track<'t>>>,
    delimiter: Delimiter,
) -> io::Result<()> {
    let mut lines = Lines::new(out, delimiter, &COLUMNS)?;
    for row in rows {
        write_row(&mut lines, row.index, *row.item)?;
    }
    lines.finish()
}

fn write_row(lines: &mut Lines<impl Write>, index: usize, track: Track<'_>) -> io::Result<()> {
    lines.value(Some(index + 1));
    lines.value(track.id());
    lines.text(track.title());
    lines.text(track.artist());
    lines.text(track.album());
    lines.text(track.genre());
    lines.text(track.label());
    lines.text(track.remixer());
    lines.text(track.mix());
    lines.value(track.year());
    lines.value(track.bpm());
    lines.text(track.key());
    lines.value(track.seconds());
    lines.value(track.stars());
    lines.value(track.date_added());
    lines.location(track.location());
    lines.end()
}

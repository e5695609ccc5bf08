//! Comma-separated values.

use crate::rekordbox::{TrackRef, decode_location};
use crate::results::{Row, Table};
use std::borrow::Cow;
use std::io::{self, Write};

/// The columns, in order.
pub const CSV_COLUMNS: [&str; 15] = [
    "playlist_index",
    "track_id",
    "title",
    "artist",
    "album",
    "genre",
    "label",
    "remixer",
    "key",
    "bpm",
    "year",
    "duration_s",
    "rating",
    "date_added",
    "file_path",
];

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between the fields: `,`, `;`, `|` or a tab.
    pub delimiter: u8,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',' }
    }
}

/// Writes a header and these rows as UTF-8 with line feeds, quoting where it must.
///
/// A value that a spreadsheet would run as a formula gets a `'` in front, and control characters
/// are dropped.
///
/// # Errors
/// What `out` says.
pub fn write_csv<W: Write>(
    table: &Table<'_>,
    rows: &[Row],
    options: CsvOptions,
    out: W,
) -> io::Result<()> {
    let mut csv = ::csv::WriterBuilder::new().delimiter(options.delimiter).from_writer(out);
    csv.write_record(CSV_COLUMNS).map_err(cause)?;
    let mut number = String::new();
    for (index, track) in rows.iter().filter_map(|row| table.track(*row)).enumerate() {
        write_track(&mut csv, index, track, &mut number)?;
    }
    csv.flush()
}

fn write_track<W: Write>(
    csv: &mut ::csv::Writer<W>,
    index: usize,
    track: TrackRef<'_>,
    number: &mut String,
) -> io::Result<()> {
    use std::fmt::Write as _;
    let mut field = |value: Option<&dyn std::fmt::Display>, csv: &mut ::csv::Writer<W>| {
        number.clear();
        if let Some(value) = value {
            // Writing into a string cannot fail.
            let _ = write!(number, "{value}");
        }
        csv.write_field(number.as_bytes()).map_err(cause)
    };
    field(Some(&(index + 1)), csv)?;
    field(Some(&track.id()), csv)?;
    let texts = [
        track.name(),
        track.artist(),
        track.album(),
        track.genre(),
        track.label(),
        track.remixer(),
        track.tonality(),
    ];
    for text in texts {
        csv.write_field(safe(text.trim()).as_bytes()).map_err(cause)?;
    }
    let (bpm, year, duration) = (track.bpm(), track.year(), track.duration_s());
    field(bpm.as_ref().map(|value| value as _), csv)?;
    field(year.as_ref().map(|value| value as _), csv)?;
    field(duration.as_ref().map(|value| value as _), csv)?;
    let rating = track.rating();
    field(rating.as_ref().map(|value| value as _), csv)?;
    csv.write_field(safe(track.date_added()).as_bytes()).map_err(cause)?;
    let path =
        decode_location(track.location()).map_or(Cow::Borrowed(track.location()), Cow::Owned);
    csv.write_field(safe(&path).as_bytes()).map_err(cause)?;
    csv.write_record(None::<&[u8]>).map_err(cause)
}

/// What `out` said, so that a caller can tell a closed pipe from a full disk.
fn cause(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// The value without control characters, and without a meaning to spreadsheets.
fn safe(value: &str) -> Cow<'_, str> {
    let has_control = value.chars().any(char::is_control);
    let value = match has_control {
        true => Cow::Owned(value.chars().filter(|c| !c.is_control()).collect::<String>()),
        false => Cow::Borrowed(value),
    };
    match value.starts_with(['=', '+', '-', '@']) {
        true => Cow::Owned(format!("'{value}")),
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rekordbox::read;

    fn csv(tracks: &str, options: CsvOptions) -> String {
        let xml = format!("<DJ_PLAYLISTS><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>");
        let library = read(xml.as_bytes()).unwrap();
        let table = Table::new(&library);
        let mut out = Vec::new();
        write_csv(&table, &table.rows(), options, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_track_fills_every_column() {
        let track = r#"<TRACK TrackID="7" Name=" Night, Train " Artist="A &amp; &quot;B&quot;" Album="C" Genre="D" Label="E" Remixer="F" Tonality="8A" AverageBpm="128.50" Year="2020" TotalTime="301" Rating="255" DateAdded="2024-03-01" Location="file://localhost/C:/a%20b.mp3"/>"#;
        assert_eq!(
            csv(track, CsvOptions::default()),
            "1,7,\"Night, Train\",\"A & \"\"B\"\"\",C,D,E,F,8A,128.5,2020,301,5,2024-03-01,C:/a b.mp3"
        );
    }

    #[test]
    fn unknown_is_empty_and_the_delimiter_is_free() {
        let track = r#"<TRACK TrackID="7" Name="x;y" Location="soundcloud:1"/>"#;
        let options = CsvOptions { delimiter: b';' };
        assert_eq!(csv(track, options), "1;7;\"x;y\";;;;;;;;;;;;soundcloud:1");
    }

    #[test]
    fn formulas_and_control_characters_are_disarmed() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+x", "'+x"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("\t=x", "'=x"),
            ("\u{1}=\u{7}x\r\n", "'=x"),
            ("a=b", "a=b"),
        ];
        for (value, expected) in cases {
            assert_eq!(safe(value), expected, "{value:?}");
        }
    }
}

//! Tracks of a library as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::rekordbox::{Bpm, Date, Location, Track};
use crate::results::Row;

/// The columns of the table, with texts as they are in the library.
#[derive(Serialize)]
struct LibraryTrackJson<'a> {
    index: usize,
    track_id: Option<u64>,
    title: &'a str,
    artist: &'a str,
    album: &'a str,
    genre: &'a str,
    label: &'a str,
    remixer: &'a str,
    mix: &'a str,
    year: Option<u32>,
    bpm: Option<f64>,
    key: &'a str,
    seconds: Option<u32>,
    rating: Option<u8>,
    date_added: Option<String>,
    file_path: String,
}

/// Writes an array with an object for each row, one to a line.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_tracks_json<'t>(
    mut out: impl Write,
    rows: impl Iterator<Item = Row<'t, Track<'t>>>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, row) in rows.enumerate() {
        out.write_all(if at > 0 { b",\n" } else { b"\n" })?;
        serde_json::to_writer(&mut out, &track(row.index, *row.item))?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()
}

fn track(index: usize, track: Track<'_>) -> LibraryTrackJson<'_> {
    LibraryTrackJson {
        index: index + 1,
        track_id: track.id(),
        title: track.title(),
        artist: track.artist(),
        album: track.album(),
        genre: track.genre(),
        label: track.label(),
        remixer: track.remixer(),
        mix: track.mix(),
        year: track.year(),
        bpm: track.bpm().map(Bpm::hundredths).map(|bpm| f64::from(bpm) / 100.0),
        key: track.key(),
        seconds: track.seconds(),
        rating: track.stars(),
        date_added: track.date_added().as_ref().map(Date::to_string),
        file_path: Location::decode(track.location()).as_str().to_owned(),
    }
}

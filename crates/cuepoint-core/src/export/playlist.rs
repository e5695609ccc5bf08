//! Tracks as a playlist that players open.

use std::io::{self, Write};

use super::cell::printable;
use crate::rekordbox::{Location, Track};

/// Writes an extended M3U playlist in UTF-8, and returns how many tracks it leaves out.
///
/// These are tracks without a file, and those whose path has a line end.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_m3u8<'t>(
    mut out: impl Write,
    tracks: impl Iterator<Item = Track<'t>>,
) -> io::Result<u64> {
    let mut left_out = 0;
    out.write_all(b"#EXTM3U\n")?;
    for track in tracks {
        match file(track) {
            Some(path) => write_track(&mut out, track, &path)?,
            None => left_out += 1,
        }
    }
    out.flush()?;
    Ok(left_out)
}

fn write_track(out: &mut impl Write, track: Track<'_>, path: &str) -> io::Result<()> {
    let seconds = track.seconds().map_or(-1, i64::from);
    let (artist, title) = (printable(track.artist().trim()), printable(track.title().trim()));
    let joint = if artist.is_empty() { "" } else { " - " };
    writeln!(out, "#EXTINF:{seconds},{artist}{joint}{title}")?;
    writeln!(out, "{path}")
}

/// The path of a file that a line can hold. A line that starts with `#` would be a comment.
fn file(track: Track<'_>) -> Option<String> {
    let (Location::Unix(path) | Location::Windows(path)) = Location::decode(track.location())
    else {
        return None;
    };
    let plain = !path.is_empty() && !path.starts_with('#') && !path.contains(['\n', '\r']);
    plain.then_some(path)
}

//! What a table lacks of its library.

use std::fmt;

use cuepoint_core::rekordbox::{Library, Node};

/// A table was written, without what the file names but does not hold.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// Tracks with neither a name nor a file.
    tracks: u64,
    /// Entries of playlists whose track is not in the file.
    entries: usize,
}

impl LeftOut {
    /// Fails if something of `library` is missing in a table of `playlists`, or of all tracks if
    /// there are none.
    pub(crate) fn check(library: &Library, playlists: &[Node<'_>]) -> anyhow::Result<()> {
        let missing =
            |playlist: &Node<'_>| playlist.entries().filter(|entry| entry.track.is_none()).count();
        let tracks = if playlists.is_empty() { library.report.skipped } else { 0 };
        let left_out = Self { tracks, entries: playlists.iter().map(missing).sum() };
        if left_out.tracks == 0 && left_out.entries == 0 { Ok(()) } else { Err(left_out.into()) }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tracks, entries } = self;
        match tracks {
            0 => {
                write!(f, "left out: {entries} playlist entries whose track is not in the library")?
            }
            _ => write!(f, "left out: {tracks} tracks with neither a name nor a file")?,
        }
        write!(f, "\n  help: `cuepoint inspect` lists the first of them")
    }
}

impl std::error::Error for LeftOut {}

//! What a table lacks of its library.

use std::fmt;

use cuepoint_core::rekordbox::{Library, Node};

/// A table was written, without what the file names but does not hold.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// Tracks with neither a name nor a file.
    tracks: u64,
    /// Entries of playlists whose track is not in the file.
    entries: u64,
    /// Tracks that a playlist cannot name.
    files: u64,
}

impl LeftOut {
    /// Fails if something of `library` is missing in a table of `playlists`, or if `files` could not
    /// be written. Without playlists the table is one of all tracks.
    pub(crate) fn check(
        library: &Library,
        playlists: &[Node<'_>],
        files: u64,
    ) -> anyhow::Result<()> {
        let entries = playlists.iter().flat_map(|playlist| playlist.entries());
        let left_out = Self {
            tracks: if playlists.is_empty() { library.report.skipped } else { 0 },
            entries: entries.filter(|entry| entry.track.is_none()).count() as u64,
            files,
        };
        if left_out.parts().next().is_none() { Ok(()) } else { Err(left_out.into()) }
    }

    /// What is missing, with its number.
    fn parts(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let parts = [
            (self.tracks, "tracks with neither a name nor a file"),
            (self.entries, "playlist entries whose track is not in the library"),
            (self.files, "tracks without a file that a playlist can name"),
        ];
        parts.into_iter().filter(|(count, _)| *count > 0)
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.parts().map(|(count, what)| format!("{count} {what}")).collect();
        write!(f, "left out: {}", parts.join(", "))?;
        write!(f, "\n  help: `cuepoint inspect` lists the first of them")
    }
}

impl std::error::Error for LeftOut {}

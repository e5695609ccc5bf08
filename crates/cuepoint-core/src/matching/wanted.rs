//! What is known about the track that is looked for.

use crate::key::Key;
use crate::name::{Name, Treatment, Version, readings, words};
use crate::rekordbox::{Bpm, Track};

/// A library's data about a track, in comparable form.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The ways to read its title and artist, likeliest first; never empty.
    pub readings: Vec<Name>,
    /// The year of release.
    pub year: Option<u32>,
    /// The duration.
    pub seconds: Option<u32>,
    /// The tempo.
    pub bpm: Option<Bpm>,
    pub(super) key: Option<Key>,
}

impl Wanted {
    /// The library's data about `track`.
    pub fn of_track(track: Track<'_>) -> Self {
        let mut wanted = Self::of_text(track.title(), track.artist());
        let column = Version::parse(track.mix());
        let remixer = words(track.remixer());
        for name in &mut wanted.readings {
            if let Some(column) = column.as_ref().filter(|_| name.version == Version::default()) {
                name.version = column.clone();
            }
            if name.version.treatment == Treatment::Remix && name.version.by.is_empty() {
                name.version.by.clone_from(&remixer);
            }
        }
        wanted.year = track.year();
        wanted.seconds = track.seconds();
        wanted.bpm = track.bpm();
        wanted.key = Key::parse(track.key());
        wanted
    }

    /// A track of which only the title and artist are known.
    pub fn of_text(title: &str, artist: &str) -> Self {
        let readings = readings(title, artist);
        Self { readings, year: None, seconds: None, bpm: None, key: None }
    }
}

//! What is known about the track that is looked for.

use crate::catalogue::CatalogTrack;
use crate::key::Key;
use crate::name::{Name, readings};
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
    /// The title and the artist as they are written.
    text: [String; 2],
}

impl Wanted {
    /// The library's data about `track`.
    pub fn of_track(track: Track<'_>) -> Self {
        let mut wanted = Self::of_text(track.title(), track.artist());
        if track.has_derived_title() {
            wanted.add_orders(track.title(), track.artist());
        }
        for name in &mut wanted.readings {
            name.add_columns(track.mix(), track.remixer());
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
        let text = [title.trim().to_owned(), artist.trim().to_owned()];
        Self { readings, text, year: None, seconds: None, bpm: None, key: None }
    }

    /// Adds the readings in which the parts of a file's name have other roles. There may be a hint
    /// between artist and title, no artist, or the title first.
    fn add_orders(&mut self, title: &str, artist: &str) {
        let forward = readings(&format!("{artist} - {title}"), "");
        for name in forward.into_iter().chain(readings(artist, title)) {
            if !artist.is_empty() && !self.readings.contains(&name) {
                self.readings.push(name);
            }
        }
    }

    /// Whether the catalogue has the very text of the library.
    pub(super) fn is_text_of(&self, track: CatalogTrack<'_>) -> bool {
        let [title, artist] = &self.text;
        title == track.title().trim() && artist == track.artists().trim()
    }
}

//! One track as it goes into a catalogue.

use crate::rekordbox::Bpm;

/// A track of a catalogue under construction. Texts may be empty and numbers none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The identifier, which no other entry may have.
    pub id: u64,
    /// The title, with or without the mix.
    pub title: String,
    /// Such as "Extended Mix".
    pub mix: String,
    /// Who made it.
    pub artists: Vec<String>,
    /// Who remixed it.
    pub remixers: Vec<String>,
    /// The tempo.
    pub bpm: Option<Bpm>,
    /// The key in any notation.
    pub key: String,
    /// The year of release.
    pub year: Option<u32>,
    /// The duration.
    pub seconds: Option<u32>,
    /// The label.
    pub label: String,
    /// The genre.
    pub genre: String,
    /// The International Standard Recording Code.
    pub isrc: String,
    /// The name of the release.
    pub release: String,
    /// When it was released, as written.
    pub release_date: String,
    /// Where to find it.
    pub url: String,
}

impl Entry {
    /// The bytes of all its texts, with what joins them.
    pub(super) fn text_bytes(&self) -> usize {
        let own = [&self.title, &self.mix, &self.key, &self.label, &self.genre, &self.isrc];
        let others = [&self.release, &self.release_date, &self.url];
        let lists = self.artists.iter().chain(&self.remixers).map(|name| name.len() + 2);
        own.into_iter().chain(others).map(String::len).sum::<usize>() + lists.sum::<usize>() + 1
    }
}

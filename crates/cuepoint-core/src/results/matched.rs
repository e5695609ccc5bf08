//! Tracks with a catalogue's data about them.

use super::earlier::EarlierTable;
use super::facts::Facts;
use super::saved::SavedRow;
use super::table::Item;
use crate::catalogue::{CatalogSource, CatalogTrack};
use crate::key::Key;
use crate::matching::TrackMatch;
use crate::rekordbox::{Media, Track};

/// A track of a library and the track of the catalogue that it is.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'a> {
    /// The track of the library.
    pub track: Track<'a>,
    /// What matching found; none if it was stopped before it came to this track.
    pub found: Option<&'a TrackMatch>,
    /// The track of the catalogue, if one is good enough.
    pub best: Option<CatalogTrack<'a>>,
    /// The row of an earlier table that is kept instead.
    pub kept: Option<&'a SavedRow>,
}

impl<'a> Matched<'a> {
    /// This row, or the one of `table` that has a match for the same track.
    #[must_use]
    pub fn or_kept(self, table: &'a EarlierTable) -> Self {
        Self { kept: table.matched(self.track), ..self }
    }

    /// A row for each of `tracks`, with what was `found` for it.
    pub fn rows(
        tracks: &[Track<'a>],
        found: &'a [Option<TrackMatch>],
        source: &'a impl CatalogSource,
    ) -> Vec<Self> {
        let row = |(track, found): (&Track<'a>, &'a Option<TrackMatch>)| {
            let found = found.as_ref();
            let best = found.and_then(TrackMatch::best).and_then(|best| source.get(best.id));
            Self { track: *track, found, best, kept: None }
        };
        tracks.iter().zip(found).map(row).collect()
    }
}

/// Year, tempo and key are those of the catalogue: what is not matched has none.
impl Item for Matched<'_> {
    fn texts(&self) -> [&str; 4] {
        if let Some(kept) = self.kept {
            return kept.texts();
        }
        let (title, artists) = self.best.map_or(("", ""), |best| (best.title(), best.artists()));
        [self.track.title(), self.track.artist(), title, artists]
    }

    fn facts(&self) -> Facts {
        if let Some(kept) = self.kept {
            return kept.facts();
        }
        let found = self.found.and_then(|found| Some((found, found.best()?)));
        Facts {
            year: self.best.and_then(CatalogTrack::year),
            bpm: self.best.and_then(CatalogTrack::bpm),
            seconds: self.track.seconds(),
            stars: self.track.stars(),
            key: self.best.and_then(|best| Key::parse(best.key())),
            score: found.map(|(_, best)| best.score.total),
            confidence: found.and_then(|(found, _)| found.confidence()),
            review: self.found.is_some_and(|found| !found.reasons.is_empty()),
        }
    }

    fn key(&self) -> &str {
        self.kept.map_or_else(|| self.best.map_or("", CatalogTrack::key), Item::key)
    }

    fn media(&self) -> Media {
        self.track.media()
    }
}

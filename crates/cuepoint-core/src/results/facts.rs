//! What rows are filtered and sorted by.

use crate::key::Key;
use crate::matching::{Confidence, Points};
use crate::rekordbox::{Bpm, Track};

/// The numbers of a row, adjacent in memory; none where a value is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The year of release.
    pub year: Option<u32>,
    /// The tempo.
    pub bpm: Option<Bpm>,
    /// The duration in seconds.
    pub seconds: Option<u32>,
    /// The rating, 0 to 5.
    pub stars: Option<u8>,
    /// The key.
    pub key: Option<Key>,
    /// The points of a match.
    pub score: Option<Points>,
    /// How certain a match is; none without one.
    pub confidence: Option<Confidence>,
    /// Whether it needs a review.
    pub review: bool,
}

impl Facts {
    pub(super) fn of_track(track: Track<'_>) -> Self {
        Self {
            year: track.year(),
            bpm: track.bpm(),
            seconds: track.seconds(),
            stars: track.stars(),
            key: Key::parse(track.key()),
            ..Self::default()
        }
    }
}

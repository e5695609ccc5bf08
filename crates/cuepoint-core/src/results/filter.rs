//! Which rows to show.

use super::facts::Facts;
use crate::key::Key;
use crate::matching::{Confidence, Points};
use crate::rekordbox::{Bpm, Media};
use crate::text::fold;

/// Conditions on a row, all of which must hold. The default holds for every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterSpec {
    /// Part of the title or artist, however accented and written; blanks around it do not count.
    pub text: String,
    /// The year of release.
    pub year: Bounds<u32>,
    /// The average tempo.
    pub bpm: Bounds<Bpm>,
    /// The rating in stars, 0 to 5.
    pub stars: Bounds<u8>,
    /// The key in any notation: "Am" finds "8A", "Db" finds "C#". Blank means any.
    pub key: String,
    /// The points of the match.
    pub score: Bounds<Points>,
    /// How certain the match is.
    pub confidence: Option<Confidence>,
    /// Whether there is a match.
    pub status: Option<Status>,
    /// Music, samples or videos; none means all.
    pub media: Vec<Media>,
}

/// Whether a track was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was.
    Matched,
    /// It was not.
    Unmatched,
    /// It needs a review, matched or not.
    Review,
}

impl Status {
    fn holds(self, facts: &Facts) -> bool {
        match self {
            Self::Matched => facts.confidence.is_some(),
            Self::Unmatched => facts.confidence.is_none(),
            Self::Review => facts.review || facts.confidence == Some(Confidence::Low),
        }
    }
}

/// An inclusive range, either end of which may be open.
///
/// If there is a bound, unknown values are outside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds<T> {
    /// The least value.
    pub min: Option<T>,
    /// The greatest value.
    pub max: Option<T>,
}

impl<T: PartialOrd + Copy> Bounds<T> {
    /// Bounds with both ends.
    pub const fn between(min: T, max: T) -> Self {
        Self { min: Some(min), max: Some(max) }
    }

    fn contains(&self, value: Option<T>) -> bool {
        match value {
            Some(value) => {
                self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value <= max)
            }
            None => self.min.is_none() && self.max.is_none(),
        }
    }
}

/// A filter made ready: what does not depend on the row is done once.
pub(super) struct Filter<'a> {
    spec: &'a FilterSpec,
    key: WantedKey,
}

enum WantedKey {
    Any,
    Known(Key),
    /// A text that is no key in any notation, folded: rows that have the same one.
    Text(String),
}

impl<'a> Filter<'a> {
    pub(super) fn new(spec: &'a FilterSpec) -> Self {
        let key = match Key::parse(&spec.key) {
            Some(key) => WantedKey::Known(key),
            None if spec.key.trim().is_empty() => WantedKey::Any,
            None => WantedKey::Text(fold(spec.key.trim())),
        };
        Self { spec, key }
    }

    /// Whether there is a condition besides the text: without one no row need be looked at.
    pub(super) fn asks_facts(&self) -> bool {
        let text_only = FilterSpec { text: self.spec.text.clone(), ..FilterSpec::default() };
        *self.spec != text_only
    }

    /// Whether all conditions but the text hold. The key as written and the kind of file are asked
    /// for only if they count.
    pub(super) fn holds<'r>(
        &self,
        facts: &Facts,
        key_text: impl FnOnce() -> &'r str,
        media: impl FnOnce() -> Media,
    ) -> bool {
        self.spec.year.contains(facts.year)
            && self.spec.bpm.contains(facts.bpm)
            && self.spec.stars.contains(facts.stars)
            && self.spec.score.contains(facts.score)
            && self.spec.confidence.is_none_or(|wanted| facts.confidence == Some(wanted))
            && self.spec.status.is_none_or(|status| status.holds(facts))
            && match &self.key {
                WantedKey::Any => true,
                WantedKey::Known(key) => facts.key == Some(*key),
                WantedKey::Text(text) => fold(key_text().trim()) == *text,
            }
            && (self.spec.media.is_empty() || self.spec.media.contains(&media()))
    }
}

//! What makes a track hard to find.

use crate::title::Parenthesis;
use crate::track::TrackFacts;

/// What makes a track hard to find in a catalogue.
///
/// If several reasons apply, the precedence is: absent, no artist, artist in the title, non-Latin,
/// accented, remix, extended, near miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing does.
    Plain,
    /// It is a remix or a rework.
    Remix,
    /// It is an extended version.
    Extended,
    /// The artist is in the title and nowhere else.
    ArtistInTitle,
    /// The library names no artist at all.
    NoArtist,
    /// The title has accented or other Latin letters beyond ASCII.
    Accented,
    /// The title has letters of another script.
    NonLatin,
    /// The catalogue has another work that resembles it.
    NearMiss,
    /// The catalogue does not have the work.
    Absent,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Remix,
        Self::Extended,
        Self::ArtistInTitle,
        Self::NoArtist,
        Self::Accented,
        Self::NonLatin,
        Self::NearMiss,
        Self::Absent,
    ];

    /// The name for tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Remix => "remix",
            Self::Extended => "extended",
            Self::ArtistInTitle => "artist in title",
            Self::NoArtist => "no artist",
            Self::Accented => "accented",
            Self::NonLatin => "non-Latin",
            Self::NearMiss => "near miss",
            Self::Absent => "absent",
        }
    }

    /// The kind of a track; `resembled` is whether a near miss of it is in the catalogue.
    pub(crate) fn of(facts: &TrackFacts, absent: bool, resembled: bool) -> Self {
        let title = &facts.title;
        match &title.parenthesis {
            _ if absent => Self::Absent,
            _ if facts.artist_blank && title.artist_prefix.is_none() => Self::NoArtist,
            _ if title.artist_prefix.is_some() => Self::ArtistInTitle,
            _ if title.base.chars().any(is_of_another_script) => Self::NonLatin,
            _ if title.base.chars().any(is_latin_beyond_ascii) => Self::Accented,
            Some(Parenthesis::Remix { .. } | Parenthesis::Rework { .. }) => Self::Remix,
            Some(Parenthesis::Extended(_)) => Self::Extended,
            _ if resembled => Self::NearMiss,
            _ => Self::Plain,
        }
    }
}

/// Latin letters end at U+024F as far as the generated titles have them.
fn is_of_another_script(letter: char) -> bool {
    letter > '\u{24f}' && letter.is_alphabetic()
}

/// Includes the combining marks that decomposed letters are written with.
fn is_latin_beyond_ascii(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{24f}' | '\u{300}'..='\u{36f}')
}

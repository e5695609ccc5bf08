//! What a catalogue holds, in the layout of its file.

use serde::{Deserialize, Serialize};

use super::index::Index;
use super::texts::Texts;
use crate::name::{Length, Treatment};

/// A searchable catalogue in memory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// The tracks, by rising identifier.
    pub(super) records: Vec<Record>,
    pub(super) texts: Texts,
    /// The words of all names, sorted: a word is meant by its place.
    pub(super) vocabulary: Texts,
    /// The words of each name, one name after the other; [`GAP`] ends an artist.
    pub(super) words: Vec<u32>,
    pub(super) index: Index,
}

/// Separates the words of two artists.
pub(super) const GAP: u32 = u32::MAX;

/// How many texts a record has.
const TEXTS: usize = 10;

/// One track. Texts are numbers in [`Catalogue::texts`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) texts: [u32; TEXTS],
    /// Hundredths of a beat a minute; 0 if not known, as for the next two.
    pub(super) bpm: u32,
    pub(super) year: u32,
    pub(super) seconds: u32,
    pub(super) treatment: Treatment,
    pub(super) length: Length,
    /// Where its words start in [`Catalogue::words`], and where those of the title, the optional
    /// ones, those of the version and those of the artists end.
    pub(super) words: [u32; 5],
}

impl Catalogue {
    /// The number of tracks.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are no tracks.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

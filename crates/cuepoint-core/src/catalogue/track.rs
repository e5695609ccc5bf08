//! One track of a catalogue.

use std::fmt;

use super::store::{Catalogue, GAP, Record};
use crate::name::{Length, Treatment};
use crate::rekordbox::Bpm;

/// One track of a catalogue. Texts are empty and numbers none where the catalogue does not say.
#[derive(Clone, Copy)]
pub struct CatalogTrack<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) record: &'a Record,
}

impl Catalogue {
    /// All tracks, by rising identifier.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = CatalogTrack<'_>> {
        self.records.iter().map(|record| CatalogTrack { catalogue: self, record })
    }
}

impl<'a> CatalogTrack<'a> {
    /// The identifier.
    pub fn id(self) -> u64 {
        self.record.id
    }

    /// The title, without the mix if that has a column of its own.
    pub fn title(self) -> &'a str {
        self.text(0)
    }

    /// Such as "Extended Mix".
    pub fn mix(self) -> &'a str {
        self.text(1)
    }

    /// The artists, separated by commas.
    pub fn artists(self) -> &'a str {
        self.text(2)
    }

    /// The remixers, separated by commas.
    pub fn remixers(self) -> &'a str {
        self.text(3)
    }

    /// The key as written.
    pub fn key(self) -> &'a str {
        self.text(4)
    }

    /// The label.
    pub fn label(self) -> &'a str {
        self.text(5)
    }

    /// The genre.
    pub fn genre(self) -> &'a str {
        self.text(6)
    }

    /// The International Standard Recording Code.
    pub fn isrc(self) -> &'a str {
        self.text(7)
    }

    /// The name of the release and, after a line end, its date.
    fn release_and_date(self) -> (&'a str, &'a str) {
        self.text(8).split_once('\n').unwrap_or((self.text(8), ""))
    }

    /// The name of the release.
    pub fn release(self) -> &'a str {
        self.release_and_date().0
    }

    /// When it was released, as written.
    pub fn release_date(self) -> &'a str {
        self.release_and_date().1
    }

    /// Where to find it.
    pub fn url(self) -> &'a str {
        self.text(9)
    }

    /// The tempo.
    pub fn bpm(self) -> Option<Bpm> {
        (self.record.bpm > 0).then_some(Bpm::from_hundredths(self.record.bpm))
    }

    /// The year of release.
    pub fn year(self) -> Option<u32> {
        (self.record.year > 0).then_some(self.record.year)
    }

    /// The duration in seconds.
    pub fn seconds(self) -> Option<u32> {
        (self.record.seconds > 0).then_some(self.record.seconds)
    }

    /// Its name in comparable words.
    pub fn name(self) -> NameWords<'a> {
        NameWords(self)
    }

    fn text(self, number: usize) -> &'a str {
        self.catalogue.texts.get(self.record.texts[number])
    }
}

impl fmt::Debug for CatalogTrack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut track = f.debug_struct("CatalogTrack");
        track.field("id", &self.id()).field("title", &self.title()).field("mix", &self.mix());
        track.field("artists", &self.artists()).finish()
    }
}

/// The name of a catalogue's track in folded words.
#[derive(Clone, Copy, Debug)]
pub struct NameWords<'a>(CatalogTrack<'a>);

impl<'a> NameWords<'a> {
    /// The words of the title itself.
    pub fn title(self) -> impl Iterator<Item = &'a str> {
        self.part(0)
    }

    /// Words of the title that are often left out.
    pub fn optional(self) -> impl Iterator<Item = &'a str> {
        self.part(1)
    }

    /// The words of who made the version, or of what it is called.
    pub fn by(self) -> impl Iterator<Item = &'a str> {
        self.part(2)
    }

    /// The words of each artist.
    pub fn artists(self) -> impl Iterator<Item = impl Iterator<Item = &'a str>> {
        let catalogue = self.0.catalogue;
        let artists = self.numbers(3).split(|&number| number == GAP);
        artists.filter(|artist| !artist.is_empty()).map(move |artist| words(catalogue, artist))
    }

    /// What was done to the work.
    pub fn treatment(self) -> Treatment {
        self.0.record.treatment
    }

    /// How long the version is meant to be.
    pub fn length(self) -> Length {
        self.0.record.length
    }

    fn part(self, part: usize) -> impl Iterator<Item = &'a str> {
        words(self.0.catalogue, self.numbers(part))
    }

    fn numbers(self, part: usize) -> &'a [u32] {
        let ends = &self.0.record.words;
        &self.0.catalogue.words[ends[part] as usize..ends[part + 1] as usize]
    }
}

fn words<'a>(catalogue: &'a Catalogue, numbers: &'a [u32]) -> impl Iterator<Item = &'a str> {
    numbers.iter().map(|&number| catalogue.vocabulary.get(number))
}

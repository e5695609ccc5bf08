//! One row of a catalogue.

use crate::rng::Rng;
use crate::title::label;
use crate::track::{CLASSIC_KEYS, GENRES, bpm};
use crate::words::title_word;

use super::spelling::Spelling;
use super::version::Version;

/// Rows whose title names the version too, of 10,000.
const MIX_IN_TITLE: u64 = 2_000;

/// One version of a work, as a shop lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueRow {
    /// The shop's number, of nine digits.
    pub id: u64,
    /// The title, in one row of five with the version in parentheses.
    pub title: String,
    /// The version.
    pub mix: String,
    /// The artists, now and then several in one.
    pub artists: Vec<String>,
    /// Who made the version of the original; none for the original.
    pub remixers: Vec<String>,
    /// Hundredths of a beat a minute.
    pub bpm_hundredths: u32,
    /// The key in classic notation, as `F#m`.
    pub key: String,
    /// The year of the release.
    pub year: u32,
    /// The length.
    pub seconds: u32,
    /// The label.
    pub label: String,
    /// The genre, never empty.
    pub genre: String,
    /// The recording's international code: twelve letters and digits.
    pub isrc: String,
    /// The name of the release.
    pub release: String,
    /// The day of the release, as `2019-03-28`.
    pub release_date: String,
    /// The shop's page.
    pub url: String,
}

impl CatalogueRow {
    /// The row with what depends on its place in the catalogue.
    pub(crate) fn at(mut self, place: usize) -> Self {
        self.id = id(place);
        self.url = format!("https://catalogue.example/track/{}", self.id);
        let (registrant, number) = (place / 100_000 % 1_000, place % 100_000);
        self.isrc = format!("QZ{registrant:03}{:02}{number:05}", self.year % 100);
        self
    }
}

/// The number of the row at `place`.
///
/// Odd factors are invertible modulo a power of two, so no two rows share a number.
pub(crate) fn id(place: usize) -> u64 {
    100_000_000 + (place as u64 + 1).wrapping_mul(0x2c1b_3c6d) % (1 << 29)
}

/// What the rows of a work have in common.
#[derive(Clone, Debug)]
pub(crate) struct Sleeve {
    pub(crate) title: String,
    pub(crate) artists: Vec<String>,
    pub(crate) spelling: Spelling,
    pub(crate) label: String,
    pub(crate) genre: String,
    release: String,
}

/// What is measured of one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sound {
    pub(crate) seconds: u64,
    /// Hundredths of a beat a minute.
    pub(crate) bpm: u64,
    pub(crate) key: &'static str,
    pub(crate) year: u64,
}

impl Sleeve {
    pub(crate) fn draw(
        rng: &mut Rng,
        spelling: Spelling,
        title: String,
        artists: Vec<String>,
    ) -> Self {
        let release = if rng.chance(5_000) { format!("{title} EP") } else { title_word(rng) };
        let genre = rng.pick(&GENRES).to_owned();
        Self { title, artists, spelling, label: label(rng), genre, release }
    }

    /// The row of one version, but for what its place decides.
    pub(crate) fn row(&self, rng: &mut Rng, version: &Version, sound: Sound) -> CatalogueRow {
        let mix = self.spelling.text(&version.mix);
        let named = rng.chance(MIX_IN_TITLE);
        CatalogueRow {
            id: 0,
            title: if named { format!("{} ({mix})", self.title) } else { self.title.clone() },
            mix,
            artists: self.artists.clone(),
            remixers: version.remixers.clone(),
            bpm_hundredths: sound.bpm as u32,
            key: sound.key.to_owned(),
            year: sound.year as u32,
            seconds: sound.seconds as u32,
            label: self.label.clone(),
            genre: self.genre.clone(),
            isrc: String::new(),
            release: self.release.clone(),
            release_date: format!(
                "{}-{:02}-{:02}",
                sound.year,
                rng.between(1, 12),
                rng.between(1, 28)
            ),
            url: String::new(),
        }
    }
}

impl Sound {
    /// A sound that nothing is known of.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            seconds: rng.between(180, 480),
            bpm: bpm(rng),
            key: rng.pick(&CLASSIC_KEYS),
            year: rng.between(1_999, 2_024),
        }
    }
}

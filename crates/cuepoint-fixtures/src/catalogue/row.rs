//! One row of a catalogue.

use cuepoint_core::catalogue::Entry;
use cuepoint_core::rekordbox::Bpm;

use crate::rng::Rng;
use crate::title::label;
use crate::track::{CLASSIC_KEYS, GENRES, bpm};
use crate::words::title_word;

use super::spelling::Spelling;
use super::version::Version;

/// Rows whose title names the version too, of 10,000.
const MIX_IN_TITLE: u64 = 2_000;

/// `row` with what depends on its place in the catalogue.
pub(crate) fn at(mut row: Entry, place: usize) -> Entry {
    row.id = id(place);
    row.url = format!("https://catalogue.example/track/{}", row.id);
    let (registrant, number) = (place / 100_000 % 1_000, place % 100_000);
    row.isrc = format!("QZ{registrant:03}{:02}{number:05}", row.year.unwrap_or(0) % 100);
    row
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
    title: String,
    artists: Vec<String>,
    spelling: Spelling,
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
    pub(crate) fn row(&self, rng: &mut Rng, version: &Version, sound: Sound) -> Entry {
        let mix = self.spelling.text(&version.mix);
        let named = rng.chance(MIX_IN_TITLE);
        Entry {
            id: 0,
            title: if named { format!("{} ({mix})", self.title) } else { self.title.clone() },
            mix,
            artists: self.artists.clone(),
            remixers: version.remixers.clone(),
            bpm: Some(Bpm::from_hundredths(sound.bpm as u32)),
            key: sound.key.to_owned(),
            year: Some(sound.year as u32),
            seconds: Some(sound.seconds as u32),
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

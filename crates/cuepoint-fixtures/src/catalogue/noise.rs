//! Works that have nothing to do with the library.

use std::collections::HashSet;

use cuepoint_core::catalogue::Entry;

use crate::credit::credit;
use crate::rng::Rng;
use crate::title::TitleParts;

use super::plan::{Work, name};
use super::row::Sound;
use super::version::Version;
use super::work::plain_sleeve;

const STREAM: u64 = 0x6e6f_6973;

/// Adds invented works to `rows` until there are `entries`.
///
/// Credits are drawn as for a library of that size, so that the artists of the library have other
/// works too.
pub(crate) fn fill(rows: &mut Vec<Entry>, taken: &mut HashSet<String>, entries: usize, seed: u64) {
    for number in 0.. {
        if rows.len() >= entries {
            return;
        }
        let mut rng = Rng::new(seed ^ STREAM, number);
        let artists = credit(&mut rng, entries).artists;
        let work = Work::of(&TitleParts::draw(&mut rng, None), artists);
        if taken.insert(name(&work.artists, &work.base)) {
            let left = entries - rows.len();
            rows.extend(invented(&mut rng, &work).into_iter().take(left));
        }
    }
}

/// One to three versions of `work`.
fn invented(rng: &mut Rng, work: &Work) -> Vec<Entry> {
    let sleeve = plain_sleeve(rng, work);
    let drawn = Sound::draw(rng);
    let longer = rng.between(45, 120);
    let original = Sound { seconds: drawn.seconds.min(480 - longer), ..drawn };
    let extended = Sound { seconds: original.seconds + longer, ..drawn };
    let remixed = Sound { bpm: original.bpm, year: original.year, ..Sound::draw(rng) };
    let versions = [
        (Version::original(), original),
        (Version::extended(), extended),
        (Version::remix(rng), remixed),
    ];
    let count = rng.between(1, versions.len() as u64) as usize;
    let versions = versions.iter().take(count);
    versions.map(|(version, sound)| sleeve.row(rng, version, *sound)).collect()
}

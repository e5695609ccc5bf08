//! Artist credits: who made a track, as DJs write it.

use crate::rng::Rng;
use crate::words::{capitalised, invented};

/// Shares of credits that name one, two, three or four artists, of 1,000.
const ARTISTS_IN_CREDIT: [u64; 4] = [780, 160, 45, 15];

/// Who made a track.
#[derive(Clone, Debug)]
pub(crate) struct Credit {
    /// The artists, one by one.
    pub(crate) artists: Vec<String>,
    /// The artists as a library writes them.
    pub(crate) text: String,
}

/// The credit of a track in a library of `tracks`: about one distinct credit for three tracks.
pub(crate) fn credit(rng: &mut Rng, tracks: usize) -> Credit {
    let rank = rng.zipf((tracks as u64 / 3).max(1));
    let mut of_rank = Rng::new(0x6372_6564, rank);
    let count = of_rank.weighted(&ARTISTS_IN_CREDIT) + 1;
    let mut text = artist(&mut of_rank);
    let mut artists = vec![text.clone()];
    for _ in 1..count {
        text.push_str(separator(&mut of_rank));
        let next = artist(&mut of_rank);
        text.push_str(&next);
        artists.push(next);
    }
    Credit { artists, text }
}

/// One artist's name.
pub(crate) fn artist(rng: &mut Rng) -> String {
    let first = capitalised(&invented(rng.below(100_000)));
    match rng.weighted(&[34, 52, 6, 8]) {
        0 => first,
        1 => format!("{first} {}", capitalised(&invented(rng.below(100_000)))),
        2 => format!("DJ {first}"),
        _ => format!("The {first} {}", capitalised(&invented(rng.below(100_000)))),
    }
}

fn separator(rng: &mut Rng) -> &'static str {
    match rng.weighted(&[50, 30, 12, 4, 4]) {
        0 => ", ",
        1 => " & ",
        2 => " feat. ",
        3 => " x ",
        _ => " vs. ",
    }
}

//! Artist credits: who made a track, as DJs write it.

use crate::rng::Rng;
use crate::words::{capitalised, invented};

/// Shares of credits that name one, two, three or four artists, of 1,000.
const ARTISTS_IN_CREDIT: [u64; 4] = [780, 160, 45, 15];

/// The credit of a track in a library of `tracks`: about one distinct credit for three tracks.
pub(crate) fn credit(rng: &mut Rng, tracks: usize) -> String {
    let rank = rng.zipf((tracks as u64 / 3).max(1));
    let mut of_rank = Rng::new(0x6372_6564, rank);
    let artists = of_rank.weighted(&ARTISTS_IN_CREDIT) + 1;
    let mut credit = artist(&mut of_rank);
    for _ in 1..artists {
        credit.push_str(separator(&mut of_rank));
        credit.push_str(&artist(&mut of_rank));
    }
    credit
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

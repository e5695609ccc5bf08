//! Rows that resemble a track and are another work.

use std::collections::HashSet;

use cuepoint_core::catalogue::Entry;

use crate::credit::credit;
use crate::rng::Rng;
use crate::title::Parenthesis;
use crate::track::{CLASSIC_KEYS, TrackFacts, bpm, classic_key};
use crate::words::title_word;

use super::plan::{Work, name};
use super::row::Sound;
use super::version::Version;
use super::work::{GAP, plain_sleeve};

const STREAM: u64 = 0x6e65_6172;

/// Tracks with a row of the same title by another artist, of 10,000.
const SAME_TITLE: u64 = 1_000;

/// Tracks with a row of a similar title by the same artists, of 10,000.
const SAME_ARTISTS: u64 = 2_000;

/// The size of library whose artists the smallest libraries are resembled by.
const FEWEST: usize = 1_000;

/// Signs between words.
const JOINTS: [&str; 2] = ["&", "-"];

/// Adds the near misses of all tracks to `rows` and returns which tracks have one.
pub(crate) fn add(
    rows: &mut Vec<Entry>,
    facts: &[TrackFacts],
    taken: &mut HashSet<String>,
    seed: u64,
) -> HashSet<usize> {
    let mut resembled = HashSet::new();
    for (index, track) in facts.iter().enumerate() {
        let mut rng = Rng::new(seed ^ STREAM, index as u64);
        let before = rows.len();
        if rng.chance(SAME_TITLE) {
            rows.extend(same_title(&mut rng, track, facts.len(), taken));
        }
        if rng.chance(SAME_ARTISTS) {
            rows.extend(same_artists(&mut rng, track, taken));
        }
        if rows.len() > before {
            resembled.insert(index);
        }
    }
    resembled
}

/// The title of `track` by another artist, with a length, tempo and key of its own.
fn same_title(
    rng: &mut Rng,
    track: &TrackFacts,
    tracks: usize,
    taken: &mut HashSet<String>,
) -> Option<Entry> {
    let work = rng.until(|rng| by_another(rng, track, tracks), |work| is_free(work, taken));
    let own = classic_key(&track.tonality);
    let key = rng.until(|rng| rng.pick(&CLASSIC_KEYS), |key| Some(*key) != own);
    let bpm = rng.until(bpm, |bpm| bpm.abs_diff(track.bpm) >= 100);
    row(rng, track, &work, taken, |sound| Sound { bpm, key, ..sound })
}

/// A similar title by the artists of `track`, with a length of its own and nearly its tempo.
fn same_artists(rng: &mut Rng, track: &TrackFacts, taken: &mut HashSet<String>) -> Option<Entry> {
    let work = rng.until(|rng| of_similar_title(rng, track), |work| is_free(work, taken));
    let bpm = rng.pick(&[track.bpm, track.bpm, track.bpm - 200, track.bpm + 200]);
    row(rng, track, &work, taken, |sound| Sound { bpm, ..sound })
}

fn is_free(work: &Work, taken: &HashSet<String>) -> bool {
    !taken.contains(&name(&work.artists, &work.base))
}

/// The row of `work`, unless there is a work of that name; its length is not that of `track`.
fn row(
    rng: &mut Rng,
    track: &TrackFacts,
    work: &Work,
    taken: &mut HashSet<String>,
    tuned: impl Fn(Sound) -> Sound,
) -> Option<Entry> {
    if !taken.insert(name(&work.artists, &work.base)) {
        return None;
    }
    let version = match track.title.parenthesis {
        Some(Parenthesis::Extended(_)) => Version::extended(),
        _ => Version::original(),
    };
    let sound = rng.until(Sound::draw, |sound| sound.seconds.abs_diff(track.seconds) >= GAP);
    let sleeve = plain_sleeve(rng, work);
    Some(sleeve.row(rng, &version, tuned(sound)))
}

/// The title of `track` by another artist.
fn by_another(rng: &mut Rng, track: &TrackFacts, tracks: usize) -> Work {
    let artists = credit(rng, tracks.max(FEWEST)).artists;
    Work { artists, feats: Vec::new(), ..Work::of(&track.title, Vec::new()) }
}

/// A work by the artists of `track` whose title differs by a word or a part.
fn of_similar_title(rng: &mut Rng, track: &TrackFacts) -> Work {
    let artists = track.credit.artists.clone();
    let base = similar(rng, &track.title.base.replace('"', ""));
    Work { base, feats: Vec::new(), word: None, ..Work::of(&track.title, artists) }
}

/// `base` with a part number, a word replaced, a word added or, if it has several, one dropped.
fn similar(rng: &mut Rng, base: &str) -> String {
    let mut parts: Vec<String> = base.split_whitespace().map(str::to_owned).collect();
    let words: Vec<usize> = (0..parts.len()).filter(|&at| !is_joint(&parts[at])).collect();
    let at = rng.pick(&words);
    match rng.below(if words.len() > 1 { 4 } else { 3 }) {
        0 => parts.push("Pt. 2".to_owned()),
        1 => parts[at] = title_word(rng),
        2 => parts.push(title_word(rng)),
        _ => drop_word(&mut parts, at),
    }
    parts.join(" ")
}

/// The joint that is left without a word goes too.
fn drop_word(parts: &mut Vec<String>, at: usize) {
    parts.remove(at);
    let joint = at.saturating_sub(1);
    if is_joint(&parts[joint]) {
        parts.remove(joint);
    }
}

fn is_joint(part: &str) -> bool {
    JOINTS.contains(&part)
}

//! The rows of one work of the library.

use cuepoint_core::catalogue::Entry;

use crate::rng::Rng;
use crate::track::{CLASSIC_KEYS, TrackFacts, classic_key};

use super::plan::Work;
use super::row::{Sleeve, Sound};
use super::spelling::Spelling;
use super::version::Version;

const STREAM: u64 = 0x726f_7773;

/// How far other versions are from a track, in seconds: 20 of its row, which may be 2 off.
pub(crate) const GAP: u64 = 22;

/// Tracks whose row has the very year that the library has, of 10,000.
const SAME_YEAR: u64 = 8_000;

/// The rows of `work`, in the order of its versions; none if it is absent.
pub(crate) fn rows(work: &Work, facts: &[TrackFacts], seed: u64) -> Vec<Entry> {
    let Some(first) = work.versions.first().and_then(|planned| planned.track) else {
        return Vec::new();
    };
    let mut rng = Rng::new(seed ^ STREAM, first as u64);
    let sleeve = sleeve(&mut rng, work, &facts[first]);
    let mut claims = Vec::new();
    for planned in &work.versions {
        claims.push(planned.track.map(|track| of_track(&mut rng, &facts[track])));
    }
    let lengths = Lengths::draw(&mut rng, work, &claims);
    let common = claims.iter().flatten().next().copied().unwrap_or_else(|| Sound::draw(&mut rng));
    let mut rows = Vec::new();
    for (planned, claim) in work.versions.iter().zip(claims) {
        let version = &planned.version;
        let sound = claim.unwrap_or_else(|| lengths.sound(&mut rng, version, common));
        rows.push(sleeve.row(&mut rng, version, sound));
    }
    rows
}

/// How `work` is listed; `facts` are those of its first track.
fn sleeve(rng: &mut Rng, work: &Work, facts: &TrackFacts) -> Sleeve {
    let mut sleeve = plain_sleeve(rng, work);
    if let Some(label) = &facts.label {
        sleeve.label.clone_from(label);
    }
    if !facts.genre.is_empty() {
        sleeve.genre.clone_from(&facts.genre);
    }
    sleeve
}

/// How `work` is listed if nothing is known but its title and artists.
pub(crate) fn plain_sleeve(rng: &mut Rng, work: &Work) -> Sleeve {
    let spelling = Spelling::draw(rng);
    let title = spelling.title(&work.base, work.word.as_deref(), &work.feats);
    let artists = spelling.artists(&work.artists, &work.feats);
    Sleeve::draw(rng, spelling, title, artists)
}

/// The data in the right row of a track: the library's, with the differences between shops.
fn of_track(rng: &mut Rng, facts: &TrackFacts) -> Sound {
    let free = Sound::draw(rng);
    let year = match facts.year.parse() {
        Ok(0) | Err(_) => free.year,
        Ok(year) if rng.chance(SAME_YEAR) => year,
        Ok(year) => year - 1 + 2 * rng.below(2),
    };
    Sound {
        seconds: facts.seconds - 2 + rng.below(5),
        bpm: facts.bpm - 2 + rng.below(5),
        key: classic_key(&facts.tonality).unwrap_or(free.key),
        year,
    }
}

/// The lengths of the versions that no track of the library is.
struct Lengths {
    original: u64,
    extended: u64,
    /// Those of the tracks of the library.
    claimed: Vec<u64>,
}

impl Lengths {
    fn draw(rng: &mut Rng, work: &Work, claims: &[Option<Sound>]) -> Self {
        let claimed: Vec<u64> = claims.iter().flatten().map(|sound| sound.seconds).collect();
        let claim = |version: &Version| {
            let found = work.versions.iter().position(|planned| planned.version.is(version));
            found.and_then(|at| claims[at]).map(|sound| sound.seconds)
        };
        let original = claim(&Version::original());
        let extended = claim(&Version::extended());
        let (original, extended) = rng.until(
            |rng| pair(rng, original, extended),
            |pair| {
                (original.is_some() || is_clear(pair.0, &claimed))
                    && (extended.is_some() || is_clear(pair.1, &claimed))
            },
        );
        Self { original, extended, claimed }
    }

    /// What a version is like that no track is; `common` is what a track of the work is like.
    fn sound(&self, rng: &mut Rng, version: &Version, common: Sound) -> Sound {
        let bpm = rng.pick(&[common.bpm, common.bpm, common.bpm - 200, common.bpm + 200]);
        let sound = Sound { bpm, ..common };
        if version.is(&Version::original()) {
            return Sound { seconds: self.original, ..sound };
        }
        if version.is(&Version::extended()) {
            return Sound { seconds: self.extended, ..sound };
        }
        let seconds =
            rng.until(|rng| rng.between(180, 480), |seconds| is_clear(*seconds, &self.claimed));
        let year = (common.year + rng.below(3)).min(2_025);
        Sound { seconds, bpm, key: rng.pick(&CLASSIC_KEYS), year }
    }
}

/// The lengths of the original and the extended version, of which either may be given.
fn pair(rng: &mut Rng, original: Option<u64>, extended: Option<u64>) -> (u64, u64) {
    let longer = rng.between(45, 120);
    match (original, extended) {
        (Some(original), Some(extended)) => (original, extended),
        (Some(original), None) => (original, original + longer),
        (None, Some(extended)) => (extended - longer, extended),
        (None, None) => {
            let original = rng.between(180, 360);
            (original, original + longer)
        }
    }
}

fn is_clear(seconds: u64, of: &[u64]) -> bool {
    of.iter().all(|other| other.abs_diff(seconds) >= GAP)
}

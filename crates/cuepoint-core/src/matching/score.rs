//! How well a candidate fits, and why it is refused.
//!
//! | part | points |
//! |---|---|
//! | title | 0 to 50, by the words in common |
//! | artist | 0 to 35, by the artists in common; without an artist the title has 80 |
//! | version | 0 to 15; without an artist 20 |
//! | duration | −8 to +4 |
//! | tempo | −3 to +2 |
//! | year | −2 to +2 |
//! | key | −1 to +2 |
//!
//! The first three are the base. A candidate is refused by name, whatever its points, if its title
//! or its artists are others.

use std::cmp::{Ordering, Reverse};

use super::similarity::{Similarity, Word, artist_words, compare, title_words};
use super::version::version_points;
use super::wanted::Wanted;
use crate::catalogue::{CatalogTrack, NameWords};
use crate::key::Key;
use crate::name::Name;
use crate::rekordbox::Bpm;

/// The points from which on a candidate is taken for the track.
const ACCEPTED: Points = Points(700);

/// Points in tenths: whole numbers compare the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(pub i32);

impl Points {
    /// Rounds to tenths.
    pub fn of(points: f64) -> Self {
        Self((points * 10.0).round() as i32)
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", self.0.abs() / 10, self.0.abs() % 10)
    }
}

/// Why a candidate is not the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too few words of the title agree, or each side has words that the other lacks.
    OtherTitle,
    /// One title has words that the other lacks, and the duration does not confirm it.
    MoreWords,
    /// No artist agrees.
    OtherArtist,
    /// Only the title is known, and the duration or tempo speaks against it.
    OnlyTheTitle,
    /// Too few points.
    TooFewPoints,
}

impl Refusal {
    /// Its name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtherTitle => "other_title",
            Self::MoreWords => "more_words",
            Self::OtherArtist => "other_artist",
            Self::OnlyTheTitle => "only_the_title",
            Self::TooFewPoints => "too_few_points",
        }
    }
}

/// How well a candidate fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The base and all adjustments.
    pub total: Points,
    /// Title, artist and version together, 0 to 100.
    pub base: Points,
    /// The similarity of the titles, 0 to 100.
    pub title: Points,
    /// That of the artists; none if one side names none, or the titles alone are too different. Such
    /// a candidate has no points for its artists.
    pub artist: Option<Points>,
    /// How well the version fits, 0 to 100.
    pub version: Points,
    /// What the durations add.
    pub duration: Points,
    /// What the tempos add.
    pub tempo: Points,
    /// What the years add.
    pub year: Points,
    /// What the keys add.
    pub key: Points,
    /// The difference of the durations in seconds; none if one is not known.
    pub seconds_apart: Option<u32>,
    /// The difference of the years.
    pub years_apart: Option<u32>,
    /// Whether the title and the artist are written in the same way.
    pub same_text: bool,
    /// Whether a word had to be taken for another with a slip.
    pub slip: bool,
    /// Why the candidate is not the track, if it is not.
    pub refusal: Option<Refusal>,
}

impl Score {
    /// Best first. With the identifier as the last criterion the order is total.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |score: &Self| {
            let apart = (score.seconds_apart.unwrap_or(u32::MAX), score.years_apart);
            let years = apart.1.unwrap_or(u32::MAX);
            let points = (Reverse(score.total), Reverse(score.base), Reverse(score.version));
            (score.refusal.is_some(), points, !score.same_text, apart.0, years)
        };
        key(self).cmp(&key(other))
    }
}

/// Seconds by which two files of one recording may differ.
const SAME_DURATION: u32 = 5;

/// Titles less alike than this are others, of 1.
const LEAST_TITLE: f64 = 0.72;

/// Without an artist the title has to be nearly the same.
const LEAST_LONE_TITLE: f64 = 0.95;

/// Artists less alike than this are others, of 1.
const LEAST_ARTIST: f64 = 0.45;

/// Scores candidates for one track. What does not depend on the candidate is made once.
pub(super) struct Scorer<'w, 'c> {
    wanted: &'w Wanted,
    readings: Vec<Reading<'w>>,
    /// The words of a candidate's title; kept for its allocation.
    found: Vec<Word<'c>>,
}

/// A way to read a name, as words to compare.
struct Reading<'w> {
    name: &'w Name,
    title: Vec<Word<'w>>,
    /// Each artist with its weight.
    artists: Vec<(Vec<Word<'w>>, f64)>,
}

impl<'w> Reading<'w> {
    fn of(name: &'w Name) -> Self {
        let main = name.credit.main.iter().map(|artist| (artist, 1.0));
        let featured = name.credit.featured.iter().map(|artist| (artist, FEATURED));
        let artists = main.chain(featured);
        Self {
            name,
            title: title_words(texts(&name.title), texts(&name.optional)).collect(),
            artists: artists
                .map(|(artist, weight)| (artist_words(texts(artist)), weight))
                .collect(),
        }
    }
}

impl<'w, 'c> Scorer<'w, 'c> {
    pub(super) fn new(wanted: &'w Wanted) -> Self {
        let readings = wanted.readings.iter().map(Reading::of).collect();
        Self { wanted, readings, found: Vec::new() }
    }

    /// The best score of `track` over the readings; none without one.
    pub(super) fn score(&mut self, track: CatalogTrack<'c>) -> Option<Score> {
        let evidence = Evidence::of(self.wanted, track);
        let mut best: Option<Score> = None;
        for reading in &mut self.readings {
            let found = track.name();
            let optional = found.optional().chain(hinted_remixer(reading.name, found));
            self.found.clear();
            self.found.extend(title_words(found.title(), optional));
            let title = compare(&mut reading.title, &mut self.found);
            let next = score_reading(self.wanted, reading, track, &title, &evidence);
            if best.is_none_or(|best| next.order(&best).is_lt()) {
                best = Some(next);
            }
        }
        best
    }
}

fn score_reading(
    wanted: &Wanted,
    reading: &mut Reading<'_>,
    track: CatalogTrack<'_>,
    title: &Similarity,
    evidence: &Evidence,
) -> Score {
    // Most candidates share a few words only: their artists would take most of the time.
    let compared = title.ratio >= LEAST_TITLE;
    let artist = if compared { artist_similarity(reading, track) } else { Some(0.0) };
    let version = version_points(&reading.name.version, &reading.name.optional, track.name());
    let base = match artist {
        Some(artist) => 50.0 * title.ratio + 35.0 * artist + 0.15 * version,
        None => 80.0 * title.ratio + 0.20 * version,
    };
    let sum = evidence.duration + evidence.tempo + evidence.year + evidence.key;
    let mut score = Score {
        total: Points::of((base + sum).max(0.0)),
        base: Points::of(base),
        title: Points::of(title.ratio * 100.0),
        artist: artist.filter(|_| compared).map(|artist| Points::of(artist * 100.0)),
        version: Points::of(version),
        duration: Points::of(evidence.duration),
        tempo: Points::of(evidence.tempo),
        year: Points::of(evidence.year),
        key: Points::of(evidence.key),
        seconds_apart: evidence.seconds_apart,
        years_apart: evidence.years_apart,
        same_text: title.ratio >= 1.0 && wanted.is_text_of(track),
        slip: title.slip,
        refusal: None,
    };
    score.refusal = refusal(&score, title, artist, evidence);
    score
}

/// The words of the candidate's remixer that are among the optional words of `name`. Those of
/// "Title Vega Remix" may belong to the title or name the remixer.
fn hinted_remixer<'a>(name: &Name, found: NameWords<'a>) -> impl Iterator<Item = &'a str> {
    let open = name.version.by.is_empty();
    found.by().filter(move |word| open && name.optional.iter().any(|hint| hint == word))
}

fn refusal(
    score: &Score,
    title: &Similarity,
    artist: Option<f64>,
    evidence: &Evidence,
) -> Option<Refusal> {
    let more_words = title.left_over != [false, false] || title.other_option;
    let confirmed = evidence.seconds_apart.is_some_and(|apart| apart <= SAME_DURATION);
    let contradicted = evidence.duration < 0.0;
    if title.ratio < LEAST_TITLE || title.left_over == [true, true] {
        Some(Refusal::OtherTitle)
    } else if more_words && !confirmed || title.minor && contradicted {
        Some(Refusal::MoreWords)
    } else if artist.is_some_and(|artist| artist < LEAST_ARTIST) {
        Some(Refusal::OtherArtist)
    } else if artist.is_none() && (title.ratio < LEAST_LONE_TITLE || evidence.contradicts()) {
        Some(Refusal::OnlyTheTitle)
    } else if score.total < ACCEPTED {
        Some(Refusal::TooFewPoints)
    } else {
        None
    }
}

fn texts(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(String::as_str)
}

/// How much the artists have in common, 0 to 1; none if one side names none.
///
/// Both sides are asked how well the other covers them. The better answer counts more: a library
/// often names one of two artists, and a catalogue leaves out who is featured.
fn artist_similarity(reading: &mut Reading<'_>, track: CatalogTrack<'_>) -> Option<f64> {
    let mut found: Vec<_> = track.name().artists().map(artist_words).collect();
    if reading.name.credit.main.is_empty() || found.is_empty() {
        return None;
    }
    let mut by = artist_words(track.name().by());
    let forward = mean(reading.artists.iter_mut().map(|(artist, weight)| {
        let others = found.iter_mut().chain([&mut by]);
        (others.map(|other| artist_alike(artist, other)).fold(0.0, f64::max), *weight)
    }));
    let backward = mean(found.iter_mut().map(|artist| {
        let others = reading.artists.iter_mut().map(|(other, _)| artist_alike(artist, other));
        (others.fold(0.0, f64::max), 1.0)
    }));
    Some(0.75 * forward.max(backward) + 0.25 * forward.min(backward))
}

/// The weight of a featured artist beside that of a main one.
const FEATURED: f64 = 0.3;

fn artist_alike(one: &mut [Word<'_>], other: &mut [Word<'_>]) -> f64 {
    let found = compare(one, other);
    // One common word of two is a common first name, and a name is not both misspelt and shortened.
    let other = found.slip && found.left_over != [false, false];
    if found.ratio < 0.6 || other { 0.0 } else { found.ratio }
}

fn mean(values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weights) = values.fold((0.0, 0.0), |(sum, weights), (value, weight)| {
        (sum + value * weight, weights + weight)
    });
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// What speaks for and against a candidate besides its name.
struct Evidence {
    duration: f64,
    tempo: f64,
    year: f64,
    key: f64,
    seconds_apart: Option<u32>,
    years_apart: Option<u32>,
}

impl Evidence {
    fn of(wanted: &Wanted, track: CatalogTrack<'_>) -> Self {
        let apart = |one: Option<u32>, other: Option<u32>| Some(one?.abs_diff(other?));
        let seconds_apart = apart(wanted.seconds, track.seconds());
        let years_apart = apart(wanted.year, track.year());
        Self {
            duration: match seconds_apart {
                None => 0.0,
                Some(0..=2) => 4.0,
                Some(3..=SAME_DURATION) => 3.0,
                Some(6..=15) => 0.0,
                Some(16..=60) => -4.0,
                Some(_) => -8.0,
            },
            tempo: tempo(wanted.bpm, track.bpm()),
            year: match years_apart {
                None => 0.0,
                Some(0) => 2.0,
                Some(1) => 1.0,
                Some(2..=4) => 0.0,
                Some(_) => -2.0,
            },
            key: match (wanted.key, Key::parse(track.key())) {
                (Some(one), Some(other)) if one == other => 2.0,
                (Some(_), Some(_)) => -1.0,
                _ => 0.0,
            },
            seconds_apart,
            years_apart,
        }
    }

    /// Whether it cannot well be one recording.
    fn contradicts(&self) -> bool {
        self.duration < 0.0 || self.tempo < 0.0
    }
}

/// Half and double tempo count as the same: programs take the one for the other.
fn tempo(wanted: Option<Bpm>, found: Option<Bpm>) -> f64 {
    let (Some(wanted), Some(found)) = (wanted, found) else { return 0.0 };
    let (wanted, found) = (wanted.hundredths(), found.hundredths());
    let near = |one: u32, other: u32| one.abs_diff(other) <= 50;
    if near(wanted, found) {
        2.0
    } else if near(wanted * 2, found) || near(wanted, found * 2) {
        1.0
    } else {
        -3.0
    }
}

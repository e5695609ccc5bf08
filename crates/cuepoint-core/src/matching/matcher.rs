//! One track: from queries to the candidate that it is.

use std::collections::HashSet;

use super::plan::{Stage, plan};
use super::score::{Points, Score, Scorer};
use super::wanted::Wanted;
use crate::catalogue::{CatalogSource, Query};

/// Candidates that one query may give.
const CANDIDATES: usize = 32;

/// Candidates that are kept with a result.
const KEPT: usize = 10;

/// A score from which on no further query is asked.
const CERTAIN: Points = Points(900);

/// What matching found for one track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackMatch {
    /// The best candidates, best first, refused ones last.
    pub candidates: Vec<Candidate>,
    /// What the catalogue was asked.
    pub queries: Vec<QueryLog>,
    /// Why it needs a review; empty if nothing is doubtful.
    pub reasons: Vec<ReviewReason>,
}

/// A track of the catalogue that may be the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its identifier.
    pub id: u64,
    /// How well it fits.
    pub score: Score,
    /// The query that found it first, counted from 1.
    pub query: usize,
}

/// A query that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLog {
    /// Why it was asked.
    pub stage: Stage,
    /// What was asked.
    pub query: Query,
    /// How many candidates it gave, those known before included.
    pub found: usize,
}

/// How certain a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It may be another version or another work.
    Low,
    /// Something is doubtful.
    Medium,
    /// Everything agrees.
    High,
}

impl Confidence {
    /// All classes, the least certain first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Its name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Why a match needs a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewReason {
    /// Nothing was found.
    NoMatch,
    /// The work is there, but not in this version.
    OtherVersion,
    /// The titles differ in words or letters.
    TitleDiffers,
    /// Not all artists agree.
    ArtistDiffers,
    /// The library does not name an artist.
    NoArtist,
    /// The durations differ by more than a quarter of a minute.
    DurationDiffers,
    /// Another candidate fits nearly as well.
    CloseRunnerUp,
}

impl ReviewReason {
    /// Its name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::OtherVersion => "other_version",
            Self::TitleDiffers => "title_differs",
            Self::ArtistDiffers => "artist_differs",
            Self::NoArtist => "no_artist",
            Self::DurationDiffers => "duration_differs",
            Self::CloseRunnerUp => "close_runner_up",
        }
    }
}

impl TrackMatch {
    /// The candidate that the track is, if one is good enough.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|candidate| candidate.score.refusal.is_none())
    }

    /// The best other candidate that is not refused.
    pub fn runner_up(&self) -> Option<&Candidate> {
        self.candidates.get(1).filter(|candidate| candidate.score.refusal.is_none())
    }

    /// How certain the match is; none without one.
    pub fn confidence(&self) -> Option<Confidence> {
        let total = self.best()?.score.total;
        let other_version = self.reasons.contains(&ReviewReason::OtherVersion);
        Some(match total {
            _ if other_version => Confidence::Low,
            Points(900..) if self.reasons.is_empty() => Confidence::High,
            Points(820..) => Confidence::Medium,
            _ => Confidence::Low,
        })
    }
}

/// Finds what `wanted` is among the tracks of `source`.
pub fn match_track(wanted: &Wanted, source: &impl CatalogSource) -> TrackMatch {
    let mut result = TrackMatch::default();
    let mut known = HashSet::with_capacity(2 * CANDIDATES);
    let mut scorer = Scorer::new(wanted);
    for (stage, query) in plan(&wanted.readings) {
        let hits = source.search(&query, CANDIDATES);
        let number = result.queries.len() + 1;
        result.queries.push(QueryLog { stage, query, found: hits.len() });
        let fresh = hits.into_iter().filter(|hit| known.insert(hit.id));
        let tracks = fresh.filter_map(|hit| source.get(hit.id));
        let scored = tracks.filter_map(|track| Some((track.id(), scorer.score(track)?)));
        let candidates = scored.map(|(id, score)| Candidate { id, score, query: number });
        result.candidates.extend(candidates);
        if result.candidates.iter().any(is_certain) {
            break;
        }
    }
    let order = |left: &Candidate, right: &Candidate| {
        left.score.order(&right.score).then(left.id.cmp(&right.id))
    };
    result.candidates.sort_unstable_by(order);
    result.reasons = reasons(&result, source);
    result.candidates.truncate(KEPT);
    result
}

fn is_certain(candidate: &Candidate) -> bool {
    candidate.score.refusal.is_none() && candidate.score.total >= CERTAIN
}

/// The points for a version below which it is another one.
const SAME_VERSION: Points = Points(700);

/// A runner-up closer than this may be meant as well.
const CLOSE: i32 = 15;

fn reasons(result: &TrackMatch, source: &impl CatalogSource) -> Vec<ReviewReason> {
    let Some(best) = result.best() else { return vec![ReviewReason::NoMatch] };
    let score = best.score;
    let far = score.seconds_apart.is_some_and(|apart| apart > 15);
    let checks = [
        (ReviewReason::OtherVersion, score.version < SAME_VERSION),
        (ReviewReason::TitleDiffers, score.title < Points(900) || score.slip),
        (ReviewReason::ArtistDiffers, score.artist.is_some_and(|artist| artist < Points(700))),
        (ReviewReason::NoArtist, score.artist.is_none()),
        (ReviewReason::DurationDiffers, far),
        (ReviewReason::CloseRunnerUp, is_close(result, best, source)),
    ];
    checks.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason).collect()
}

/// Whether the runner-up is nearly as good and another recording: one recording is often sold on
/// several releases. A name that is written in the same way is meant before any other.
fn is_close(result: &TrackMatch, best: &Candidate, source: &impl CatalogSource) -> bool {
    let Some(other) = result.runner_up() else { return false };
    let near = best.score.total.0 - other.score.total.0 < CLOSE;
    let recording = |id| {
        let track = source.get(id)?;
        Some((track.title(), track.mix(), track.artists()))
    };
    let written = best.score.same_text && !other.score.same_text;
    near && !written && recording(best.id) != recording(other.id)
}

//! Matches as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::matches::{RunNote, full_title, query_text};
use crate::catalogue::{CatalogSource, CatalogTrack};
use crate::key::Key;
use crate::matching::{Candidate, Points, TrackMatch};
use crate::results::{Matched, Row};

/// The version of the document's format.
const VERSION: &str = "1.1";

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    generated: &'a str,
    run_id: &'a str,
    run_status: &'static str,
    total_tracks: usize,
    matched_tracks: usize,
    tracks: Vec<TrackJson<'a>>,
}

#[derive(Serialize)]
struct TrackJson<'a> {
    playlist_index: usize,
    title: &'a str,
    artist: &'a str,
    matched: bool,
    #[serde(rename = "match")]
    best: Option<MatchJson<'a>>,
    review_reasons: Vec<&'static str>,
    candidates: Vec<CandidateJson<'a>>,
    queries: Vec<QueryJson>,
}

#[derive(Serialize)]
struct MatchJson<'a> {
    beatport_title: String,
    beatport_artists: &'a str,
    beatport_url: &'a str,
    match_score: f64,
    confidence: Option<&'static str>,
    key: &'a str,
    bpm: Option<f64>,
    year: Option<u32>,
    metadata: Metadata<'a>,
    scores: Scores,
}

#[derive(Serialize)]
struct Metadata<'a> {
    label: &'a str,
    genres: Vec<&'a str>,
    release: &'a str,
    release_date: &'a str,
    key_camelot: Option<String>,
    beatport_track_id: u64,
    isrc: &'a str,
}

#[derive(Serialize)]
struct Scores {
    total: f64,
    base: f64,
    title: f64,
    artist: Option<f64>,
    mix: f64,
    duration: f64,
    bpm: f64,
    year: f64,
    key: f64,
}

#[derive(Serialize)]
struct CandidateJson<'a> {
    beatport_track_id: u64,
    title: Option<String>,
    artists: Option<&'a str>,
    scores: Scores,
    reject_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct QueryJson {
    stage: &'static str,
    query: String,
    candidates: usize,
}

/// Writes one indented document with all rows, their candidates and queries.
///
/// `generated` is the time of the export, in RFC 3339.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_json<'t>(
    mut out: impl Write,
    run: &RunNote,
    generated: &str,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    source: &'t impl CatalogSource,
) -> io::Result<()> {
    let tracks: Vec<_> = rows.map(|row| track(&row, source)).collect();
    let document = Document {
        version: VERSION,
        generated,
        run_id: &run.id,
        run_status: run.status(),
        total_tracks: tracks.len(),
        matched_tracks: tracks.iter().filter(|track| track.matched).count(),
        tracks,
    };
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")
}

fn track<'t>(row: &Row<'t, Matched<'t>>, source: &'t impl CatalogSource) -> TrackJson<'t> {
    let found = row.item.found;
    let best = found.and_then(TrackMatch::best).zip(row.item.best);
    let candidates = found.map_or(&[][..], |found| &found.candidates);
    let queries = found.map_or(&[][..], |found| &found.queries);
    TrackJson {
        playlist_index: row.index + 1,
        title: row.item.track.title(),
        artist: row.item.track.artist(),
        matched: best.is_some(),
        best: best.map(|(best, track)| matched(found, best, track)),
        review_reasons: found
            .map(|found| found.reasons.iter().map(|reason| reason.name()).collect())
            .unwrap_or_default(),
        candidates: candidates.iter().map(|it| candidate(it, source.get(it.id))).collect(),
        queries: queries
            .iter()
            .map(|asked| QueryJson {
                stage: asked.stage.name(),
                query: query_text(&asked.query),
                candidates: asked.found,
            })
            .collect(),
    }
}

fn matched<'t>(
    found: Option<&TrackMatch>,
    best: &Candidate,
    track: CatalogTrack<'t>,
) -> MatchJson<'t> {
    let genres = track.genre().split([',', ';', '/']).map(str::trim);
    MatchJson {
        beatport_title: full_title(track),
        beatport_artists: track.artists(),
        beatport_url: track.url(),
        match_score: number(best.score.total),
        confidence: found.and_then(TrackMatch::confidence).map(|it| it.name()),
        key: track.key(),
        bpm: track.bpm().map(|bpm| f64::from(bpm.hundredths()) / 100.0),
        year: track.year(),
        metadata: Metadata {
            label: track.label(),
            genres: genres.filter(|genre| !genre.is_empty()).collect(),
            release: track.release(),
            release_date: track.release_date(),
            key_camelot: Key::parse(track.key()).map(Key::camelot),
            beatport_track_id: track.id(),
            isrc: track.isrc(),
        },
        scores: scores(best),
    }
}

fn candidate<'t>(candidate: &Candidate, track: Option<CatalogTrack<'t>>) -> CandidateJson<'t> {
    CandidateJson {
        beatport_track_id: candidate.id,
        title: track.map(full_title),
        artists: track.map(CatalogTrack::artists),
        scores: scores(candidate),
        reject_reason: candidate.score.refusal.map(|refusal| refusal.name()),
    }
}

fn scores(candidate: &Candidate) -> Scores {
    let score = &candidate.score;
    Scores {
        total: number(score.total),
        base: number(score.base),
        title: number(score.title),
        artist: score.artist.map(number),
        mix: number(score.version),
        duration: number(score.duration),
        bpm: number(score.tempo),
        year: number(score.year),
        key: number(score.key),
    }
}

fn number(points: Points) -> f64 {
    f64::from(points.0) / 10.0
}

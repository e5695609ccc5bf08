//! Matches as CSV: the main table, the candidates, the queries, and the matches to review.

use std::io::{self, Write};

use super::line::{Delimiter, Lines};
use crate::catalogue::{CatalogSource, CatalogTrack, Field};
use crate::key::Key;
use crate::matching::{Candidate, TrackMatch};
use crate::results::{Item, Matched, Row, SavedRow};

/// The number of the main table's format, in its first line.
const SCHEMA: u32 = 2;

/// The description of the run that a table comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunNote {
    /// Names the run.
    pub id: String,
    /// Whether every track was looked for.
    pub complete: bool,
}

impl RunNote {
    /// "complete" or "partial".
    pub fn status(&self) -> &'static str {
        if self.complete { "complete" } else { "partial" }
    }
}

/// The columns of the main table.
pub const MATCH_COLUMNS: [&str; 25] = [
    "playlist_index",
    "original_title",
    "original_artists",
    "beatport_title",
    "beatport_artists",
    "beatport_key",
    "beatport_key_camelot",
    "beatport_year",
    "beatport_bpm",
    "beatport_url",
    "title_sim",
    "artist_sim",
    "match_score",
    "confidence",
    "search_query_index",
    "search_stop_query_index",
    "candidate_index",
    "beatport_label",
    "beatport_genres",
    "beatport_release",
    "beatport_release_date",
    "beatport_track_id",
    "review_reasons",
    "runner_up_score",
    "file_path",
];

/// Writes three comment lines about the run, a header, and one line for each row.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_matches_csv<'t>(
    mut out: impl Write,
    run: &RunNote,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    delimiter: Delimiter,
) -> io::Result<()> {
    write!(out, "# schema_version={SCHEMA}\r\n# run_id={}\r\n", run.id)?;
    write!(out, "# run_status={}\r\n", run.status())?;
    write_rows(out, rows, delimiter, &MATCH_COLUMNS)
}

/// Writes the rows to review: the columns of the main table without the file's
/// path, and no comments.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_review_csv<'t>(
    out: impl Write,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    delimiter: Delimiter,
) -> io::Result<()> {
    let doubtful = rows.filter(|row| row.item.facts().review);
    write_rows(out, doubtful, delimiter, &MATCH_COLUMNS[..MATCH_COLUMNS.len() - 1])
}

fn write_rows<'t>(
    out: impl Write,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    delimiter: Delimiter,
    columns: &[&str],
) -> io::Result<()> {
    let mut lines = Lines::new(out, delimiter, columns)?;
    let with_path = columns.len() == MATCH_COLUMNS.len();
    for row in rows {
        match row.item.kept {
            Some(kept) => write_kept(&mut lines, row.index, kept, with_path),
            None => write_row(&mut lines, row.index, row.item),
        }
        if with_path && row.item.kept.is_none() {
            lines.location(row.item.track.location());
        }
        lines.end()?;
    }
    lines.finish()
}

/// Writes a row of an earlier table as it was, but for its place.
fn write_kept(lines: &mut Lines<impl Write>, index: usize, kept: &SavedRow, with_path: bool) {
    lines.value(Some(index + 1));
    let last = MATCH_COLUMNS.len() - 1;
    for cell in kept.cells.iter().take(last).skip(1) {
        lines.text(cell);
    }
    if with_path {
        lines.kept_path(kept.cells.get(last).unwrap_or_default());
    }
}

fn write_row(lines: &mut Lines<impl Write>, index: usize, row: &Matched<'_>) {
    let best = row.found.and_then(TrackMatch::best);
    lines.value(Some(index + 1));
    lines.text(row.track.title());
    lines.text(row.track.artist());
    write_track(lines, row.best);
    lines.value(best.map(|best| best.score.title));
    lines.value(best.and_then(|best| best.score.artist));
    lines.value(best.map(|best| best.score.total));
    lines.value(row.found.and_then(TrackMatch::confidence).map(|confidence| confidence.name()));
    lines.value(best.map(|best| best.query));
    lines.value(row.found.map(|found| found.queries.len()));
    lines.value(best.map(|_| 1_u32));
    write_release(lines, row.best);
    lines.value(row.best.map(CatalogTrack::id));
    lines.value(row.found.map(reasons));
    let runner_up = row.found.and_then(TrackMatch::runner_up);
    lines.value(runner_up.map(|other| other.score.total));
}

/// The names of the reasons, separated by spaces.
fn reasons(found: &TrackMatch) -> String {
    let names: Vec<&str> = found.reasons.iter().map(|reason| reason.name()).collect();
    names.join(" ")
}

/// The title with the mix, as shops show it.
pub(super) fn full_title(track: CatalogTrack<'_>) -> String {
    match (track.title(), track.mix()) {
        (title, mix) if mix.is_empty() || title.contains(mix) => title.to_owned(),
        (title, mix) => format!("{title} ({mix})"),
    }
}

fn write_track(lines: &mut Lines<impl Write>, track: Option<CatalogTrack<'_>>) {
    lines.text(&track.map(full_title).unwrap_or_default());
    lines.text(track.map_or("", CatalogTrack::artists));
    lines.text(track.map_or("", CatalogTrack::key));
    lines.value(track.and_then(|track| Key::parse(track.key())).map(Key::camelot));
    lines.value(track.and_then(CatalogTrack::year));
    lines.value(track.and_then(CatalogTrack::bpm));
    lines.text(track.map_or("", CatalogTrack::url));
}

fn write_release(lines: &mut Lines<impl Write>, track: Option<CatalogTrack<'_>>) {
    lines.text(track.map_or("", CatalogTrack::label));
    lines.text(track.map_or("", CatalogTrack::genre));
    lines.text(track.map_or("", CatalogTrack::release));
    lines.text(track.map_or("", CatalogTrack::release_date));
}

const CANDIDATES: [&str; 27] = [
    "playlist_index",
    "original_title",
    "original_artists",
    "candidate_index",
    "candidate_track_id",
    "candidate_title",
    "candidate_artists",
    "candidate_key",
    "candidate_key_camelot",
    "candidate_year",
    "candidate_bpm",
    "candidate_url",
    "candidate_label",
    "candidate_genres",
    "candidate_release",
    "candidate_release_date",
    "final_score",
    "base_score",
    "title_sim",
    "artist_sim",
    "mix_fit",
    "bonus_duration",
    "bonus_bpm",
    "bonus_year",
    "bonus_key",
    "search_query_index",
    "reject_reason",
];

/// Writes a line for each candidate of each row, best first, with what it scored and why it was
/// refused.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_candidates_csv<'t>(
    out: impl Write,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    source: &impl CatalogSource,
    delimiter: Delimiter,
) -> io::Result<()> {
    let mut lines = Lines::new(out, delimiter, &CANDIDATES)?;
    for row in rows {
        let candidates = row.item.found.map_or(&[][..], |found| &found.candidates);
        for (at, candidate) in candidates.iter().enumerate() {
            lines.value(Some(row.index + 1));
            lines.text(row.item.track.title());
            lines.text(row.item.track.artist());
            lines.value(Some(at + 1));
            write_candidate(&mut lines, candidate, source.get(candidate.id))?;
        }
    }
    lines.finish()
}

fn write_candidate(
    lines: &mut Lines<impl Write>,
    candidate: &Candidate,
    track: Option<CatalogTrack<'_>>,
) -> io::Result<()> {
    let score = &candidate.score;
    lines.value(Some(candidate.id));
    write_track(lines, track);
    write_release(lines, track);
    lines.value(Some(score.total));
    lines.value(Some(score.base));
    lines.value(Some(score.title));
    lines.value(score.artist);
    for points in [score.version, score.duration, score.tempo, score.year, score.key] {
        lines.value(Some(points));
    }
    lines.value(Some(candidate.query));
    lines.value(score.refusal.map(|refusal| refusal.name()));
    lines.end()
}

const QUERIES: [&str; 6] =
    ["playlist_index", "track_id", "query_index", "stage", "query", "candidates"];

/// Writes a line for each query of each row.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_queries_csv<'t>(
    out: impl Write,
    rows: impl Iterator<Item = Row<'t, Matched<'t>>>,
    delimiter: Delimiter,
) -> io::Result<()> {
    let mut lines = Lines::new(out, delimiter, &QUERIES)?;
    for row in rows {
        let queries = row.item.found.map_or(&[][..], |found| &found.queries);
        for (at, asked) in queries.iter().enumerate() {
            lines.value(Some(row.index + 1));
            lines.value(row.item.track.id());
            lines.value(Some(at + 1));
            lines.value(Some(asked.stage.name()));
            lines.text(&query_text(&asked.query));
            lines.value(Some(asked.found));
            lines.end()?;
        }
    }
    lines.finish()
}

/// The query as it could be typed: "title: glue artist: bicep".
pub(super) fn query_text(query: &crate::catalogue::Query) -> String {
    let of = |field: Field, name: &str| {
        let words = query.terms.iter().filter(|term| term.field == field);
        let words: Vec<&str> = words.map(|term| term.word.as_str()).collect();
        if words.is_empty() { String::new() } else { format!("{name}: {}", words.join(" ")) }
    };
    let parts = [of(Field::Title, "title"), of(Field::Artist, "artist")];
    parts.join(" ").trim().to_owned()
}

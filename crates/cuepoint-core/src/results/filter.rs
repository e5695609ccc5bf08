//! Which rows a DJ wants to see.

use super::{Row, Table, fold};
use crate::rekordbox::TrackRef;

/// Conditions that a row must all meet. An empty filter passes every row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Text in the title, artist, album or label, without regard to case, accents and blanks
    /// around it.
    pub text: String,
    /// The year; a track without one does not pass.
    pub year: Range<u16>,
    /// The tempo in beats a minute; a track without one does not pass.
    pub bpm: Range<f64>,
    /// The key, written as the track has it, without regard to case.
    pub key: Option<String>,
    /// The fewest stars.
    pub min_rating: Option<u8>,
}

/// Bounds that are part of the range; without one it is open there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range<T> {
    /// The least value.
    pub from: Option<T>,
    /// The greatest value.
    pub to: Option<T>,
}

impl<T: PartialOrd + Copy> Range<T> {
    /// Whether a value lies within. None lies within only an open range.
    pub fn contains(&self, value: Option<T>) -> bool {
        match value {
            Some(value) => {
                self.from.is_none_or(|from| from <= value) && self.to.is_none_or(|to| value <= to)
            }
            None => self.from.is_none() && self.to.is_none(),
        }
    }
}

impl Filter {
    pub(super) fn rows(&self, table: &Table<'_>) -> Vec<Row> {
        let mut rows = with_text(table, &fold(self.text.trim()));
        if self.looks_at_fields() {
            rows.retain(|row| table.track(*row).is_some_and(|track| self.passes(track)));
        }
        rows
    }

    fn looks_at_fields(&self) -> bool {
        *self != Self { text: self.text.clone(), ..Self::default() }
    }

    fn passes(&self, track: TrackRef<'_>) -> bool {
        self.year.contains(track.year())
            && self.bpm.contains(track.bpm())
            && self.key.as_ref().is_none_or(|key| is_key(track.tonality(), key))
            && self.min_rating.is_none_or(|least| track.rating().unwrap_or(0) >= least)
    }
}

fn is_key(tonality: &str, key: &str) -> bool {
    fold(tonality.trim()) == fold(key.trim())
}

/// The rows whose text holds `wanted`, found in one search through the text of all rows: after a
/// hit the search goes on in the next row.
fn with_text(table: &Table<'_>, wanted: &str) -> Vec<Row> {
    if wanted.is_empty() {
        return table.rows();
    }
    let mut rows = Vec::new();
    let mut from = 0;
    while let Some(at) = table.text[from..].find(wanted) {
        let row = table.ends.partition_point(|end| (*end as usize) <= from + at);
        let Some(end) = table.ends.get(row) else { break };
        rows.push(row as Row);
        from = *end as usize;
    }
    rows
}

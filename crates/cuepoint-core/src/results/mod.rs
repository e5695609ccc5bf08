//! The table of tracks that a DJ filters, sorts and pages through.

mod fold;
mod filter;
mod sort;

pub use filter::{Filter, Range};
pub use fold::fold;
pub use sort::SortKey;

use crate::rekordbox::{Library, TrackRef};

/// A row of the table: the index of a track in its library.
pub type Row = u32;

/// The tracks of a library, ready to be filtered.
///
/// The text that filters look into is folded once, into one buffer: a keystroke then costs one
/// search through it.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    library: &'a Library,
    /// The library's tracks that the table has, in its order.
    tracks: Vec<u32>,
    /// Title, artist, album and label of every row, folded.
    text: String,
    /// Where each row's text ends.
    ends: Vec<u32>,
}

/// Numbers about some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// How many rows.
    pub rows: usize,
    /// Their length together, in seconds.
    pub duration_s: u64,
    /// The mean of the tempos that are known, in beats a minute.
    pub mean_bpm: Option<f64>,
    /// Rows with stars.
    pub rated: usize,
}

/// Stands between the fields of a row, so that no search finds the end of one and the begin of
/// another; folded text has no control characters.
const BETWEEN: char = '\u{1f}';

impl<'a> Table<'a> {
    /// A table of all tracks, in the order of the library.
    pub fn new(library: &'a Library) -> Self {
        Self::of(library, 0..library.tracks().len())
    }

    /// A table of these tracks, in this order; those that the library does not have are left out.
    pub fn of(library: &'a Library, tracks: impl IntoIterator<Item = usize>) -> Self {
        let mut table = Self { library, tracks: Vec::new(), text: String::new(), ends: Vec::new() };
        for track in tracks.into_iter().filter_map(|at| library.track(at)) {
            table.tracks.push(track.index() as u32);
            for field in [track.name(), track.artist(), track.album(), track.label()] {
                fold::fold_into(field, &mut table.text);
                table.text.push(BETWEEN);
            }
            table.ends.push(table.text.len() as u32);
        }
        table
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// All its rows, in order.
    pub fn rows(&self) -> Vec<Row> {
        (0..self.tracks.len() as u32).collect()
    }

    /// The track of a row.
    pub fn track(&self, row: Row) -> Option<TrackRef<'a>> {
        self.library.track(*self.tracks.get(row as usize)? as usize)
    }

    /// The rows that pass the filter, in order.
    pub fn filter(&self, filter: &Filter) -> Vec<Row> {
        filter.rows(self)
    }

    /// Sorts rows by a key; equal rows keep their order.
    pub fn sort(&self, rows: &mut [Row], key: SortKey, descending: bool) {
        sort::sort(self, rows, key, descending);
    }

    /// At most `len` rows from the one at `offset` on.
    pub fn page<'r>(&self, rows: &'r [Row], offset: usize, len: usize) -> &'r [Row] {
        let rest = rows.get(offset..).unwrap_or_default();
        &rest[..rest.len().min(len)]
    }

    /// Numbers about some rows.
    pub fn statistics(&self, rows: &[Row]) -> Statistics {
        let tracks = || rows.iter().filter_map(|row| self.track(*row));
        let tempos: Vec<f64> = tracks().filter_map(|track| track.bpm()).collect();
        let mean = tempos.iter().sum::<f64>() / tempos.len() as f64;
        Statistics {
            rows: rows.len(),
            duration_s: tracks().filter_map(|track| track.duration_s()).map(u64::from).sum(),
            mean_bpm: (!tempos.is_empty()).then_some(mean),
            rated: tracks().filter(|track| track.rating().is_some_and(|stars| stars > 0)).count(),
        }
    }
}

#[cfg(test)]
mod tests;

//! The table and its views.

use super::filter::{Filter, FilterSpec};
use super::folded::Folded;
use super::sort::{Direction, SortKey, sort_rows};
use super::statistics::Statistics;
use crate::key::Key;
use crate::rekordbox::{Bpm, Collection, Node, Track};

/// The tracks of a collection or playlist, with what filtering and sorting ask for made ready.
#[derive(Debug)]
pub struct Table<'a> {
    tracks: Vec<Track<'a>>,
    facts: Vec<Facts>,
    folded: Folded,
}

/// The numbers of a row, side by side in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) year: Option<u32>,
    pub(super) bpm: Option<Bpm>,
    pub(super) seconds: Option<u32>,
    pub(super) stars: Option<u8>,
    pub(super) key: Option<Key>,
}

impl Facts {
    fn of(track: Track<'_>) -> Self {
        Self {
            year: track.year(),
            bpm: track.bpm(),
            seconds: track.seconds(),
            stars: track.stars(),
            key: Key::parse(track.key()),
        }
    }
}

impl<'a> Table<'a> {
    /// A row for every track, in the order of the file.
    pub fn of_collection(collection: &'a Collection) -> Self {
        Self::of_tracks(collection.tracks())
    }

    /// A row for every entry of a playlist that has a track, in its order.
    pub fn of_playlist(collection: &'a Collection, playlist: Node<'_>) -> Self {
        Self::of_tracks(playlist.entries().filter_map(|entry| collection.get(entry.track?)))
    }

    fn of_tracks(tracks: impl Iterator<Item = Track<'a>>) -> Self {
        let tracks: Vec<_> = tracks.collect();
        let facts = tracks.iter().map(|track| Facts::of(*track)).collect();
        let mut folded = Folded::default();
        for track in &tracks {
            folded.push(track.title(), track.artist());
        }
        Self { tracks, facts, folded }
    }

    /// The rows for which `spec` holds, in the order of the table.
    pub fn filter(&self, spec: &FilterSpec) -> View<'_> {
        let filter = Filter::new(spec);
        let mut rows = self.folded.search(&spec.text);
        rows.retain(|&row| filter.holds(self.facts(row), self.track(row).key()));
        View { table: self, rows }
    }

    pub(super) fn facts(&self, row: u32) -> &Facts {
        &self.facts[row as usize]
    }

    pub(super) fn folded(&self) -> &Folded {
        &self.folded
    }

    fn track(&self, row: u32) -> Track<'a> {
        self.tracks[row as usize]
    }
}

/// Some rows of a table in some order.
#[derive(Clone, Debug)]
pub struct View<'t> {
    table: &'t Table<'t>,
    rows: Vec<u32>,
}

impl<'t> View<'t> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sorts the rows; equal ones stay in their order.
    pub fn sort(&mut self, key: SortKey, direction: Direction) {
        sort_rows(self.table, &mut self.rows, key, direction);
    }

    /// All rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'t>> {
        self.page(0, self.rows.len())
    }

    /// The rows from `offset` on, `len` of them or as many as there are.
    pub fn page(&self, offset: usize, len: usize) -> impl ExactSizeIterator<Item = Row<'t>> {
        let table = self.table;
        let start = offset.min(self.rows.len());
        let end = start.saturating_add(len).min(self.rows.len());
        self.rows[start..end]
            .iter()
            .map(|&row| Row { index: row as usize, track: table.track(row) })
    }

    /// Figures about the rows.
    pub fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        for &row in &self.rows {
            statistics.add(self.table.facts(row));
        }
        statistics
    }
}

/// One row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'t> {
    /// Its place in the table, from 0: of the file or playlist, whatever the view is sorted by.
    pub index: usize,
    /// Its track.
    pub track: Track<'t>,
}

//! The table and its views.

use super::facts::Facts;
use super::filter::{Filter, FilterSpec};
use super::folded::Folded;
use super::sort::{Direction, SortKey, sort_rows};
use super::statistics::Statistics;
use crate::rekordbox::{Collection, Media, Node, Track};

/// What can be a row of a table.
pub trait Item {
    /// The title, the artist, and any other texts that a search looks through.
    fn texts(&self) -> [&str; 4];

    /// What is filtered and sorted by besides the texts.
    fn facts(&self) -> Facts;

    /// The key as it is written.
    fn key(&self) -> &str;

    /// Whether it is music, a sample or a video.
    fn media(&self) -> Media;
}

impl Item for Track<'_> {
    fn texts(&self) -> [&str; 4] {
        [self.title(), self.artist(), "", ""]
    }

    fn facts(&self) -> Facts {
        Facts::of_track(*self)
    }

    fn key(&self) -> &str {
        Track::key(*self)
    }

    fn media(&self) -> Media {
        Track::media(*self)
    }
}

/// Tracks, matches or saved rows, with what filtering and sorting ask for made ready.
#[derive(Debug)]
pub struct Table<R> {
    items: Vec<R>,
    facts: Vec<Facts>,
    folded: Folded,
}

impl<'a> Table<Track<'a>> {
    /// A row for every track, in the order of the file.
    pub fn of_collection(collection: &'a Collection) -> Self {
        Self::of(collection.tracks().collect())
    }

    /// A row for every entry of a playlist that has a track, in its order.
    pub fn of_playlist(collection: &'a Collection, playlist: Node<'_>) -> Self {
        Self::of(playlist.tracks(collection).collect())
    }
}

impl<R: Item> Table<R> {
    /// A row for each of `items`, in their order.
    pub fn of(items: Vec<R>) -> Self {
        let facts = items.iter().map(Item::facts).collect();
        let mut folded = Folded::default();
        for item in &items {
            folded.push(item.texts());
        }
        Self { items, facts, folded }
    }

    /// The rows for which `spec` holds, in the order of the table.
    pub fn filter(&self, spec: &FilterSpec) -> View<'_, R> {
        let filter = Filter::new(spec);
        let mut rows = self.folded.search(&spec.text);
        if filter.asks_facts() {
            rows.retain(|&row| {
                let item = &self.items[row as usize];
                filter.holds(self.facts(row), || item.key(), || item.media())
            });
        }
        View { table: self, rows }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn facts(&self, row: u32) -> &Facts {
        &self.facts[row as usize]
    }

    /// A view of all rows.
    pub fn all(&self) -> View<'_, R> {
        View { table: self, rows: (0..self.items.len() as u32).collect() }
    }
}

/// Some rows of a table in some order.
#[derive(Debug)]
pub struct View<'t, R> {
    table: &'t Table<R>,
    rows: Vec<u32>,
}

impl<R> Clone for View<'_, R> {
    fn clone(&self) -> Self {
        Self { table: self.table, rows: self.rows.clone() }
    }
}

impl<'t, R: Item> View<'t, R> {
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
        let Table { facts, folded, .. } = self.table;
        sort_rows(&mut self.rows, facts, folded, key, direction);
    }

    /// All rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'t, R>> {
        self.page(0, self.rows.len())
    }

    /// The rows from `offset` on, `len` of them or as many as there are.
    pub fn page(&self, offset: usize, len: usize) -> impl ExactSizeIterator<Item = Row<'t, R>> {
        let table = self.table;
        let start = offset.min(self.rows.len());
        let end = start.saturating_add(len).min(self.rows.len());
        self.rows[start..end]
            .iter()
            .map(|&row| Row { index: row as usize, item: &table.items[row as usize] })
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
#[derive(Debug)]
pub struct Row<'t, R> {
    /// Its place in the table, from 0: of the file or playlist, whatever the view is sorted by.
    pub index: usize,
    /// What it shows.
    pub item: &'t R,
}

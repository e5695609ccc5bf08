//! An earlier table of matches, whose matched rows are kept.

use std::collections::HashMap;

use super::saved::{SavedError, SavedRow, SavedTable};
use super::table::Item;
use crate::export::{path_cell, text_cell};
use crate::rekordbox::Track;

/// The matched rows of a table, by what identifies their tracks: title, artist and file.
#[derive(Debug)]
pub struct EarlierTable {
    rows: HashMap<[String; 3], SavedRow>,
}

impl EarlierTable {
    /// Takes the matched rows of `table`, whose columns must be `columns`: other versions write
    /// other ones.
    ///
    /// # Errors
    ///
    /// If the table has other columns.
    pub fn new(table: SavedTable, columns: &[&'static str]) -> Result<Self, SavedError> {
        let found = &table.head.columns;
        if let Some(missing) = columns.iter().find(|column| !found.iter().any(|it| it == **column))
        {
            return Err(SavedError::NoColumn(missing));
        }
        if !found.iter().eq(columns.iter().copied()) {
            return Err(SavedError::OtherColumns);
        }
        let mut rows = HashMap::with_capacity(table.rows.len());
        for row in table.rows.into_iter().filter(|row| row.facts().confidence.is_some()) {
            rows.entry(key(&row)).or_insert(row);
        }
        Ok(Self { rows })
    }

    /// The number of matched rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row is matched.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of `track`, if it was matched and has not changed since.
    pub fn matched(&self, track: Track<'_>) -> Option<&SavedRow> {
        let key =
            [text_cell(track.title()), text_cell(track.artist()), path_cell(track.location())];
        self.rows.get(&key)
    }
}

fn key(row: &SavedRow) -> [String; 3] {
    let [title, artist, ..] = row.texts();
    [title, artist, row.path()].map(str::to_owned)
}

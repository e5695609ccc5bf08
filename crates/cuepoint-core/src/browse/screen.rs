//! The texts of a screen.

use super::Browser;
use crate::export::printable;
use crate::results::{Direction, Item, Row, SavedRow, SortKey};

/// A column of the table on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it is sorted by; none if it cannot be.
    pub key: Option<SortKey>,
}

/// The columns of the table on the screen.
pub const COLUMNS: [Column; 9] = [
    Column { name: "#", key: Some(SortKey::Index) },
    Column { name: "Title", key: Some(SortKey::Title) },
    Column { name: "Artist", key: Some(SortKey::Artist) },
    Column { name: "Match", key: None },
    Column { name: "Year", key: Some(SortKey::Year) },
    Column { name: "Tempo", key: Some(SortKey::Bpm) },
    Column { name: "Key", key: None },
    Column { name: "Points", key: Some(SortKey::Score) },
    Column { name: "Confidence", key: Some(SortKey::Confidence) },
];

/// All texts that a terminal shows, without anything that could move its cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The text that rows must contain.
    pub text: String,
    /// The place in [`COLUMNS`] of the column that the rows are sorted by.
    pub sorted_by: usize,
    /// Which end of that column comes first.
    pub direction: Direction,
    /// Rows that the filter leaves.
    pub found: usize,
    /// All rows of the table.
    pub of: usize,
    /// How many of the found rows are above the shown ones.
    pub above: usize,
    /// The shown rows.
    pub rows: Vec<[String; COLUMNS.len()]>,
    /// The place of the selected one among them; none if there are no rows.
    pub selected: Option<usize>,
    /// The names and values of the opened row's cells that are not empty, from the scrolled one on.
    pub opened: Option<Vec<[String; 2]>>,
}

impl Browser<'_> {
    /// What to draw now.
    pub fn screen(&self) -> Screen {
        Screen {
            text: self.spec.text.clone(),
            sorted_by: self.sorted_by,
            direction: self.direction,
            found: self.view.len(),
            of: self.table.len(),
            above: self.first,
            rows: self.view.page(self.first, self.page).map(|row| cells(&row)).collect(),
            selected: Some(self.selected - self.first).filter(|_| !self.view.is_empty()),
            opened: self.opened.map(|from| self.opened_cells(from)),
        }
    }

    fn opened_cells(&self, from: usize) -> Vec<[String; 2]> {
        let Some(row) = self.selected_row() else { return Vec::new() };
        let cells = self.head.columns.iter().zip(&row.item.cells).skip(from);
        let filled = cells.filter(|(_, cell)| !cell.is_empty());
        filled.map(|(name, cell)| [name, cell].map(|text| shown(text, LONGEST_VALUE))).collect()
    }
}

/// Letters of a cell in the table: more do not fit on any screen.
const LONGEST_CELL: usize = 200;

/// Letters of a cell of an opened row.
const LONGEST_VALUE: usize = 2_000;

fn cells(row: &Row<'_, SavedRow>) -> [String; COLUMNS.len()] {
    let facts = row.item.facts();
    let [title, artist, found_title, _] = row.item.texts().map(|text| shown(text, LONGEST_CELL));
    [
        (row.index + 1).to_string(),
        title,
        artist,
        found_title,
        text_of(facts.year),
        text_of(facts.bpm),
        shown(row.item.key(), LONGEST_CELL),
        text_of(facts.score),
        facts.confidence.map_or("", |confidence| confidence.name()).to_owned(),
    ]
}

fn text_of(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The first `most` letters of `text`, without those that control a terminal or the direction of
/// other text.
fn shown(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    let mut line = printable(&text[..end]);
    if !line.is_ascii() {
        line.retain(|letter| !is_directing(letter));
    }
    line
}

/// Unicode's marks, embeddings and isolates of direction, and its separators of lines.
fn is_directing(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

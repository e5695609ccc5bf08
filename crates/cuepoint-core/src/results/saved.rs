//! Rows of a table that was exported, to filter and sort it without matching again.

use std::str::FromStr;

use csv::StringRecord;

use super::facts::Facts;
use super::table::Item;
use crate::key::Key;
use crate::matching::{Confidence, Points};
use crate::rekordbox::Media;

/// A table of matches as it was exported.
#[derive(Debug)]
pub struct SavedTable {
    /// What it has beside its rows.
    pub head: SavedHead,
    /// The rows, in their order.
    pub rows: Vec<SavedRow>,
}

/// What a saved table has beside its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedHead {
    /// The lines before the header, each without its `#`.
    pub comments: Vec<String>,
    /// The names of the columns.
    pub columns: StringRecord,
    /// The sign between two cells.
    pub delimiter: u8,
}

/// A row of a saved table.
#[derive(Clone, Debug)]
pub struct SavedRow {
    /// Its cells as they were written.
    pub cells: StringRecord,
    facts: Facts,
    texts: [usize; 4],
    key: usize,
    path: Option<usize>,
}

/// Why bytes are no saved table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// A column is not there.
    #[error("the table has no column \"{0}\": it is not one that `cuepoint match` wrote")]
    NoColumn(&'static str),
    /// There are other columns, or in another order.
    #[error("the table has other columns than this version writes")]
    OtherColumns,
    /// A line cannot be read.
    #[error("line {line}: {message}")]
    BadLine {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
}

/// The columns that are searched, in the order of [`Item::texts`].
const TEXTS: [&str; 4] =
    ["original_title", "original_artists", "beatport_title", "beatport_artists"];

/// The other columns that are looked at.
struct Columns {
    texts: [usize; 4],
    key: usize,
    year: usize,
    bpm: usize,
    score: usize,
    confidence: usize,
    reasons: usize,
    /// Tables of doubtful matches do without.
    path: Option<usize>,
}

impl SavedTable {
    /// Reads a table that `cuepoint match` wrote, whatever its delimiter.
    ///
    /// # Errors
    ///
    /// If a column that every such table has is missing, or a line cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, SavedError> {
        let (comments, table) = comments(bytes);
        let delimiter = delimiter(table);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(table);
        let skipped = comments.len() as u64;
        let columns = reader.headers().map_err(|error| bad_line(&error, skipped))?.clone();
        let places = Columns::find(&columns)?;
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let cells = record.map_err(|error| bad_line(&error, skipped))?;
            rows.push(places.row(cells));
        }
        Ok(Self { head: SavedHead { comments, columns, delimiter }, rows })
    }
}

/// The comment lines before the header, and what follows them.
fn comments(bytes: &[u8]) -> (Vec<String>, &[u8]) {
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut comments = Vec::new();
    while let Some(comment) = rest.strip_prefix(b"#") {
        let end = comment.iter().position(|&byte| byte == b'\n').map_or(comment.len(), |at| at + 1);
        comments.push(String::from_utf8_lossy(comment[..end].trim_ascii()).into_owned());
        rest = &comment[end..];
    }
    (comments, rest)
}

/// The sign after the name of the first column.
fn delimiter(table: &[u8]) -> u8 {
    let sign = table.iter().find(|byte| matches!(byte, b',' | b';' | b'\t' | b'|' | b'\n'));
    sign.copied().filter(|&sign| sign != b'\n').unwrap_or(b',')
}

fn bad_line(error: &csv::Error, skipped: u64) -> SavedError {
    let line = error.position().map_or(1, csv::Position::line) + skipped;
    SavedError::BadLine { line, message: error.to_string() }
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, SavedError> {
        let find = |name: &'static str| {
            header.iter().position(|column| column == name).ok_or(SavedError::NoColumn(name))
        };
        let [title, artist, found_title, found_artists] = TEXTS.map(find);
        Ok(Self {
            texts: [title?, artist?, found_title?, found_artists?],
            key: find("beatport_key")?,
            year: find("beatport_year")?,
            bpm: find("beatport_bpm")?,
            score: find("match_score")?,
            confidence: find("confidence")?,
            reasons: find("review_reasons")?,
            path: find("file_path").ok(),
        })
    }

    fn row(&self, cells: StringRecord) -> SavedRow {
        let cell = |at: usize| cells.get(at).unwrap_or_default();
        let confidence = Confidence::ALL.into_iter().find(|it| it.name() == cell(self.confidence));
        let facts = Facts {
            year: value(cell(self.year)),
            bpm: value(cell(self.bpm)),
            key: Key::parse(cell(self.key)),
            score: value::<f64>(cell(self.score)).map(Points::of),
            confidence,
            review: !cell(self.reasons).is_empty(),
            ..Facts::default()
        };
        SavedRow { facts, texts: self.texts, key: self.key, path: self.path, cells }
    }
}

fn value<T: FromStr>(cell: &str) -> Option<T> {
    cell.parse().ok()
}

impl SavedRow {
    /// The path of the file; empty if the table has none.
    pub(super) fn path(&self) -> &str {
        self.path.and_then(|at| self.cells.get(at)).unwrap_or_default()
    }
}

impl Item for SavedRow {
    fn texts(&self) -> [&str; 4] {
        self.texts.map(|at| self.cells.get(at).unwrap_or_default())
    }

    fn facts(&self) -> Facts {
        self.facts
    }

    fn key(&self) -> &str {
        self.cells.get(self.key).unwrap_or_default()
    }

    fn media(&self) -> Media {
        Media::of_file("", self.path())
    }
}

//! The folded titles and artists of all rows in one buffer.

use memchr::memmem::Finder;

use crate::text::{fold, fold_into};

/// Ends each title and each artist: folded text has no line ends, so no search text reaches over
/// one.
const END: char = '\n';

/// Searching one buffer from end to end is several times faster than searching each row's texts.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// For each row where its title starts, where its artist starts, and where it ends.
    rows: Vec<[usize; 3]>,
}

impl Folded {
    pub(super) fn push(&mut self, title: &str, artist: &str) {
        let start = self.text.len();
        fold_into(&mut self.text, title);
        self.text.push(END);
        let middle = self.text.len();
        fold_into(&mut self.text, artist);
        self.text.push(END);
        self.rows.push([start, middle, self.text.len()]);
    }

    pub(super) fn title(&self, row: u32) -> &str {
        let [start, middle, _] = self.rows[row as usize];
        &self.text[start..middle - END.len_utf8()]
    }

    pub(super) fn artist(&self, row: u32) -> &str {
        let [_, middle, end] = self.rows[row as usize];
        &self.text[middle..end - END.len_utf8()]
    }

    /// The rows whose title or artist contains `text`, in order; all of them if it is blank.
    pub(super) fn search(&self, text: &str) -> Vec<u32> {
        let needle = fold(text.trim());
        if needle.is_empty() {
            return (0..self.rows.len() as u32).collect();
        }
        self.rows_with(&Finder::new(&needle))
    }

    fn rows_with(&self, finder: &Finder<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        let mut row = 0;
        let mut from = 0;
        while let Some(at) = finder.find(&self.text.as_bytes()[from..]) {
            while self.rows[row][2] <= from + at {
                row += 1;
            }
            found.push(row as u32);
            from = self.rows[row][2];
        }
        found
    }
}

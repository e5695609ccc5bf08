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
    /// Where the title and the artist of each row end.
    names: Vec<[usize; 2]>,
    /// Where each row ends, by itself: a search reads nothing else but the text.
    ends: Vec<usize>,
}

impl Folded {
    /// Takes the texts of the next row: its title, its artist, and others that are searched too.
    pub(super) fn push(&mut self, texts: [&str; 4]) {
        let [title, artist, others @ ..] = texts;
        let names = [self.push_text(title), self.push_text(artist)];
        for other in others.into_iter().filter(|other| !other.is_empty()) {
            self.push_text(other);
        }
        self.names.push(names);
        self.ends.push(self.text.len());
    }

    fn push_text(&mut self, text: &str) -> usize {
        fold_into(&mut self.text, text);
        self.text.push(END);
        self.text.len()
    }

    pub(super) fn title(&self, row: u32) -> &str {
        let start = (row as usize).checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.names[row as usize][0] - END.len_utf8()]
    }

    pub(super) fn artist(&self, row: u32) -> &str {
        let [start, end] = self.names[row as usize];
        &self.text[start..end - END.len_utf8()]
    }

    /// The rows of which a text contains `text`, in order; all of them if it is blank.
    pub(super) fn search(&self, text: &str) -> Vec<u32> {
        let needle = fold(text.trim());
        if needle.is_empty() {
            return (0..self.ends.len() as u32).collect();
        }
        self.rows_with(&Finder::new(&needle))
    }

    fn rows_with(&self, finder: &Finder<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        let mut row = 0;
        let mut from = 0;
        while let Some(at) = finder.find(&self.text.as_bytes()[from..]) {
            while self.ends[row] <= from + at {
                row += 1;
            }
            found.push(row as u32);
            from = self.ends[row];
        }
        found
    }
}

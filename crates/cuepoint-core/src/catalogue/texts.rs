//! Many texts in one buffer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Texts by number, without an allocation for each.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Texts {
    buffer: String,
    /// Where each text ends; it starts where the one before it ends.
    ends: Vec<u32>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) -> u32 {
        self.buffer.push_str(text);
        self.ends.push(self.buffer.len() as u32);
        self.ends.len() as u32 - 1
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text with this number; empty if there is none.
    pub(super) fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let Some(&end) = self.ends.get(at) else { return "" };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.buffer[start as usize..end as usize]
    }

    /// The number of `text`, if the texts are sorted.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Whether every text can be taken from the buffer.
    pub(super) fn is_sound(&self) -> bool {
        let whole = self.ends.last().map_or(0, |end| *end as usize) == self.buffer.len();
        let rising = self.ends.is_sorted();
        whole && rising && self.ends.iter().all(|&end| self.buffer.is_char_boundary(end as usize))
    }
}

/// Gives equal texts one number.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashMap<String, u32>,
    texts: Texts,
}

impl Interner {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.push(text);
        self.numbers.insert(text.to_owned(), number);
        number
    }

    pub(super) fn finish(self) -> Texts {
        self.texts
    }

    /// The texts sorted, and for each number from before the one after.
    pub(super) fn sorted(self) -> (Texts, Vec<u32>) {
        let mut order: Vec<(&str, u32)> =
            self.numbers.iter().map(|(text, &number)| (text.as_str(), number)).collect();
        order.sort_unstable();
        let mut texts = Texts::default();
        let mut after = vec![0; order.len()];
        for (text, before) in order {
            after[before as usize] = texts.push(text);
        }
        (texts, after)
    }
}

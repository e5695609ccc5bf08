//! Figures about the rows of a view.

use super::table::Facts;
use crate::rekordbox::Bpm;

/// Figures about a view's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows.
    pub rows: usize,
    /// The sum of the known durations, in seconds.
    pub seconds: u64,
    /// The first and last known year.
    pub years: Option<(u32, u32)>,
    /// The least and greatest known tempo.
    pub bpm: Option<(Bpm, Bpm)>,
    /// Rows with a key in a known notation.
    pub with_key: usize,
}

impl Statistics {
    pub(super) fn add(&mut self, facts: &Facts) {
        self.rows += 1;
        self.seconds += u64::from(facts.seconds.unwrap_or(0));
        self.years = widened(self.years, facts.year);
        self.bpm = widened(self.bpm, facts.bpm);
        self.with_key += usize::from(facts.key.is_some());
    }
}

fn widened<T: Ord + Copy>(range: Option<(T, T)>, value: Option<T>) -> Option<(T, T)> {
    let Some(value) = value else { return range };
    let (min, max) = range.unwrap_or((value, value));
    Some((min.min(value), max.max(value)))
}

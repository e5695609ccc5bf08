//! Figures about the rows of a view.

use super::facts::Facts;
use crate::matching::{Confidence, Points};
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
    /// Matched rows of low, medium and high confidence.
    confidence: [usize; 3],
    /// The sum of the points of all matches.
    points: i64,
}

impl Statistics {
    pub(super) fn add(&mut self, facts: &Facts) {
        self.rows += 1;
        self.seconds += u64::from(facts.seconds.unwrap_or(0));
        self.years = widened(self.years, facts.year);
        self.bpm = widened(self.bpm, facts.bpm);
        self.with_key += usize::from(facts.key.is_some());
        self.points += facts.score.map_or(0, |points| i64::from(points.0));
        if let Some(confidence) = facts.confidence {
            self.confidence[confidence as usize] += 1;
        }
    }

    /// Rows with a match.
    pub fn matched(&self) -> usize {
        self.confidence.iter().sum()
    }

    /// Matched rows of one class.
    pub fn of(&self, confidence: Confidence) -> usize {
        self.confidence[confidence as usize]
    }

    /// The mean of the points of all matches; none without one.
    pub fn mean_score(&self) -> Option<Points> {
        let matched = i64::try_from(self.matched()).ok().filter(|&matched| matched > 0)?;
        i32::try_from((self.points + matched / 2) / matched).ok().map(Points)
    }
}

fn widened<T: Ord + Copy>(range: Option<(T, T)>, value: Option<T>) -> Option<(T, T)> {
    let Some(value) = value else { return range };
    let (min, max) = range.unwrap_or((value, value));
    Some((min.min(value), max.max(value)))
}

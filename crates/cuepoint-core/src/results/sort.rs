//! In which order to show rows.

use std::cmp::Ordering;

use super::facts::Facts;
use super::folded::Folded;

/// The column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The order of the table: of the file or playlist.
    Index,
    /// The title, folded.
    Title,
    /// The artist, folded.
    Artist,
    /// The year of release.
    Year,
    /// The average tempo.
    Bpm,
    /// The rating.
    Rating,
    /// The duration.
    Duration,
    /// How certain the match is.
    Confidence,
    /// The points of the match.
    Score,
}

/// Which end of a column comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// Sorts rows by a column; equal rows stay in their order. What is not known comes last in both
/// directions.
pub(super) fn sort_rows(
    rows: &mut [u32],
    facts: &[Facts],
    folded: &Folded,
    key: SortKey,
    direction: Direction,
) {
    let facts = |row: u32| &facts[row as usize];
    match key {
        SortKey::Index => sort_known(rows, direction, Some),
        SortKey::Title => sort_known(rows, direction, |row| known(folded.title(row))),
        SortKey::Artist => sort_known(rows, direction, |row| known(folded.artist(row))),
        SortKey::Year => sort_known(rows, direction, |row| facts(row).year),
        SortKey::Bpm => sort_known(rows, direction, |row| facts(row).bpm),
        SortKey::Rating => sort_known(rows, direction, |row| facts(row).stars),
        SortKey::Duration => sort_known(rows, direction, |row| facts(row).seconds),
        SortKey::Confidence => sort_known(rows, direction, |row| facts(row).confidence),
        SortKey::Score => sort_known(rows, direction, |row| facts(row).score),
    }
}

/// Blanks around a title are no reason for a place before "a".
fn known(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn sort_known<T: Ord>(rows: &mut [u32], direction: Direction, value: impl Fn(u32) -> Option<T>) {
    rows.sort_by(|&left, &right| match (value(left), value(right)) {
        (Some(left), Some(right)) => directed(left.cmp(&right), direction),
        (left, right) => right.is_some().cmp(&left.is_some()),
    });
}

fn directed(order: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => order,
        Direction::Descending => order.reverse(),
    }
}

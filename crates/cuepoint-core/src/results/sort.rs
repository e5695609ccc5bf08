//! The order that a DJ wants to see rows in.

use super::{Row, Table, fold};
use crate::rekordbox::TrackRef;
use std::cmp::Ordering;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The order of the table.
    Index,
    /// The title, without regard to case and accents.
    Title,
    /// The artist, without regard to case and accents.
    Artist,
    /// The year; unknown ones come last.
    Year,
    /// The tempo; unknown ones come last.
    Bpm,
    /// The stars; unknown ones come last.
    Rating,
    /// The date added.
    DateAdded,
}

pub(super) fn sort(table: &Table<'_>, rows: &mut [Row], key: SortKey, descending: bool) {
    match key {
        SortKey::Index => by(rows, descending, Some, Row::cmp),
        SortKey::Title => text(table, rows, descending, |track| track.name()),
        SortKey::Artist => text(table, rows, descending, |track| track.artist()),
        SortKey::DateAdded => text(table, rows, descending, |track| track.date_added()),
        SortKey::Year => by(rows, descending, |row| table.track(row)?.year(), u16::cmp),
        SortKey::Rating => by(rows, descending, |row| table.track(row)?.rating(), u8::cmp),
        SortKey::Bpm => by(rows, descending, |row| table.track(row)?.bpm(), f64::total_cmp),
    }
}

fn text<'a>(
    table: &Table<'a>,
    rows: &mut [Row],
    descending: bool,
    field: impl Fn(TrackRef<'a>) -> &'a str,
) {
    by(
        rows,
        descending,
        |row| table.track(row).map(|track| fold(field(track).trim())),
        String::cmp,
    );
}

/// A stable sort in which rows without a value come last in either direction. Values are computed
/// once a row.
fn by<T>(
    rows: &mut [Row],
    descending: bool,
    value: impl Fn(Row) -> Option<T>,
    compare: impl Fn(&T, &T) -> Ordering,
) {
    let mut keyed: Vec<(Option<T>, Row)> = rows.iter().map(|row| (value(*row), *row)).collect();
    keyed.sort_by(|(one, _), (other, _)| match (one, other) {
        (Some(one), Some(other)) if descending => compare(other, one),
        (Some(one), Some(other)) => compare(one, other),
        (one, other) => one.is_none().cmp(&other.is_none()),
    });
    for (place, (_, row)) in rows.iter_mut().zip(keyed) {
        *place = row;
    }
}

//! Data whose form is known: tables of relative addresses, and panic locations.

use crate::image::{Image, Pointer};
use std::ops::Range;

/// The size of an entry in a table of addresses relative to its start.
pub(crate) const ENTRY: u64 = 4;
/// The size of `core::panic::Location`: the file's name, its line and column.
pub(crate) const LOCATION: u64 = 24;
/// The place of the line in a panic location.
pub(crate) const LOCATION_LINE: u64 = 16;

/// The addresses in a table that is relative to its start.
pub(crate) fn offset_table(image: &Image<'_>, table: Range<u64>) -> impl Iterator<Item = u64> {
    let entries = image.content(&table).chunks_exact(ENTRY as usize);
    entries.filter_map(move |entry| {
        let offset = i32::from_le_bytes(entry.try_into().ok()?);
        Some(table.start.wrapping_add_signed(offset.into()))
    })
}

/// The number of places in `function` that a table has at its start. That of a compiled `match` has
/// nothing else.
pub(crate) fn places(image: &Image<'_>, table: Range<u64>, function: &Range<u64>) -> usize {
    offset_table(image, table).take_while(|target| function.contains(target)).count()
}

/// Whether the data at `address` has the form of a panic location.
pub(crate) fn is_location(image: &Image<'_>, address: u64) -> bool {
    let Some(Pointer::To(file)) = image.pointers.get(&address) else { return false };
    let number = |from: u64, size: u64| -> Option<u64> {
        let from = address.checked_add(from)?;
        let bytes = image.content(&(from..from.checked_add(size)?));
        let is_whole = bytes.len() as u64 == size;
        is_whole.then(|| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let name = |length: u64| image.content(&(*file..file.saturating_add(length)));
    let is_source = |length: u64| length <= MAX_NAME && name(length).ends_with(b".rs");
    let counts_from_1 = |from: u64| number(from, 4).is_some_and(|number| number > 0);
    number(8, 8).is_some_and(is_source) && counts_from_1(LOCATION_LINE) && counts_from_1(20)
}

/// The longest name of a source file in bytes.
const MAX_NAME: u64 = 4096;

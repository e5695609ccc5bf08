//! An executable as it is in memory: sections, names, and the pointers that the loader writes.

use std::collections::BTreeMap;
use std::ops::Range;

/// The parts of an executable that code can refer to.
#[derive(Debug, Default)]
pub(crate) struct Image<'a> {
    /// What is in memory, ordered by address, without thread-local data.
    pub(crate) sections: Vec<Section<'a>>,
    /// What the loader writes, by address.
    pub(crate) pointers: BTreeMap<u64, Pointer>,
    /// Functions, ordered by address. They do not overlap.
    pub(crate) functions: Vec<Named>,
    /// Data with a name and a size, ordered by address.
    pub(crate) variables: Vec<Named>,
    /// The initial thread-local data.
    pub(crate) thread_local: Vec<Section<'a>>,
}

/// A section that is in memory while the program runs.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) name: String,
    pub(crate) range: Range<u64>,
    /// The content; empty if it consists of zeros.
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: SectionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionKind {
    Code,
    Constants,
    Variables,
}

/// What the loader writes at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// An address in the executable.
    To(u64),
    /// Anything else: the type of its relocation, its addend and its symbol.
    Symbol(String),
}

/// A range of addresses with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) range: Range<u64>,
    pub(crate) name: String,
}

/// The size of a pointer in bytes.
pub(crate) const POINTER: u64 = 8;

impl<'a> Image<'a> {
    pub(crate) fn section_at(&self, address: u64) -> Option<&Section<'a>> {
        let before = self.sections.partition_point(|section| section.range.start <= address);
        let section = self.sections.get(before.checked_sub(1)?)?;
        section.range.contains(&address).then_some(section)
    }

    /// The content from `range` in the file, within one section. Zeros may be left out.
    pub(crate) fn content(&self, range: &Range<u64>) -> &'a [u8] {
        self.section_at(range.start).map_or(&[], |section| section.content(range))
    }

    pub(crate) fn function_at(&self, address: u64) -> Option<&Named> {
        containing(&self.functions, address)
    }

    pub(crate) fn variable_at(&self, address: u64) -> Option<&Named> {
        containing(&self.variables, address)
    }

    /// The pointers of which a part is in `range`, with their addresses.
    pub(crate) fn pointers_in(&self, range: &Range<u64>) -> impl Iterator<Item = (u64, &Pointer)> {
        let first = range.start.saturating_sub(POINTER - 1);
        let pointers = self.pointers.range(first..range.end.max(first));
        pointers.map(|(address, pointer)| (*address, pointer))
    }
}

impl<'a> Section<'a> {
    /// The content from `range`, as far as it is in this section. Zeros may be left out.
    pub(crate) fn content(&self, range: &Range<u64>) -> &'a [u8] {
        let offset = |address: u64| {
            let offset = usize::try_from(address.saturating_sub(self.range.start));
            offset.unwrap_or(usize::MAX).min(self.bytes.len())
        };
        &self.bytes[offset(range.start)..offset(range.end.max(range.start))]
    }
}

/// The range that contains an address.
pub(crate) fn containing(ordered: &[Named], address: u64) -> Option<&Named> {
    let before = ordered.partition_point(|named| named.range.start <= address);
    ordered.get(before.checked_sub(1)?).filter(|named| named.range.contains(&address))
}

//! A digest of the data that a function uses.

use crate::decode::Reference;
use crate::digest::{Digest, Part};
use crate::extent::{Extents, Owner};
use crate::image::{POINTER, Pointer, SectionKind};
use crate::tables::{ENTRY, LOCATION_LINE, offset_table, places};
use crate::targets::Targets;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// A digest of data. Each piece of data has a number, and a pointer is the number of its target, so
/// pieces may refer to each other in circles.
pub(crate) struct DataDigest<'a> {
    targets: &'a Targets<'a>,
    extents: &'a Extents,
    function: FunctionTraits,
    digest: Digest,
    /// Lines and columns in panic locations.
    lines: Option<Digest>,
    numbers: HashMap<Piece, u64>,
    waiting: VecDeque<Piece>,
}

/// What decides how a function's data are read.
#[derive(Clone, Debug)]
pub(crate) struct FunctionTraits {
    pub(crate) range: Range<u64>,
    /// Whether it may access data before an address.
    pub(crate) reaches_back: bool,
    /// Whether data that it refers to may be tables of relative addresses.
    pub(crate) has_tables: bool,
}

/// Data at these addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Piece {
    range: Range<u64>,
    /// The places that may be starts of tables with addresses relative to them.
    tables: Vec<u64>,
}

impl<'a> DataDigest<'a> {
    pub(crate) fn new(
        targets: &'a Targets<'a>,
        extents: &'a Extents,
        function: FunctionTraits,
    ) -> Self {
        Self {
            targets,
            extents,
            function,
            digest: Digest::new(),
            lines: None,
            numbers: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(crate) fn add_reference(&mut self, reference: &Reference) {
        match reference {
            Reference::Code(target) => self.targets.add_code(&mut self.digest, *target),
            Reference::Access(range) => {
                self.digest.part(Part::Access, &[]);
                self.add_piece(&Piece { range: range.clone(), tables: Vec::new() });
            }
            Reference::Address(address) => {
                let FunctionTraits { reaches_back, ref range, .. } = self.function;
                self.add_address(*address, Some(Owner { function: range.start, reaches_back }));
            }
        }
    }

    pub(crate) fn add_thread_local(&mut self) {
        let image = self.targets.image;
        for section in &image.thread_local {
            self.digest.part(Part::ThreadLocal, section.name.as_bytes());
            self.digest.part(Part::Bytes, section.bytes);
            self.digest.number(section.range.end - section.range.start);
            // Zeros take no addresses of their own, so other data may be there.
            if section.bytes.is_empty() {
                continue;
            }
            for (address, pointer) in image.pointers_in(&section.range) {
                self.digest.number(address.wrapping_sub(section.range.start));
                self.add_pointer(pointer);
            }
        }
    }

    /// The digests of all data, and of the lines and columns in panic locations.
    pub(crate) fn finish(mut self) -> (String, Option<String>) {
        while let Some(piece) = self.waiting.pop_front() {
            self.add_piece(&piece);
        }
        (self.digest.hex(), self.lines.as_ref().map(Digest::hex))
    }

    /// Adds the number of the piece at an address that `owner` or a pointer refers to, and the place in
    /// it.
    fn add_address(&mut self, address: u64, owner: Option<Owner>) {
        let section = self.targets.image.section_at(address);
        if section.is_some_and(|section| section.kind == SectionKind::Code) {
            return self.targets.add_code(&mut self.digest, address);
        }
        let Some(range) = self.extents.around(self.targets.image, address, owner) else {
            // The end of the last piece of a section, or the address of no data.
            return self.digest.part(Part::Nowhere, &[]);
        };
        let tables = match owner {
            Some(owner) if self.function.has_tables => self.extents.owned_in(&range, owner),
            _ => Vec::new(),
        };
        let place = address - range.start;
        let number = self.number(Piece { range, tables });
        self.digest.part(Part::Piece, &number.to_le_bytes());
        self.digest.number(place);
    }

    fn number(&mut self, piece: Piece) -> u64 {
        let next = self.numbers.len() as u64;
        if let Some(number) = self.numbers.get(&piece) {
            return *number;
        }
        self.numbers.insert(piece.clone(), next);
        self.waiting.push_back(piece);
        next
    }

    fn add_piece(&mut self, Piece { range, tables }: &Piece) {
        let image = self.targets.image;
        let kind = image.section_at(range.start).map(|section| section.kind as u64);
        self.digest.number(kind.unwrap_or(u64::MAX));
        if self.extents.is_location(range) {
            let line = range.start.saturating_add(LOCATION_LINE);
            self.add_content(range.start..line);
            let lines = self.lines.get_or_insert_with(Digest::new);
            return lines.part(Part::Bytes, image.content(&(line..range.end)));
        }
        let mut from = range.start;
        for (index, &table) in tables.iter().enumerate() {
            let end = tables.get(index + 1).copied().unwrap_or(range.end);
            self.add_content(from..table);
            self.digest.part(Part::Table, &(table - range.start).to_le_bytes());
            from = self.add_entries(table..end);
        }
        self.add_content(from..range.end);
    }

    /// Adds bytes, and the targets of the pointers among them.
    fn add_content(&mut self, range: Range<u64>) {
        let mut from = range.start;
        for (address, pointer) in self.targets.image.pointers_in(&range) {
            self.add_bytes(from..address);
            self.digest.number(address.wrapping_sub(range.start));
            self.add_pointer(pointer);
            from = address.saturating_add(POINTER);
        }
        self.add_bytes(from..range.end);
    }

    /// Adds bytes without the zeros at their end, which may be no part of the data.
    fn add_bytes(&mut self, range: Range<u64>) {
        let content = self.targets.image.content(&range);
        let used = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.digest.part(Part::Bytes, &content[..used]);
    }

    fn add_pointer(&mut self, pointer: &Pointer) {
        match pointer {
            Pointer::To(address) => self.add_address(*address, None),
            Pointer::Symbol(symbol) => self.digest.part(Part::Symbol, symbol.as_bytes()),
        }
    }

    /// Adds the entries at the start of a table with addresses relative to it: places in the function,
    /// or data. Returns where they end.
    fn add_entries(&mut self, table: Range<u64>) -> u64 {
        let image = self.targets.image;
        let entries: Vec<u64> = offset_table(image, table.clone()).collect();
        let places = places(image, table.clone(), &self.function.range);
        for place in &entries[..places] {
            let place = place - self.function.range.start;
            self.digest.part(Part::Entry, &place.to_le_bytes());
        }
        let mut end = table.start + ENTRY * places as u64;
        for &target in &entries[places..] {
            // An entry of zero is the padding after a table.
            let is_padding = target == table.start;
            let data = self.extents.around(image, target, None).filter(|_| !is_padding);
            let Some(data) = data else { break };
            // If the entry is a number and no address, this is what remains of its value.
            self.digest.part(Part::Entry, &(data.end - target).to_le_bytes());
            self.add_address(target, None);
            end += ENTRY;
        }
        end
    }
}

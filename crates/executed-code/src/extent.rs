//! Where pieces of data start and end. Executables do not record it for constants without a name, so
//! they end where something else in the executable refers to.

use crate::decode::{Reference, decode};
use crate::image::{Image, Named, Pointer, SectionKind};
use crate::tables::{ENTRY, LOCATION, is_location, places};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The addresses that anything in an executable refers to.
#[derive(Debug, Default)]
pub(crate) struct Extents {
    referred: BTreeMap<u64, Referrers>,
    /// The panic locations among them.
    locations: BTreeSet<u64>,
    /// The tables of places in a function among them, with the function.
    tables: BTreeMap<u64, Range<u64>>,
}

/// What refers to an address.
#[derive(Clone, Debug, Default)]
struct Referrers {
    /// Whether a piece of data surely starts or ends here.
    is_limit: bool,
    /// Whether what ends here has a known form.
    follows_known: bool,
    /// The starts of functions.
    functions: Vec<u64>,
}

/// The function whose code contains an address of data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    /// The start of the function.
    pub(crate) function: u64,
    /// Whether it may access data before an address.
    pub(crate) reaches_back: bool,
}

impl Extents {
    pub(crate) fn of(image: &Image<'_>) -> Self {
        let mut extents = Self::default();
        for pointer in image.pointers.values() {
            if let Pointer::To(address) = pointer {
                extents.add_limit(*address);
            }
        }
        for variable in &image.variables {
            extents.add_limit(variable.range.start);
            extents.add_limit(variable.range.end);
        }
        image.functions.iter().for_each(|function| extents.add_function(image, function));
        extents.add_tables(image);
        extents.add_locations(image);
        extents
    }

    fn add_limit(&mut self, address: u64) {
        self.referred.entry(address).or_default().is_limit = true;
    }

    /// Adds the limits of data whose form is known.
    fn add_known(&mut self, range: Range<u64>) {
        self.add_limit(range.start);
        self.add_limit(range.end);
        self.referred.entry(range.end).or_default().follows_known = true;
    }

    fn add_function(&mut self, image: &Image<'_>, function: &Named) {
        let mut addresses = BTreeSet::new();
        let mut loads_offsets = false;
        for instruction in decode(&function.range, image.content(&function.range)) {
            loads_offsets |= instruction.loads_offset;
            // A direct access does not show where something starts.
            if let Some(Reference::Address(address)) = instruction.reference {
                addresses.insert(address);
            }
        }
        for address in addresses {
            if loads_offsets && places(image, address..u64::MAX, &function.range) > 0 {
                self.tables.insert(address, function.range.clone());
            }
            self.referred.entry(address).or_default().functions.push(function.range.start);
        }
    }

    fn add_tables(&mut self, image: &Image<'_>) {
        for (table, function) in self.tables.clone() {
            let next = self.referred.range(table.saturating_add(1)..).next();
            let next = next.map_or(u64::MAX, |(next, _)| *next);
            let entries = places(image, table..next, &function) as u64;
            self.add_known(table..table.saturating_add(entries.saturating_mul(ENTRY)));
        }
    }

    fn add_locations(&mut self, image: &Image<'_>) {
        let is_single = |address: u64| {
            let inside = address.saturating_add(1)..address.saturating_add(LOCATION);
            self.referred.range(inside).next().is_none()
        };
        let all = self.referred.keys().copied();
        self.locations =
            all.filter(|address| is_location(image, *address) && is_single(*address)).collect();
        for address in self.locations.clone() {
            self.add_known(address..address.saturating_add(LOCATION));
        }
    }

    /// Whether nothing of the data at an address can be before it.
    fn is_known_start(&self, address: u64) -> bool {
        self.locations.contains(&address)
            || self.tables.contains_key(&address)
            || self.referred.get(&address).is_some_and(|referrers| referrers.follows_known)
    }

    /// Whether a piece of data is a panic location.
    pub(crate) fn is_location(&self, range: &Range<u64>) -> bool {
        range.end - range.start == LOCATION && self.locations.contains(&range.start)
    }

    /// The addresses in a range that a function refers to.
    pub(crate) fn owned_in(&self, range: &Range<u64>, owner: Owner) -> Vec<u64> {
        let referred = self.referred.range(range.clone());
        let owned = referred.filter(|(_, referrers)| referrers.functions.contains(&owner.function));
        owned.map(|(address, _)| *address).collect()
    }

    /// The data around an address that a function or a pointer refers to. `None` if no data is there.
    ///
    /// What the function itself refers to does not end the data. A loop may have one address for the
    /// start of a table, and one for its end or for the second field.
    pub(crate) fn around(
        &self,
        image: &Image<'_>,
        address: u64,
        owner: Option<Owner>,
    ) -> Option<Range<u64>> {
        let section = image.section_at(address)?;
        if section.kind == SectionKind::Code {
            return None;
        }
        if let Some(variable) = image.variable_at(address) {
            return Some(variable.range.clone());
        }
        let is_own = |referrers: &Referrers| {
            let is_owner = |owner: Owner| referrers.functions.contains(&owner.function);
            !referrers.is_limit && owner.is_some_and(is_owner)
        };
        let before = self.referred.range(section.range.start..=address).rev();
        let own = before.take_while(|(_, referrers)| is_own(referrers)).last();
        let mut start = own.map_or(address, |(start, _)| *start);
        if owner.is_some_and(|owner| owner.reaches_back) && !self.is_known_start(start) {
            let before = self.referred.range(section.range.start..start).next_back();
            start = before.map_or(section.range.start, |(start, _)| *start);
        }
        let mut after = self.referred.range(address.saturating_add(1)..section.range.end);
        let end = after.find(|(_, referrers)| !is_own(referrers));
        Some(start..end.map_or(section.range.end, |(end, _)| *end))
    }
}

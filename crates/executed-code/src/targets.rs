//! What jumps, calls and pointers lead to, by name.

use crate::decode::{Decoded, Reference, decode};
use crate::digest::{Digest, Part};
use crate::image::{Image, Named, Pointer};
use std::collections::HashMap;
use std::ops::Range;

/// Code and symbols that an executable refers to.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    pub(crate) image: &'a Image<'a>,
    /// Executed functions that share their name with another one, by start: digests of their
    /// instructions. Instances of a generic function often share their name.
    namesakes: HashMap<u64, String>,
}

/// The size of a linker's stub in bytes.
pub(crate) const STUB: u64 = 16;

impl<'a> Targets<'a> {
    pub(crate) fn new(image: &'a Image<'a>, executed: &[Named]) -> Self {
        let mut occurrences: HashMap<&str, u32> = HashMap::new();
        for function in executed {
            *occurrences.entry(&function.name).or_default() += 1;
        }
        let shared = executed.iter().filter(|function| occurrences[function.name.as_str()] > 1);
        let digest =
            |function: &Named| (function.range.start, instructions_digest(image, &function.range));
        Self { image, namesakes: shared.map(digest).collect() }
    }

    /// Adds an address of code: the place in a function, by the function's name.
    pub(crate) fn add_code(&self, digest: &mut Digest, address: u64) {
        if let Some(function) = self.image.function_at(address) {
            digest.part(Part::Function, function.name.as_bytes());
            digest.number(address - function.range.start);
            if let Some(instructions) = self.namesakes.get(&function.range.start) {
                digest.part(Part::Namesake, instructions.as_bytes());
            }
        } else if let Some(Pointer::Symbol(symbol)) = self.behind_stub(address) {
            digest.part(Part::Symbol, symbol.as_bytes());
        } else {
            digest.part(Part::Nowhere, &address.to_le_bytes());
        }
    }

    /// What a stub of the linker jumps to: a function of a library.
    fn behind_stub(&self, address: u64) -> Option<&Pointer> {
        let stub = address..address.saturating_add(STUB);
        decode(&stub, self.image.content(&stub)).find_map(|instruction| {
            let Some(Reference::Access(slot)) = instruction.reference else { return None };
            self.image.pointers.get(&slot.start)
        })
    }
}

/// Adds an instruction, with zeros where it depends on its place.
pub(crate) fn add_instruction(digest: &mut Digest, image: &Image<'_>, instruction: &Decoded) {
    let mut bytes = image.content(&instruction.range).to_vec();
    if let Some(placed) = bytes.get_mut(instruction.placed.clone()) {
        placed.fill(0);
    }
    digest.part(Part::Bytes, &bytes);
}

fn instructions_digest(image: &Image<'_>, function: &Range<u64>) -> String {
    let mut digest = Digest::new();
    for instruction in decode(function, image.content(function)) {
        add_instruction(&mut digest, image, &instruction);
    }
    digest.hex()
}

//! Digests of normalised code and data.

use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

/// A 128-bit digest that depends neither on the machine nor on the compiler of this crate.
pub(crate) struct Digest(SipHasher13);

/// The kinds of parts in a digest. A changed number needs another version of the fingerprints.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Part {
    Bytes = 0,
    /// A place in a function: its name, then the place.
    Function = 1,
    /// What distinguishes functions of one name.
    Namesake = 2,
    /// Something outside the executable.
    Symbol = 3,
    /// An address of neither code nor data.
    Nowhere = 4,
    /// Data of known size.
    Access = 5,
    /// The number of a piece of data, then the place in it.
    Piece = 6,
    /// A table of relative addresses in a piece.
    Table = 7,
    /// An entry of such a table.
    Entry = 8,
    ThreadLocal = 9,
}

/// The digest of a whole file, e.g. of a shared library, as 32 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let mut digest = Digest::new();
    digest.part(Part::Bytes, bytes);
    digest.hex()
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self(SipHasher13::new())
    }

    /// Appends a part. Its kind and length are part of the digest, so no two sequences of parts have the
    /// same bytes.
    pub(crate) fn part(&mut self, kind: Part, bytes: &[u8]) {
        self.0.write(&[kind as u8]);
        self.number(bytes.len() as u64);
        self.0.write(bytes);
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.0.write(&number.to_le_bytes());
    }

    /// The digest as 32 hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        format!("{:032x}", self.0.finish128().as_u128())
    }
}

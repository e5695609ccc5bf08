//! Real files with bytes flipped, cut out, copied elsewhere or put in, and numbers replaced by
//! others.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::ops::Range;

/// One damage to a file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index, usize),
    /// Bytes from one place are put into another.
    Splice(Index, usize, Index),
    /// The digits from here on become another text.
    Replace(Index, &'static str),
    Insert(Index, &'static str),
}

/// What formats are made of, and what editors add.
const PIECES: [&str; 16] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", "\r\n", "\u{feff}", "ü", "null", "-1", "1e999",
    "\\u0000",
];

/// Replacements for a number: limits of types, and values that are no number.
const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "null",
    "[]",
    "\"\"",
    "1e308",
    "5e-324",
    "-0.0",
    "4294967296",
    "18446744073709551615",
];

/// `file` with up to four damages.
pub fn damaged(file: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(damage(), 1..5).prop_map(move |damages| {
        damages.iter().fold(file.to_vec(), |bytes, damage| damage.done_to(bytes))
    })
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        (index(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (index(), 1..400_usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        (index(), 1..400_usize, index()).prop_map(|(from, n, to)| Damage::Splice(from, n, to)),
        (index(), select(&NUMBERS[..])).prop_map(|(at, text)| Damage::Replace(at, text)),
        (index(), select(&PIECES[..])).prop_map(|(at, text)| Damage::Insert(at, text)),
    ]
}

impl Damage {
    fn done_to(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() {
            return bytes;
        }
        match self {
            Self::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= bit;
            }
            Self::Cut(at, length) => drop(bytes.drain(range(&bytes, at, *length))),
            Self::Splice(from, length, to) => {
                let copied = bytes[range(&bytes, from, *length)].to_vec();
                let to = to.index(bytes.len());
                bytes.splice(to..to, copied);
            }
            Self::Replace(at, text) => {
                let digits = digits(&bytes, at.index(bytes.len()));
                bytes.splice(digits, text.bytes());
            }
            Self::Insert(at, text) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, text.bytes());
            }
        }
        bytes
    }
}

fn range(bytes: &[u8], at: &Index, length: usize) -> Range<usize> {
    let start = at.index(bytes.len());
    start..(start + length).min(bytes.len())
}

/// The first digits at or after a place.
fn digits(bytes: &[u8], at: usize) -> Range<usize> {
    let is_number = |byte: &u8| byte.is_ascii_digit() || b".-+e".contains(byte);
    let start = bytes[at..].iter().position(u8::is_ascii_digit).map_or(bytes.len(), |n| at + n);
    let length = bytes[start..].iter().take_while(|byte| is_number(byte)).count();
    start..start + length
}

//! The file of a catalogue.
//!
//! ```text
//! 8 bytes  "CUECAT", CR, LF: a transfer that changes line ends shows at once
//! 4 bytes  the number of the format, little-endian like the others
//! 4 bytes  CRC-32 of what follows
//! rest     the catalogue in Postcard's wire format, its index included
//! ```

use std::io;

use super::store::{Catalogue, GAP};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"CUECAT\r\n";

const HEAD: usize = MAGIC.len() + 8;

/// Why bytes are no catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The bytes start like something else.
    #[error("this is no catalogue file")]
    NotACatalogue,
    /// It was written by another version.
    #[error("the catalogue has format {0}, and this version reads format {FORMAT}")]
    OtherFormat(u32),
    /// The check sum or the content is wrong.
    #[error("the catalogue file is damaged or was cut off")]
    Damaged,
}

impl OpenError {
    /// What the user can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NotACatalogue => {
                "`cuepoint catalogue build tracks.csv -o my.catalog` makes one from a CSV or JSON \
                 Lines file"
            }
            Self::OtherFormat(found) if found > FORMAT => {
                "update cuepoint, or build the catalogue again with this version"
            }
            Self::OtherFormat(_) | Self::Damaged => {
                "build the catalogue again with `cuepoint catalogue build`"
            }
        }
    }
}

impl Catalogue {
    /// The bytes of the catalogue's file.
    ///
    /// # Errors
    ///
    /// If there is not enough memory for them.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        let mut bytes = postcard::to_extend(self, vec![0; HEAD]).map_err(io::Error::other)?;
        let sum = crc32fast::hash(&bytes[HEAD..]);
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[12..HEAD].copy_from_slice(&sum.to_le_bytes());
        Ok(bytes)
    }

    /// Opens the catalogue in `bytes`.
    ///
    /// # Errors
    ///
    /// If the bytes are no catalogue of this format, whole and undamaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, OpenError> {
        let after_magic = bytes.strip_prefix(MAGIC).ok_or(OpenError::NotACatalogue)?;
        let (format, rest) = number(after_magic)?;
        if format != FORMAT {
            return Err(OpenError::OtherFormat(format));
        }
        let (sum, payload) = number(rest)?;
        if crc32fast::hash(payload) != sum {
            return Err(OpenError::Damaged);
        }
        let catalogue: Self = postcard::from_bytes(payload).map_err(|_| OpenError::Damaged)?;
        catalogue.is_sound().then_some(catalogue).ok_or(OpenError::Damaged)
    }

    /// Whether every number in it means something: a file may be made by hand.
    fn is_sound(&self) -> bool {
        let words = self.words.len() as u32;
        let names = self.records.iter().all(|record| {
            record.words.is_sorted() && record.words.last().is_some_and(|end| *end <= words)
        });
        let known = |&word: &u32| word == GAP || (word as usize) < self.vocabulary.len();
        let rising = self.records.is_sorted_by(|left, right| left.id < right.id);
        let texts = self.texts.is_sound() && self.vocabulary.is_sound();
        let index = self.index.is_sound(self.vocabulary.len(), self.records.len());
        names && rising && texts && index && self.words.iter().all(known)
    }
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), OpenError> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(OpenError::Damaged)?;
    Ok((u32::from_le_bytes(*number), rest))
}

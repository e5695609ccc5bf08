//! The XML that Rekordbox exports, read in one pass into one [`Library`].
//!
//! The reader is lenient with what one track can hold and strict with the file as a whole: a
//! damaged attribute costs a warning, a file that ends early is an error, and no track is ever
//! lost without being counted.

mod text;
mod encoding;
mod error;
mod report;
mod model;
mod playlists;
mod location;
mod attributes;
mod reader;

pub use error::{ReadError, ReadErrorKind};
pub use location::{canonical_location, decode_location};
pub use model::{CueKind, CuePoint, Library, Product, Tempo, TrackRef};
pub use playlists::{Entry, PlaylistRef};
pub use reader::read;
pub use report::{Example, ParseReport, Warning, WarningKind};

#[cfg(test)]
mod tests;

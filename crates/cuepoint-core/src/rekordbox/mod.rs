//! The XML file that rekordbox exports: its tracks, beat grids, cue points and playlists.
//!
//! [`parse`] reads a whole file from memory. Damage that makes the file's content doubtful (a cut,
//! a wrong encoding) is a [`ParseError`] with its place. A damaged value is left out and counted in
//! the [`ParseReport`], and its track is kept.

mod arena;
mod attributes;
mod collection;
mod cue;
mod encoding;
mod error;
mod file_name;
mod location;
mod media;
mod playlists;
mod reader;
mod report;
mod resolve;
mod track;
mod value;

pub use collection::{Collection, Track};
pub use cue::{HotCue, Mark, MarkKind, Tempo};
pub use error::{ParseError, ParseErrorKind, Position};
pub use location::Location;
pub use media::Media;
pub use playlists::{FindError, Node, NodeKind, PlaylistEntry, PlaylistTree};
pub use reader::parse;
pub use report::{Example, ParseReport, Warning, WarningKind};
pub(crate) use value::append_text;
pub use value::{Bpm, Date};

/// The program that wrote a library; empty texts where the file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// "rekordbox", or another program that writes its format.
    pub name: String,
    /// Such as "6.7.3".
    pub version: String,
    /// "Pioneer DJ" up to version 5, "AlphaTheta" since.
    pub company: String,
}

/// A library as read from one file.
#[derive(Debug)]
pub struct Library {
    /// The program that wrote the file.
    pub product: Product,
    /// The tracks, in the order of the file.
    pub collection: Collection,
    /// The folders and playlists, in the order of the file.
    pub playlists: PlaylistTree,
    /// What was read, what was not, and why.
    pub report: ParseReport,
}

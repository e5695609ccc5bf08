//! A catalogue of tracks that a library is matched against.
//!
//! A user builds one from a CSV or JSON Lines file of their own. [`read_csv`] and
//! [`read_json_lines`] return [`Entry`]s, and [`Catalogue::build`] makes them searchable.
//! [`Catalogue::encode`] returns the bytes of a file that [`Catalogue::decode`] opens in a few
//! milliseconds.

mod build;
mod entry;
mod file;
mod index;
mod input;
mod source;
mod store;
mod texts;
mod track;

pub use build::BuildError;
pub use entry::Entry;
pub use file::{FORMAT, OpenError};
pub use index::{Field, Hit, Query, Term};
pub use input::{InputError, read_csv, read_json_lines};
pub use source::CatalogSource;
pub use store::Catalogue;
pub use track::{CatalogTrack, NameWords};

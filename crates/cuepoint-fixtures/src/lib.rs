//! Seeded generators of realistic Rekordbox libraries.
//!
//! The shares follow aggregates of real exports: titles with a remix, tracks without an artist,
//! sizes of playlists. Measured times then resemble those that a user waits for. The same size and
//! seed give the same bytes on every platform: every draw and every decision is integer arithmetic.
//!
//! A catalogue beside a library lists the right row of each track, so that the right answers of a
//! matcher can be counted.

mod accuracy;
mod catalogue;
mod credit;
mod library;
mod playlist;
mod rng;
mod stored;
mod title;
mod track;
mod words;
mod xml;

pub use accuracy::{Accuracy, AccuracyError, NameSource, Tally, accuracy};
pub use catalogue::{Catalogue, CatalogueSpec, Kind, Truth, catalogue, catalogue_csv};
pub use library::{LibrarySpec, LineEnd, library};
pub use stored::{stored_catalogue, stored_library, stored_rows};
pub use xml::escape_attribute;

/// The library sizes that tests and benches use, in tracks.
pub const SIZES: [usize; 7] = [1, 10, 100, 500, 1_000, 10_000, 50_000];

/// The seed of every library that is not about seeds.
pub const SEED: u64 = 20_260_401;

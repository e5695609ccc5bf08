//! Seeded generators of realistic Rekordbox libraries.
//!
//! The shares (how many titles carry a remix, how many tracks have no artist, how playlists are
//! sized) follow aggregates of real exports, so that what is measured on a generated library
//! resembles what a user waits for. The same size and seed give the same bytes on every platform:
//! every draw and every decision is integer arithmetic.
//!
//! A catalogue beside a library says which of its rows is which track, so that what a matcher gets
//! right can be counted.

mod accuracy;
mod catalogue;
mod credit;
mod library;
mod playlist;
mod rng;
mod title;
mod track;
mod words;
mod xml;

pub use accuracy::{Accuracy, AccuracyError, Tally, accuracy};
pub use catalogue::{Catalogue, CatalogueSpec, Kind, Truth, catalogue, catalogue_csv};
pub use library::{LibrarySpec, LineEnd, library};
pub use xml::escape_attribute;

/// The library sizes that tests and benches use, in tracks.
pub const SIZES: [usize; 7] = [1, 10, 100, 500, 1_000, 10_000, 50_000];

/// The seed of every library that is not about seeds.
pub const SEED: u64 = 20_260_401;

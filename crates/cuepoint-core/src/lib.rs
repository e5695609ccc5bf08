//! Reads Rekordbox libraries, filters and sorts their tracks, and exports them.
//!
//! ```text
//! bytes → rekordbox::parse → Library → results::Table → filter, sort, page → export
//! ```
//!
//! [`rekordbox`] reads the XML file that rekordbox exports. [`results`] makes a table of its tracks
//! and answers what is typed into a search box. [`export`] writes rows as CSV.

pub mod catalogue;
pub mod export;
pub mod matching;
pub mod name;
pub mod rekordbox;
pub mod results;

mod key;
mod text;

pub use text::fold;

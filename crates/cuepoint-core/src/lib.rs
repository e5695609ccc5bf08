//! Reads Rekordbox libraries, matches their tracks against a catalogue, and filters and exports
//! the results.
//!
//! ```text
//! bytes → rekordbox::parse → Library ─┬→ matching::match_all → results::Table → filter, sort
//! bytes → catalogue::decode → Catalogue ┘                          └→ export
//! ```
//!
//! [`rekordbox`] reads the XML file that rekordbox exports, [`catalogue`] what it is matched
//! against. [`name`] takes titles and credits apart, [`matching`] finds for each track the one of the
//! catalogue that it is. [`results`] makes a table and answers what is typed into a search box.
//! [`browse`] holds the interactive table of results. [`export`] writes rows as CSV and JSON.

pub mod browse;
pub mod catalogue;
pub mod export;
pub mod matching;
pub mod name;
pub mod rekordbox;
pub mod results;

mod key;
mod text;

pub use key::Key;
pub use text::fold;

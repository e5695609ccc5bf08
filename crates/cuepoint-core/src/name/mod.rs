//! The parts of a track's name: its artists, its title and its version.
//!
//! A DJ writes `Artist - Title (Somebody Remix) [Label]` into one field or spreads it over three; a
//! catalogue has a column for each. [`Name`] is the form in which the two can be compared: folded
//! words, sorted by the part that they play.

mod credit;
mod title;
mod version;
mod words;

pub use credit::Credit;
pub use title::{Name, readings};
pub use version::{Length, Treatment, Version};
pub use words::words;
pub(crate) use words::{is_minor, transliterated};

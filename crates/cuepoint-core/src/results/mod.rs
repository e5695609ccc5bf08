//! A table of tracks: filtered by what is typed, sorted by a column, shown page by page.
//!
//! A [`Table`] is made once for a collection or playlist. Every keystroke makes a [`View`] of it.

mod filter;
mod folded;
mod sort;
mod statistics;
mod table;

pub use filter::{Bounds, FilterSpec};
pub use sort::{Direction, SortKey};
pub use statistics::Statistics;
pub use table::{Row, Table, View};

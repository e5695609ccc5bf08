//! A table of tracks: filtered by what is typed, sorted by a column, shown page by page.
//!
//! A [`Table`] is made once for a collection or playlist. Every keystroke makes a [`View`] of it.

mod earlier;
mod facts;
mod filter;
mod folded;
mod matched;
mod saved;
mod sort;
mod statistics;
mod table;

pub use earlier::EarlierTable;
pub use facts::Facts;
pub use filter::{Bounds, FilterSpec, Status};
pub use matched::Matched;
pub use saved::{SavedError, SavedHead, SavedRow, SavedTable};
pub use sort::{Direction, SortKey};
pub use statistics::Statistics;
pub use table::{Item, Row, Table, View};

//! The foreign formats of Divan 0.1.0 to 0.1.21 and of codspeed-divan-compat: what bench processes
//! take and what they print.
//!
//! No other crate depends on the form of Divan's text.

mod asked;
mod cell;
mod harness;
mod launch;
mod line;
mod listing;
mod row;
mod stderr;
mod table;
pub mod samples;
#[cfg(test)]
pub(crate) mod writer;
#[cfg(test)]
mod damaged_tests;
#[cfg(test)]
mod version_tests;

pub use cell::{Cell, Columns};
pub use harness::Harness;
pub use launch::{
    CLEARED_VARIABLES, EXTERNAL_TIME_VARIABLE, LISTING_ARGUMENTS, LISTING_VARIABLE, Launch,
    TREE_ARGUMENTS, USAGE_STATUS, discovery_arguments, probe_arguments,
};
pub use line::decoded;
pub use listing::{Listing, ListingError, parse_listing, parse_tree};
pub use row::{Alloc, AllocKind, Figures, Rate, RateKind, Row, RowState};
pub use stderr::{is_divans, timer_precision, unregistered};
pub use table::{Problem, Table, parse_table};

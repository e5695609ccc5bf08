//! Rows as CSV, for spreadsheets and scripts.

mod cell;
mod csv;
mod file;

pub use self::csv::{Delimiter, write_csv};
pub use self::file::write_file;

//! Tables as files for other programs.

mod csv;
mod whole;

pub use csv::{CSV_COLUMNS, CsvOptions, write_csv};
pub use whole::write_whole;

//! Rows as CSV and JSON, for spreadsheets and scripts.

mod cell;
mod file;
mod json;
mod library;
mod line;
mod matches;
mod saved;
mod value;

pub use file::write_file;
pub use json::write_json;
pub use library::write_csv;
pub use line::Delimiter;
pub use matches::{
    RunNote, write_candidates_csv, write_matches_csv, write_queries_csv, write_review_csv,
};
pub use saved::write_saved_csv;

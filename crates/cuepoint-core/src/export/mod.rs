//! Rows as CSV and JSON, for spreadsheets and scripts.

mod cell;
mod file;
mod json;
mod library;
mod library_json;
mod line;
mod matches;
mod playlist;
mod saved;
mod scan;
mod value;

pub(crate) use cell::{path_cell, printable, text_cell};
pub use file::write_file;
pub use json::write_json;
pub use library::write_csv;
pub use library_json::write_tracks_json;
pub use line::Delimiter;
pub use matches::{
    MATCH_COLUMNS, RunNote, write_candidates_csv, write_matches_csv, write_queries_csv,
    write_review_csv,
};
pub use playlist::write_m3u8;
pub use saved::write_saved_csv;

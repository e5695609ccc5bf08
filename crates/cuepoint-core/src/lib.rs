//! Reads Rekordbox libraries, filters and sorts their tracks, and exports them.

pub mod rekordbox;
pub mod results;
pub mod export;

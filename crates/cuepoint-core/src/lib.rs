//! Reads Rekordbox libraries, filters and sorts their tracks, and exports them.

//! Seeded generators of realistic Rekordbox libraries.

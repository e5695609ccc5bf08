//! Records the clock reads of an unmodified Divan bench process.

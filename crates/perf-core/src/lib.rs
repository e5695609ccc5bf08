//! From the readings of bench launches to a verdict and a report, without I/O.

pub mod divan;
pub mod sample;

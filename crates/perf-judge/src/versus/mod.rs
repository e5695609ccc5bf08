//! Benchmarks of one build that are compared with each other.
//!
//! 1. [`Alternatives::select`] finds the benchmarks of the alternatives and what is compared.
//! 2. The judge compares each pair by the paired rule.
//! 3. [`Relation`] and [`conclusion`] put a verdict into words.
//! 4. [`PowerLaw`](crate::scaling::PowerLaw) fits the times by argument.

mod alternatives;
mod relation;

pub use alternatives::{Alternative, Alternatives, ArgumentSeries, CasePair, SelectionError};
pub use relation::{Relation, conclusion};

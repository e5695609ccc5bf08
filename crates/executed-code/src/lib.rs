//! Proves that two builds of an executable executed the same machine code.
//!
//! If base and head execute the same instructions on the same data, only the placement of code and
//! data can change the time. This crate finds such benchmarks:
//!
//! 1. [`callgrind::parse`] reads the addresses of the instructions that a sample executed.
//! 2. [`Executable::parse`] reads the executable: only ELF for x86-64 so far.
//! 3. [`Fingerprint::of`] makes digests of the executed functions and of the data that they use. The
//!    digests do not depend on addresses, so a fingerprint can be recorded.
//! 4. [`compare()`] compares the fingerprints of two builds, and names what differs.
//! 5. [`function_changes()`] lists the functions that execute more or fewer instructions.
//!
//! It does no I/O. What cannot be proved equal counts as different.
//!
//! # What is compared
//!
//! - All instructions of each executed function, without the addresses in them.
//! - Where executed instructions jump to, by the name of the function and the place in it.
//! - Data at addresses that executed instructions contain, and what pointers in that data lead to.
//! - Lines and columns in panic locations, which only [`Proof::moved_lines`] reports.
//! - The initial thread-local data, if an executed instruction uses thread-local data.
//! - The digest of each library with executed code.
//! - The number of executed instructions of each function and library.
//!
//! # What is not compared
//!
//! - What was in memory before the sample: inputs that the benchmark made, files and the environment.
//!   Different inputs mostly change the number of instructions.
//! - Data that an access reaches beyond an address which another function refers to. Constants without
//!   a symbol have no recorded end, so each is taken to end there.
//! - The tables of the unwinder. A sample that unwinds is refused.

pub mod call_graph;
pub mod callgrind;
mod compare;
mod data;
mod decode;
mod digest;
mod elf;
mod executed;
mod extent;
mod fingerprint;
mod function;
mod function_changes;
mod image;
mod tables;
mod targets;
mod unprovable;

pub use compare::{Comparison, Difference, Proof, Side, compare};
pub use digest::digest;
pub use executed::Executed;
pub use fingerprint::{Executable, Files, Fingerprint};
pub use function_changes::{FunctionChange, function_changes, plain_name};
pub use unprovable::Unprovable;

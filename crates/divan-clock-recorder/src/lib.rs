//! The source of the clock recorder, for a tool to compile on the machine that measures.
//!
//! The library is preloaded into bench processes, so it is built by `rustc` alone for that
//! machine, and never linked into the tool itself.

/// One complete file: `rustc --edition 2024 -O --crate-type cdylib`.
pub const SOURCE: &str = include_str!("recorder.rs");

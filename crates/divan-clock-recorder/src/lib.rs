//! The source of the clock recorder, for a tool to compile on the machine that measures.
//!
//! The library is preloaded into bench processes, so it is built by `rustc` alone for that
//! machine, and never linked into the tool itself.

/// The files by name, to be written to one folder. The first one is the root of the library:
/// `rustc --edition 2024 -O --crate-type cdylib`.
pub const FILES: [(&str, &str); 3] = [
    ("lib.rs", include_str!("recorder.rs")),
    ("marks.rs", include_str!("marks.rs")),
    ("usage.rs", include_str!("usage.rs")),
];

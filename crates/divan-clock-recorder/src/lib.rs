//! The sources of two libraries, for a tool to compile on the machine that measures.
//!
//! They are preloaded into bench processes, so they are built by `rustc` alone for that machine, and
//! never linked into the tool itself: `rustc --edition 2024 -O --crate-type cdylib`.

/// A file's name and text.
pub type SourceFile = (&'static str, &'static str);

/// The clock recorder: its files, to be written to one folder. The first one is its root.
pub const CLOCK: [SourceFile; 4] = [
    ("lib.rs", include_str!("recorder.rs")),
    ("marks.rs", include_str!("marks.rs")),
    ("preload.rs", include_str!("preload.rs")),
    ("usage.rs", include_str!("usage.rs")),
];

/// The library that counts allocations, for processes that the clock recorder is loaded into too.
pub const ALLOCATIONS: [SourceFile; 1] = [("lib.rs", include_str!("allocations.rs"))];

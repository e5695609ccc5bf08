//! Reads a library file and reports its defects.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use cuepoint_core::rekordbox::{Library, ParseError, parse};

/// Reads the library at `path`.
pub(crate) fn read_library(path: &Path) -> anyhow::Result<Library> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&bytes).map_err(|error| with_place(path, &error))
}

/// The place in the form that editors jump to, what is wrong, and what to do about it.
fn with_place(path: &Path, error: &ParseError) -> anyhow::Error {
    let ParseError { kind, position } = error;
    let (line, column) = (position.line, position.column);
    anyhow!("{}:{line}:{column}: {kind}\n  help: {}", path.display(), kind.advice())
}

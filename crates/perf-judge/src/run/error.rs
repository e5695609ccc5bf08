//! The errors of reading a run's file.

use super::SCHEMA;
use crate::ident::BenchmarkId;
use crate::json::JsonError;
use crate::unit;

/// Why this version cannot read a file as a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A later version wrote it, and may have used keys that this version would ignore.
    #[error(
        "it has schema {found}, and this version reads schemas up to {SCHEMA}: update this tool"
    )]
    Newer {
        /// The schema that the file names.
        found: u32,
    },
    /// It is not JSON, or not a run.
    #[error("it is not a run: {0}")]
    Malformed(#[from] JsonError),
    /// A column does not have one element per benchmark.
    #[error("it is not a run: the column `{column}` has {} for {}: restore the file", unit::counted(*.found, "element", "elements"), unit::counted(*.wanted, "benchmark", "benchmarks"))]
    Uneven {
        /// The column's key.
        column: &'static str,
        /// The number of its elements.
        found: usize,
        /// The number of benchmarks in the run.
        wanted: usize,
    },
    /// A launch of a benchmark lacks one of its two numbers.
    #[error("it is not a run: a launch of `{0}` has no median or no minimum: restore the file")]
    Launches(BenchmarkId),
    /// Its identity does not follow from its contents.
    #[error("its contents do not match its id, because it was edited or damaged: restore the file")]
    Edited,
}

//! Why a file is not a run.

use super::SCHEMA;
use crate::ident::BenchmarkId;
use crate::unit;

/// Why a file is no run that this version can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A later version wrote it: reading it with less understanding could mislead.
    #[error("it has schema {found}, and this version reads up to {SCHEMA}: update this tool")]
    Newer {
        /// The schema that the file names.
        found: u32,
    },
    /// It is not what a run looks like.
    #[error("it is not a run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Its columns have not one element a benchmark.
    #[error("it is not a run: the column `{column}` has {} for {}", unit::counted(*.found, "element", "elements"), unit::counted(*.wanted, "benchmark", "benchmarks"))]
    Uneven {
        /// The column's key.
        column: &'static str,
        /// Its length.
        found: usize,
        /// How many benchmarks the run names.
        wanted: usize,
    },
    /// The launches of a benchmark have not one of each number.
    #[error("it is not a run: a launch of `{0}` has no median or no minimum")]
    Launches(BenchmarkId),
    /// Its identity is not the one that its contents give it.
    #[error("its contents do not belong to its name: it was edited or damaged")]
    Edited,
}

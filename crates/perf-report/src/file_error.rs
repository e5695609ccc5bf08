//! Why a file of the history is not what it should be.

/// Why a file is no comparison or calibration that this version can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A later version wrote it: reading it with less understanding could mislead.
    #[error("it has schema {found}, and this version reads up to {known}: update this tool")]
    Newer {
        /// The schema that the file names.
        found: u32,
        /// The newest one that this version reads.
        known: u32,
    },
    /// It is not of the form that such a file has.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
}

//! The errors of reading a file of the history.

/// The reason why a comparison or calibration cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A later version wrote it.
    #[error("it has schema {found}, and this version reads up to {known}: update this tool")]
    Newer {
        /// The schema that the file names.
        found: u32,
        /// The newest one that this version reads.
        known: u32,
    },
    /// It is not valid JSON of its schema.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
}

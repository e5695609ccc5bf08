//! The commit of a run.

use serde::{Deserialize, Serialize};

/// The commit that was checked out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The full hash, in hexadecimal.
    pub hash: String,
    /// The branch; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// The first line of the message. It can contain hostile text: escape it.
    pub subject: String,
    /// The author's date, with the offset.
    pub author_date: String,
    /// Whether tracked files differed from the commit.
    pub dirty: bool,
}

impl Commit {
    /// The first 12 digits of the hash.
    pub fn short(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }
}

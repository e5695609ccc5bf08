//! A file of the site.

/// A file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFile {
    /// Its path below the site's root, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub contents: String,
}

//! How much of a report fits where it is shown.

/// Where a report is shown, and how much of it fits there.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The most bytes that it may have.
    pub bytes: usize,
    /// Where the whole report is to be found: an address that this side made.
    pub more: Option<&'a str>,
}

impl Page<'_> {
    /// A page without a limit.
    #[cfg(test)]
    pub(crate) const WHOLE: Self = Self { bytes: usize::MAX, more: None };
    /// A job's summary: GitHub shows none above 1 MiB.
    pub const SUMMARY: Self = Self { bytes: 1_000_000, more: None };
    /// What a comment may have: GitHub takes 65,536 characters.
    pub const COMMENT_BYTES: usize = 60_000;
}

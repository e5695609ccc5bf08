//! One buffer for all texts of a library.

use super::value::append_text;

/// The place of a text in its [`Arena`].
///
/// Half the size of a `&str`: a track has thirteen of these. Offsets fit because a file of 4 GiB
/// or more is refused, and reading a value never makes it longer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

/// Texts, one after the other, without an allocation for each.
#[derive(Debug, Default)]
pub(super) struct Arena(String);

impl Arena {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Stores an attribute value; the flag is whether all its references were understood.
    pub(super) fn push(&mut self, raw: &str) -> (Span, bool) {
        let start = self.0.len();
        let understood = append_text(&mut self.0, raw);
        (Span { start: start as u32, len: (self.0.len() - start) as u32 }, understood)
    }

    /// Stores a text as it is.
    pub(super) fn push_plain(&mut self, text: &str) -> Span {
        let start = self.0.len();
        self.0.push_str(text);
        Span { start: start as u32, len: text.len() as u32 }
    }

    pub(super) fn get(&self, span: Span) -> &str {
        let start = span.start as usize;
        &self.0[start..start + span.len as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what was pushed since the arena had this length.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

//! All text of a library in one buffer: a track's fields then cost no allocation each.

/// A piece of the buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

/// The buffer. It holds less than the file that it was read from, which is below 4 GiB.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(String);

impl Texts {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(super) fn add(&mut self, text: &str) -> Span {
        if text.is_empty() {
            return Span::default();
        }
        let start = self.0.len() as u32;
        self.0.push_str(text);
        Span { start, len: text.len() as u32 }
    }

    pub(super) fn get(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.0.get(start..start + span.len as usize).unwrap_or_default()
    }

    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

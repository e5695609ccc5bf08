//! Why a file is no library.

use std::fmt;

/// Why a file cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {kind}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Bytes before the place, in the file's text as UTF-8.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// It is larger than 4 GiB.
    TooLarge,
    /// It is neither UTF-8 nor UTF-16 with a byte order mark.
    Encoding,
    /// It is UTF-16 without a byte order mark.
    NoByteOrderMark,
    /// It defines entities of its own, which can grow without bound.
    CustomEntities,
    /// It does not begin with `DJ_PLAYLISTS`.
    NoRoot,
    /// It ends before `DJ_PLAYLISTS` does.
    EndsEarly,
    /// It is not XML.
    Malformed(String),
}

impl fmt::Display for ReadErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the file is larger than 4 GiB",
            Self::Encoding => "the text is neither UTF-8 nor UTF-16: export the library again",
            Self::NoByteOrderMark => {
                "the text is UTF-16 without a byte order mark: save it as UTF-8"
            }
            Self::CustomEntities => {
                "the file defines entities of its own, which Rekordbox never does"
            }
            Self::NoRoot => "there is no DJ_PLAYLISTS element: this is no Rekordbox XML export",
            Self::EndsEarly => "the file ends early: export the library again",
            Self::Malformed(why) => return write!(f, "the XML is damaged: {why}"),
        })
    }
}

impl ReadError {
    /// The error at `offset` of `text`.
    pub(super) fn at(text: &str, offset: usize, kind: ReadErrorKind) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { kind, offset, line, column: before[line_start..].chars().count() + 1 }
    }
}

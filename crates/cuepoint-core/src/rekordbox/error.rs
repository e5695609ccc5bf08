//! Why a file could not be read, and where.

use thiserror::Error;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it, from 0.
    pub offset: u64,
    /// Line, from 1.
    pub line: u64,
    /// Character in the line, from 1.
    pub column: u64,
}

impl Position {
    /// The place after the first `offset` bytes of `text`.
    pub(super) fn in_text(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let lines = before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count();
        Self { offset: offset as u64, line: lines as u64 + 1, column: column as u64 + 1 }
    }
}

/// A file that could not be read as a library.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {}, column {} (byte {}): {kind}", position.line, position.column, position.offset)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where.
    pub position: Position,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The file has 4 GiB or more.
    #[error("the file is 4 GiB or larger")]
    TooLarge,
    /// Every other byte is zero, but the byte order mark is missing.
    #[error("the file is UTF-16 without a byte order mark")]
    Utf16WithoutMark,
    /// The file starts with a UTF-16 byte order mark and is not valid UTF-16.
    #[error("not valid UTF-16")]
    InvalidUtf16,
    /// The file is not valid UTF-8; it may be Latin-1.
    #[error("not valid UTF-8")]
    InvalidUtf8,
    /// The file is empty, or it is something else than a library.
    #[error("not a Rekordbox library: there is no DJ_PLAYLISTS element")]
    NotALibrary,
    /// The file ends before the named element does.
    #[error("the file ends inside <{0}>: it was cut off")]
    Truncated(String),
    /// The file continues after the end of the library.
    #[error("the library is closed but another element follows")]
    AfterEnd,
    /// The file declares a document type, which could define entities without bound.
    #[error("document type declarations are not accepted")]
    DocumentType,
    /// The file is not well-formed XML.
    #[error("not well-formed XML: {0}")]
    Malformed(String),
}

impl ParseErrorKind {
    /// What the user can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::TooLarge => "export fewer playlists from rekordbox",
            Self::Utf16WithoutMark | Self::InvalidUtf16 | Self::InvalidUtf8 => {
                "save the file as UTF-8, or export it from rekordbox again"
            }
            Self::NotALibrary => {
                "choose the file made by rekordbox's \"Export Collection in xml format\""
            }
            Self::DocumentType => "remove the <!DOCTYPE …> line; rekordbox does not write one",
            Self::Truncated(_) | Self::AfterEnd | Self::Malformed(_) => {
                "export the collection from rekordbox again"
            }
        }
    }
}

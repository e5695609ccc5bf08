//! From the bytes of a file to UTF-8, and back to places in the file.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};

use super::error::{ParseError, ParseErrorKind, Position};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_LE_MARK: &[u8] = b"\xff\xfe";
const UTF16_BE_MARK: &[u8] = b"\xfe\xff";

/// The text of a file, of which only the encoding is known to be UTF-8, not its validity.
pub(super) struct Source<'a> {
    text: Cow<'a, [u8]>,
    /// Bytes of the byte order mark in the file.
    mark: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, ParseError> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(at_start(ParseErrorKind::TooLarge));
        }
        if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
            return Ok(Self { text: Cow::Borrowed(rest), mark: UTF8_MARK.len() });
        }
        if let Some(rest) = bytes.strip_prefix(UTF16_LE_MARK) {
            return transcode(UTF_16LE, rest, UTF16_LE_MARK.len());
        }
        if let Some(rest) = bytes.strip_prefix(UTF16_BE_MARK) {
            return transcode(UTF_16BE, rest, UTF16_BE_MARK.len());
        }
        // Every XML file starts with this sign.
        match bytes {
            [b'<', 0, ..] => transcode(UTF_16LE, bytes, 0),
            [0, b'<', ..] => transcode(UTF_16BE, bytes, 0),
            [0, _, ..] | [_, 0, ..] => Err(at_start(ParseErrorKind::Utf16WithoutMark)),
            _ => Ok(Self { text: Cow::Borrowed(bytes), mark: 0 }),
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The place in the file of an offset in the text.
    pub(super) fn position(&self, offset: u64) -> Position {
        let offset = offset as usize;
        let place = Position::in_text(&self.text, offset);
        let in_file = match &self.text {
            Cow::Borrowed(_) => offset,
            Cow::Owned(text) => 2 * utf16_len(&text[..offset.min(text.len())]),
        };
        Position { offset: (in_file + self.mark) as u64, ..place }
    }

    /// Where the text stops being UTF-8; its end if it does not.
    pub(super) fn first_invalid(&self) -> u64 {
        match std::str::from_utf8(&self.text) {
            Ok(text) => text.len() as u64,
            Err(error) => error.valid_up_to() as u64,
        }
    }
}

fn utf16_len(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).encode_utf16().count()
}

fn at_start(kind: ParseErrorKind) -> ParseError {
    ParseError { kind, position: Position::in_text(&[], 0) }
}

fn transcode(
    encoding: &'static Encoding,
    bytes: &[u8],
    mark: usize,
) -> Result<Source<'static>, ParseError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or(0));
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let valid = result == DecoderResult::InputEmpty;
    let source = Source { text: Cow::Owned(text.into_bytes()), mark };
    if valid {
        return Ok(source);
    }
    let position = source.position(source.text.len() as u64);
    Err(ParseError { kind: ParseErrorKind::InvalidUtf16, position })
}

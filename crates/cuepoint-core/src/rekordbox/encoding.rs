//! From a file's bytes to text.

use super::error::{ReadError, ReadErrorKind};
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;

/// The text of a file: UTF-8 with or without a mark, or UTF-16 with one.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    if bytes.len() > u32::MAX as usize {
        return Err(ReadError::at("", 0, ReadErrorKind::TooLarge));
    }
    match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding != UTF_8 => {
            let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
            // What could not be decoded became U+FFFD, which tells the place.
            let place = text.find('\u{fffd}').filter(|_| broken);
            match place {
                Some(at) => Err(ReadError::at(&text, at, ReadErrorKind::Encoding)),
                None => Ok(text),
            }
        }
        found => utf8(&bytes[found.map_or(0, |(_, mark)| mark)..]).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    if bytes.iter().take(2).any(|byte| *byte == 0) {
        return Err(ReadError::at("", 0, ReadErrorKind::NoByteOrderMark));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        let text = String::from_utf8_lossy(valid);
        ReadError::at(&text, valid.len(), ReadErrorKind::Encoding)
    })
}

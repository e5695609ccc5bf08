//! Locations: the URIs of a library's files.

use memchr::memchr;
use unicode_normalization::UnicodeNormalization;

/// A track's Location, decoded.
///
/// Decoded by hand: in these URIs `#` and `+` are ordinary characters, where a URL parser would
/// cut or replace them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file on macOS or Linux, such as `/Users/dj/Music/a.mp3`.
    Unix(String),
    /// A file on Windows, such as `C:/Music/a.mp3` or `//server/share/a.mp3`.
    Windows(String),
    /// Something else, such as the track of a streaming service: the URI as it is.
    Other(String),
}

impl Location {
    /// Decodes the value of a Location attribute. Any text is some location.
    pub fn decode(uri: &str) -> Self {
        let mut buffer = Vec::new();
        match decode_in(&mut buffer, uri) {
            (Form::Unix, path) => Self::Unix(path.to_owned()),
            (Form::Windows, path) => Self::Windows(path.to_owned()),
            (Form::Other, uri) => Self::Other(uri.to_owned()),
        }
    }

    /// Appends what [`as_str`](Self::as_str) gives. The buffer serves for many.
    pub(crate) fn append_path(out: &mut Vec<u8>, buffer: &mut Vec<u8>, uri: &str) {
        let path = local_part(uri).and_then(plain_path);
        let start = out.len();
        if path.is_none_or(|path| !append_decoded(out, path)) {
            out.truncate(start);
            out.extend_from_slice(decode_in(buffer, uri).1.as_bytes());
        }
    }

    /// The decoded path, or the URI of what is not a file.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unix(text) | Self::Windows(text) | Self::Other(text) => text,
        }
    }

    /// The form by which two locations are the same file: composed characters (NFC), and on
    /// Windows lower case and slashes.
    pub fn canonical(&self) -> String {
        let composed = self.as_str().nfc();
        match self {
            Self::Windows(_) => composed.map(slash).flat_map(char::to_lowercase).collect(),
            Self::Unix(_) | Self::Other(_) => composed.collect(),
        }
    }

    /// The path of a file; none for what is not a file.
    pub(super) fn file_path<'a>(buffer: &'a mut Vec<u8>, uri: &'a str) -> Option<&'a str> {
        match decode_in(buffer, uri) {
            (Form::Unix | Form::Windows, path) => Some(path),
            (Form::Other, _) => None,
        }
    }
}

fn slash(letter: char) -> char {
    if letter == '\\' { '/' } else { letter }
}

enum Form {
    Unix,
    Windows,
    Other,
}

fn decode_in<'a>(buffer: &'a mut Vec<u8>, uri: &'a str) -> (Form, &'a str) {
    let Some(path) = local_part(uri) else { return (bare_form(uri), uri) };
    let path = percent_decoded(buffer, path);
    match path.strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => (Form::Windows, path),
        Some(drive) if starts_with_drive(drive) => (Form::Windows, drive),
        None if starts_with_drive(path) => (Form::Windows, path),
        _ => (Form::Unix, path),
    }
}

/// The form of what is no `file:` URI. Some programs write the path itself.
fn bare_form(text: &str) -> Form {
    if starts_with_drive(text) || text.starts_with("\\\\") {
        Form::Windows
    } else if text.starts_with('/') {
        Form::Unix
    } else {
        Form::Other
    }
}

/// The path of a `file:` URI, with its leading slash; none for other schemes.
fn local_part(uri: &str) -> Option<&str> {
    // As rekordbox writes it.
    let usual = uri.strip_prefix(USUAL).filter(|path| !path.starts_with(HOST));
    if usual.is_some() {
        return uri.get(USUAL.len() - 1..);
    }
    let scheme = uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://"))?;
    let rest = &uri[scheme.len()..];
    let host = rest.get(..HOST.len()).filter(|host| host.eq_ignore_ascii_case(HOST));
    let path = &rest[host.map_or(0, str::len)..];
    // Some programs write the host as the first folder.
    let folder = path.strip_prefix('/').and_then(|path| path.strip_prefix(HOST));
    Some(folder.filter(|path| path.starts_with('/')).unwrap_or(path))
}

const HOST: &str = "localhost";

const USUAL: &str = "file://localhost/";

/// The path without the slash before a drive, if that is clear before it is decoded.
fn plain_path(path: &str) -> Option<&str> {
    let below = path.strip_prefix('/')?;
    let prefix = path.as_bytes().first_chunk::<4>().filter(|prefix| !prefix.contains(&b'%'));
    prefix.map(|_| if starts_with_drive(below) { below } else { path })
}

/// Appends `path` with `%xx` replaced. False if something is no escape or the result is no UTF-8:
/// then what was appended does not count.
fn append_decoded(out: &mut Vec<u8>, path: &str) -> bool {
    let start = out.len();
    let mut rest = path.as_bytes();
    let mut ascii = true;
    while let Some(word) = rest.first_chunk::<8>() {
        let plain = before_escape(*word);
        // Appending a word and taking some of it back is faster than appending a part.
        out.extend_from_slice(word);
        rest = &rest[plain..];
        if plain < word.len() {
            out.truncate(out.len() - (word.len() - plain));
            let Some(byte) = escaped_byte(&rest[1..]) else { return false };
            out.push(byte);
            ascii &= byte.is_ascii();
            rest = &rest[3..];
        }
    }
    while let Some((&first, after)) = rest.split_first() {
        let escaped = escaped_byte(after).filter(|_| first == b'%');
        if first == b'%' && escaped.is_none() {
            return false;
        }
        out.push(escaped.unwrap_or(first));
        ascii &= escaped.is_none_or(|byte| byte.is_ascii());
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    ascii || std::str::from_utf8(&out[start..]).is_ok()
}

/// How many bytes of `word` come before its first `%`, all of them together.
fn before_escape(word: [u8; 8]) -> usize {
    let difference = u64::from_le_bytes(word) ^ u64::from_le_bytes([b'%'; 8]);
    // The lowest byte that borrows is the first that does not differ.
    let borrowed = difference.wrapping_sub(u64::from_le_bytes([1; 8])) & !difference;
    (borrowed & u64::from_le_bytes([0x80; 8])).trailing_zeros() as usize / 8
}

fn starts_with_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Replaces `%xx`; a `%` without two hex digits stays, and so does all of a text whose bytes would
/// not be UTF-8.
fn percent_decoded<'a>(buffer: &'a mut Vec<u8>, text: &'a str) -> &'a str {
    buffer.clear();
    buffer.reserve(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr(b'%', rest) {
        let after = &rest[at + 1..];
        let escaped = escaped_byte(after);
        buffer.extend_from_slice(&rest[..at]);
        buffer.push(escaped.unwrap_or(b'%'));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    buffer.extend_from_slice(rest);
    std::str::from_utf8(buffer).unwrap_or(text)
}

/// The byte that the two hex digits at the start of `bytes` mean.
fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let &[high, low, ..] = bytes else { return None };
    let (high, low) = (HEX_DIGITS[usize::from(high)], HEX_DIGITS[usize::from(low)]);
    (high | low < NO_DIGIT).then_some(high << 4 | low)
}

/// More than any digit.
const NO_DIGIT: u8 = 16;

/// The hex digit that each byte is, or [`NO_DIGIT`]: paths have an escape every few letters.
const HEX_DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < NO_DIGIT {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Location;

    fn canonical(uri: &str) -> String {
        Location::decode(uri).canonical()
    }

    #[test]
    fn files_become_paths() {
        let decode = |uri: &str| Location::decode(uri);
        assert_eq!(
            decode("file://localhost/Users/dj/a%20b.mp3"),
            Location::Unix("/Users/dj/a b.mp3".to_owned())
        );
        assert_eq!(
            decode("file://localhost/C:/Music/a.mp3"),
            Location::Windows("C:/Music/a.mp3".to_owned())
        );
        assert_eq!(
            decode("file://localhost//server/share/a.mp3"),
            Location::Windows("//server/share/a.mp3".to_owned())
        );
        assert_eq!(decode("file:///Users/a"), Location::Unix("/Users/a".to_owned()));
    }

    #[test]
    fn what_a_url_parser_would_cut_is_kept() {
        let path = Location::decode("file://localhost/a#1+b,(c)!%23%2B.mp3");
        assert_eq!(path.as_str(), "/a#1+b,(c)!#+.mp3");
    }

    #[test]
    fn paths_that_are_no_uris_are_paths() {
        let cases = [
            ("/Volumes/USB/100%20.mp3", Location::Unix("/Volumes/USB/100%20.mp3".to_owned())),
            ("C:\\Music\\a.mp3", Location::Windows("C:\\Music\\a.mp3".to_owned())),
            ("\\\\server\\share\\a.mp3", Location::Windows("\\\\server\\share\\a.mp3".to_owned())),
            ("file://C:/Music/a.mp3", Location::Windows("C:/Music/a.mp3".to_owned())),
            ("file:///localhost/home/dj/a%2Emp3", Location::Unix("/home/dj/a.mp3".to_owned())),
            ("file://localhost/C%3A/Music/a.mp3", Location::Windows("C:/Music/a.mp3".to_owned())),
        ];
        for (text, location) in cases {
            assert_eq!(Location::decode(text), location);
        }
        assert_eq!(canonical("C:\\Music\\A.mp3"), canonical("file://localhost/c:/Music/a.mp3"));
        assert_eq!(
            canonical("\\\\server\\s\\a.mp3"),
            canonical("file://localhost//server/s/a.mp3")
        );
    }

    #[test]
    fn letters_may_be_escaped_or_not() {
        let path = "/M/Ärger 100% – é.mp3";
        assert_eq!(Location::decode(&format!("file://localhost{path}")).as_str(), path);
        assert_eq!(
            Location::decode("file://localhost/M/%C3%84rger é.mp3").as_str(),
            "/M/Ärger é.mp3"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_location(uri in "([a-zA-Z/:é]|%[0-9a-f]{2}|%[a-z]|\\PC){0,12}") {
            for uri in [format!("file://localhost/{uri}"), format!("file://localhost{uri}"), uri] {
                let mut appended = Vec::new();
                Location::append_path(&mut appended, &mut Vec::new(), &uri);
                let location = Location::decode(&uri);
                prop_assert_eq!(String::from_utf8(appended).unwrap(), location.as_str());
            }
        }

        /// What is escaped byte by byte is decoded to itself, and a canonical form to itself.
        #[test]
        fn every_path_survives(path in "/[^/\0][^\0]{0,20}") {
            prop_assume!(!super::starts_with_drive(&path[1..]));
            let escaped: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let escaped = escaped.replace("%2F", "/");
            let location = Location::decode(&format!("file://localhost{escaped}"));
            prop_assert_eq!(&location, &Location::Unix(path));
            let canonical = location.canonical();
            prop_assert_eq!(Location::Unix(canonical.clone()).canonical(), canonical);
        }
    }

    #[test]
    fn streams_stay_as_they_are() {
        let uri = "soundcloud:tracks:123%20";
        assert_eq!(Location::decode(uri), Location::Other(uri.to_owned()));
    }

    #[test]
    fn damaged_escapes_stay_as_they_are() {
        assert_eq!(Location::decode("file:///100%").as_str(), "/100%");
        assert_eq!(Location::decode("file:///a%zz%2").as_str(), "/a%zz%2");
        assert_eq!(Location::decode("file:///caf%e9%20").as_str(), "/caf%e9%20");
    }

    #[test]
    fn canonical_forms_meet() {
        let composed = canonical("file://localhost/caf%C3%A9.mp3");
        assert_eq!(composed, canonical("FILE://LOCALHOST/cafe%cc%81.mp3"));
        assert_eq!(canonical("file://localhost/C:/A.MP3"), canonical("file:///c:/a.mp3"));
        assert_ne!(canonical("file:///Users/A"), canonical("file:///Users/a"));
    }
}

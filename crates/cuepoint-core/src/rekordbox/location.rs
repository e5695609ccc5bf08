//! Where a track's file lies, as Rekordbox writes it.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

const LOCAL: &str = "file://localhost";

/// The path of a local file: `C:/Music/a.mp3`, `/Users/dj/a.mp3`, `//server/share/a.mp3`.
///
/// `None` for entries of streaming services. Rekordbox leaves `#`, `(`, `,` and `+` as they are,
/// so this is no URL: only `%xx` is decoded. Bytes that are no UTF-8 become U+FFFD.
pub fn decode_location(location: &str) -> Option<String> {
    let path = location.strip_prefix(LOCAL)?;
    let decoded = decode_percent(path);
    match is_drive(decoded.as_bytes()) {
        true => Some(decoded[1..].to_owned()),
        false => Some(decoded),
    }
}

/// The form in which two locations of one file are equal: decoded, in Unicode's composed form, and
/// in lower case where the path is of Windows, which ignores case.
pub fn canonical_location(location: &str) -> String {
    let Some(path) = decode_location(location) else { return location.to_owned() };
    let path = if is_nfc(&path) { path } else { path.nfc().collect() };
    let is_windows = path.starts_with("//") || path.as_bytes().get(1) == Some(&b':');
    if is_windows { path.to_lowercase() } else { path }
}

/// `/C:/…`
fn is_drive(path: &[u8]) -> bool {
    matches!(path, [b'/', letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn decode_percent(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let decoded = if *first == b'%' { hex(tail) } else { None };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low, ..] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_path_is_decoded() {
        let cases = [
            ("file://localhost/C:/Music/A%20b.mp3", Some("C:/Music/A b.mp3")),
            ("file://localhost/Users/dj/a%23b+c.mp3", Some("/Users/dj/a#b+c.mp3")),
            ("file://localhost/Volumes/USB/#1 (x), y!.mp3", Some("/Volumes/USB/#1 (x), y!.mp3")),
            ("file://localhost//server/share/%e2%99%AB.mp3", Some("//server/share/♫.mp3")),
            ("file://localhost/100%/%zz%4", Some("/100%/%zz%4")),
            ("soundcloud:tracks:1", None),
            ("", None),
        ];
        for (location, path) in cases {
            assert_eq!(decode_location(location).as_deref(), path, "{location}");
        }
    }

    #[test]
    fn one_file_has_one_canonical_location() {
        let same = [
            ("file://localhost/Users/e%CC%81.mp3", "file://localhost/Users/%C3%A9.mp3"),
            ("file://localhost/C:/A.MP3", "file://localhost/c:/a.mp3"),
            ("file://localhost//NAS/Ü.mp3", "file://localhost//nas/%c3%BC.mp3"),
        ];
        for (one, other) in same {
            assert_eq!(canonical_location(one), canonical_location(other));
        }
        let (upper, lower) = ("file://localhost/Users/A.mp3", "file://localhost/Users/a.mp3");
        assert_ne!(canonical_location(upper), canonical_location(lower));
        assert_eq!(canonical_location("spotify:track:A"), "spotify:track:A");
    }
}

//! Paths as URLs.

use anyhow::{Context as _, Result};
use std::ffi::OsStr;
use std::path::Path;

/// The URL of a file or folder that exists.
pub fn file_url(path: &Path) -> Result<String> {
    let full = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let full = full.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(url_of(full))
}

/// The URL that a place is, or that of the file it names.
pub(crate) fn url_for(place: &OsStr) -> Result<String> {
    match place.to_str() {
        Some(url) if is_url(url) => Ok(url.to_owned()),
        _ => file_url(Path::new(place)),
    }
}

fn is_url(place: &str) -> bool {
    place.contains("://") || place.starts_with("about:") || place.starts_with("data:")
}

/// The URL of a full path, as it is spelled on Unix or on Windows.
fn url_of(path: &str) -> String {
    let (start, path) = match path.strip_prefix(r"\\?\").unwrap_or(path) {
        unix if unix.starts_with('/') => ("file://", unix.to_owned()),
        windows => ("file:///", windows.replace('\\', "/")),
    };
    let drive = start.len() > "file://".len();
    let encoded = path.bytes().enumerate().map(|(i, byte)| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        b':' if drive && i == 1 => ":".to_owned(),
        _ => format!("%{byte:02X}"),
    });
    start.chars().map(String::from).chain(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_urls() {
        assert_eq!(url_of("/a b/ü#?%.html"), "file:///a%20b/%C3%BC%23%3F%25.html");
        assert_eq!(url_of(r"\\?\C:\a b\c:d.html"), "file:///C:/a%20b/c%3Ad.html");
        assert_eq!(url_of(r"/a\b"), "file:///a%5Cb");
        assert!(is_url("http://localhost/") && is_url("about:blank") && !is_url("C:\\a.html"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = file_url(Path::new("no/such.html")).unwrap_err();
        assert_eq!(error.to_string(), "cannot find no/such.html");
    }
}

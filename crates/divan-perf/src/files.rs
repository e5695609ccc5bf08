//! Reading and writing of files. A file is written completely or not at all.

use anyhow::{Context as _, Result, anyhow, bail};
use perf_judge::unit;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{self, Component, Path, PathBuf};

/// Writes a temporary file in the same folder and renames it, so that no reader gets a partial file.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| {
        format!("cannot create the folder {}: is its parent writable?", folder.display())
    })?;
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(contents)?;
        readable(file.as_file())?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).with_context(|| {
        format!("cannot write {}: is the folder writable, and the disk not full?", path.display())
    })
}

/// Makes a temporary file readable for all users, so that a web server can read it.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// The maximum size of a measurement, report or export in bytes.
pub(crate) const DATA_BYTES: u64 = 256 << 20;
/// The maximum size of a file that people write in bytes.
pub(crate) const TEXT_BYTES: u64 = 4 << 20;

/// The text of a regular file of at most `limit` bytes.
///
/// A pipe or a device could block or never end, so they are refused.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    let shown = path.display();
    let unreadable = || format!("cannot read {shown}");
    let expected = fs::metadata(path).with_context(unreadable)?;
    check_regular(path, &expected)?;
    let file = File::open(path).with_context(unreadable)?;
    let opened = file.metadata().with_context(unreadable)?;
    check_regular(path, &opened)?;
    if !is_same_file(&expected, &opened) {
        bail!("cannot read {shown}: another process replaced it. Run the command again");
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).with_context(unreadable)?;
    if bytes.len() as u64 > limit {
        bail!(
            "cannot read {shown}: it has more than {}, the limit. Use a smaller file",
            unit::bytes(limit as f64)
        );
    }
    utf8(bytes).map_err(|error| anyhow!("{shown}:{}:{}: {error}", error.line, error.column))
}

fn check_regular(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    if !metadata.is_file() {
        bail!("cannot read {}: it is not a regular file. Replace it by one", path.display());
    }
    Ok(())
}

#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Other systems have no identity of a file that is readable without opening it.
#[cfg(not(unix))]
fn is_same_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

/// The same, or `None` if nothing exists at `path`. Fails on a broken link.
pub(crate) fn read_if_there(path: &Path, limit: u64) -> Result<Option<String>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(metadata) if metadata.is_symlink() && !path.exists() => {
            bail!("cannot read {}: it is a broken link. Fix or remove it", path.display())
        }
        _ => read_text(path, limit).map(Some),
    }
}

/// The position of the first byte that is not UTF-8.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the byte {byte:#04x} is not UTF-8: save the text as UTF-8")]
pub(crate) struct NotUtf8 {
    /// The first line is 1.
    line: usize,
    /// In characters; the first one is 1.
    pub(crate) column: usize,
    byte: u8,
}

/// Bytes as text.
pub(crate) fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let before = String::from_utf8_lossy(before);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        NotUtf8 {
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
            byte: rest.first().copied().unwrap_or_default(),
        }
    })
}

/// All files below a folder with their contents, by relative path with `/`.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let read = |name: String| {
        let contents = fs::read(folder.join(&name)).with_context(unreadable)?;
        Ok((name, contents))
    };
    names_below(folder)?.into_iter().map(read).collect()
}

/// The sorted relative paths of all files below a folder.
pub(crate) fn names_below(folder: &Path) -> Result<Vec<String>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().with_context(unreadable)?.is_dir() {
            let below = names_below(&entry.path())?.into_iter();
            names.extend(below.map(|path| format!("{name}/{path}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Removes the file or folder at `path`, if it exists. Of a link, only the link is removed.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    let removed = if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.with_context(|| format!("cannot remove {}: remove it by hand", path.display()))
}

/// The absolute path without `..`, and without links as far as it exists.
pub(crate) fn real(path: &Path) -> PathBuf {
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut real = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
        real = fs::canonicalize(&real).unwrap_or(real);
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error for the path with a limit of 4 bytes.
    fn refusal(path: &Path) -> String {
        format!("{:#}", read_if_there(path, 4).unwrap_err())
    }

    #[test]
    fn absence_is_not_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert_eq!(read_if_there(&at("none"), 4).unwrap(), None);
        assert!(read_text(&at("none"), 4).is_err());
        assert!(refusal(dir.path()).ends_with("it is not a regular file. Replace it by one"));
    }

    #[test]
    fn a_file_has_at_most_what_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        fs::write(&path, "fives").unwrap();
        assert!(refusal(&path).ends_with("it has more than 4 B, the limit. Use a smaller file"));
    }

    #[test]
    fn bytes_that_are_not_text_are_reported_with_their_position() {
        let cases: [(&[u8], &str); 4] = [
            (b"\xff\xfe{", "1:1: the byte 0xff"),
            ("ä\nüb\u{20ac}".as_bytes().split_last().unwrap().1, "2:3: the byte 0xe2"),
            (b"\n\n\x80", "3:1: the byte 0x80"),
            (b"a\xc0\xaf", "1:2: the byte 0xc0"),
        ];
        for (bytes, expected) in cases {
            let error = utf8(bytes.to_vec()).unwrap_err();
            let message = format!("{}:{}: {error}", error.line, error.column);
            assert!(message.starts_with(expected), "{message}");
        }
        assert_eq!(utf8("ü".into()).as_deref(), Ok("ü"));
    }

    #[cfg(unix)]
    #[test]
    fn files_that_are_not_regular_are_neither_waited_for_nor_read() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        symlink("/dev/zero", at("zero")).unwrap();
        symlink("pipe", at("link")).unwrap();
        for name in ["pipe", "zero", "link"] {
            assert!(refusal(&at(name)).contains("is not a regular file"), "{name}");
        }
        symlink("nothing", at("nowhere")).unwrap();
        assert!(refusal(&at("nowhere")).contains("is a broken link"));
    }
}

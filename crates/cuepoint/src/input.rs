//! Reads files: packed or not, in UTF-8 or UTF-16.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use cuepoint_core::rekordbox::{Library, ParseError, parse};
use cuepoint_core::results::SavedTable;
use encoding_rs::{UTF_16BE, UTF_16LE};
use flate2::bufread::MultiGzDecoder;

/// Reads the library at `path`.
pub(crate) fn read_library(path: &Path) -> anyhow::Result<Library> {
    parse(&read_bytes(path)?).map_err(|error| with_place(path, &error))
}

/// The place in the form that editors jump to, what is wrong, and what to do about it.
fn with_place(path: &Path, error: &ParseError) -> anyhow::Error {
    let ParseError { kind, position } = error;
    let (line, column) = (position.line, position.column);
    anyhow!("{}:{line}:{column}: {kind}\n  help: {}", path.display(), kind.advice())
}

/// The content of the file at `path`, unpacked if its name ends in `.gz`.
pub(crate) fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = if is_packed(path) { unpack(path) } else { fs::read(path) };
    bytes.with_context(|| format!("cannot read {}", path.display()))
}

/// The content of a table at `path` in UTF-8, or as it is if it is not UTF-16.
pub(crate) fn read_table(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = read_bytes(path)?;
    let encoding = match bytes.as_slice() {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => return Ok(bytes),
    };
    let (text, malformed) = encoding.decode_with_bom_removal(&bytes);
    if malformed {
        return Err(anyhow!(
            "{}: this is not valid UTF-16\n  help: save the table as UTF-8",
            path.display()
        ));
    }
    Ok(text.into_owned().into_bytes())
}

/// Reads the table of matches at `path`.
pub(crate) fn read_saved(path: &Path) -> anyhow::Result<SavedTable> {
    let name = path.display();
    SavedTable::read(&read_table(path)?).map_err(|error| {
        anyhow!(
            "{name}: {error}\n  help: `cuepoint match library.xml --catalog FILE -o out.csv` writes \
             one"
        )
    })
}

/// More than any library or catalogue may have: what is packed can be larger than the memory.
const MOST_BYTES: u64 = 1 << 30;

fn unpack(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = BufReader::new(File::open(path)?);
    MultiGzDecoder::new(file).take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("unpacked it has more than 1 GiB: unpack it yourself"));
    }
    Ok(bytes)
}

/// Whether the name ends in `.gz`.
pub(crate) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// The path without `.gz`.
pub(crate) fn unpacked_name(path: &Path) -> PathBuf {
    if is_packed(path) { path.with_extension("") } else { path.to_owned() }
}

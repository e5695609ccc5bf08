//! Where results go.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use cuepoint_core::export::write_file;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::input::is_packed;

/// Refuses a path that cannot be written to before any work is done for it.
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            bail!("cannot write {}: there is no folder {}", path.display(), folder.display())
        }
        _ => Ok(()),
    }
}

/// Writes through `write` to the file at `path`, which is whole or untouched, or to `out`.
pub(crate) fn write_output(
    path: Option<&Path>,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    match path {
        Some(path) => write_named(path, write),
        None => write(out).context("cannot write to standard output"),
    }
}

/// Writes through `write` to the file at `path`, which is whole or untouched.
pub(crate) fn write_named(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let written = if is_packed(path) { write_packed(path, write) } else { write_file(path, write) };
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// The header of a packed file has neither a name nor a time: the same input gives the same bytes.
fn write_packed(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    write_file(path, |out| {
        let mut packed = GzEncoder::new(out, Compression::default());
        write(&mut packed)?;
        packed.finish()?.flush()
    })
}

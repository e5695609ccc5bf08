//! Files that the xtask reads and writes; whatever is written is written whole or not at all.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where a run's results go: `target/perf`, or what `--output` says.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    dir: PathBuf,
}

impl Output {
    /// Makes the folder, so that a place that cannot be written is known before measuring.
    pub(crate) fn create(dir: PathBuf) -> Result<Self> {
        let output = Self { dir };
        let probe = output.path(".writable");
        output.write(".writable", b"")?;
        fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))?;
        Ok(output)
    }

    /// A path below the folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.join(below)
    }

    /// Writes a file below the folder by way of a temporary one.
    pub(crate) fn write(&self, below: &str, contents: &[u8]) -> Result<PathBuf> {
        let path = self.path(below);
        write_whole(&path, contents)?;
        Ok(path)
    }

    /// Removes a folder below this one, if it is there.
    pub(crate) fn remove_folder(&self, below: &str) -> Result<()> {
        gone(fs::remove_dir_all(self.path(below)), &self.path(below))
    }

    /// Removes a file below the folder, if it is there.
    pub(crate) fn remove_file(&self, below: &str) -> Result<()> {
        gone(fs::remove_file(self.path(below)), &self.path(below))
    }
}

/// Writes a file by way of a temporary one beside it, so that a reader never sees half of it.
pub(crate) fn write_whole(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}: is it writable?", folder.display()))?;
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(contents)?;
        readable(file.as_file())?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).with_context(|| format!("cannot write {}", path.display()))
}

/// A temporary file is its owner's alone; what takes its place is anybody's to read, as a web
/// server must.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// The text of a file, or `None` if there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Every file below a folder, by its path there with `/` between the parts.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().with_context(unreadable)?.is_dir() {
            let below = files_below(&entry.path())?.into_iter();
            files.extend(below.map(|(path, contents)| (format!("{name}/{path}"), contents)));
        } else {
            files.push((name, fs::read(entry.path()).with_context(unreadable)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Removes what is at `path`, if anything is; a link, and not what it leads to.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let Ok(facts) = fs::symlink_metadata(path) else { return Ok(()) };
    let removed = if facts.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

/// What was not there need not be removed.
fn gone(removed: std::io::Result<()>, path: &Path) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("cannot remove {}: {error}", path.display())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_removed_already() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::create(dir.path().join("a/b")).unwrap();
        output.write("x/y.html", b"2").unwrap();
        output.remove_folder("x").unwrap();
        output.remove_folder("x").unwrap();
        output.remove_file("none").unwrap();
        assert!(!output.path("x").exists());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("perf"), "a file").unwrap();
        let error = Output::create(dir.path().join("perf")).unwrap_err();
        assert!(format!("{error:#}").contains("perf"), "{error:#}");
    }

    #[test]
    fn absence_is_not_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_if_there(&dir.path().join("none")).unwrap(), None);
        assert!(read_if_there(dir.path()).is_err());
    }
}

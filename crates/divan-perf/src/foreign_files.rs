//! Files that another program may have written, for example the artefacts of another job.

use crate::files;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The text of a regular file of at most `limit` bytes. Links are refused.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    refuse_link(path)?;
    files::read_text(path, limit)
}

/// Fails if a path is a symbolic link, which could point to any file of the machine.
pub(crate) fn refuse_link(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path);
    if metadata.with_context(|| format!("cannot read {}", path.display()))?.is_symlink() {
        bail!("cannot read {}: it is a symbolic link. Give the path of its target", path.display());
    }
    Ok(())
}

/// The sorted entries of a folder that another program may have written. Fails on more than `limit`
/// entries, and on symbolic links.
pub(crate) fn list_folder(folder: &Path, limit: usize) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    refuse_link(folder)?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if paths.len() == limit {
            bail!(
                "cannot read {}: it has more than {limit} entries, the limit. Remove other files from it",
                folder.display()
            );
        }
        refuse_link(&path)?;
        paths.push(path);
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn endless_files_are_not_read_and_links_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let link = |to: &str| {
            let path = dir.path().join("link");
            let _ = fs::remove_file(&path);
            std::os::unix::fs::symlink(to, &path).unwrap();
            path
        };
        fs::write(dir.path().join("file"), "text").unwrap();
        for to in ["/dev/zero", "file", "none"] {
            let error = read_text(&link(to), 5).unwrap_err().to_string();
            assert!(error.contains("is a symbolic link"), "{to}: {error}");
        }
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for endless in [fifo.as_path(), Path::new("/dev/zero")] {
            let error = read_text(endless, 5).unwrap_err().to_string();
            assert!(error.contains("is not a regular file"), "{error}");
        }
        let error = list_folder(dir.path(), 9).unwrap_err().to_string();
        assert!(error.contains("is a symbolic link"), "{error}");
    }

    #[test]
    fn a_folder_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let paths = list_folder(dir.path(), 2).unwrap();
        assert_eq!(paths, ["a", "b"].map(|name| dir.path().join(name)));
        assert!(list_folder(dir.path(), 1).unwrap_err().to_string().contains("more than 1"));
    }
}

//! The builds of all repositories in the user's cache: their sizes, the limit, and their removal.
//!
//! The folders that were used longest ago are removed first, until all others are within the limit.

use super::claim::{self, LOCK, OWNER};
use crate::files::{read_if_there, write_atomically};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::unit;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder of builds in the user's cache.
#[derive(Debug)]
pub(crate) struct CachedBuilds {
    root: PathBuf,
}

/// The builds of one repository.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CachedFolder {
    pub(crate) path: PathBuf,
    /// The git directory of the repository. It is the content of a file: escape it.
    pub(crate) owner: String,
    pub(crate) bytes: u64,
    pub(crate) used: SystemTime,
}

/// The end of the names of folders for commits that are measured instead of the checkout.
pub(super) const HEAD_SUFFIX: &str = "-head";
/// What the names of folders for commits that are measured together have before a number.
pub(super) const GROUP_SUFFIX: &str = "-group-";
/// The file with the limit in bytes.
const LIMIT: &str = "limit";
/// The limit without that file. A workspace with many dependencies takes some gigabytes.
const DEFAULT_LIMIT: u64 = 20_000_000_000;
/// The most bytes of the file.
const LIMIT_BYTES: u64 = 100;

impl CachedBuilds {
    /// The user's folder, which may not exist yet.
    pub(crate) fn find() -> Result<Self> {
        let cache = dirs::cache_dir().context(
            "cannot build other commits: the system reports no cache folder. Set XDG_CACHE_HOME or HOME",
        )?;
        Ok(Self { root: cache.join("cargo-xtask-perf") })
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    #[cfg(test)]
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The most bytes of all builds.
    pub(crate) fn limit(&self) -> Result<u64> {
        let text = read_if_there(&self.root.join(LIMIT), LIMIT_BYTES)?;
        Ok(text.and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_LIMIT))
    }

    /// Sets the limit, and removes what exceeds it. Returns the removed folders.
    pub(crate) fn set_limit(&self, bytes: u64) -> Result<Vec<CachedFolder>> {
        write_atomically(&self.root.join(LIMIT), bytes.to_string().as_bytes())?;
        self.remove_oldest(None)
    }

    /// All folders, the one used last first.
    pub(crate) fn folders(&self) -> Vec<CachedFolder> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut folders: Vec<CachedFolder> =
            entries.filter_map(|entry| CachedFolder::read(entry.path())).collect();
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.used));
        folders
    }

    /// Removes the folders that exceed the limit, except `own`. Those that another process uses stay.
    pub(super) fn keep_limit(&self, own: &Path) -> Result<()> {
        for folder in self.remove_oldest(Some(own))? {
            let (path, bytes) = (folder.path.display(), unit::bytes(folder.bytes as f64));
            ui::say(&format!(
                "removed the build folder {path} ({bytes}), because the cache is above its limit"
            ));
        }
        Ok(())
    }

    fn remove_oldest(&self, own: Option<&Path>) -> Result<Vec<CachedFolder>> {
        let folders = self.folders().into_iter().map(|folder| (folder.bytes, folder));
        let mut removed = exceeding(folders, self.limit()?);
        removed.retain(|folder| own != Some(&folder.path) && folder.remove_unless_used().is_ok());
        Ok(removed)
    }
}

impl CachedFolder {
    /// `None` if it is no folder of this program.
    fn read(path: PathBuf) -> Option<Self> {
        let owner = fs::read_to_string(path.join(OWNER)).ok()?;
        let used = fs::metadata(path.join(LOCK)).and_then(|lock| lock.modified()).ok()?;
        Some(Self { bytes: bytes_below(&path), path, owner, used })
    }

    /// Whether it has a build that is measured instead of the checkout.
    pub(crate) fn is_of_heads(&self) -> bool {
        let name = self.path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.ends_with(HEAD_SUFFIX) || name.contains(GROUP_SUFFIX))
    }

    /// Removes the folders that no process uses. Returns them, and why the others stay.
    pub(crate) fn remove_unused(folders: Vec<Self>) -> (Vec<Self>, Vec<anyhow::Error>) {
        let (mut removed, mut failures) = (Vec::new(), Vec::new());
        for folder in folders {
            match folder.remove_unless_used() {
                Ok(()) => removed.push(folder),
                Err(error) => failures.push(error),
            }
        }
        (removed, failures)
    }

    /// Removes it. Fails if a process uses it.
    fn remove_unless_used(&self) -> Result<()> {
        claim::remove_unless_used(&self.path).unwrap_or_else(|| {
            bail!(
                "cannot remove {}: another measurement uses it. Try again when it has ended",
                self.path.display()
            )
        })
    }
}

/// The items that make the sum of their bytes exceed the limit. Those used last come first.
pub(super) fn exceeding<T>(items: impl IntoIterator<Item = (u64, T)>, limit: u64) -> Vec<T> {
    let mut sum = 0_u64;
    let exceeds = |(bytes, item): (u64, T)| {
        sum = sum.saturating_add(bytes);
        (sum > limit).then_some(item)
    };
    items.into_iter().filter_map(exceeds).collect()
}

/// The sizes of all files below a folder. Links are not followed.
pub(super) fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
        Ok(_) => entry.metadata().map_or(0, |file| file.len()),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// A size such as `5GB`, `500 MB` or `1.5 GB`, in powers of ten.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit.to_ascii_uppercase().as_str() {
        "GB" => 1e9,
        "MB" => 1e6,
        _ => return Err("it has no unit; write e.g. `5GB` or `500MB`".to_owned()),
    };
    let number: f64 = number.trim().parse().map_err(|_| "it is no size; write e.g. `5GB`")?;
    let bytes = number * factor;
    if !(1e6..=1e15).contains(&bytes) {
        return Err("it is not between 1 MB and 1000000 GB; write e.g. `5GB`".to_owned());
    }
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    fn folder(root: &Path, name: &str, bytes: usize, age: u64) -> PathBuf {
        let path = root.join(name);
        fs::create_dir_all(path.join("target/release")).unwrap();
        fs::write(path.join("target/release/bench"), vec![0; bytes]).unwrap();
        fs::write(path.join(OWNER), "/x").unwrap();
        let lock = File::create(path.join(LOCK)).unwrap();
        lock.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        path
    }

    #[test]
    fn what_was_used_longest_ago_is_removed_first() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name, bytes, age| folder(root.path(), name, bytes, age);
        let (oldest, middle) = (folder("oldest", 1_000_000, 300), folder("middle", 900_000, 200));
        let (newest, own) = (folder("newest", 800_000, 100), folder("own-head", 700_000, 400));
        fs::create_dir(root.path().join("foreign")).unwrap();
        let builds = CachedBuilds::at(root.path());
        assert_eq!(builds.limit().unwrap(), DEFAULT_LIMIT);
        builds.keep_limit(&own).unwrap();
        assert_eq!(builds.folders().len(), 4);
        assert!(builds.folders()[3].is_of_heads() && !builds.folders()[0].is_of_heads());
        // The two used last fit, and the one in use stays.
        let lock = File::open(middle.join(LOCK)).unwrap();
        fs::write(root.path().join(LIMIT), "1000000").unwrap();
        lock.lock().unwrap();
        builds.keep_limit(&own).unwrap();
        assert_eq!(
            [&oldest, &middle, &newest, &own].map(|path| path.exists()),
            [false, true, true, true]
        );
        lock.unlock().unwrap();
        let removed = builds.set_limit(1_000_000).unwrap();
        assert_eq!(removed.len(), 2);
        assert!(newest.exists() && !middle.exists() && !own.exists());
        assert!(root.path().join("foreign").exists());
    }

    #[test]
    fn a_folder_in_use_does_not_keep_the_others() {
        let root = tempfile::tempdir().unwrap();
        let [used, free] =
            [("used", 100), ("free", 200)].map(|(name, age)| folder(root.path(), name, 1_000, age));
        let lock = File::open(used.join(LOCK)).unwrap();
        lock.lock().unwrap();
        let folders = CachedBuilds::at(root.path()).folders();
        assert_eq!(folders[0].path, used);
        let (removed, failures) = CachedFolder::remove_unused(folders);
        assert_eq!(removed.iter().map(|folder| &folder.path).collect::<Vec<_>>(), [&free]);
        assert!(failures[0].to_string().contains("another measurement uses it"), "{failures:?}");
        assert!(used.exists() && !free.exists());
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size("5GB"), Ok(5_000_000_000));
        assert_eq!(size("1.5 gb"), Ok(1_500_000_000));
        assert_eq!(size("500MB"), Ok(500_000_000));
        for wrong in ["", "5", "GB", "5KB", "-1GB", "0GB", "NaNGB", "9999999999GB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}

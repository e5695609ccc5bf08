//! Folders of builds: who owns one, who uses it, and which are of no use any more.

use crate::files::{remove, write_atomically};
use crate::ui;
use anyhow::{Context as _, Result};
use std::fs::{self, File, Metadata, TryLockError};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// NameTable the repository or checkout that a folder belongs to. Cargo puts nothing of this name there.
pub(super) const OWNER: &str = "perf-owner";
pub(super) const LOCK: &str = "perf-lock";
/// Builds that were not used for so long are removed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Makes a folder and names its owner there, whatever is in the way.
pub(super) fn prepare(dir: &Path, owner: &str) -> Result<()> {
    keep(dir, Metadata::is_dir)?;
    keep(&dir.join(OWNER), Metadata::is_file)?;
    keep(&dir.join(LOCK), Metadata::is_file)?;
    write_atomically(&dir.join(OWNER), owner.as_bytes())
}

/// Removes what is at `path` unless it is what belongs there.
pub(super) fn keep(path: &Path, belongs: fn(&Metadata) -> bool) -> Result<()> {
    let is_foreign = fs::symlink_metadata(path).is_ok_and(|facts| !belongs(&facts));
    if is_foreign { remove(path) } else { Ok(()) }
}

/// Locks a folder until the file is dropped, and says so if that must wait.
pub(super) fn lock(dir: &Path, waiting: &str) -> Result<File> {
    let path = dir.join(LOCK);
    let place = || format!("cannot lock {}", path.display());
    let file = File::create(&path).with_context(place)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            ui::say(waiting);
            file.lock().with_context(place)?;
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(place),
    }
    // A file that was empty before need not count as modified.
    let _ = file.set_modified(SystemTime::now());
    Ok(file)
}

/// Removes folders whose owner is gone, and those that were not used for long. What cannot be
/// removed stays: it is only a cache.
pub(super) fn prune(root: &Path, own: &Path) {
    let dirs = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    for dir in dirs.filter(|dir| dir != own && is_stale(dir)) {
        let free = File::open(dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if free && fs::remove_dir_all(&dir).is_ok() {
            ui::say(&format!("removed an old build in {}", dir.display()));
        }
    }
}

fn is_stale(dir: &Path) -> bool {
    let Ok(owner) = fs::read_to_string(dir.join(OWNER)) else { return false };
    let unused = fs::metadata(dir.join(LOCK)).and_then(|lock| lock.modified());
    let unused = unused.ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
    !Path::new(&owner).exists() || unused > KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_whose_owner_is_gone_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str, owner: &Path| {
            let place = dir.path().join(name);
            fs::create_dir_all(place.join("tree")).unwrap();
            fs::write(place.join(LOCK), "").unwrap();
            fs::write(place.join(OWNER), owner.to_string_lossy().as_ref()).unwrap();
            place
        };
        let gone = dir.path().join("gone");
        let (own, used) = (place("own", &gone), place("used", dir.path()));
        let (stale, claimed) = (place("stale", &gone), place("claimed", &gone));
        let unused = place("unused", dir.path());
        let long_ago = SystemTime::now() - 2 * KEPT;
        File::options()
            .write(true)
            .open(unused.join(LOCK))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        fs::create_dir(dir.path().join("somebody's")).unwrap();
        let _claim = lock(&claimed, "").unwrap();
        prune(dir.path(), &own);
        let left = |place: &Path| place.exists();
        assert!(left(&own) && left(&used) && left(&claimed));
        assert!(left(&dir.path().join("somebody's")));
        assert!(!left(&stale) && !left(&unused));
    }
}

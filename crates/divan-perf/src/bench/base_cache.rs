//! Where other commits are built: a work tree and a target folder a repository, in the user's cache.

use crate::files::write_whole;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_judge::ident::digest;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A place to build other commits of one repository in, claimed until it is dropped.
///
/// It lies outside of the user's checkout, so that cargo finds neither its workspace nor its
/// configuration there, and is kept: the next build has little to do.
#[derive(Debug)]
pub(crate) struct Place {
    /// The work tree.
    pub(crate) tree: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    _lock: File,
}

/// Names which repository a folder belongs to.
const OWNER: &str = "repository";
const LOCK: &str = "lock";
/// Builds that nobody used for so long go.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

impl Place {
    /// Claims the place of the repository with this common folder, and removes places that are of
    /// no use any more.
    pub(crate) fn claim(repository: &Path) -> Result<Self> {
        let cache = dirs::cache_dir().context(
            "no folder for caches is known here, so the base cannot be built: set XDG_CACHE_HOME or HOME",
        )?;
        let root = cache.join("cargo-xtask-perf");
        let owner = repository.to_string_lossy();
        let dir = root.join(format!("{:016x}", digest(owner.as_bytes())));
        write_whole(&dir.join(OWNER), owner.as_bytes())?;
        let lock = lock(&dir)?;
        prune(&root, &dir);
        Ok(Self { tree: dir.join("tree"), target: dir.join("target"), _lock: lock })
    }
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let place = || format!("cannot lock {}", path.display());
    let file = File::create(&path).with_context(place)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            ui::say("waiting for another comparison of this repository to end");
            file.lock().with_context(place)?;
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(place),
    }
    Ok(file)
}

/// Removes places of repositories that are gone, and those that nobody used for long. What cannot
/// be removed stays: it is only a cache.
fn prune(root: &Path, own: &Path) {
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
    fn places_of_repositories_that_are_gone_go() {
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
        let long_ago = std::time::SystemTime::now() - 2 * KEPT;
        File::options()
            .write(true)
            .open(unused.join(LOCK))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        fs::create_dir(dir.path().join("somebody's")).unwrap();
        let _claim = lock(&claimed).unwrap();
        prune(dir.path(), &own);
        let left = |place: &Path| place.exists();
        assert!(left(&own) && left(&used) && left(&claimed));
        assert!(left(&dir.path().join("somebody's")));
        assert!(!left(&stale) && !left(&unused));
    }
}

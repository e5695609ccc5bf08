//! Claims on build folders: their owner, their lock, and the removal of unused ones.

use crate::files::{remove, write_atomically};
use crate::ui;
use anyhow::{Context as _, Error, Result, bail};
use perf_report::visible;
use same_file::Handle;
use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};
use tempfile::Builder;

/// The file with the path of the repository or checkout that a folder belongs to. Cargo creates no
/// file of this name.
pub(super) const OWNER: &str = "perf-owner";
pub(super) const LOCK: &str = "perf-lock";
/// Builds that were not used for this time are removed.
const MAX_UNUSED: Duration = Duration::from_secs(30 * SECONDS_PER_DAY);
const SECONDS_PER_DAY: u64 = 24 * 3600;
/// How often a folder is prepared again while another process removes it.
const ATTEMPTS: usize = 200;
const PAUSE: Duration = Duration::from_millis(20);

/// Creates a folder with its owner. Files of other kinds at its paths are removed.
pub(super) fn prepare(dir: &Path, owner: &str) -> Result<()> {
    keep(dir, Metadata::is_dir)?;
    keep(&dir.join(OWNER), Metadata::is_file)?;
    keep(&dir.join(LOCK), Metadata::is_file)?;
    write_atomically(&dir.join(OWNER), owner.as_bytes())
}

/// Removes the file or folder at `path` unless it is of the expected kind.
pub(super) fn keep(path: &Path, is_expected: fn(&Metadata) -> bool) -> Result<()> {
    let is_other = fs::symlink_metadata(path).is_ok_and(|metadata| !is_expected(&metadata));
    if is_other { remove(path) } else { Ok(()) }
}

/// Locks a prepared folder until the returned file is dropped. Prints `waiting` if another process has
/// the lock.
///
/// A process that removes the folder holds the lock meanwhile. Then the folder is prepared again, and
/// its new lock is taken.
pub(super) fn lock(dir: &Path, owner: &str, waiting: &str) -> Result<File> {
    let has_owner = || dir.join(OWNER).exists();
    for _ in 0..ATTEMPTS {
        match lock_file(dir, waiting) {
            Ok(file) if is_lock_of(&file, dir) && has_owner() => {
                // Creating a file that was empty may not change its modification time.
                let _ = file.set_modified(SystemTime::now());
                return Ok(file);
            }
            // A missing file can be there again already: others prepare the folder too.
            Err(error) if !is_not_found(&error) && has_owner() => return Err(error),
            // The folder is gone, or goes.
            Ok(_) | Err(_) => prepare_again(dir, owner)?,
        }
    }
    bail!("cannot lock {}: another process keeps removing it", dir.display())
}

fn is_not_found(error: &Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::NotFound)
}

/// Prepares a folder that another process may be removing.
fn prepare_again(dir: &Path, owner: &str) -> Result<()> {
    let mut last = prepare(dir, owner);
    for _ in 0..ATTEMPTS {
        if last.is_ok() {
            break;
        }
        sleep(PAUSE);
        last = prepare(dir, owner);
    }
    last
}

/// Whether the folder still has this lock file. A lock on one that was removed protects nothing.
pub(super) fn is_lock_of(file: &File, dir: &Path) -> bool {
    let open = file.try_clone().and_then(Handle::from_file);
    let present = Handle::from_path(dir.join(LOCK));
    open.ok().zip(present.ok()).is_some_and(|(open, present)| open == present)
}

fn lock_file(dir: &Path, waiting: &str) -> Result<File> {
    let path = dir.join(LOCK);
    let cannot = || format!("cannot lock {}", path.display());
    let file = File::create(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            ui::say(waiting);
            file.lock().with_context(cannot)?;
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
    }
    Ok(file)
}

/// Removes a folder that no process uses; `None` if one does. The lock is held until it is gone.
pub(super) fn remove_unless_used(dir: &Path) -> Option<Result<()>> {
    let lock = File::open(dir.join(LOCK)).ok()?;
    let is_free = lock.try_lock().is_ok() && is_lock_of(&lock, dir);
    is_free.then(|| remove_whole(dir))
}

/// Removes a folder under another name. Others can prepare one with its own name at any time, and their
/// files must stay.
fn remove_whole(dir: &Path) -> Result<()> {
    let parent = dir.parent().unwrap_or(dir);
    let renamed = Builder::new().prefix(".removed-").make_in(parent, |to| fs::rename(dir, to));
    match renamed {
        Ok(renamed) => remove(&renamed.into_temp_path().keep()?),
        // Windows renames no folder with an open file.
        Err(_) => remove(dir),
    }
}

/// Removes folders whose owner no longer exists, and those that were not used for a long time.
/// Errors are ignored, because the folders are only a cache.
pub(super) fn prune(root: &Path, own: &Path) {
    let dirs = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    for dir in dirs.filter(|dir| dir != own) {
        let Some(reason) = stale_reason(&dir) else { continue };
        if remove_unless_used(&dir).is_some_and(|removed| removed.is_ok()) {
            ui::say(&format!("removed the build folder {}: {reason}", dir.display()));
        }
    }
}

/// Why a folder is removed; `None` if it is kept.
fn stale_reason(dir: &Path) -> Option<String> {
    let owner = fs::read_to_string(dir.join(OWNER)).ok()?;
    if !Path::new(&owner).exists() {
        return Some(format!("its owner {} no longer exists", visible(&owner)));
    }
    let unused = fs::metadata(dir.join(LOCK)).and_then(|lock| lock.modified());
    let unused = unused.ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
    let days = MAX_UNUSED.as_secs() / SECONDS_PER_DAY;
    (unused > MAX_UNUSED).then(|| format!("it was not used for more than {days} days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_whose_owner_is_gone_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str, owner: &Path| {
            let folder = dir.path().join(name);
            fs::create_dir_all(folder.join("tree")).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
            fs::write(folder.join(OWNER), owner.to_string_lossy().as_ref()).unwrap();
            folder
        };
        let gone = dir.path().join("gone");
        let (own, used) = (folder("own", &gone), folder("used", dir.path()));
        let (stale, claimed) = (folder("stale", &gone), folder("claimed", &gone));
        let unused = folder("unused", dir.path());
        let long_ago = SystemTime::now() - 2 * MAX_UNUSED;
        File::options()
            .write(true)
            .open(unused.join(LOCK))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        fs::create_dir(dir.path().join("foreign")).unwrap();
        let reasons = [&used, &unused, &stale].map(|folder| stale_reason(folder));
        let [kept, unused_reason, stale_by] = reasons.map(Option::unwrap_or_default);
        assert_eq!(
            (kept.as_str(), unused_reason.as_str()),
            ("", "it was not used for more than 30 days")
        );
        assert_eq!(stale_by, format!("its owner {} no longer exists", gone.display()));
        let _claim = lock(&claimed, "", "").unwrap();
        prune(dir.path(), &own);
        assert!(own.exists() && used.exists() && claimed.exists());
        assert!(dir.path().join("foreign").exists());
        assert!(!stale.exists() && !unused.exists());
    }
    #[test]
    fn a_folder_that_was_removed_while_its_lock_was_awaited_is_made_again() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("folder");
        let claims = || {
            prepare_again(&dir, "owner").unwrap();
            let lock = lock(&dir, "owner", "").unwrap();
            assert!(is_lock_of(&lock, &dir) && dir.join(OWNER).exists());
            // Nobody else removes it or has its lock before this one ends.
            let rival = File::open(dir.join(LOCK)).unwrap();
            assert!(rival.try_lock().is_err() && remove_unless_used(&dir).is_none());
            drop(lock);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| claims()));
            }
            scope.spawn(|| (0..200).for_each(|_| drop(remove_unless_used(&dir))));
        });
    }
}

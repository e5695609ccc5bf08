//! Which files bench processes open.

use super::{Launcher, ListedBenchmark};
use crate::parallel::on_all_processors;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most files and folders that are watched.
#[cfg(target_os = "linux")]
const MAX_WATCHED: usize = 1000;
/// The most benchmarks of a process.
const GROUP: usize = 64;
/// The sampling time of a benchmark.
const TIME: Duration = Duration::from_millis(50);

/// Whether `entries` run without opening one of `files`, or one of `folders` to list it.
///
/// Each benchmark runs for a moment. Programs that it starts are watched too. Other programs that open a
/// file at the same time count as the benchmark, so the answer errs on the safe side. Not noticed: a
/// benchmark that only asks whether a file exists.
///
/// The answer is `false` if a benchmark fails, if there are too many files, or where the system cannot
/// watch. Fails if no process can be started, or after an interrupt.
pub(crate) fn opens_none(
    launcher: &Launcher,
    entries: &[ListedBenchmark],
    files: &[PathBuf],
    folders: &[PathBuf],
) -> Result<bool> {
    let Some(watch) = Watch::start(files, folders) else { return Ok(false) };
    let mut executables: BTreeMap<&Path, Vec<ListedBenchmark>> = BTreeMap::new();
    for entry in entries {
        executables.entry(&entry.executable.path).or_default().push(entry.clone());
    }
    let groups: Vec<&[ListedBenchmark]> =
        executables.values().flat_map(|entries| entries.chunks(GROUP)).collect();
    let run = |launcher: &Launcher, group: &&[ListedBenchmark]| {
        let rows = launcher.probe_group(group, None, TIME)?;
        Ok(rows.len() == group.len())
    };
    let (finished, workers) = on_all_processors(&groups, || launcher.another(), run)?;
    workers.into_iter().for_each(|worker| launcher.absorb(worker));
    Ok(finished.into_iter().all(|is_finished| is_finished) && watch.is_untouched())
}

/// Watches files for being opened. Other systems than Linux are not asked.
struct Watch(#[cfg(target_os = "linux")] nix::sys::inotify::Inotify);

impl Watch {
    /// `None` if one of them cannot be watched.
    #[cfg(target_os = "linux")]
    fn start(files: &[PathBuf], folders: &[PathBuf]) -> Option<Self> {
        use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
        if files.len() + folders.len() > MAX_WATCHED {
            return None;
        }
        let watched = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        for path in files.iter().chain(folders) {
            watched.add_watch(path, AddWatchFlags::IN_OPEN).ok()?;
        }
        Some(Self(watched))
    }

    #[cfg(not(target_os = "linux"))]
    fn start(_files: &[PathBuf], _folders: &[PathBuf]) -> Option<Self> {
        None
    }

    /// Whether nothing was opened so far. Files in a watched folder may have been.
    #[cfg(target_os = "linux")]
    fn is_untouched(&self) -> bool {
        use nix::errno::Errno;
        loop {
            match self.0.read_events() {
                // An event with a name is of a file in a watched folder.
                Ok(events) if events.iter().all(|event| event.name.is_some()) => {}
                Ok(_) => return false,
                Err(error) => return error == Errno::EAGAIN,
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn is_untouched(&self) -> bool {
        false
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn opened_files_and_listed_folders_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("inputs")).unwrap();
        for name in ["watched", "other", "inputs/a"] {
            fs::write(path(name), "text").unwrap();
        }
        let watch = || Watch::start(&[path("watched")], &[path("inputs")]).unwrap();
        let untouched = watch();
        fs::read(path("other")).unwrap();
        fs::read(path("inputs/a")).unwrap();
        assert!(path("watched").exists());
        assert!(untouched.is_untouched());
        let opened = watch();
        fs::read(path("watched")).unwrap();
        assert!(!opened.is_untouched());
        let listed = watch();
        assert_eq!(fs::read_dir(path("inputs")).unwrap().count(), 1);
        assert!(!listed.is_untouched());
        assert!(Watch::start(&[path("missing")], &[]).is_none());
        assert!(Watch::start(&vec![path("other"); MAX_WATCHED + 1], &[]).is_none());
    }
}

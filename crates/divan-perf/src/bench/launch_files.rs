//! The file that a benchmark is launched from: a new copy of its executable, or the original.

use super::ListedBenchmark;
use super::name_list::abbreviated;
use anyhow::{Context as _, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The file that a process is started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LaunchFile {
    /// A copy for one launch.
    Copy,
    /// The executable that cargo built.
    Original,
}

/// Creates copies of executables, and keeps which file works for each benchmark.
#[derive(Debug, Default)]
pub(super) struct LaunchFiles {
    /// The folder for copies; without it, the originals are launched.
    folder: Option<tempfile::TempDir>,
    /// The file of the successful launches, by executable and listed name.
    working: RefCell<BTreeMap<(PathBuf, String), LaunchFile>>,
    /// Reasons by benchmark whose copy failed and whose original works.
    copy_failures: RefCell<BTreeMap<String, String>>,
}

impl LaunchFiles {
    /// Launches copies below `folder` from now on.
    pub(super) fn copy_to(&mut self, folder: &Path) -> Result<()> {
        let created = fs::create_dir_all(folder).and_then(|()| tempfile::tempdir_in(folder));
        let cannot = || format!("cannot create a folder in {}: is it writable?", folder.display());
        self.folder = Some(created.with_context(cannot)?);
        Ok(())
    }

    /// The file for the first launch of a benchmark.
    pub(super) fn first(&self) -> LaunchFile {
        if self.folder.is_some() { LaunchFile::Copy } else { LaunchFile::Original }
    }

    /// The file of the benchmark's successful launches; `None` before the first one.
    pub(super) fn working(&self, entry: &ListedBenchmark) -> Option<LaunchFile> {
        self.working.borrow().get(&key(entry)).copied()
    }

    pub(super) fn set_working(&self, entry: &ListedBenchmark, file: LaunchFile) {
        self.working.borrow_mut().insert(key(entry), file);
    }

    /// Adds a benchmark whose copy failed and whose original works.
    pub(super) fn set_copy_failure(&self, entry: &ListedBenchmark, reason: String) {
        self.copy_failures.borrow_mut().insert(entry.id.as_str().to_owned(), reason);
    }

    /// Calls `launch` with the path of this file. A copy exists until `launch` returns.
    pub(super) fn with<T>(
        &self,
        file: LaunchFile,
        entry: &ListedBenchmark,
        launch: impl FnOnce(&Path) -> Result<T>,
    ) -> Result<T> {
        let original = &entry.executable.path;
        let folder = self.folder.as_ref().filter(|_| file == LaunchFile::Copy);
        let Some(folder) = folder else { return launch(original) };
        let copy = folder.path().join(original.file_name().unwrap_or_default());
        fs::copy(original, &copy).with_context(|| {
            format!("cannot copy {} for a launch: is the disk full?", original.display())
        })?;
        let launched = launch(&copy);
        fs::remove_file(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
        launched
    }

    /// A note on benchmarks whose copies fail.
    pub(super) fn note(&self) -> Option<String> {
        let failures = self.copy_failures.borrow();
        let reason = failures.values().next()?;
        let names: Vec<&str> = failures.keys().map(String::as_str).collect();
        Some(format!(
            "copies of the executable fail, and the original works ({}): {reason}. With the original, its placement in memory can cause a difference of a tenth. Let the bench find its files without the path of its executable",
            abbreviated(&names)
        ))
    }
}

fn key(entry: &ListedBenchmark) -> (PathBuf, String) {
    (entry.executable.path.clone(), entry.listed.clone())
}

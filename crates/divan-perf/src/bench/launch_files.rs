//! Which file each benchmark is launched from: a fresh copy of its executable, or the executable.

use super::ListedBenchmark;
use super::name_list::abbreviated;
use anyhow::{Context as _, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which file a process is started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LaunchFile {
    /// A copy that is made for one launch.
    Copy,
    /// The executable that cargo built.
    Original,
}

/// Where copies are made, and from which file each benchmark has been launched with success.
#[derive(Debug, Default)]
pub(super) struct LaunchFiles {
    /// Where copies are made; without it, the executables themselves are launched.
    folder: Option<tempfile::TempDir>,
    /// By executable and listed name.
    proven: RefCell<BTreeMap<(PathBuf, String), LaunchFile>>,
    /// By benchmark, how its copy failed where its executable did not.
    refused: RefCell<BTreeMap<String, String>>,
}

impl LaunchFiles {
    /// Makes copies below `folder` from now on.
    pub(super) fn copy_to(&mut self, folder: &Path) -> Result<()> {
        let made = fs::create_dir_all(folder).and_then(|()| tempfile::tempdir_in(folder));
        let place = || format!("cannot make a folder in {}", folder.display());
        self.folder = Some(made.with_context(place)?);
        Ok(())
    }

    /// What a benchmark is launched from that no launch has worked of yet.
    pub(super) fn first(&self) -> LaunchFile {
        if self.folder.is_some() { LaunchFile::Copy } else { LaunchFile::Original }
    }

    /// What launches of this benchmark have worked from; none if no launch has worked.
    pub(super) fn proven(&self, entry: &ListedBenchmark) -> Option<LaunchFile> {
        self.proven.borrow().get(&key(entry)).copied()
    }

    /// Remembers that a launch from this file worked.
    pub(super) fn prove(&self, entry: &ListedBenchmark, file: LaunchFile) {
        self.proven.borrow_mut().insert(key(entry), file);
    }

    /// Remembers how the copy failed of a benchmark whose executable works.
    pub(super) fn refuse_copies(&self, entry: &ListedBenchmark, reason: String) {
        self.refused.borrow_mut().insert(entry.id.as_str().to_owned(), reason);
    }

    /// Lets `launch` start a process from this file, which exists for as long as it takes.
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
            format!("cannot copy {} to launch it: is the disk full?", original.display())
        })?;
        let launched = launch(&copy);
        fs::remove_file(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
        launched
    }

    /// What the reader should know.
    pub(super) fn note(&self) -> Option<String> {
        let refused = self.refused.borrow();
        let reason = refused.values().next()?;
        let names: Vec<&str> = refused.keys().map(String::as_str).collect();
        Some(format!(
            "copies of the executable fail where the executable itself works ({}): {reason}. The executable is launched instead, whose place in memory can make a difference of a tenth. Let the bench find its files without its own path",
            abbreviated(&names)
        ))
    }
}

fn key(entry: &ListedBenchmark) -> (PathBuf, String) {
    (entry.executable.path.clone(), entry.listed.clone())
}

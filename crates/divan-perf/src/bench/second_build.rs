//! A second build of a commit, whose benchmarks are counted instead of the measured ones.

use super::ListedBenchmark;
use super::build::{Built, Executable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A second build of a commit.
#[derive(Debug)]
pub(crate) struct SecondBuild {
    /// Its executables by the paths of the measured ones.
    executables: BTreeMap<PathBuf, Executable>,
    /// Holds the lock of its folder.
    _built: Built,
}

impl SecondBuild {
    /// `second` as a second build of the same commit as `measured`.
    pub(crate) fn new(measured: &Built, second: Built) -> Self {
        let of_target = |executable: &Executable| {
            let same = |other: &&Executable| other.key() == executable.key();
            Some((executable.path.clone(), second.executables.iter().find(same)?.clone()))
        };
        let executables = measured.executables.iter().filter_map(of_target).collect();
        Self { executables, _built: second }
    }

    /// The same benchmark in this build; `None` if `entry` is of another commit's build.
    pub(crate) fn entry(&self, entry: &ListedBenchmark) -> Option<ListedBenchmark> {
        let executable = self.executables.get::<Path>(&entry.executable.path)?.clone();
        Some(ListedBenchmark { executable, ..entry.clone() })
    }
}

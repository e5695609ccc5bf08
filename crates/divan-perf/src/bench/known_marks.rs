//! Where the samples of a benchmark are among its clock reads, from earlier launches with the same
//! command line.

use super::ListedBenchmark;
use super::sample_config::SampleConfig;
use divan_output::samples::Marks;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Executable, listed name, and sample config.
type LaunchKey = (PathBuf, String, SampleConfig);

/// The marks of benchmarks.
#[derive(Debug, Default)]
pub(super) struct KnownMarks(RefCell<BTreeMap<LaunchKey, Marks>>);

impl KnownMarks {
    /// The marks of the last launch; `None` before the first one.
    pub(super) fn get(&self, entry: &ListedBenchmark, config: SampleConfig) -> Option<Marks> {
        self.0.borrow().get(&key(entry, config)).copied()
    }

    /// Replaces the marks.
    pub(super) fn set(&self, entry: &ListedBenchmark, config: SampleConfig, marks: Marks) {
        self.0.borrow_mut().insert(key(entry, config), marks);
    }
}

fn key(entry: &ListedBenchmark, config: SampleConfig) -> LaunchKey {
    (entry.executable.path.clone(), entry.listed.clone(), config)
}

//! A benchmark in Divan's list of an executable.

use super::build::Executable;
use super::source;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Source;
use std::collections::BTreeMap;
use std::path::Path;

/// The variable that replaces the thread counts of a benchmark's source. Every Divan with thread counts
/// has it.
const THREADS_VARIABLE: &str = "DIVAN_THREADS";

/// A benchmark in Divan's list of an executable, which a launch runs.
///
/// A launch prints one row, or one per thread count.
#[derive(Clone, Debug)]
pub(crate) struct ListedBenchmark {
    pub(crate) executable: Executable,
    /// Divan's name of it.
    pub(crate) listed: String,
    pub(crate) id: BenchmarkId,
    /// Environment variables of its launches.
    pub(super) variables: BTreeMap<&'static str, String>,
}

impl ListedBenchmark {
    /// A benchmark of the executable at `path`, with a name such as `package/target::function`.
    #[cfg(test)]
    pub(crate) fn at(path: &Path, id: &str) -> Self {
        let (package, listed) = id.split_once('/').unwrap_or_default();
        let name = listed.split("::").next().unwrap_or_default();
        let dir = path.parent().unwrap_or(path).to_owned();
        let target = super::members::BenchTarget {
            package_id: format!("{package}#1"),
            package: package.to_owned(),
            source: dir.join(name).with_extension("rs"),
            dir,
            name: name.to_owned(),
        };
        let path = path.to_owned();
        let (divan, environment) = Default::default();
        Self {
            executable: Executable { target, path, divan, environment },
            listed: listed.to_owned(),
            id: id.into(),
            variables: BTreeMap::new(),
        }
    }

    pub(super) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    /// The benchmark with launches of this thread count alone.
    pub(super) fn with_threads(&self, threads: u32) -> Self {
        let mut single = self.clone();
        single.set_variable(THREADS_VARIABLE, &threads.to_string());
        single
    }

    /// The location of its function, if it is found. The path is relative to `root`.
    pub(crate) fn source(&self, root: &Path) -> Option<Source> {
        source::find(root, &self.executable.target.source, &self.listed)
    }
}

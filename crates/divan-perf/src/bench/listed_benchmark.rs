//! One name that a bench lists.

use super::build::Executable;
use super::source;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Source;
use std::collections::BTreeMap;
use std::path::Path;

/// One name of a Divan listing: what a launch is asked for.
///
/// It gives one row, or one row a thread count.
#[derive(Clone, Debug)]
pub(crate) struct ListedBenchmark {
    /// Where it lives.
    pub(crate) executable: Executable,
    /// What Divan calls it.
    pub(crate) listed: String,
    /// What we call it.
    pub(crate) id: BenchmarkId,
    /// What its launches find in their environment.
    pub(super) variables: BTreeMap<&'static str, String>,
}

impl ListedBenchmark {
    pub(super) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    /// Where its function stands, if that can be found; the path is relative to `root`.
    pub(crate) fn source(&self, root: &Path) -> Option<Source> {
        source::find(root, &self.executable.target.source, &self.listed)
    }
}

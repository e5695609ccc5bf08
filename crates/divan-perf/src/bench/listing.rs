//! The benchmarks of all bench executables.

use super::build::Executable;
use super::launch::Launcher;
use super::list_executable::ListOutcome;
use super::listed_benchmark::ListedBenchmark;
use perf_judge::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};

/// The benchmarks of all bench executables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<ListedBenchmark>,
    /// Reasons by benchmark or target that cannot be measured.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// Notes on targets without benchmarks.
    pub(crate) notes: Vec<String>,
}

impl Listing {
    /// Lists the benchmarks of all executables.
    pub(crate) fn of(executables: &[Executable], launcher: &Launcher) -> anyhow::Result<Self> {
        let mut listing = Self::default();
        for executable in executables {
            listing.add(executable, launcher.list(executable)?);
        }
        listing.refuse_duplicates();
        Ok(listing)
    }

    /// Keeps the selected benchmarks. A target that cannot be listed is kept, because it may have
    /// such a benchmark.
    pub(crate) fn keep(&mut self, is_selected: impl Fn(&BenchmarkId) -> bool) {
        self.entries.retain(|entry| is_selected(&entry.id));
        self.failures.retain(|id, _| is_target(id) || is_selected(id));
    }

    /// Whether all targets can be listed.
    pub(crate) fn is_complete(&self) -> bool {
        !self.failures.keys().any(is_target)
    }

    /// The number of benchmarks, including those that cannot be measured.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.failures.len()
    }

    fn add(&mut self, executable: &Executable, listed: ListOutcome) {
        let (package, target) = (&executable.target.package, &executable.target.name);
        match listed {
            ListOutcome::Names(names) if names.is_empty() => {
                self.notes.push(format!("{package}/{target} lists no benchmark"));
            }
            ListOutcome::Names(names) => {
                names.into_iter().for_each(|listed| self.add_name(executable, listed));
            }
            ListOutcome::Failure(reason) => {
                let id = BenchmarkId::from(format!("{package}/{target}").as_str());
                self.failures.insert(id, format!("its benchmarks cannot be listed: {reason}"));
            }
        }
    }

    fn add_name(&mut self, executable: &Executable, listed: String) {
        let (package, target) = (&executable.target.package, &executable.target.name);
        let id = BenchmarkId::of_listed(package, target, &listed);
        if listed.contains('\0') {
            let reason = "its name contains a NUL character, so no process can be started with it. Rename it, or print nothing before the listing";
            self.failures.insert(id, reason.to_owned());
            return;
        }
        let executable = executable.clone();
        self.entries.push(ListedBenchmark { executable, listed, id, variables: BTreeMap::new() });
    }

    /// Two benchmarks with one name cannot be launched separately.
    fn refuse_duplicates(&mut self) {
        let mut seen = BTreeSet::new();
        let is_duplicate = |entry: &&ListedBenchmark| !seen.insert(entry.id.clone());
        let duplicates: BTreeSet<BenchmarkId> =
            self.entries.iter().filter(is_duplicate).map(|entry| entry.id.clone()).collect();
        self.entries.retain(|entry| !duplicates.contains(&entry.id));
        let reason = "more than one benchmark has this name: rename one".to_owned();
        self.failures.extend(duplicates.into_iter().map(|id| (id, reason.clone())));
    }
}

/// Whether this is the name of a target that cannot be listed.
fn is_target(id: &BenchmarkId) -> bool {
    !id.as_str().contains("::")
}

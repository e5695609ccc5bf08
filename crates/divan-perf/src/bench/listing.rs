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

    /// Keeps the benchmarks whose name contains one of `texts`; all if `texts` is empty. A target
    /// that cannot be listed is kept, because it may have such a benchmark.
    pub(crate) fn filter(&mut self, texts: &[String]) {
        let is_target = |id: &BenchmarkId| !id.as_str().contains("::");
        self.entries.retain(|entry| is_selected(&entry.id, texts));
        self.failures.retain(|id, _| is_target(id) || is_selected(id, texts));
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

/// Whether the name contains one of `texts`, or `texts` is empty.
pub(crate) fn is_selected(name: &BenchmarkId, texts: &[String]) -> bool {
    texts.is_empty() || texts.iter().any(|text| name.as_str().contains(text.as_str()))
}

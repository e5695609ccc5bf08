//! Everything that the bench executables list.

use super::build::Executable;
use super::launch::Launcher;
use super::listed_benchmark::ListedBenchmark;
use perf_judge::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the executables list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// The benchmarks.
    pub(crate) entries: Vec<ListedBenchmark>,
    /// What cannot be measured, and why.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// What was passed over, and why.
    pub(crate) notes: Vec<String>,
}

impl Listing {
    /// Asks every executable for its benchmarks.
    pub(crate) fn of(executables: &[Executable], launcher: &Launcher) -> anyhow::Result<Self> {
        let mut listing = Self::default();
        for executable in executables {
            listing.add(executable, launcher.list(executable)?);
        }
        listing.refuse_doubles();
        Ok(listing)
    }

    /// Keeps what a name contains any of `texts`; everything if there is none. A target whose
    /// benchmarks are not known may hold one that is meant.
    pub(crate) fn filter(&mut self, texts: &[String]) {
        let is_target = |id: &BenchmarkId| !id.as_str().contains("::");
        self.entries.retain(|entry| is_selected(&entry.id, texts));
        self.failures.retain(|id, _| is_target(id) || is_selected(id, texts));
    }

    /// Benchmarks, and what cannot be measured.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.failures.len()
    }

    fn add(&mut self, executable: &Executable, listed: Result<Vec<String>, String>) {
        let (package, target) = (&executable.target.package, &executable.target.name);
        match listed {
            Ok(names) if names.is_empty() => {
                self.notes.push(format!("{package}/{target} lists no benchmark"));
            }
            Ok(names) => names.into_iter().for_each(|listed| self.add_name(executable, listed)),
            Err(reason) => {
                let id = BenchmarkId::from(format!("{package}/{target}").as_str());
                self.failures.insert(id, format!("its benchmarks cannot be listed: {reason}"));
            }
        }
    }

    fn add_name(&mut self, executable: &Executable, listed: String) {
        let (package, target) = (&executable.target.package, &executable.target.name);
        let id = BenchmarkId::of_listed(package, target, &listed);
        if listed.contains('\0') {
            let reason = "its name contains a NUL character, which no argument of a process can hold: rename it, or print nothing before the listing";
            self.failures.insert(id, reason.to_owned());
            return;
        }
        let executable = executable.clone();
        self.entries.push(ListedBenchmark { executable, listed, id, variables: BTreeMap::new() });
    }

    /// Two benchmarks of one name cannot be told apart, nor launched one by one.
    fn refuse_doubles(&mut self) {
        let mut seen = BTreeSet::new();
        let double = |entry: &&ListedBenchmark| !seen.insert(entry.id.clone());
        let doubles: BTreeSet<BenchmarkId> =
            self.entries.iter().filter(double).map(|entry| entry.id.clone()).collect();
        self.entries.retain(|entry| !doubles.contains(&entry.id));
        let reason = "more than one benchmark has this name: rename one".to_owned();
        self.failures.extend(doubles.into_iter().map(|id| (id, reason.clone())));
    }
}

/// Whether the name contains any of `texts`, or there are none.
pub(crate) fn is_selected(name: &BenchmarkId, texts: &[String]) -> bool {
    texts.is_empty() || texts.iter().any(|text| name.as_str().contains(text.as_str()))
}

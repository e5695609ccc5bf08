//! The benchmarks of all bench executables.

use super::build::Executable;
use super::launch::Launcher;
use super::list_executable::ListOutcome;
use super::listed_benchmark::ListedBenchmark;
use super::name_list::abbreviated;
use perf_judge::ident::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};

/// The fix for duplicates.
const RENAME: &str = "rename one of them, or remove the repeated argument";

/// The benchmarks of all bench executables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<ListedBenchmark>,
    /// Reasons by benchmark or target that cannot be measured.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// Names of several benchmarks, which are not measured.
    pub(crate) duplicates: BTreeSet<BenchmarkId>,
    /// Notes on targets without benchmarks, and on duplicates.
    pub(crate) notes: Vec<String>,
}

impl Listing {
    /// Lists the benchmarks of all executables.
    pub(crate) fn of(executables: &[Executable], launcher: &Launcher) -> anyhow::Result<Self> {
        let mut listing = Self::default();
        for executable in executables {
            listing.add(executable, launcher.list(executable)?);
        }
        listing.leave_out_duplicates();
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
    fn leave_out_duplicates(&mut self) {
        let mut seen = BTreeSet::new();
        let is_duplicate = |entry: &&ListedBenchmark| !seen.insert(entry.id.clone());
        self.duplicates =
            self.entries.iter().filter(is_duplicate).map(|entry| entry.id.clone()).collect();
        self.entries.retain(|entry| !self.duplicates.contains(&entry.id));
        self.notes.extend(self.duplicates_note());
    }

    /// A note on the duplicates, if there are any.
    pub(crate) fn duplicates_note(&self) -> Option<String> {
        let names: Vec<&str> = self.duplicates.iter().map(BenchmarkId::as_str).collect();
        (!names.is_empty()).then(|| {
            let names = abbreviated(&names);
            format!("not measured, because several benchmarks have one name ({names}): {RENAME}")
        })
    }

    /// Adds the duplicates among `measured`, the benchmarks with earlier results, to the failures,
    /// if `is_wanted` selects them.
    pub(crate) fn fail_duplicates(
        &mut self,
        measured: impl Iterator<Item = BenchmarkId>,
        is_wanted: impl Fn(&BenchmarkId) -> bool,
    ) {
        let is_duplicate = |name: &BenchmarkId| self.duplicates.contains(name) && is_wanted(name);
        let reason = format!("more than one benchmark has this name: {RENAME}");
        self.failures.extend(measured.filter(is_duplicate).map(|name| (name, reason.clone())));
    }
}

/// Whether this is the name of a target that cannot be listed.
fn is_target(id: &BenchmarkId) -> bool {
    !id.as_str().contains("::")
}

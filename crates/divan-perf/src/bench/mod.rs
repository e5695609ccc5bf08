//! Measuring: from a workspace to the readings of its benchmarks.

mod build;
mod instructions;
mod launch;
mod runner;
mod sample_config;
mod reading;
mod base_cache;
mod process;
mod paired;
mod source;
mod clock_recorder;
mod workspace;

pub(crate) use base_cache::Place;
pub(crate) use build::{Built, build};
pub(crate) use clock_recorder::Tap;
pub(crate) use instructions::Counter;
pub(crate) use launch::{Launcher, library_folder};
pub(crate) use paired::{BaseEntries, Sides};
pub(crate) use runner::{Measurement, Options, Rounds, Session};
pub(crate) use sample_config::Wish;
pub(crate) use workspace::{BenchTarget, Workspace};

use build::Executable;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One name of a Divan listing: what a launch is asked for.
///
/// It gives one row, or one row a thread count.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it lives.
    pub(crate) executable: Executable,
    /// What Divan calls it.
    pub(crate) listed: String,
    /// What we call it.
    pub(crate) id: BenchmarkId,
    /// What its launches find in their environment.
    variables: BTreeMap<&'static str, String>,
}

fn is_selected(name: &BenchmarkId, texts: &[String]) -> bool {
    texts.is_empty() || texts.iter().any(|text| name.as_str().contains(text.as_str()))
}

/// Everything that the executables list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// The benchmarks.
    pub(crate) entries: Vec<Entry>,
    /// What cannot be measured, and why.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// What was passed over, and why.
    pub(crate) notes: Vec<String>,
}

impl Entry {
    fn set_variable(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    /// Where its function stands, if that can be found; the path is relative to `root`.
    pub(crate) fn source(&self, root: &Path) -> Option<Source> {
        source::find(root, &self.executable.target.source, &self.listed)
    }
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

    /// Keeps what a name contains any of `texts`; everything if there is none.
    pub(crate) fn filter(&mut self, texts: &[String]) {
        self.entries.retain(|entry| is_selected(&entry.id, texts));
        self.failures.retain(|id, _| is_selected(id, texts));
    }

    fn add(&mut self, executable: &Executable, listed: Result<Vec<String>, String>) {
        let (package, target) = (&executable.target.package, &executable.target.name);
        match listed {
            Ok(names) if names.is_empty() => {
                self.notes.push(format!("{package}/{target} lists no benchmark"));
            }
            Ok(names) => self.entries.extend(names.into_iter().map(|listed| Entry {
                executable: executable.clone(),
                id: BenchmarkId::of_listed(package, target, &listed),
                variables: BTreeMap::new(),
                listed,
            })),
            Err(reason) => {
                let id = BenchmarkId::from(format!("{package}/{target}").as_str());
                self.failures.insert(id, format!("its benchmarks cannot be listed: {reason}"));
            }
        }
    }

    /// Two benchmarks of one name cannot be told apart, nor launched one by one.
    fn refuse_doubles(&mut self) {
        let mut seen = BTreeSet::new();
        let double = |entry: &&Entry| !seen.insert(entry.id.clone());
        let doubles: BTreeSet<BenchmarkId> =
            self.entries.iter().filter(double).map(|entry| entry.id.clone()).collect();
        self.entries.retain(|entry| !doubles.contains(&entry.id));
        let reason = "more than one benchmark has this name: rename one".to_owned();
        self.failures.extend(doubles.into_iter().map(|id| (id, reason.clone())));
    }
}

//! All recorded runs, as a set: the union of two histories is their merge.

pub mod flat;
mod flat_runs;
mod data_js;
mod import;
mod imported;
pub mod other_tools;
mod day_index;
mod workspace;

pub use day_index::{DayIndex, DayIndexError, NameTable, RunRow};
pub use import::import;
pub use imported::{ImportError, Imported};
pub use workspace::WorkspaceRuns;

use crate::ident::BenchmarkId;
use crate::run::Run;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

/// Runs by age. Histories of the same runs are equal, independent of the order of adding them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    runs: BTreeMap<(DateTime<Utc>, String), Run>,
}

impl History {
    /// Adds a run.
    ///
    /// Of two different runs with one identity, the one whose file sorts first remains, so the order
    /// of merging does not matter. No version of this tool writes such runs.
    pub fn add(&mut self, run: Run) {
        match self.runs.entry((run.started, run.id.clone())) {
            Entry::Vacant(place) => drop(place.insert(run)),
            Entry::Occupied(mut place) => {
                if run.to_json() < place.get().to_json() {
                    place.insert(run);
                }
            }
        }
    }

    /// The same runs with the current names of their benchmarks. `renamed` has new names by old
    /// ones.
    #[must_use]
    pub fn apply_renames(mut self, renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> Self {
        let measured = self.runs.values_mut().flat_map(|run| &mut run.benchmarks);
        for benchmark in measured {
            if let Some(name) = renamed.get(&benchmark.name) {
                benchmark.name = name.clone();
            }
        }
        self
    }

    /// The same runs with the current name of their branch: `former` are its former names.
    ///
    /// Only runs before the first of `branch` are renamed, because a later branch with a former
    /// name is another branch.
    #[must_use]
    pub fn with_branch_renamed(mut self, branch: &str, former: &[String]) -> Self {
        let first = self.runs().find(|run| run.branch() == Some(branch)).map(|run| run.started);
        let before = self.runs.values_mut().filter(|run| first.is_none_or(|at| run.started < at));
        for commit in before.filter_map(|run| run.commit.as_mut()) {
            if commit.branch.as_ref().is_some_and(|old| former.contains(old)) {
                commit.branch = Some(branch.to_owned());
            }
        }
        self
    }

    /// The runs, oldest first.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.values()
    }

    /// The newest run among the selected ones that a baseline of `branch` can use, otherwise the
    /// newest of them.
    pub fn newest(&self, branch: &str, among: impl Fn(&Run) -> bool) -> Option<&Run> {
        let runs = || self.runs().rev().filter(|run| among(run));
        runs().find(|run| run.is_baseline_for(branch)).or_else(|| runs().next())
    }

    /// The number of runs.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is no run.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

/// The runs that a run is compared with: all of a history, or those before one of its runs.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    history: &'a History,
    before: Option<&'a Run>,
    newest: usize,
}

impl<'a> Past<'a> {
    /// The newest runs before `run`, at most `newest` of them.
    pub fn before(run: &'a Run, history: &'a History, newest: usize) -> Self {
        Self { history, before: Some(run), newest }
    }

    /// The runs, oldest first.
    pub fn runs(self) -> impl DoubleEndedIterator<Item = &'a Run> {
        let end = match self.before {
            Some(run) => Bound::Excluded((run.started, run.id.clone())),
            None => Bound::Unbounded,
        };
        let newest = self.history.runs.range((Bound::Unbounded, end)).rev().take(self.newest);
        let newest: Vec<&Run> = newest.map(|(_, run)| run).collect();
        newest.into_iter().rev()
    }
}

impl<'a> From<&'a History> for Past<'a> {
    fn from(history: &'a History) -> Self {
        Self { history, before: None, newest: usize::MAX }
    }
}

impl FromIterator<Run> for History {
    fn from_iter<T: IntoIterator<Item = Run>>(runs: T) -> Self {
        let mut history = Self::default();
        history.extend(runs);
        history
    }
}

impl Extend<Run> for History {
    fn extend<T: IntoIterator<Item = Run>>(&mut self, runs: T) {
        runs.into_iter().for_each(|run| self.add(run));
    }
}

/// The kind of a file on the history branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A run's file.
    Run,
    /// A day index of the series.
    Series,
    /// A name table of the series.
    NameTable,
    /// Another file of this tool, possibly of a later version.
    Ours,
    /// A file of another program outside `data/`, which is not changed.
    Elsewhere,
    /// A file of another program inside `data/`: the folder may not belong to this tool.
    Foreign,
}

/// The path of a run's file on the history branch: `data/runs/2026/11/23/<id>.json`.
pub fn path_of(run: &Run) -> String {
    path_of_id(run.started, &run.id)
}

/// The path of the file of the run `id` on the history branch.
pub fn path_of_id(started: DateTime<Utc>, id: &str) -> String {
    format!("data/runs/{}/{id}.json", started.format("%Y/%m/%d"))
}

/// The kind of the file at `path` on the history branch.
pub fn place_of(path: &str) -> Place {
    let Some(below) = path.strip_prefix("data/") else { return Place::Elsewhere };
    match below.split_once('/') {
        Some(("runs", rest)) if is_run_path(rest) => Place::Run,
        Some(("series", rest)) if is_day_index_path(rest) => Place::Series,
        Some(("series", rest)) if is_names_path(rest) => Place::NameTable,
        Some(("calibrations" | "comparisons" | "qualifications" | "series" | "versus", _)) => {
            Place::Ours
        }
        _ => Place::Foreign,
    }
}

/// `2026/11/23.jsonl`
fn is_day_index_path(path: &str) -> bool {
    let Some(day) = path.strip_suffix(".jsonl") else { return false };
    let lengths: Vec<usize> = day.split('/').map(str::len).collect();
    lengths == [4, 2, 2] && day.bytes().all(|b| b.is_ascii_digit() || b == b'/')
}

/// `names/1a2b3c4d5e6f7a8b.json`
fn is_names_path(path: &str) -> bool {
    let key = path.strip_prefix("names/").and_then(|name| name.strip_suffix(".json"));
    key.is_some_and(|key| key.len() == 16 && key.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `2026/11/23/20261123T024500Z-1a2b3c4d5e6f-7f3a91c2.json`
fn is_run_path(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let [year, month, day, file] = parts[..] else { return false };
    let Some(id) = file.strip_suffix(".json") else { return false };
    let in_folder = id.starts_with(&format!("{year}{month}{day}T"));
    in_folder
        && id.split('-').count() == 3
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{measured, run};
    use proptest::prelude::*;

    fn history(days: &[u32]) -> History {
        days.iter()
            .map(|day| run(day % 28 + 1, vec![measured("a/b::c", f64::from(*day))]))
            .collect()
    }

    /// Two runs that claim one identity.
    fn forged(ns: f64) -> History {
        let mut run = run(1, vec![measured("a/b::c", ns)]);
        run.id = "20261101T024500Z-000000000000-00000000".to_owned();
        [run].into_iter().collect()
    }

    #[test]
    fn a_run_is_found_where_it_was_put() {
        let path = path_of(&run(23, vec![]));
        assert!(path.starts_with("data/runs/2026/11/23/20261123T024500Z-"), "{path}");
        assert_eq!(place_of(&path), Place::Run);
    }

    #[test]
    fn a_run_has_a_past() {
        let history = history(&[1, 2, 3, 4]);
        let days = |past: Past<'_>| -> Vec<u32> {
            past.runs().map(|run| run.benchmarks[0].time_ns.median as u32).collect()
        };
        let third = history.runs().nth(2).unwrap();
        assert_eq!(days(Past::from(&history)), [1, 2, 3, 4]);
        assert_eq!(days(Past::before(third, &history, 9)), [1, 2]);
        assert_eq!(days(Past::before(third, &history, 1)), [2]);
    }

    #[test]
    fn the_newest_is_one_that_counts_if_there_is_one() {
        let mut runs: Vec<Run> = history(&[1, 2, 3]).runs().cloned().collect();
        runs[2].partial = true;
        let history: History = runs.iter().cloned().collect();
        assert_eq!(history.newest("main", |_| true), Some(&runs[1]));
        assert_eq!(history.newest("other", |_| true), Some(&runs[2]));
        assert_eq!(history.newest("main", |_| false), None);
    }

    #[test]
    fn a_renamed_benchmark_has_one_series() {
        let renamed = [("a/b::c".into(), "a/b::new".into())].into();
        let runs = history(&[1, 2]).apply_renames(&renamed);
        assert!(runs.runs().all(|run| run.benchmarks[0].name.as_str() == "a/b::new"));
    }

    #[test]
    fn a_renamed_branch_has_one_series() {
        let mut runs: Vec<Run> = history(&[1, 2, 3, 4]).runs().cloned().collect();
        for (run, branch) in runs.iter_mut().zip(["master", "other", "main", "master"]) {
            run.commit.as_mut().unwrap().branch = Some(branch.to_owned());
        }
        let history: History = runs.into_iter().collect();
        let former = ["master".to_owned()];
        let branches = |history: History| -> Vec<String> {
            history.runs().map(|run| run.branch().unwrap().to_owned()).collect()
        };
        let renamed = history.clone().with_branch_renamed("main", &former);
        assert_eq!(branches(renamed), ["main", "other", "main", "master"]);
        let renamed = history.with_branch_renamed("trunk", &former);
        assert_eq!(branches(renamed), ["trunk", "other", "main", "trunk"]);
    }

    #[test]
    fn only_files_in_data_can_be_foreign() {
        let cases = [
            ("index.html", Place::Elsewhere),
            ("database/x.json", Place::Elsewhere),
            ("data/series/a/0.json", Place::Ours),
            ("data/comparisons/2026/x.json", Place::Ours),
            ("data/versus/2026/x.json", Place::Ours),
            ("data/data.js", Place::Foreign),
            ("data/runs/readme.txt", Place::Foreign),
            ("data/runs/2026/11/22/20261123T024500Z-1a-2b.json", Place::Foreign),
            ("data/runs/2026/11/23/20261123T024500Z-<b>-2b.json", Place::Foreign),
        ];
        for (path, place) in cases {
            assert_eq!(place_of(path), place, "{path}");
        }
    }

    fn union(one: &History, other: &History) -> History {
        one.runs().chain(other.runs()).cloned().collect()
    }

    proptest! {
        #[test]
        fn merging_is_a_union(a in prop::collection::vec(0..60u32, 0..8), b in prop::collection::vec(0..60u32, 0..8), c in prop::collection::vec(0..60u32, 0..8)) {
            let (a, b, c) = (history(&a), history(&b), history(&c));
            prop_assert_eq!(union(&a, &b), union(&b, &a));
            prop_assert_eq!(union(&union(&a, &b), &c), union(&a, &union(&b, &c)));
            prop_assert_eq!(union(&a, &a), a);
        }
    }

    #[test]
    fn one_identity_with_two_contents_merges_alike_both_ways() {
        let (one, other) = (forged(1.0), forged(2.0));
        assert_eq!(union(&one, &other), union(&other, &one));
    }
}

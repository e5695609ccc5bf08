//! The day indexes of a history: one file per day with one line per run.
//!
//! They show a trend over years without reading the runs, and can be computed from them.

use crate::ident::{BenchmarkId, digest};
use crate::json::{JsonError, read_object};
use crate::run::{Number, Quantity, Run, coarse, shortened};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest format of a line that this version reads, and the one it writes.
const SCHEMA: u32 = 1;

/// The benchmarks of a run in the order of its columns. Runs of the same benchmarks share one
/// list, which is stored once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTable(Vec<BenchmarkId>);

impl NameTable {
    /// The names of a run's benchmarks.
    pub fn of(run: &Run) -> Self {
        Self(run.benchmarks.iter().map(|measured| measured.name.clone()).collect())
    }

    /// Reads a list's file.
    ///
    /// # Errors
    /// If it is not a JSON array of strings.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        Ok(Self(serde_json::from_str(text)?))
    }

    /// The list's file: one line of JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(&self.0)
            .unwrap_or_else(|_| unreachable!("a list of strings is JSON"));
        text.push('\n');
        text
    }

    /// The key of the list in a line: a digest of its file.
    pub fn key(&self) -> String {
        format!("{:016x}", digest(self.to_json().as_bytes()))
    }

    /// The path of the list with `key`, below the history's root.
    pub fn path(key: &str) -> String {
        format!("data/series/names/{key}.json")
    }

    /// The same columns with the current names. `renamed` has new names by old ones.
    #[must_use]
    pub fn of_today(&self, renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> Self {
        Self(self.0.iter().map(|name| renamed.get(name).unwrap_or(name).clone()).collect())
    }

    /// The names, in the order of the columns.
    pub fn list(&self) -> &[BenchmarkId] {
        &self.0
    }
}

/// The line of one run in a day index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRow {
    schema: u32,
    /// The run's identity.
    pub run: String,
    /// The time at which the measurement started.
    pub started: DateTime<Utc>,
    /// The machine's key.
    pub machine: String,
    /// The measured commit.
    pub commit: Option<String>,
    /// The commit's branch; `None` if HEAD was detached.
    pub branch: Option<String>,
    /// Whether tracked files differed from the commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
    /// Whether benchmarks or launches were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Whether another tool measured it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// The path of its workspace in the repository; `None` if it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The key of the [`NameTable`] of the columns.
    pub names: String,
    median: Vec<Number>,
    p95: Vec<Option<Number>>,
    /// The counts that repeat, by their names in run files; those that no benchmark has are absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    counts: BTreeMap<String, Vec<Option<Number>>>,
}

impl RunRow {
    /// The line of a run.
    pub fn of(run: &Run) -> Self {
        let times = || run.benchmarks.iter().map(|measured| &measured.time_ns);
        let commit = run.commit.as_ref();
        Self {
            schema: SCHEMA,
            run: run.id.clone(),
            started: run.started,
            machine: run.machine.key.clone(),
            commit: commit.map(|commit| commit.hash.clone()),
            branch: commit.and_then(|commit| commit.branch.clone()),
            dirty: commit.is_some_and(|commit| commit.dirty),
            partial: run.partial,
            imported: run.origin.is_some(),
            workspace: run.workspace.clone(),
            names: NameTable::of(run).key(),
            median: times().map(|time| Number(coarse(time.median))).collect(),
            p95: times().map(|time| time.p95.map(|p95| Number(coarse(p95)))).collect(),
            counts: indexed_counts(run),
        }
    }

    /// The number of benchmarks in the run.
    pub fn len(&self) -> usize {
        self.median.len()
    }

    /// Whether the run has no benchmark.
    pub fn is_empty(&self) -> bool {
        self.median.is_empty()
    }

    /// The median and the 95th percentile of the benchmark in column `i`, in ns, to three digits.
    pub fn times_ns(&self, i: usize) -> Option<(f64, Option<f64>)> {
        let p95 = self.p95.get(i).copied().flatten();
        self.median.get(i).map(|median| (median.0, p95.map(|p95| p95.0)))
    }

    /// The counts of all benchmarks per iteration, to four digits. Quantities of newer versions are left
    /// out.
    pub fn counts(&self) -> impl Iterator<Item = (Quantity, &[Option<Number>])> {
        let column = |quantity: Quantity| Some((quantity, &**self.counts.get(quantity.key())?));
        Quantity::ALL.into_iter().filter_map(column)
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a line has string keys and finite numbers"))
    }
}

fn indexed_counts(run: &Run) -> BTreeMap<String, Vec<Option<Number>>> {
    let column = |quantity: Quantity| -> Option<(String, Vec<Option<Number>>)> {
        let counts = run.benchmarks.iter().map(|measured| measured.quantity(quantity));
        let counts: Vec<Option<Number>> =
            counts.map(|count| count.map(|count| Number(shortened(count)))).collect();
        counts.iter().any(Option::is_some).then(|| (quantity.key().to_owned(), counts))
    };
    Quantity::ALL.into_iter().filter(|quantity| quantity.repeats()).filter_map(column).collect()
}

/// Why a day index cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DayIndexError {
    /// A later version wrote it.
    #[error(
        "line {line} has schema {found}, and this version reads schemas up to {SCHEMA}: update this tool"
    )]
    Newer {
        /// The line, from 1.
        line: usize,
        /// The schema of the line.
        found: u32,
    },
    /// A line is not JSON, or not a run's.
    #[error("it contains a line that is not a run: {0}")]
    Malformed(JsonError),
}

/// The runs of a day in lines, the oldest first. The union of two is their merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayIndex {
    lines: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct LineHeader {
    schema: u32,
    run: String,
}

impl DayIndex {
    /// The path of the day index of a run, below the history's root; `None` if `run_path` is not the
    /// path of a run.
    pub fn path_for(run_path: &str) -> Option<String> {
        let (day, _) = run_path.strip_prefix("data/runs/")?.rsplit_once('/')?;
        Some(format!("data/series/{day}.jsonl"))
    }

    /// Reads a day index as far as merging needs it.
    ///
    /// # Errors
    /// [`DayIndexError::Newer`] for a later schema, [`DayIndexError::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, DayIndexError> {
        let mut lines = BTreeMap::new();
        for (i, text) in text.lines().enumerate() {
            let head: LineHeader = read_object(text)
                .map_err(|cause| DayIndexError::Malformed(cause.at_line(i + 1)))?;
            if head.schema > SCHEMA {
                return Err(DayIndexError::Newer { line: i + 1, found: head.schema });
            }
            lines.insert(head.run, text.to_owned());
        }
        Ok(Self { lines })
    }

    /// Adds a run.
    pub fn add(&mut self, run: &Run) {
        self.lines.insert(run.id.clone(), RunRow::of(run).to_json());
    }

    /// The union of two indexes of one day.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (run, line) in other.lines {
            let place = self.lines.entry(run).or_insert_with(|| line.clone());
            if line < *place {
                *place = line;
            }
        }
        self
    }

    /// The index with the line of one run alone.
    #[must_use]
    pub fn only(mut self, run: &str) -> Self {
        self.lines.retain(|id, _| id == run);
        self
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        self.lines.values().fold(String::new(), |text, line| text + line + "\n")
    }

    /// The runs, the oldest first.
    ///
    /// # Errors
    /// [`DayIndexError::Malformed`] for a line that is not a run.
    pub fn runs(&self) -> Result<Vec<RunRow>, DayIndexError> {
        let read = |(i, text): (usize, &String)| {
            read_object(text).map_err(|cause| DayIndexError::Malformed(cause.at_line(i + 1)))
        };
        self.lines.values().enumerate().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::path_of;
    use crate::run::tests::{measured, run};
    use crate::run::{Measured, Quantities};
    use proptest::prelude::*;

    #[test]
    fn a_line_has_the_counts_that_repeat_and_none_without_counts() {
        let counts = [(Quantity::Instructions, 123_456.0), (Quantity::MinorFaults, 2.0)];
        let counted = measured("a/b::c", 5.0);
        let counted = Measured { alloc: None, counts: Quantities::from(counts), ..counted };
        let line = RunRow::of(&run(1, vec![counted])).to_json();
        assert!(line.ends_with(r#","counts":{"instructions":[123500]}}"#), "{line}");
        let read: RunRow = serde_json::from_str(&line).unwrap();
        let [(Quantity::Instructions, column)] = read.counts().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert!(matches!(column, [Some(Number(123_500.0))]), "{line}");
        let bare = Measured { alloc: None, ..measured("a/b::c", 5.0) };
        assert!(!RunRow::of(&run(1, vec![bare])).to_json().contains("counts"));
    }

    fn day_index(days: &[u32]) -> DayIndex {
        let mut day_index = DayIndex::default();
        days.iter().for_each(|day| day_index.add(&run(*day, vec![measured("a/b::c", 1.5)])));
        day_index
    }

    #[test]
    fn a_line_has_the_times_of_a_trend() {
        let run = run(3, vec![measured("a/b::c", 1.5), measured("a/b::d", 20.0)]);
        let mut day_index = DayIndex::default();
        day_index.add(&run);
        let read = DayIndex::parse(&day_index.to_text()).unwrap();
        assert_eq!(read, day_index);
        let line = &read.runs().unwrap()[0];
        assert_eq!((line.run.as_str(), line.len(), line.is_empty()), (run.id.as_str(), 2, false));
        assert_eq!((line.times_ns(1), line.times_ns(2)), (Some((20.0, Some(20.0))), None));
        assert_eq!(
            (line.branch.as_deref(), line.dirty, line.partial),
            (Some("main"), false, false)
        );
        let names = NameTable::from_json(&NameTable::of(&run).to_json()).unwrap();
        assert_eq!((names.key(), names.list().len()), (line.names.clone(), 2));
    }

    #[test]
    fn a_day_has_one_chunk() {
        let path = path_of(&run(3, vec![]));
        assert_eq!(DayIndex::path_for(&path).as_deref(), Some("data/series/2026/11/03.jsonl"));
        assert_eq!(DayIndex::path_for("data/comparisons/2026/11/03/a.json"), None);
    }

    #[test]
    fn a_damaged_index_is_an_error_with_its_line() {
        for (text, expected) in [
            (
                "{\"schema\":1,\"run\":\"a\"}\nnonsense\n",
                "it contains a line that is not a run: line 2, column 2",
            ),
            ("{\"schema\":9,\"run\":\"a\"}\n", "line 1 has schema 9"),
            (
                "{\"schema\":1}\n",
                "it contains a line that is not a run: line 1, column 12: the key `run` is missing",
            ),
        ] {
            let error = DayIndex::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let bare = DayIndex::parse("{\"schema\":1,\"run\":\"a\"}\n").unwrap();
        assert!(bare.runs().unwrap_err().to_string().contains("line 1"));
    }

    proptest! {
        #[test]
        fn merging_needs_no_order(
            a in prop::collection::vec(1_u32..28, 0..6),
            b in prop::collection::vec(1_u32..28, 0..6),
            c in prop::collection::vec(1_u32..28, 0..6),
        ) {
            let (all, [a, b, c]) = (day_index(&[&a[..], &b, &c].concat()), [&a, &b, &c].map(|days| day_index(days)));
            prop_assert_eq!(&a.clone().merge(b.clone()).merge(c.clone()), &all);
            prop_assert_eq!(&c.clone().merge(b.merge(a)).merge(c), &all);
        }
    }
}

//! A run as it is kept: what was measured, of which commit, and where.

use super::{Commit, Machine, Measured};
use crate::ident::BenchmarkId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The newest run format that this version reads, and the one it writes.
pub const SCHEMA: u32 = 3;

/// One measurement of a commit on a machine: an immutable file of the history.
///
/// As derived, it reads schema 1, where a benchmark was an object; `file` has what came after.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Run {
    /// The format's version: [`SCHEMA`], whatever its file had.
    pub schema: u32,
    /// Tells a run from the other files of a history.
    pub kind: RunKind,
    /// `<UTC time>-<commit>-<digest of the contents>`; see [`Run::with_id`].
    pub id: String,
    /// When measuring began.
    pub started: DateTime<Utc>,
    /// What decided the random order of the launches.
    pub seed: u32,
    /// What was measured; `None` outside a repository.
    pub commit: Option<Commit>,
    /// Whether only some benchmarks, or too few launches, were measured.
    pub partial: bool,
    /// Where it was measured.
    pub machine: Machine,
    /// One entry a benchmark that finished, by name.
    pub benchmarks: Vec<Measured>,
    /// Benchmarks that were listed and gave no number.
    pub unfinished: Vec<Unfinished>,
    /// Which tool's numbers these are; `None` for a run that was measured by this one.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether machines of other kinds measured its other benchmarks.
    #[serde(default)]
    pub partitioned: bool,
    /// The slowdowns that its commit's perf-budgets.json accepts. Commits of a pull request vanish
    /// when it is merged as one, so that only the run itself can say which it comes after.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// A slowdown that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// The commit that was measured when it was accepted, or the beginning of its hash.
    pub commit: String,
}

/// What a file of the history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// A [`Run`].
    Run,
}

/// A benchmark that was listed but never finished a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Its name, as far as a listing tells it.
    pub name: BenchmarkId,
    /// What happened, for people.
    pub reason: String,
}

impl Run {
    /// A whole run of `benchmarks` without a commit. Set what else is known of it, then give it
    /// its identity with [`Run::with_id`].
    pub fn new(started: DateTime<Utc>, machine: Machine, benchmarks: Vec<Measured>) -> Self {
        Self {
            schema: SCHEMA,
            kind: RunKind::Run,
            id: String::new(),
            started,
            seed: 0,
            commit: None,
            partial: false,
            machine,
            benchmarks,
            unfinished: Vec::new(),
            origin: None,
            partitioned: false,
            accepted: Vec::new(),
        }
    }

    /// Whether a baseline may count this run: a clean commit, measured whole, and here.
    pub fn is_whole_and_clean(&self) -> bool {
        self.origin.is_none()
            && !self.partial
            && self.commit.as_ref().is_some_and(|commit| !commit.dirty)
    }

    /// Whether a baseline of `branch` may count it: a clean commit of it, measured whole.
    pub fn is_baseline_for(&self, branch: &str) -> bool {
        self.branch() == Some(branch) && self.is_whole_and_clean()
    }

    /// The branch that was measured, if any.
    pub fn branch(&self) -> Option<&str> {
        self.commit.as_ref()?.branch.as_deref()
    }

    /// The benchmark called `name`, if this run measured it.
    pub fn benchmark(&self, name: &BenchmarkId) -> Option<&Measured> {
        self.benchmarks.iter().find(|measured| measured.name == *name)
    }
}

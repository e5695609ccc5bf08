//! A run: the results of one measurement, its commit and its machine.

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
    /// Distinguishes a run from the other files of a history.
    pub kind: RunKind,
    /// `<UTC time>-<commit>-<digest of the contents>`; see [`Run::with_id`].
    pub id: String,
    /// The time at which the measurement started. It decides the place of the run in the history.
    pub started: DateTime<Utc>,
    /// The seed of the random launch order.
    pub seed: u32,
    /// The measured commit; `None` outside a repository.
    pub commit: Option<Commit>,
    /// Whether benchmarks or launches were left out.
    pub partial: bool,
    /// The machine that measured it.
    pub machine: Machine,
    /// One entry per benchmark with a result, by name.
    pub benchmarks: Vec<Measured>,
    /// The listed benchmarks without a result.
    pub unfinished: Vec<Unfinished>,
    /// The tool that measured an imported run; `None` for a run of this tool.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether machines with other keys measured the other benchmarks of the suite.
    #[serde(default)]
    pub partitioned: bool,
    /// The regressions that its commit's perf-budgets.json accepts.
    ///
    /// A squash merge removes the commits of a pull request, so the run records which acceptances
    /// precede it.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// The path of the workspace in the repository, with `/`; `.` for the root. `None` in runs of
    /// earlier versions, and outside a repository.
    #[serde(default)]
    pub workspace: Option<String>,
    /// The time of the measurement, if it was long after the commit. `started` is then the commit's.
    #[serde(default)]
    pub backfilled: Option<DateTime<Utc>>,
}

/// An accepted regression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// The commit that was measured before the acceptance, or the beginning of its hash.
    pub commit: String,
}

/// The kind of a file of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// A [`Run`].
    Run,
}

/// A listed benchmark without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The name in the listing.
    pub name: BenchmarkId,
    /// What happened.
    pub reason: String,
}

impl Run {
    /// A complete run of `benchmarks` without a commit. Set its other fields, then call
    /// [`Run::with_id`].
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
            workspace: None,
            backfilled: None,
        }
    }

    /// Whether a baseline can use this run: a complete run of a clean commit by this tool.
    pub fn is_complete_and_clean(&self) -> bool {
        self.origin.is_none()
            && !self.partial
            && self.commit.as_ref().is_some_and(|commit| !commit.dirty)
    }

    /// Whether a baseline of `branch` can use it: a complete run of a clean commit on it.
    pub fn is_baseline_for(&self, branch: &str) -> bool {
        self.branch() == Some(branch) && self.is_complete_and_clean()
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

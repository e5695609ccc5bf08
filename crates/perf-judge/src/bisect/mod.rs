//! The search for the commit with a change, between a good and a bad commit.
//!
//! The search does not build or measure. An executor calls [`Search::next`], finds out whether the
//! benchmarks of that commit are good or bad, reports it by [`Search::answer`], and calls it again.

mod commit_set;
mod criterion;
mod search;

pub use criterion::Criterion;
pub use search::{FirstBad, NextCommit, Search};

use serde::{Deserialize, Serialize};

/// What is known of a benchmark at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is as in the good commit.
    Good,
    /// It is as in the bad commit.
    Bad,
    /// Nothing, because the commit cannot be built or measured.
    Skipped,
}

impl Answer {
    /// The name that messages show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Skipped => "skipped",
        }
    }
}

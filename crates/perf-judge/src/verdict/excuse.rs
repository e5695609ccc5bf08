//! Regressions that perf-budgets.json accepts.

use super::{State, Verdict};
use crate::budget::Acceptance;
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};

/// What excuses a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excuse {
    /// Why it is worth it, for people.
    pub reason: String,
    /// The largest change that is excused, in percent.
    pub ceiling_percent: f64,
}

impl Excuse {
    /// The largest change that is excused.
    pub fn ceiling(&self) -> LogRatio {
        LogRatio::from_percent(self.ceiling_percent)
    }
}

/// Notes at each regression which of the acceptances in force is about it.
pub fn excuse<'a>(verdicts: &mut [Verdict], in_force: impl Iterator<Item = &'a Acceptance>) {
    for entry in in_force {
        let is_meant = |verdict: &&mut Verdict| {
            verdict.state == State::Regression && verdict.name == entry.benchmark
        };
        if let Some(verdict) = verdicts.iter_mut().find(is_meant) {
            let Acceptance { reason, ceiling_percent, .. } = entry.clone();
            verdict.accepted = Some(Excuse { reason, ceiling_percent });
        }
    }
}

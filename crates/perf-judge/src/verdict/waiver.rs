//! Regressions that perf-budgets.json accepts.

use super::{State, Verdict, Waiver};
use crate::budget::Acceptance;

/// Notes at each regression which of the acceptances in force is about it.
pub fn excuse<'a>(verdicts: &mut [Verdict], in_force: impl Iterator<Item = &'a Acceptance>) {
    for entry in in_force {
        let is_meant = |verdict: &&mut Verdict| {
            verdict.state == State::Regression && verdict.name == entry.benchmark
        };
        if let Some(verdict) = verdicts.iter_mut().find(is_meant) {
            let Acceptance { reason, max_change_percent, .. } = entry.clone();
            verdict.accepted = Some(Waiver { reason, max_change_percent });
        }
    }
}

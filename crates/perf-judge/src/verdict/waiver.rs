//! Regressions that perf-budgets.json accepts.

use super::{State, Verdict, Waiver};
use crate::budget::Acceptance;

/// Adds to each regression the acceptance in force of its benchmark.
pub fn apply_waivers<'a>(verdicts: &mut [Verdict], in_force: impl Iterator<Item = &'a Acceptance>) {
    for entry in in_force {
        let is_accepted = |verdict: &&mut Verdict| {
            verdict.state == State::Regression && verdict.name == entry.benchmark
        };
        if let Some(verdict) = verdicts.iter_mut().find(is_accepted) {
            let Acceptance { reason, max_change_percent, .. } = entry.clone();
            verdict.accepted = Some(Waiver { reason, max_change_percent });
        }
    }
}

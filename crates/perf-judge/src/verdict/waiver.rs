//! Regressions that perf-budgets.json accepts.

use super::{Verdict, Waiver};
use crate::budget::Acceptance;

/// Adds the acceptance in force of its benchmark to each regression, and to each growth of counts.
pub fn apply_waivers<'a>(verdicts: &mut [Verdict], in_force: impl Iterator<Item = &'a Acceptance>) {
    for entry in in_force {
        let is_accepted =
            |verdict: &&mut Verdict| verdict.is_worse() && verdict.name == entry.benchmark;
        if let Some(verdict) = verdicts.iter_mut().find(is_accepted) {
            let Acceptance { reason, max_change_percent, .. } = entry.clone();
            verdict.accepted = Some(Waiver { reason, max_change_percent });
        }
    }
}

//! What a verdict gives as its reason.

use crate::baseline::MINIMUM;
use crate::detect::Change;
use crate::detect::paired::PairedAnalysis;
use crate::unit;

pub(super) const SAME: &str = "the same executables: there is nothing to measure";
pub(super) const SAME_MOVED: &str = "the same executables: what moved is the machine";
pub(super) const SAME_LAUNCHED: &str = "the same executables: launched for its budgets alone";
pub(super) const NOT_MEASURED: &str = "it was not measured";
pub(super) const NO_TIME: &str =
    "no launch gave a time above 0: it is below the timer's resolution";
pub(super) const NO_TIME_LEFT: &str = "the time limit came before it was measured";
pub(super) const UNCONFIRMED: &str = "it moved, and could not be measured again to make sure";
pub(super) const TOO_FEW_PAIRS: &str = "the measuring ended before three pairs";

pub(super) fn too_few(found: usize, series_was_cut: bool) -> String {
    let found = format!("{found} of {MINIMUM} comparable runs");
    if series_was_cut {
        format!("{found}: older ones were measured in batches of another size")
    } else {
        found
    }
}

pub(super) fn undecided(change: Change) -> String {
    let limit = unit::percent(change.min_detectable_change);
    if change.estimate.0.abs() < change.min_detectable_change.0 {
        format!("the noise hides changes below {limit}")
    } else {
        "the min and the median samples do not agree".to_owned()
    }
}

pub(super) fn undecided_pairs(analysis: &PairedAnalysis) -> String {
    let pairs = unit::counted(analysis.pairs(), "pair", "pairs");
    match analysis.min_detectable_change() {
        Some(limit) => {
            format!("{pairs} did not decide it: changes below {} can hide", unit::percent(limit))
        }
        None => format!("{pairs} did not decide it, and exclude nothing"),
    }
}

pub(super) fn out_of_time(pairs: usize) -> String {
    match pairs {
        0 => "the time limit ended the measuring before it was decided".to_owned(),
        _ => {
            let pairs = unit::counted(pairs, "pair", "pairs");
            format!("the time limit ended the measuring after {pairs}, before it was decided")
        }
    }
}

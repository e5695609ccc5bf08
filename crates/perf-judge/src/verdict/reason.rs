//! The reasons that verdicts give, as short notes.

use crate::baseline::MINIMUM;
use crate::detect::Change;
use crate::detect::paired::PairedAnalysis;
use crate::unit;

pub(super) const IDENTICAL: &str = "identical executables";
pub(super) const IDENTICAL_RUN: &str = "identical executables; the difference is machine noise";
pub(super) const IDENTICAL_LAUNCHED: &str = "identical executables; launched for its budgets";
pub(super) const NOT_MEASURED: &str = "not measured";
pub(super) const NO_TIME: &str = "no launch measured a time above 0 (below the timer's resolution)";
const EMPTY: &str =
    "the compiler removed its code: pass its inputs and results through `black_box`";
pub(super) const NO_TIME_LEFT: &str = "not measured before the end of the measurement";
pub(super) const UNCONFIRMED: &str = "no rerun was possible";
pub(super) const TOO_FEW_PAIRS: &str = "fewer than 3 pairs";
pub(super) const NO_COMMON_STATISTIC: &str = "the baseline has no statistic of this run";

/// The base or the recorded runs have this time in ns, if it is known.
pub(super) fn empty(before_ns: Option<f64>) -> String {
    match before_ns {
        Some(ns) => format!("{EMPTY}. Before, it took {}", unit::time(ns)),
        None => EMPTY.to_owned(),
    }
}

pub(super) fn was_empty(head_ns: Option<f64>) -> String {
    let now = head_ns.map_or(String::new(), |ns| format!("; now it takes {}", unit::time(ns)));
    format!("the compiler removed its code in the base{now}")
}

pub(super) fn too_few(found: usize, series_was_cut: bool, was_empty: bool) -> String {
    let found = format!("{found} of {MINIMUM} comparable runs");
    match (was_empty, series_was_cut) {
        (true, _) => format!("{found}; the compiler had removed its code in the newest run"),
        (false, true) => format!("{found}; older runs have another sample size"),
        (false, false) => found,
    }
}

pub(super) fn other_machine(fields: &[&str]) -> String {
    format!("all recorded runs have another {}", fields.join(", "))
}

/// Runs in a group: launches of that many runs together decided.
pub(super) fn by_several_runs(runs: usize) -> String {
    format!(
        "single runs are too noisy: the launches were compared with those of {runs} runs together"
    )
}

/// A statistic is too noisy, and the launches of that many runs together show no change.
pub(super) fn not_by_several_runs(runs: usize) -> String {
    format!(
        "single runs are noisy, and the launches of {runs} runs together do not confirm the change"
    )
}

pub(super) fn undecided(change: Change) -> String {
    let limit = change.min_detectable_change;
    if change.estimate.0.abs() < limit.0 {
        format!("minimum detectable change {}", unit::percent(limit))
    } else {
        "the minimum and the median disagree".to_owned()
    }
}

pub(super) fn undecided_pairs(analysis: &PairedAnalysis) -> String {
    let pairs = unit::counted(analysis.pairs(), "pair", "pairs");
    match analysis.min_detectable_change() {
        Some(limit) => {
            format!("{pairs} did not decide; minimum detectable change {}", unit::percent(limit))
        }
        None => format!("{pairs} did not decide"),
    }
}

pub(super) fn out_of_time(pairs: usize) -> String {
    let after = if pairs == 0 {
        String::new()
    } else {
        format!(" after {}", unit::counted(pairs, "pair", "pairs"))
    };
    format!("the measurement ended{after}, before a decision")
}

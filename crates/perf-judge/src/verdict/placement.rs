//! Changes that are measured again with the functions of both executables in other orders.
//!
//! Where code is placed can change its time by a tenth without any change of its own. See Mytkowicz et
//! al., "Producing Wrong Data Without Doing Anything Obviously Wrong!" (2009), and Curtsinger and Berger,
//! "Stabilizer" (2013).

use super::benchmark_state::{low_noise_times, state_of};
use super::{Method, State, Verdict};
use crate::detect::Finding;
use crate::detect::paired::{self, PairedAnalysis, Schedule};
use crate::run::Pair;
use crate::stats;
use crate::unit::{self, LogRatio};

/// The orders of the functions that are measured, and the pairs: one of each order. A change of 10 % is
/// found in them where placement alone changes times by 5 % (standard deviation of a difference).
pub const ORDERS: usize = 20;
/// How many times as much the differences must vary over the orders as over pairs of one order, so that
/// placement decides and not noise.
const VARIED: f64 = 3.0;

impl Verdict {
    /// Whether code placement may explain the change: pairs found it, and no count does.
    pub fn may_be_placement(&self) -> bool {
        let is_change = matches!(self.state, State::Regression | State::Improvement);
        let is_explained = self.causes.as_ref().is_some_and(|causes| !causes.is_empty());
        self.method == Method::Paired && is_change && !is_explained
    }

    /// Judges the change by pairs whose functions are in random orders. Each pair has an order of its own,
    /// so the placement of the measured executables does not decide.
    ///
    /// The change remains if these pairs neither find nor exclude it, and vary no more than those of one
    /// order: noise alone removes no regression. So it does without usable pairs.
    pub fn judge_placement(&mut self, pairs: Vec<Pair>) {
        let Some(analysis) = paired::judge(&pairs, Schedule::Once) else { return };
        let Some((base_ns, _)) = low_noise_times(&pairs) else { return };
        let as_built = self.change.unwrap_or(LogRatio(0.0));
        let text = comparison(as_built, &analysis, pairs.len());
        let is_varied = range(&self.trace.pairs)
            .zip(range(&pairs))
            .is_some_and(|(as_built, in_orders)| in_orders >= as_built * VARIED);
        self.trace.placement = pairs;
        let (state, severity) = match state_of(analysis.finding.unwrap_or(Finding::Inconclusive)) {
            found if found.0 == self.state || found.0 == State::Unchanged => found,
            _ if excludes(&analysis, as_built) || is_varied => (State::Inconclusive, None),
            _ => {
                self.reason = Some(format!("code placement may explain a part: {text}"));
                return;
            }
        };
        let is_placement = state != self.state;
        self.reason = Some(if is_placement { format!("code placement: {text}") } else { text });
        (self.state, self.severity) = (state, severity);
        let change = analysis.estimate();
        self.change = Some(change);
        (self.low, self.high) = (analysis.low, analysis.high);
        self.min_detectable_change = analysis.min_detectable_change();
        (self.base_ns, self.head_ns) = (Some(base_ns), Some(base_ns * change.0.exp()));
    }
}

/// Both changes: of the measured executables, and in random orders.
fn comparison(as_built: LogRatio, analysis: &PairedAnalysis, orders: usize) -> String {
    let interval = analysis.low.zip(analysis.high);
    let interval = interval
        .map_or_else(String::new, |(low, high)| format!(" ({})", unit::interval(low, high)));
    format!(
        "{} as built, {}{interval} with the functions in {}",
        unit::change(as_built),
        unit::change(analysis.estimate()),
        unit::counted(orders, "random order", "random orders"),
    )
}

/// The differences of the pairs in ln: from the lowest tenth to the highest. `None` without a difference.
fn range(pairs: &[Pair]) -> Option<f64> {
    let differences = pairs.iter().map(|pair| (pair.head.median / pair.base.median).ln());
    let differences = stats::sorted(&differences.filter(|ln| ln.is_finite()).collect::<Vec<f64>>());
    Some(stats::quantile(&differences, 0.9)? - stats::quantile(&differences, 0.1)?)
}

/// Whether the confidence interval of the analysis excludes a change.
fn excludes(analysis: &PairedAnalysis, change: LogRatio) -> bool {
    let interval = analysis.low.zip(analysis.high);
    interval.is_some_and(|(low, high)| change < low || change > high)
}

#[cfg(test)]
mod tests {
    use super::super::benchmark_state::bare;
    use super::*;
    use crate::cause::{Cause, CauseKind};
    use crate::run::{LaunchTimes, Side};

    fn verdict(state: State, causes: Option<Vec<Cause>>) -> Verdict {
        Verdict {
            method: Method::Paired,
            change: Some(LogRatio(1.062_f64.ln())),
            causes,
            ..bare(&"a/b::c".into(), state)
        }
    }

    /// Pairs with these changes in turn.
    fn pairs(changes: &[f64]) -> Vec<Pair> {
        let times = |ns: f64| LaunchTimes { min: ns, median: ns };
        let pair = |at: usize| {
            let first = if at.is_multiple_of(2) { Side::Base } else { Side::Head };
            let base = 1000.0 + at as f64;
            Pair { first, base: times(base), head: times(base * changes[at % changes.len()]) }
        };
        (0..ORDERS).map(pair).collect()
    }

    #[test]
    fn a_change_that_other_orders_do_not_show_is_placement() {
        let noisy = [1.12, 0.98];
        let cases: [(&[f64], State, &str); 5] = [
            (&[1.10, 1.12, 1.09], State::Regression, "+6.2 % as built, +10"),
            (&[1.003, 0.997, 1.001], State::Unchanged, "code placement: +6.2 % as built"),
            // Noise neither finds nor excludes it.
            (
                &[1.12, 0.90],
                State::Regression,
                "code placement may explain a part: +6.2 % as built",
            ),
            (&[1.04, 0.93], State::Inconclusive, "code placement: +6.2 % as built"),
            // A change in the other direction was found only once.
            (&[0.90, 0.88], State::Inconclusive, "code placement: +6.2 % as built"),
        ];
        for (changes, state, reason) in cases {
            let mut verdict = verdict(State::Regression, Some(Vec::new()));
            verdict.trace.pairs = pairs(&noisy);
            assert!(verdict.may_be_placement());
            verdict.judge_placement(pairs(changes));
            assert_eq!(verdict.state, state, "{changes:?}");
            let own = verdict.reason.unwrap();
            assert!(own.starts_with(reason), "{own}");
            assert!(own.ends_with("with the functions in 20 random orders"), "{own}");
            assert_eq!(verdict.trace.placement.len(), ORDERS);
        }
    }

    #[test]
    fn what_varies_over_the_orders_and_not_within_one_is_placement() {
        for (as_built, state) in
            [([1.06, 1.065], State::Inconclusive), ([1.2, 0.95], State::Regression)]
        {
            let mut verdict = verdict(State::Regression, Some(Vec::new()));
            verdict.trace.pairs = pairs(&as_built);
            verdict.judge_placement(pairs(&[1.12, 0.90]));
            assert_eq!(verdict.state, state, "{as_built:?}");
        }
    }

    #[test]
    fn what_counts_explain_is_no_placement() {
        let cause = Cause {
            kind: CauseKind::Instructions,
            subjects: Vec::new(),
            numbers: Vec::new(),
            functions: Vec::new(),
        };
        assert!(!verdict(State::Regression, Some(vec![cause])).may_be_placement());
        assert!(verdict(State::Improvement, None).may_be_placement());
        assert!(!verdict(State::Unchanged, None).may_be_placement());
        let of_history = Verdict { method: Method::History, ..verdict(State::Regression, None) };
        assert!(!of_history.may_be_placement());
    }

    #[test]
    fn without_usable_pairs_the_verdict_remains() {
        let mut verdict = verdict(State::Regression, Some(Vec::new()));
        let before = verdict.clone();
        verdict.judge_placement(Vec::new());
        verdict.judge_placement(pairs(&[f64::NAN]));
        assert_eq!(verdict, before);
    }
}

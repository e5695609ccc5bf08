//! The likely causes of a verdict.

use super::{State, Verdict};
use crate::cause::{BuildDifferences, Cause, CauseKind, Evidence, FunctionCount, likely_causes};
use crate::detect::counts::CountDirection;
use crate::run::Quantity;
use crate::unit::LogRatio;

/// The text of a change without a cause.
const UNEXPLAINED: &str = "no count explains it";

impl Verdict {
    /// Looks for the likely causes of a change, by its counts and by what else is known of both builds.
    pub fn find_causes(&mut self, functions: &[FunctionCount], builds: &BuildDifferences) {
        let Some(counts) = &self.counts else { return };
        let head_ns = |base_ns: f64, change: LogRatio| base_ns * change.0.exp();
        let times = self.base_ns.zip(self.change);
        let times = times.map(|(base_ns, change)| [base_ns, head_ns(base_ns, change)]);
        let by_time = |direction| times.map(|times| (direction, Some(times)));
        let changed = match self.state {
            State::Regression => by_time(CountDirection::Grew),
            State::Improvement => by_time(CountDirection::Shrank),
            _ => counts.direction().map(|direction| (direction, None)),
        };
        let Some((direction, times)) = changed else { return };
        let system_calls = self.system_calls.as_ref();
        let evidence = Evidence { direction, times, counts, system_calls, functions, builds };
        let causes = likely_causes(&evidence);
        let is_counted = counts.get(Quantity::Instructions).is_some();
        self.causes = (is_counted || !causes.is_empty()).then_some(causes);
    }

    /// Whether the instructions by function and call stack explain more of the change.
    pub fn has_profile(&self) -> bool {
        let mut causes = self.causes.iter().flatten();
        let is_of_code =
            |cause: &Cause| !cause.functions.is_empty() || cause.kind == CauseKind::Allocations;
        self.is_changed() && causes.any(is_of_code)
    }

    /// The most specific likely cause in one line, or that no count explains the change; `None` if causes
    /// are not known.
    pub fn cause_headline(&self) -> Option<String> {
        let causes = self.causes.as_ref()?;
        let headline = |cause: &Cause| format!("likely cause: {}", cause.headline());
        Some(causes.first().map_or_else(|| UNEXPLAINED.to_owned(), headline))
    }
}

#[cfg(test)]
mod tests {
    use super::super::benchmark_state::bare;
    use super::*;
    use crate::detect::counts::{CountPair, Counts};

    fn headline(
        state: State,
        times: Option<[f64; 2]>,
        instructions: Option<f64>,
    ) -> Option<String> {
        let mut counts = Counts::default();
        counts.insert(Quantity::MinorFaults, CountPair::new(1.0, 1.0));
        if let Some(head) = instructions {
            counts.insert(Quantity::Instructions, CountPair::new(1000.0, head));
        }
        let mut verdict = Verdict {
            counts: Some(counts),
            base_ns: times.map(|times| times[0]),
            change: times.map(|[base, head]| LogRatio((head / base).ln())),
            ..bare(&"a/b::c".into(), state)
        };
        verdict.find_causes(&[], &BuildDifferences::default());
        verdict.cause_headline()
    }

    #[test]
    fn changed_benchmarks_have_a_cause_or_none_that_is_counted() {
        let slower = Some([100.0, 120.0]);
        let more = Some("likely cause: instructions +20.0 %");
        let less = Some("likely cause: instructions -20.0 %");
        let cases = [
            (State::Regression, slower, Some(1200.0), more),
            (State::Regression, slower, Some(800.0), Some(UNEXPLAINED)),
            (State::Regression, slower, Some(1000.0), Some(UNEXPLAINED)),
            (State::Regression, slower, None, None),
            (State::Improvement, Some([120.0, 100.0]), Some(800.0), less),
            (State::Unchanged, Some([100.0, 101.0]), Some(1200.0), more),
            (State::CountsShrank, None, Some(800.0), less),
            (State::Unchanged, Some([100.0, 101.0]), Some(1000.0), None),
        ];
        for (state, times, instructions, expected) in cases {
            assert_eq!(headline(state, times, instructions).as_deref(), expected, "{state:?}");
        }
    }
}

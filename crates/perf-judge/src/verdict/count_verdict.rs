//! Verdicts on counts alone, and trade-offs between the time and the counts.

use super::benchmark_state::bare;
use super::{Method, State, Verdict};
use crate::detect::counts::{CountChange, CountDirection, Counts};
use crate::ident::BenchmarkId;
use crate::unit;

impl Verdict {
    /// The verdict on a benchmark of which only counts were compared.
    pub fn of_counts(name: &BenchmarkId, counts: Counts) -> Self {
        let state = match counts.direction() {
            Some(CountDirection::Grew) => State::CountsGrew,
            Some(CountDirection::Shrank) => State::CountsShrank,
            None => State::Unchanged,
        };
        Self { method: Method::Counts, counts: Some(counts), ..bare(name, state) }
    }

    /// The verdict on a benchmark whose counts cannot be compared, where only counts are: it is
    /// [`State::Missing`], [`State::New`], [`State::Removed`] or [`State::InsufficientHistory`].
    pub fn without_counts(name: &BenchmarkId, state: State, reason: Option<String>) -> Self {
        Self { method: Method::Counts, reason, ..bare(name, state) }
    }

    /// What improved and what got worse, if the change did both.
    pub fn trade_off(&self) -> Option<String> {
        let changes = self.counts.as_ref().map(Counts::changes).unwrap_or_default();
        let of = |direction, state| {
            let time = self.change.filter(|_| self.state == state);
            let time = time.map(|change| format!("time {}", unit::change(change)));
            let counts = changes.iter().filter(|change| change.direction == direction);
            let all: Vec<String> =
                time.into_iter().chain(counts.map(CountChange::to_string)).collect();
            (!all.is_empty()).then(|| all.join(", "))
        };
        let better = of(CountDirection::Shrank, State::Improvement)?;
        let worse = of(CountDirection::Grew, State::Regression)?;
        Some(format!("trade-off: {better}, but {worse}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Severity;
    use crate::detect::counts::CountPair;
    use crate::run::Quantity::{self, AllocCount, AllocPeakBytes, Instructions};
    use crate::unit::LogRatio;

    fn counts(heads: &[(Quantity, f64)]) -> Counts {
        let mut counts = Counts::default();
        for (quantity, head) in heads {
            counts.insert(*quantity, CountPair::new(100.0, *head));
        }
        counts
    }

    #[test]
    fn counts_alone_decide_a_benchmark_that_was_not_launched() {
        let cases = [
            (counts(&[(Instructions, 105.0)]), State::CountsGrew, "counts grew"),
            (
                counts(&[(Instructions, 95.0), (AllocCount, 105.0)]),
                State::CountsGrew,
                "counts grew",
            ),
            (counts(&[(Instructions, 95.0)]), State::CountsShrank, "counts shrank"),
            (counts(&[(Instructions, 100.9)]), State::Unchanged, "unchanged"),
        ];
        for (counts, state, label) in cases {
            let verdict = Verdict::of_counts(&"a/b::c".into(), counts);
            assert_eq!((verdict.state, verdict.label().as_str()), (state, label));
        }
    }

    #[test]
    fn the_counts_of_what_did_not_change_are_part_of_its_label() {
        let grown = Verdict::of_counts(&"a/b::c".into(), counts(&[(Instructions, 105.0)]));
        let timed =
            |state, severity| Verdict { state, severity, method: Method::Paired, ..grown.clone() };
        let cases = [
            (timed(State::Unchanged, None), "unchanged, counts grew"),
            (timed(State::Inconclusive, None), "inconclusive, counts grew"),
            (timed(State::Regression, Some(Severity::Minor)), "regression (minor)"),
        ];
        for (verdict, label) in cases {
            assert_eq!(verdict.label(), label);
            assert!(!verdict.is_unchanged());
        }
        let same = Verdict::of_counts(&"a/b::b".into(), counts(&[(Instructions, 100.0)]));
        assert!(same.is_unchanged() && timed(State::Unchanged, None).rank() < same.rank());
    }

    #[test]
    fn a_trade_off_improves_one_quantity_and_worsens_another() {
        let verdict = |state, percent: f64, heads: &[(Quantity, f64)]| Verdict {
            change: Some(LogRatio::from_percent(percent)),
            ..Verdict { counts: Some(counts(heads)), ..bare(&"a/b::c".into(), state) }
        };
        let cases = [
            (
                verdict(
                    State::Improvement,
                    -12.0,
                    &[(Instructions, 90.0), (AllocPeakBytes, 190.0)],
                ),
                Some(
                    "trade-off: time -12.0 %, instructions -10.0 %, but peak of live bytes 100 B → 190 B",
                ),
            ),
            (
                verdict(State::Unchanged, 0.1, &[(Instructions, 90.0), (AllocCount, 120.0)]),
                Some("trade-off: instructions -10.0 %, but allocations 100 → 120"),
            ),
            (
                verdict(State::Regression, 12.0, &[(AllocCount, 50.0)]),
                Some("trade-off: allocations 100 → 50, but time +12.0 %"),
            ),
            (verdict(State::Improvement, -12.0, &[(AllocCount, 90.0)]), None),
            (verdict(State::Regression, 12.0, &[(Instructions, 110.0)]), None),
        ];
        for (verdict, note) in cases {
            assert_eq!(verdict.trade_off().as_deref(), note);
        }
    }
}

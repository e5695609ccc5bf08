//! Verdicts on benchmarks that are compared with recorded runs.

use super::benchmark_state::{BenchmarkState, NextStep, bare, state_of};
use super::reason::{
    NO_COMMON_STATISTIC, NO_TIME, NOT_MEASURED, UNCONFIRMED, by_several_runs, empty,
    not_by_several_runs, other_machine, too_few, undecided,
};
use super::{Reference, State, Verdict};
use crate::baseline::{Baseline, RunValue, Selection, ln_minima};
use crate::detect::history::{self, Confidence, Deviation};
use crate::detect::pooled::{self, PooledDeviation};
use crate::run::Statistic;
use crate::unit::LogRatio;

impl BenchmarkState {
    /// Whether no statistic has enough power, and the launches of several runs can be compared.
    pub(super) fn can_pool(&self, deviations: &[Deviation], rerun_launches: Option<usize>) -> bool {
        let Reference::Runs(Selection::Ready(baseline)) = &self.comparison.reference else {
            return false;
        };
        let launches = rerun_launches.map(|further| self.initial.len() + further);
        history::are_underpowered(deviations)
            && launches.is_some_and(|launches| pooled::can_pool(launches, baseline.minima()))
    }

    /// The deviations of all launches of the head from those of several runs together. Empty without a
    /// rerun, or if both statistics of single runs have enough power.
    pub(super) fn pooled(&self) -> Vec<PooledDeviation> {
        let Reference::Runs(Selection::Ready(baseline)) = &self.comparison.reference else {
            return Vec::new();
        };
        let deviations = self.deviations(Confidence::FirstPass);
        if self.rerun.is_empty() || !deviations.iter().any(Deviation::is_underpowered) {
            return Vec::new();
        }
        let minima = ln_minima(&[self.initial.as_slice(), &self.rerun].concat());
        pooled::deviations(&minima, baseline.minima())
    }

    /// The verdict by recorded runs, from the deviations of the launches that decide.
    pub(super) fn history_verdict(
        &self,
        selection: &Selection,
        deviations: &[Deviation],
        suite_wide_shift: Option<LogRatio>,
    ) -> Verdict {
        let value = RunValue::of(self.launches());
        let name = &self.comparison.name;
        let plain = |state, reason: String| Verdict { reason: Some(reason), ..bare(name, state) };
        let verdict = match selection {
            _ if self.launches().is_empty() => plain(State::Missing, NOT_MEASURED.to_owned()),
            _ if self.is_empty(self.launches()) => plain(State::Empty, empty(before_ns(selection))),
            _ if value.is_empty() => plain(State::Invalid, NO_TIME.to_owned()),
            Selection::New => bare(name, State::New),
            Selection::TooFew { found, series_was_cut, was_empty } => Verdict {
                baseline_runs: *found,
                ..plain(State::InsufficientHistory, too_few(*found, *series_was_cut, *was_empty))
            },
            Selection::OtherMachine { differs } => {
                plain(State::Incomparable, other_machine(differs))
            }
            Selection::Ready(baseline) => {
                self.baseline_verdict(baseline, deviations, suite_wide_shift)
            }
        };
        let statistic = history::deciding(deviations);
        let verdict = Verdict {
            statistic,
            head_ns: value.get(statistic).map(f64::exp),
            launches: self.launches().len(),
            ..verdict
        };
        let is_noisy = history::are_underpowered(deviations);
        self.pooled_verdict(&verdict, is_noisy, suite_wide_shift).unwrap_or(verdict)
    }

    /// The verdict of all launches together. `None` if they cannot be compared, or if this verdict needs
    /// no other.
    fn pooled_verdict(
        &self,
        verdict: &Verdict,
        is_noisy: bool,
        suite_wide_shift: Option<LogRatio>,
    ) -> Option<Verdict> {
        let deviations = self.pooled();
        let deciding = deviations.iter().find(|deviation| !deviation.is_underpowered())?;
        let change = pooled::judge(&deviations, suite_wide_shift)?;
        let (state, severity) = state_of(change.finding);
        if state == verdict.state && severity.is_some() {
            return None;
        }
        if !is_noisy {
            return verdict.severity.map(|_| Verdict {
                state: State::Inconclusive,
                severity: None,
                reason: Some(not_by_several_runs(deciding.runs)),
                ..verdict.clone()
            });
        }
        Some(Verdict {
            state,
            severity,
            change: Some(change.estimate),
            low: change.low,
            high: change.high,
            min_detectable_change: Some(change.min_detectable_change),
            statistic: Statistic::Min,
            base_ns: Some(deciding.median.exp()),
            launches: self.initial.len() + self.rerun.len(),
            confirmed: true,
            reason: Some(by_several_runs(deciding.runs)),
            ..verdict.clone()
        })
    }

    fn baseline_verdict(
        &self,
        baseline: &Baseline,
        deviations: &[Deviation],
        suite_wide_shift: Option<LogRatio>,
    ) -> Verdict {
        let name = &self.comparison.name;
        let Some(change) = history::judge(deviations, suite_wide_shift) else {
            // No statistic has a value in the run and enough values in the baseline.
            let reason = Some(NO_COMMON_STATISTIC.to_owned());
            return Verdict { reason, ..bare(name, State::Incomparable) };
        };
        let unconfirmed = self.next_step == NextStep::Rerun && self.rerun.is_empty();
        let (state, severity) =
            if unconfirmed { (State::Inconclusive, None) } else { state_of(change.finding) };
        let reason = match (unconfirmed, state) {
            (true, _) => Some(UNCONFIRMED.to_owned()),
            (false, State::Inconclusive) => Some(undecided(change)),
            _ => None,
        };
        Verdict {
            severity,
            change: Some(change.estimate),
            low: change.low,
            high: change.high,
            min_detectable_change: Some(change.min_detectable_change),
            base_ns: baseline.time_ns(history::deciding(deviations)),
            baseline_runs: baseline.values().len(),
            confirmed: !self.rerun.is_empty(),
            reason,
            ..bare(name, state)
        }
    }
}

/// The median time of the baseline in ns.
fn before_ns(selection: &Selection) -> Option<f64> {
    match selection {
        Selection::Ready(baseline) => baseline.time_ns(Statistic::Median),
        _ => None,
    }
}

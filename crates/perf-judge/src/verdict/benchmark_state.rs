//! What the judge has measured of one benchmark, and its verdict.

use super::reason::{
    IDENTICAL, IDENTICAL_LAUNCHED, IDENTICAL_RUN, NO_TIME, NO_TIME_LEFT, NOT_MEASURED,
    TOO_FEW_PAIRS, UNCONFIRMED, empty, out_of_time, undecided_pairs, was_empty,
};
use super::{Comparison, Method, Reference, Stage, StageResult, State, Trace, Verdict};
use crate::baseline::{RunValue, Selection};
use crate::detect::history::{self, Confidence, Deviation};
use crate::detect::paired::{self, Schedule};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair, Statistic, are_empty};
use crate::stats;
use crate::unit::LogRatio;

/// How the benchmark is decided from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// No further launches are needed.
    Settled,
    /// By a rerun: further launches of the head alone.
    Rerun,
    /// By the initial launches and further ones together, because runs are too noisy.
    Pooled,
    /// By pairs with the build of this commit.
    Paired(String),
}

#[derive(Clone, Debug)]
pub(super) struct BenchmarkState {
    pub(super) comparison: Comparison,
    pub(super) next_step: NextStep,
    /// The launches of the initial measurement.
    pub(super) initial: Vec<LaunchTimes>,
    /// The launches of reruns.
    pub(super) rerun: Vec<LaunchTimes>,
    pub(super) pairs: Vec<Pair>,
    pub(super) stages: Vec<StageResult>,
    pub(super) failure: Option<String>,
    /// Whether the base failed, and not the head.
    pub(super) is_base_failure: bool,
    /// Whether the judge has requested launches of the head alone.
    pub(super) is_requested: bool,
    /// No further launches are possible.
    pub(super) is_stopped: bool,
    /// The time limit ended its measurement.
    pub(super) is_out_of_time: bool,
}

impl BenchmarkState {
    pub(super) fn new(comparison: Comparison) -> Self {
        let next_step = match &comparison.reference {
            Reference::Build(commit) => NextStep::Paired(commit.clone()),
            Reference::Runs(_) | Reference::SameBuild(_) | Reference::Nothing(_) => {
                NextStep::Settled
            }
        };
        Self {
            comparison,
            next_step,
            initial: Vec::new(),
            rerun: Vec::new(),
            pairs: Vec::new(),
            stages: Vec::new(),
            failure: None,
            is_base_failure: false,
            is_requested: false,
            is_stopped: false,
            is_out_of_time: false,
        }
    }

    pub(super) fn is_judged_by_runs(&self) -> bool {
        matches!(self.comparison.reference, Reference::Runs(_))
    }

    /// Whether it needs launches of the head alone that the judge has not requested yet.
    pub(super) fn needs_launches(&self) -> bool {
        let is_launched = match self.comparison.reference {
            Reference::Runs(_) | Reference::Nothing(_) => true,
            Reference::SameBuild(_) => self.comparison.is_launched,
            Reference::Build(_) => false,
        };
        is_launched && !self.is_requested && self.is_open()
    }

    pub(super) fn is_open(&self) -> bool {
        self.failure.is_none() && !self.is_stopped && !self.is_out_of_time
    }

    /// The base whose build it needs further pairs with.
    pub(super) fn needs_pairs(&self, schedule: Schedule) -> Option<&str> {
        let NextStep::Paired(base) = &self.next_step else { return None };
        let undecided = match paired::judge(&self.pairs, schedule) {
            _ if self.pairs.len() >= paired::FIRST_ANALYSIS && self.emptiness().is_some() => false,
            Some(analysis) => analysis.finding.is_none(),
            None => self.pairs.len() < paired::MAX_PAIRS,
        };
        (self.is_open() && undecided).then_some(base.as_str())
    }

    pub(super) fn cannot_compare(&mut self, reason: &str) {
        match self.comparison.reference {
            Reference::Runs(_) => self.next_step = NextStep::Rerun,
            // Pairs were measured, so the benchmark is not new, and their result is unknown.
            _ if !self.pairs.is_empty() => self.failure = Some(reason.to_owned()),
            _ => {
                self.next_step = NextStep::Settled;
                self.comparison.reference = Reference::Nothing(Some(reason.to_owned()));
            }
        }
    }

    /// The base has it and gives no result. Only recorded runs can replace that comparison.
    pub(super) fn base_failed(&mut self, reason: &str) {
        match self.comparison.reference {
            Reference::Runs(_) => self.next_step = NextStep::Rerun,
            _ => {
                self.failure = Some(reason.to_owned());
                self.is_base_failure = true;
            }
        }
    }

    pub(super) fn is_same_build(&mut self) {
        if let NextStep::Paired(base) = std::mem::replace(&mut self.next_step, NextStep::Settled) {
            self.comparison.reference = Reference::SameBuild(base);
        }
    }

    pub(super) fn is_same_code(&mut self, proof: &str, is_launched: bool) {
        self.is_same_build();
        self.comparison.proof = Some(proof.to_owned());
        self.comparison.is_launched = is_launched;
    }

    /// Commits whose builds it can be compared with, the best first.
    pub(super) fn base_candidates(&self) -> &[String] {
        match &self.comparison.reference {
            Reference::Runs(Selection::Ready(baseline)) => baseline.base_candidates(),
            _ => &[],
        }
    }

    /// The launches of the head alone that decide: those of the rerun, once there are any.
    pub(super) fn launches(&self) -> &[LaunchTimes] {
        if self.is_rerun() { &self.rerun } else { &self.initial }
    }

    /// Whether the launches of a rerun replace the initial ones.
    pub(super) fn is_rerun(&self) -> bool {
        !self.rerun.is_empty() && self.next_step != NextStep::Pooled
    }

    pub(super) fn deviations(&self, confidence: Confidence) -> Vec<Deviation> {
        match &self.comparison.reference {
            Reference::Runs(Selection::Ready(baseline)) if !self.is_empty(self.launches()) => {
                history::deviations(RunValue::of(self.launches()), baseline, confidence)
            }
            _ => Vec::new(),
        }
    }

    /// Records the deviations after a stage.
    pub(super) fn record_stage(
        &mut self,
        stage: Stage,
        deviations: &[Deviation],
        suite_wide_shift: Option<LogRatio>,
    ) {
        let result = StageResult {
            stage,
            launches: self.launches().to_vec(),
            deviations: deviations.to_vec(),
            suite_wide_shift,
        };
        match self.stages.last_mut().filter(|last| last.stage == stage) {
            Some(last) => *last = result,
            None => self.stages.push(result),
        }
    }

    pub(super) fn is_notably_slower(
        &self,
        deviations: &[Deviation],
        suite_wide_shift: Option<LogRatio>,
    ) -> bool {
        let finding = history::judge(deviations, suite_wide_shift).map(|change| change.finding);
        let slower =
            matches!(finding, Some(Finding::Regression(severity)) if severity > Severity::Notice);
        slower && self.is_open()
    }

    pub(super) fn verdict(
        &self,
        deviations: &[Deviation],
        suite_wide_shift: Option<LogRatio>,
        schedule: Schedule,
    ) -> Verdict {
        let bare = bare(&self.comparison.name, State::Missing);
        let plain = |state, reason: &str| Verdict {
            state,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            ..bare.clone()
        };
        let schedule = if self.is_out_of_time { schedule.ended() } else { schedule };
        let verdict = match (&self.failure, &self.next_step, &self.comparison.reference) {
            (Some(failure), NextStep::Paired(base), _) if self.is_base_failure => Verdict {
                method: Method::Paired,
                base: Some(base.clone()),
                ..plain(State::Missing, failure)
            },
            (Some(failure), ..) => plain(State::Missing, failure),
            (None, NextStep::Paired(base), _) => self.paired_verdict(base, schedule),
            (None, _, Reference::Build(_)) => plain(State::Missing, NOT_MEASURED),
            (None, _, Reference::Runs(selection)) => {
                self.history_verdict(selection, deviations, suite_wide_shift)
            }
            _ if self.is_requested && self.initial.is_empty() => {
                plain(State::Missing, NOT_MEASURED)
            }
            (None, _, Reference::SameBuild(base)) => Verdict {
                method: Method::Paired,
                base: Some(base.clone()),
                ..self.with_launches(plain(State::Unchanged, self.identical_reason()))
            },
            (None, _, Reference::Nothing(reason)) => {
                let removed = self.is_empty(&self.initial).then(|| empty(None));
                let reason = reason.clone().or(removed);
                Verdict { reason, ..self.with_launches(plain(State::New, "")) }
            }
        };
        let verdict = if self.is_out_of_time { self.cut_short(verdict, schedule) } else { verdict };
        let estimate = verdict.base_ns.zip(verdict.change);
        let head_ns =
            estimate.map(|(base_ns, change)| base_ns * change.0.exp()).or(verdict.head_ns);
        Verdict { trace: self.trace(schedule), head_ns, ..verdict }
    }

    /// The verdict with the number and the median time of the head's launches.
    fn with_launches(&self, verdict: Verdict) -> Verdict {
        let median = RunValue::of(&self.initial).get(Statistic::Median);
        Verdict { launches: self.initial.len(), head_ns: median.map(f64::exp), ..verdict }
    }

    /// Why a benchmark with an identical build is unchanged.
    fn identical_reason(&self) -> &str {
        if let Some(proof) = &self.comparison.proof {
            return proof;
        }
        match (self.initial.is_empty(), self.comparison.is_launched) {
            (true, _) => IDENTICAL,
            (false, true) => IDENTICAL_LAUNCHED,
            (false, false) => IDENTICAL_RUN,
        }
    }

    /// The verdict, marked as cut short if the time limit left it undecided.
    fn cut_short(&self, verdict: Verdict, schedule: Schedule) -> Verdict {
        let is_decided = || {
            let analysis = paired::judge(&self.pairs, schedule);
            analysis.is_some_and(|analysis| analysis.finding.is_some())
        };
        if self.failure.is_some() {
            return verdict;
        }
        if verdict.state == State::Missing {
            let reason = Some(NO_TIME_LEFT.to_owned());
            return Verdict { reason, cut_short: true, ..verdict };
        }
        let is_undecided = match (&self.next_step, verdict.state) {
            (NextStep::Paired(_), State::Empty | State::Incomparable) => false,
            (NextStep::Paired(_), _) => !is_decided(),
            (NextStep::Rerun, _) => true,
            (NextStep::Pooled, _) => false,
            (NextStep::Settled, state) => matches!(state, State::Inconclusive | State::Invalid),
        };
        if is_undecided {
            Verdict {
                state: State::Inconclusive,
                severity: None,
                reason: Some(out_of_time(self.pairs.len())),
                cut_short: true,
                ..verdict
            }
        } else {
            verdict
        }
    }

    fn trace(&self, schedule: Schedule) -> Trace {
        let baseline = match &self.comparison.reference {
            Reference::Runs(Selection::Ready(baseline)) => baseline.values().to_vec(),
            _ => Vec::new(),
        };
        Trace {
            baseline,
            stages: self.stages.clone(),
            pooled: self.pooled(),
            pairs: self.pairs.clone(),
            analysis: paired::judge(&self.pairs, schedule),
            placement: Vec::new(),
        }
    }

    fn paired_verdict(&self, base: &str, schedule: Schedule) -> Verdict {
        let name = &self.comparison.name;
        let base_verdict = Verdict {
            method: Method::Paired,
            base: Some(base.to_owned()),
            launches: self.pairs.len(),
            ..bare(name, State::Missing)
        };
        if let Some((state, reason)) = self.emptiness() {
            return Verdict { state, reason: Some(reason), ..base_verdict };
        }
        let Some(analysis) = paired::judge(&self.pairs, schedule) else {
            let (state, reason) = match (self.pairs.is_empty(), &self.comparison.reference) {
                (true, Reference::Runs(_)) => (State::Inconclusive, UNCONFIRMED),
                (true, _) => (State::Missing, NOT_MEASURED),
                (false, _) if self.pairs.len() < 3 => (State::Invalid, TOO_FEW_PAIRS),
                (false, _) => (State::Invalid, NO_TIME),
            };
            return Verdict { state, reason: Some(reason.to_owned()), ..base_verdict };
        };
        let (state, severity) = state_of(analysis.finding.unwrap_or(Finding::Inconclusive));
        let (base_ns, head_ns) = low_noise_times(&self.pairs).unzip();
        Verdict {
            state,
            severity,
            change: Some(analysis.estimate()),
            low: analysis.low,
            high: analysis.high,
            min_detectable_change: analysis.min_detectable_change(),
            base_ns,
            head_ns,
            confirmed: true,
            reason: (state == State::Inconclusive).then(|| undecided_pairs(&analysis)),
            ..base_verdict
        }
    }

    /// Whether the compiler removed the code in most of these launches.
    pub(super) fn is_empty<'a>(&self, launches: impl IntoIterator<Item = &'a LaunchTimes>) -> bool {
        self.comparison.finds_empty && are_empty(launches)
    }

    /// The state and the reason of pairs in which the compiler removed the code of a side.
    fn emptiness(&self) -> Option<(State, String)> {
        let base = self.pairs.iter().map(|pair| &pair.base);
        let head = self.pairs.iter().map(|pair| &pair.head);
        let median = |side: Vec<LaunchTimes>| {
            let times: Vec<f64> = side.iter().map(|times| times.median).collect();
            stats::median(&times)
        };
        match (self.is_empty(base.clone()), self.is_empty(head.clone())) {
            (true, true) => Some((State::Empty, empty(None))),
            (false, true) => Some((State::Empty, empty(median(base.copied().collect())))),
            (true, false) => {
                Some((State::Incomparable, was_empty(median(head.copied().collect()))))
            }
            (false, false) => None,
        }
    }
}

/// The median times of base and head over the third of the pairs with the least noise, in ns.
///
/// Both times come from the same pairs, so background load affects both alike.
pub(super) fn low_noise_times(pairs: &[Pair]) -> Option<(f64, f64)> {
    let usable = |ns: &f64| ns.is_finite() && *ns > 0.0;
    let medians = pairs.iter().map(|pair| (pair.base.median, pair.head.median));
    let mut pairs: Vec<(f64, f64)> =
        medians.filter(|(base, head)| usable(base) && usable(head)).collect();
    pairs.sort_by(|one, other| one.0.max(one.1).total_cmp(&other.0.max(other.1)));
    pairs.truncate(pairs.len().div_ceil(3));
    let median =
        |side: fn(&(f64, f64)) -> f64| stats::median(&pairs.iter().map(side).collect::<Vec<f64>>());
    median(|pair| pair.0).zip(median(|pair| pair.1))
}

pub(super) fn state_of(finding: Finding) -> (State, Option<Severity>) {
    match finding {
        Finding::Regression(severity) => (State::Regression, Some(severity)),
        Finding::Improvement(severity) => (State::Improvement, Some(severity)),
        Finding::Unchanged => (State::Unchanged, None),
        Finding::Inconclusive => (State::Inconclusive, None),
    }
}

pub(super) fn bare(name: &BenchmarkId, state: State) -> Verdict {
    Verdict {
        name: name.clone(),
        state,
        severity: None,
        method: Method::History,
        change: None,
        low: None,
        high: None,
        min_detectable_change: None,
        statistic: Statistic::Median,
        base_ns: None,
        head_ns: None,
        baseline_runs: 0,
        base: None,
        launches: 0,
        confirmed: false,
        counts: None,
        system_calls: None,
        causes: None,
        counts_base: None,
        reason: None,
        cut_short: false,
        accepted: None,
        trace: Trace::default(),
    }
}

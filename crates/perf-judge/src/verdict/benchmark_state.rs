//! One benchmark on its way to a verdict.

use super::reason::{
    NO_TIME, NO_TIME_LEFT, NOT_MEASURED, SAME, SAME_LAUNCHED, SAME_MOVED, TOO_FEW_PAIRS,
    UNCONFIRMED, out_of_time, too_few, undecided, undecided_pairs,
};
use super::{Comparison, Method, Reference, Stage, StageResult, State, Trace, Verdict};
use crate::baseline::{Baseline, RunValue, Selection};
use crate::detect::history::{self, Confidence, Deviation};
use crate::detect::paired::{self, Schedule};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair, Statistic};
use crate::stats;
use crate::unit::LogRatio;

/// What is still to be done for a benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Nothing.
    Settled,
    /// Launches of the head alone decide.
    Fresh,
    /// Rounds with this commit's build decide.
    Paired(String),
}

#[derive(Clone, Debug)]
pub(super) struct BenchmarkState {
    pub(super) comparison: Comparison,
    pub(super) next_step: NextStep,
    pub(super) first: Vec<LaunchTimes>,
    pub(super) fresh: Vec<LaunchTimes>,
    pub(super) pairs: Vec<Pair>,
    pub(super) stages: Vec<StageResult>,
    pub(super) failure: Option<String>,
    /// Whether launches of the head alone were asked for.
    pub(super) asked: bool,
    /// Nothing more can be measured of it.
    pub(super) is_stopped: bool,
    /// The time for measuring more of it is over.
    pub(super) out_of_time: bool,
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
            first: Vec::new(),
            fresh: Vec::new(),
            pairs: Vec::new(),
            stages: Vec::new(),
            failure: None,
            asked: false,
            is_stopped: false,
            out_of_time: false,
        }
    }

    pub(super) fn is_judged_by_runs(&self) -> bool {
        matches!(self.comparison.reference, Reference::Runs(_))
    }

    /// Whether launches of the head alone are wanted that were not asked for yet.
    pub(super) fn wants_launches(&self) -> bool {
        let is_launched = match self.comparison.reference {
            Reference::Runs(_) | Reference::Nothing(_) => true,
            Reference::SameBuild(_) => self.comparison.is_launched,
            Reference::Build(_) => false,
        };
        is_launched && !self.asked && self.is_open()
    }

    pub(super) fn is_open(&self) -> bool {
        self.failure.is_none() && !self.is_stopped && !self.out_of_time
    }

    /// Whether pairs with the build of `base` are wanted.
    pub(super) fn wants_pairs(&self, schedule: Schedule) -> Option<&str> {
        let NextStep::Paired(base) = &self.next_step else { return None };
        let undecided = match paired::judge(&self.pairs, schedule) {
            Some(analysis) => analysis.finding.is_none(),
            None => self.pairs.len() < paired::MAX_PAIRS,
        };
        (self.is_open() && undecided).then_some(base.as_str())
    }

    pub(super) fn cannot_compare(&mut self, reason: &str) {
        match self.comparison.reference {
            Reference::Runs(_) => self.next_step = NextStep::Fresh,
            // It is not new: pairs were measured, and what they would have found is not known.
            _ if !self.pairs.is_empty() => self.failure = Some(reason.to_owned()),
            _ => {
                self.next_step = NextStep::Settled;
                self.comparison.reference = Reference::Nothing(Some(reason.to_owned()));
            }
        }
    }

    pub(super) fn is_same_build(&mut self) {
        if let NextStep::Paired(base) = std::mem::replace(&mut self.next_step, NextStep::Settled) {
            self.comparison.reference = Reference::SameBuild(base);
        }
    }

    /// Commits whose builds it can be compared with, the best first.
    pub(super) fn near(&self) -> &[String] {
        match &self.comparison.reference {
            Reference::Runs(Selection::Ready(baseline)) => baseline.near(),
            _ => &[],
        }
    }

    /// The launches of the head alone that decide: the fresh ones, once there are any.
    fn launches(&self) -> &[LaunchTimes] {
        if self.fresh.is_empty() { &self.first } else { &self.fresh }
    }

    pub(super) fn deviations(&self, confidence: Confidence) -> Vec<Deviation> {
        match &self.comparison.reference {
            Reference::Runs(Selection::Ready(baseline)) => {
                history::deviations(RunValue::of(self.launches()), baseline, confidence)
            }
            _ => Vec::new(),
        }
    }

    /// Notes what a look at the head alone saw.
    pub(super) fn note(
        &mut self,
        stage: Stage,
        deviations: &[Deviation],
        common: Option<LogRatio>,
    ) {
        let result = StageResult {
            stage,
            launches: self.launches().to_vec(),
            deviations: deviations.to_vec(),
            suite_wide_shift: common,
        };
        match self.stages.last_mut().filter(|last| last.stage == stage) {
            Some(last) => *last = result,
            None => self.stages.push(result),
        }
    }

    pub(super) fn is_notably_slower(
        &self,
        deviations: &[Deviation],
        common: Option<LogRatio>,
    ) -> bool {
        let finding = history::judge(deviations, common).map(|change| change.finding);
        let slower =
            matches!(finding, Some(Finding::Regression(severity)) if severity > Severity::Notice);
        slower && self.is_open()
    }

    pub(super) fn verdict(
        &self,
        deviations: &[Deviation],
        common: Option<LogRatio>,
        schedule: Schedule,
    ) -> Verdict {
        let bare = bare(&self.comparison.name, State::Missing);
        let plain = |state, reason: &str| Verdict {
            state,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            ..bare.clone()
        };
        let schedule = if self.out_of_time { schedule.ended() } else { schedule };
        let verdict = match (&self.failure, &self.next_step, &self.comparison.reference) {
            (Some(failure), ..) => plain(State::Missing, failure),
            (None, NextStep::Paired(base), _) => self.paired_verdict(base, schedule),
            (None, _, Reference::Build(_)) => plain(State::Missing, NOT_MEASURED),
            (None, _, Reference::Runs(selection)) => self.by_runs(selection, deviations, common),
            _ if self.asked && self.first.is_empty() => plain(State::Missing, NOT_MEASURED),
            (None, _, Reference::SameBuild(base)) => Verdict {
                method: Method::Paired,
                base: Some(base.clone()),
                ..self.alone(plain(State::Unchanged, self.sameness()))
            },
            (None, _, Reference::Nothing(reason)) => {
                Verdict { reason: reason.clone(), ..self.alone(plain(State::New, "")) }
            }
        };
        let verdict = if self.out_of_time { self.cut_short(verdict, schedule) } else { verdict };
        let estimate = verdict.base_ns.zip(verdict.change);
        let head_ns =
            estimate.map(|(base_ns, change)| base_ns * change.0.exp()).or(verdict.head_ns);
        Verdict { trace: self.trace(schedule), head_ns, ..verdict }
    }

    /// The verdict with what the launches of the head alone say.
    fn alone(&self, verdict: Verdict) -> Verdict {
        let median = RunValue::of(&self.first).get(Statistic::Median);
        Verdict { launches: self.first.len(), head_ns: median.map(f64::exp), ..verdict }
    }

    /// Why a benchmark is unchanged whose build is.
    fn sameness(&self) -> &'static str {
        match (self.first.is_empty(), self.comparison.is_launched) {
            (true, _) => SAME,
            (false, true) => SAME_LAUNCHED,
            (false, false) => SAME_MOVED,
        }
    }

    /// The verdict, and whether the end of the time left it open.
    fn cut_short(&self, verdict: Verdict, schedule: Schedule) -> Verdict {
        let is_proved = || {
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
        let is_open = match (&self.next_step, verdict.state) {
            (NextStep::Paired(_), _) => !is_proved(),
            (NextStep::Fresh, _) => true,
            (NextStep::Settled, state) => matches!(state, State::Inconclusive | State::Invalid),
        };
        if is_open {
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
            pairs: self.pairs.clone(),
            analysis: paired::judge(&self.pairs, schedule),
        }
    }

    fn paired_verdict(&self, base: &str, schedule: Schedule) -> Verdict {
        let name = &self.comparison.name;
        let sides = Verdict {
            method: Method::Paired,
            base: Some(base.to_owned()),
            launches: self.pairs.len(),
            ..bare(name, State::Missing)
        };
        let Some(analysis) = paired::judge(&self.pairs, schedule) else {
            let (state, reason) = match (self.pairs.is_empty(), &self.comparison.reference) {
                (true, Reference::Runs(_)) => (State::Inconclusive, UNCONFIRMED),
                (true, _) => (State::Missing, NOT_MEASURED),
                (false, _) if self.pairs.len() < 3 => (State::Invalid, TOO_FEW_PAIRS),
                (false, _) => (State::Invalid, NO_TIME),
            };
            return Verdict { state, reason: Some(reason.to_owned()), ..sides };
        };
        let (state, severity) = named(analysis.finding.unwrap_or(Finding::Inconclusive));
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
            ..sides
        }
    }

    fn by_runs(
        &self,
        selection: &Selection,
        deviations: &[Deviation],
        common: Option<LogRatio>,
    ) -> Verdict {
        let now = RunValue::of(self.launches());
        let name = &self.comparison.name;
        let plain = |state, reason: String| Verdict { reason: Some(reason), ..bare(name, state) };
        let verdict = match selection {
            _ if self.launches().is_empty() => plain(State::Missing, NOT_MEASURED.to_owned()),
            _ if now.is_empty() => plain(State::Invalid, NO_TIME.to_owned()),
            Selection::New => bare(name, State::New),
            Selection::TooFew { found, series_was_cut } => {
                plain(State::InsufficientHistory, too_few(*found, *series_was_cut))
            }
            Selection::OtherMachine { differs } => {
                let fields = differs.join(", ");
                plain(
                    State::Incomparable,
                    format!("recorded only on machines with another {fields}"),
                )
            }
            Selection::Ready(baseline) => self.sized(baseline, deviations, common),
        };
        let statistic = history::deciding(deviations);
        Verdict {
            statistic,
            head_ns: now.get(statistic).map(f64::exp),
            launches: self.launches().len(),
            ..verdict
        }
    }

    fn sized(
        &self,
        baseline: &Baseline,
        deviations: &[Deviation],
        common: Option<LogRatio>,
    ) -> Verdict {
        let name = &self.comparison.name;
        let Some(change) = history::judge(deviations, common) else {
            // No statistic has both a value now and enough values in the baseline.
            let reason = Some("now and then have no statistic in common".to_owned());
            return Verdict { reason, ..bare(name, State::Incomparable) };
        };
        let unconfirmed = self.next_step == NextStep::Fresh && self.fresh.is_empty();
        let (state, severity) =
            if unconfirmed { (State::Inconclusive, None) } else { named(change.finding) };
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
            confirmed: !self.fresh.is_empty(),
            reason,
            ..bare(name, state)
        }
    }
}

/// What both sides take in the calm third of the pairs, in ns: the same pairs for both, so that
/// the two times differ by what the sides do and not by what the neighbours did.
fn low_noise_times(pairs: &[Pair]) -> Option<(f64, f64)> {
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

fn named(finding: Finding) -> (State, Option<Severity>) {
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
        reason: None,
        cut_short: false,
        accepted: None,
        trace: Trace::default(),
    }
}

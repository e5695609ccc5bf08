//! One benchmark on its way to a verdict.

use super::reason::{
    NO_TIME, NO_TIME_LEFT, NOT_MEASURED, SAME, SAME_LAUNCHED, SAME_MOVED, TOO_FEW_ROUNDS,
    UNCONFIRMED, out_of_time, too_few, undecided, undecided_rounds,
};
use super::{Against, Case, Look, Method, Seen, State, Trace, Verdict};
use crate::baseline::{Baseline, RunValue, Selection};
use crate::detect::history::{self, Confidence, Distance};
use crate::detect::paired::{self, Looks};
use crate::detect::{Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Round, Statistic};
use crate::stats;
use crate::unit::LogRatio;

/// What is still to be done for a benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing.
    Settled,
    /// Launches of the head alone decide.
    Fresh,
    /// Rounds with this commit's build decide.
    SideBySide(String),
}

#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) case: Case,
    pub(super) way: Way,
    pub(super) first: Vec<LaunchTimes>,
    pub(super) fresh: Vec<LaunchTimes>,
    pub(super) rounds: Vec<Round>,
    pub(super) seen: Vec<Seen>,
    pub(super) failure: Option<String>,
    /// Whether launches of the head alone were asked for.
    pub(super) asked: bool,
    /// Nothing more can be measured of it.
    pub(super) given_up: bool,
    /// The time for measuring more of it is over.
    pub(super) out_of_time: bool,
}

impl Subject {
    pub(super) fn new(case: Case) -> Self {
        let way = match &case.against {
            Against::Build(commit) => Way::SideBySide(commit.clone()),
            Against::Runs(_) | Against::SameBuild(_) | Against::Nothing(_) => Way::Settled,
        };
        Self {
            case,
            way,
            first: Vec::new(),
            fresh: Vec::new(),
            rounds: Vec::new(),
            seen: Vec::new(),
            failure: None,
            asked: false,
            given_up: false,
            out_of_time: false,
        }
    }

    pub(super) fn is_judged_by_runs(&self) -> bool {
        matches!(self.case.against, Against::Runs(_))
    }

    /// Whether launches of the head alone are wanted that were not asked for yet.
    pub(super) fn wants_launches(&self) -> bool {
        let is_launched = match self.case.against {
            Against::Runs(_) | Against::Nothing(_) => true,
            Against::SameBuild(_) => self.case.is_launched,
            Against::Build(_) => false,
        };
        is_launched && !self.asked && self.is_open()
    }

    pub(super) fn is_open(&self) -> bool {
        self.failure.is_none() && !self.given_up && !self.out_of_time
    }

    /// Whether rounds with the build of `base` are wanted.
    pub(super) fn wants_rounds(&self, looks: Looks) -> Option<&str> {
        let Way::SideBySide(base) = &self.way else { return None };
        let undecided = match paired::judge(&self.rounds, looks) {
            Some(sequence) => sequence.finding.is_none(),
            None => self.rounds.len() < paired::LAST_LOOK,
        };
        (self.is_open() && undecided).then_some(base.as_str())
    }

    pub(super) fn cannot_compare(&mut self, reason: &str) {
        match self.case.against {
            Against::Runs(_) => self.way = Way::Fresh,
            // It is not new: pairs were measured, and what they would have found is not known.
            _ if !self.rounds.is_empty() => self.failure = Some(reason.to_owned()),
            _ => {
                self.way = Way::Settled;
                self.case.against = Against::Nothing(Some(reason.to_owned()));
            }
        }
    }

    pub(super) fn is_same_build(&mut self) {
        if let Way::SideBySide(base) = std::mem::replace(&mut self.way, Way::Settled) {
            self.case.against = Against::SameBuild(base);
        }
    }

    /// Commits whose builds it can be compared with, the best first.
    pub(super) fn near(&self) -> &[String] {
        match &self.case.against {
            Against::Runs(Selection::Ready(baseline)) => baseline.near(),
            _ => &[],
        }
    }

    /// The launches of the head alone that decide: the fresh ones, once there are any.
    fn launches(&self) -> &[LaunchTimes] {
        if self.fresh.is_empty() { &self.first } else { &self.fresh }
    }

    pub(super) fn distances(&self, confidence: Confidence) -> Vec<Distance> {
        match &self.case.against {
            Against::Runs(Selection::Ready(baseline)) => {
                history::distances(RunValue::of(self.launches()), baseline, confidence)
            }
            _ => Vec::new(),
        }
    }

    /// Notes what a look at the head alone saw.
    pub(super) fn note(&mut self, look: Look, distances: &[Distance], common: Option<LogRatio>) {
        let seen = Seen {
            look,
            launches: self.launches().to_vec(),
            distances: distances.to_vec(),
            common_shift: common,
        };
        match self.seen.last_mut().filter(|last| last.look == look) {
            Some(last) => *last = seen,
            None => self.seen.push(seen),
        }
    }

    pub(super) fn is_notably_slower(
        &self,
        distances: &[Distance],
        common: Option<LogRatio>,
    ) -> bool {
        let finding = history::judge(distances, common).map(|change| change.finding);
        let slower =
            matches!(finding, Some(Finding::Regression(severity)) if severity > Severity::Notice);
        slower && self.is_open()
    }

    pub(super) fn verdict(
        &self,
        distances: &[Distance],
        common: Option<LogRatio>,
        looks: Looks,
    ) -> Verdict {
        let bare = bare(&self.case.name, State::Missing);
        let plain = |state, reason: &str| Verdict {
            state,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            ..bare.clone()
        };
        let looks = if self.out_of_time { looks.ended() } else { looks };
        let verdict = match (&self.failure, &self.way, &self.case.against) {
            (Some(failure), ..) => plain(State::Missing, failure),
            (None, Way::SideBySide(base), _) => self.side_by_side(base, looks),
            (None, _, Against::Build(_)) => plain(State::Missing, NOT_MEASURED),
            (None, _, Against::Runs(selection)) => self.by_runs(selection, distances, common),
            _ if self.asked && self.first.is_empty() => plain(State::Missing, NOT_MEASURED),
            (None, _, Against::SameBuild(base)) => Verdict {
                method: Method::SideBySide,
                base: Some(base.clone()),
                ..self.alone(plain(State::Unchanged, self.sameness()))
            },
            (None, _, Against::Nothing(reason)) => {
                Verdict { reason: reason.clone(), ..self.alone(plain(State::New, "")) }
            }
        };
        let verdict = if self.out_of_time { self.cut_short(verdict, looks) } else { verdict };
        let estimate = verdict.baseline_ns.zip(verdict.change);
        let now_ns = estimate.map(|(base_ns, change)| base_ns * change.0.exp()).or(verdict.now_ns);
        Verdict { trace: self.trace(looks), now_ns, ..verdict }
    }

    /// The verdict with what the launches of the head alone say.
    fn alone(&self, verdict: Verdict) -> Verdict {
        let median = RunValue::of(&self.first).get(Statistic::Median);
        Verdict { launches: self.first.len(), now_ns: median.map(f64::exp), ..verdict }
    }

    /// Why a benchmark is unchanged whose build is.
    fn sameness(&self) -> &'static str {
        match (self.first.is_empty(), self.case.is_launched) {
            (true, _) => SAME,
            (false, true) => SAME_LAUNCHED,
            (false, false) => SAME_MOVED,
        }
    }

    /// The verdict, and whether the end of the time left it open.
    fn cut_short(&self, verdict: Verdict, looks: Looks) -> Verdict {
        let is_proved = || {
            let sequence = paired::judge(&self.rounds, looks);
            sequence.is_some_and(|sequence| sequence.finding.is_some())
        };
        if self.failure.is_some() {
            return verdict;
        }
        if verdict.state == State::Missing {
            let reason = Some(NO_TIME_LEFT.to_owned());
            return Verdict { reason, cut_short: true, ..verdict };
        }
        let is_open = match (&self.way, verdict.state) {
            (Way::SideBySide(_), _) => !is_proved(),
            (Way::Fresh, _) => true,
            (Way::Settled, state) => matches!(state, State::Inconclusive | State::Invalid),
        };
        match is_open {
            false => verdict,
            true => Verdict {
                state: State::Inconclusive,
                severity: None,
                reason: Some(out_of_time(self.rounds.len())),
                cut_short: true,
                ..verdict
            },
        }
    }

    fn trace(&self, looks: Looks) -> Trace {
        let baseline = match &self.case.against {
            Against::Runs(Selection::Ready(baseline)) => baseline.values().to_vec(),
            _ => Vec::new(),
        };
        Trace {
            baseline,
            looks: self.seen.clone(),
            rounds: self.rounds.clone(),
            sequence: paired::judge(&self.rounds, looks),
        }
    }

    fn side_by_side(&self, base: &str, looks: Looks) -> Verdict {
        let name = &self.case.name;
        let sides = Verdict {
            method: Method::SideBySide,
            base: Some(base.to_owned()),
            launches: self.rounds.len(),
            ..bare(name, State::Missing)
        };
        let Some(sequence) = paired::judge(&self.rounds, looks) else {
            let (state, reason) = match (self.rounds.is_empty(), &self.case.against) {
                (true, Against::Runs(_)) => (State::Inconclusive, UNCONFIRMED),
                (true, _) => (State::Missing, NOT_MEASURED),
                (false, _) if self.rounds.len() < 3 => (State::Invalid, TOO_FEW_ROUNDS),
                (false, _) => (State::Invalid, NO_TIME),
            };
            return Verdict { state, reason: Some(reason.to_owned()), ..sides };
        };
        let (state, severity) = named(sequence.finding.unwrap_or(Finding::Inconclusive));
        let (base_ns, head_ns) = calm_times(&self.rounds).unzip();
        Verdict {
            state,
            severity,
            change: Some(sequence.estimate()),
            low: sequence.low,
            high: sequence.high,
            limit: sequence.limit(),
            baseline_ns: base_ns,
            now_ns: head_ns,
            confirmed: true,
            reason: (state == State::Inconclusive).then(|| undecided_rounds(&sequence)),
            ..sides
        }
    }

    fn by_runs(
        &self,
        selection: &Selection,
        distances: &[Distance],
        common: Option<LogRatio>,
    ) -> Verdict {
        let now = RunValue::of(self.launches());
        let name = &self.case.name;
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
            Selection::Ready(baseline) => self.sized(baseline, distances, common),
        };
        let statistic = history::deciding(distances);
        Verdict {
            statistic,
            now_ns: now.get(statistic).map(f64::exp),
            launches: self.launches().len(),
            ..verdict
        }
    }

    fn sized(
        &self,
        baseline: &Baseline,
        distances: &[Distance],
        common: Option<LogRatio>,
    ) -> Verdict {
        let name = &self.case.name;
        let Some(change) = history::judge(distances, common) else {
            // No statistic has both a value now and enough values in the baseline.
            let reason = Some("now and then have no statistic in common".to_owned());
            return Verdict { reason, ..bare(name, State::Incomparable) };
        };
        let unconfirmed = self.way == Way::Fresh && self.fresh.is_empty();
        let (state, severity) = match unconfirmed {
            true => (State::Inconclusive, None),
            false => named(change.finding),
        };
        let reason = match (unconfirmed, state) {
            (true, _) => Some(UNCONFIRMED.to_owned()),
            (false, State::Inconclusive) => Some(undecided(change)),
            _ => None,
        };
        Verdict {
            severity,
            change: Some(change.estimate),
            limit: Some(change.limit),
            baseline_ns: baseline.time_ns(history::deciding(distances)),
            baseline_runs: baseline.values().len(),
            confirmed: !self.fresh.is_empty(),
            reason,
            ..bare(name, state)
        }
    }
}

/// What both sides take in the calm third of the rounds, in ns: the same rounds for both, so that
/// the two times differ by what the sides do and not by what the neighbours did.
fn calm_times(rounds: &[Round]) -> Option<(f64, f64)> {
    let usable = |ns: &f64| ns.is_finite() && *ns > 0.0;
    let medians = rounds.iter().map(|round| (round.base.median, round.head.median));
    let mut pairs: Vec<(f64, f64)> =
        medians.filter(|(base, head)| usable(base) && usable(head)).collect();
    pairs.sort_by(|one, other| one.0.max(one.1).total_cmp(&other.0.max(other.1)));
    pairs.truncate(pairs.len().div_ceil(3));
    let middle =
        |side: fn(&(f64, f64)) -> f64| stats::median(&pairs.iter().map(side).collect::<Vec<f64>>());
    middle(|pair| pair.0).zip(middle(|pair| pair.1))
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
        limit: None,
        statistic: Statistic::Median,
        baseline_ns: None,
        now_ns: None,
        baseline_runs: 0,
        base: None,
        launches: 0,
        confirmed: false,
        evidence: None,
        reason: None,
        cut_short: false,
        accepted: None,
        trace: Trace::default(),
    }
}

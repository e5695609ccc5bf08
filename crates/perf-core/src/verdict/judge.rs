//! The state machine behind [`super::Verdict`].

use super::{State, Verdict, Verdicts};
use crate::baseline::{Baseline, MINIMUM, RunValue, Selection};
use crate::detect::history::{self, Confidence, Distance};
use crate::detect::{Change, Finding, Severity};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Statistic};
use crate::unit::{self, LogRatio};

/// A benchmark to judge, and what the history has to compare it with.
#[derive(Clone, Debug)]
pub struct Case {
    /// The benchmark.
    pub name: BenchmarkId,
    /// Its baseline, or why it has none.
    pub against: Selection,
}

/// How much measuring the judge may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Launches of each benchmark at first.
    pub launches: usize,
    /// Fresh launches of each suspect; `None` where nothing can be measured again.
    pub second_look: Option<usize>,
}

/// Why the judge asks for launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Everything is measured: the launches that are recorded.
    First,
    /// What moved is measured again, so that a slow moment is not called a change.
    Second,
    /// What got slower by 10 % and more is measured once more, spread over some time: a burst of a
    /// shared machine's neighbour can outlast the second look.
    Third,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Launch each of these benchmarks so often, and feed what they say.
    Measure {
        /// Why.
        look: Look,
        /// Which.
        benchmarks: Vec<BenchmarkId>,
        /// How often.
        launches: usize,
    },
    /// There is nothing more to ask.
    Done(Verdicts),
}

/// Judges one run against the history.
#[derive(Clone, Debug)]
pub struct Judge {
    subjects: Vec<Subject>,
    removed: Vec<BenchmarkId>,
    effort: Effort,
    asked: Option<Look>,
}

#[derive(Clone, Debug)]
struct Subject {
    case: Case,
    first: Vec<LaunchTimes>,
    fresh: Vec<LaunchTimes>,
    suspect: bool,
    failure: Option<String>,
}

impl Judge {
    /// A judge of `cases`; `removed` are benchmarks that the baseline has and nobody lists.
    pub fn new(cases: Vec<Case>, removed: Vec<BenchmarkId>, effort: Effort) -> Self {
        let subject = |case| Subject {
            case,
            first: Vec::new(),
            fresh: Vec::new(),
            suspect: false,
            failure: None,
        };
        Self { subjects: cases.into_iter().map(subject).collect(), removed, effort, asked: None }
    }

    /// What to do next: the driver calls it at first, and again whenever it has fed what was asked.
    pub fn step(&mut self) -> Step {
        let look = match self.asked {
            None => return self.ask(Look::First, self.effort.launches),
            Some(Look::First) => Look::Second,
            Some(Look::Second) => Look::Third,
            Some(Look::Third) => return self.done(),
        };
        self.suspect(look);
        match self.effort.second_look.filter(|_| self.subjects.iter().any(|s| s.suspect)) {
            Some(launches) => self.ask(look, launches),
            None => self.done(),
        }
    }

    /// Takes launches of `name`, for the look that was asked for last.
    pub fn feed(&mut self, name: &BenchmarkId, launches: impl IntoIterator<Item = LaunchTimes>) {
        let look = self.asked;
        let Some(subject) = self.subjects.iter_mut().find(|s| s.case.name == *name) else { return };
        match look {
            Some(Look::Second | Look::Third) => subject.fresh.extend(launches),
            Some(Look::First) | None => subject.first.extend(launches),
        }
    }

    /// Notes that `name` gave no finished row, and why.
    pub fn fail(&mut self, name: &BenchmarkId, reason: String) {
        if let Some(subject) = self.subjects.iter_mut().find(|s| s.case.name == *name) {
            subject.failure = Some(reason);
        }
    }

    fn ask(&mut self, look: Look, launches: usize) -> Step {
        self.asked = Some(look);
        let wanted = self.subjects.iter().filter(|s| look == Look::First || s.suspect);
        let benchmarks = wanted.map(|subject| subject.case.name.clone()).collect();
        Step::Measure { look, benchmarks, launches }
    }

    fn suspect(&mut self, look: Look) {
        let distances = self.distances(Confidence::Screen);
        let common = history::common_shift(distances.iter().map(Vec::as_slice));
        for (subject, distances) in self.subjects.iter_mut().zip(&distances) {
            let suspect = match look {
                Look::Third => subject.suspect && is_notably_slower(distances, common),
                Look::First | Look::Second => history::is_suspect(distances),
            };
            subject.suspect = suspect && subject.failure.is_none();
        }
    }

    fn distances(&self, confidence: Confidence) -> Vec<Vec<Distance>> {
        self.subjects.iter().map(|subject| subject.distances(confidence)).collect()
    }

    fn done(&self) -> Step {
        let confidence = match self.effort.second_look {
            Some(_) => Confidence::Screen,
            None => Confidence::Final,
        };
        let distances = self.distances(confidence);
        let common_shift = history::common_shift(distances.iter().map(Vec::as_slice));
        let judged = self.subjects.iter().zip(&distances);
        let mut verdicts: Vec<Verdict> =
            judged.map(|(subject, distances)| subject.verdict(distances, common_shift)).collect();
        verdicts.extend(self.removed.iter().map(|name| bare(name, State::Removed)));
        verdicts.sort_by_cached_key(Verdict::rank);
        Step::Done(Verdicts { verdicts, common_shift })
    }
}

impl Subject {
    /// The launches that decide: the fresh ones, once there are any.
    fn launches(&self) -> &[LaunchTimes] {
        if self.fresh.is_empty() { &self.first } else { &self.fresh }
    }

    fn distances(&self, confidence: Confidence) -> Vec<Distance> {
        match &self.case.against {
            Selection::Ready(baseline) => {
                history::distances(RunValue::of(self.launches()), baseline, confidence)
            }
            _ => Vec::new(),
        }
    }

    fn verdict(&self, distances: &[Distance], common: Option<LogRatio>) -> Verdict {
        let now = RunValue::of(self.launches());
        let name = &self.case.name;
        let plain = |state, reason: String| Verdict { reason: Some(reason), ..bare(name, state) };
        let without_size = match (&self.failure, &self.case.against) {
            (Some(failure), _) => plain(State::Missing, failure.clone()),
            (None, _) if self.launches().is_empty() => {
                plain(State::Missing, "it was not measured".to_owned())
            }
            (None, _) if now.is_empty() => plain(
                State::Invalid,
                "no launch gave a time above 0: it is below the timer's resolution".to_owned(),
            ),
            (None, Selection::New) => bare(name, State::New),
            (None, Selection::TooFew { found, series_was_cut }) => {
                plain(State::InsufficientHistory, too_few(*found, *series_was_cut))
            }
            (None, Selection::OtherMachine { differs }) => {
                let fields = differs.join(", ");
                plain(
                    State::Incomparable,
                    format!("recorded only on machines with another {fields}"),
                )
            }
            (None, Selection::Ready(baseline)) => self.sized(baseline, distances, common),
        };
        let statistic = history::deciding(distances);
        Verdict {
            statistic,
            now_ns: now.get(statistic).map(f64::exp),
            launches: self.launches().len(),
            ..without_size
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
        let (state, severity) = match change.finding {
            Finding::Regression(severity) => (State::Regression, Some(severity)),
            Finding::Improvement(severity) => (State::Improvement, Some(severity)),
            Finding::Unchanged => (State::Unchanged, None),
            Finding::Inconclusive => (State::Inconclusive, None),
        };
        Verdict {
            severity,
            change: Some(change.estimate),
            limit: Some(change.limit),
            baseline_ns: baseline.time_ns(history::deciding(distances)),
            baseline_runs: baseline.values.len(),
            confirmed: !self.fresh.is_empty(),
            reason: (state == State::Inconclusive).then(|| undecided(change)),
            ..bare(name, state)
        }
    }
}

fn is_notably_slower(distances: &[Distance], common: Option<LogRatio>) -> bool {
    let finding = history::judge(distances, common).map(|change| change.finding);
    matches!(finding, Some(Finding::Regression(severity)) if severity > Severity::Notice)
}

fn bare(name: &BenchmarkId, state: State) -> Verdict {
    Verdict {
        name: name.clone(),
        state,
        severity: None,
        change: None,
        limit: None,
        statistic: Statistic::Median,
        baseline_ns: None,
        now_ns: None,
        baseline_runs: 0,
        launches: 0,
        confirmed: false,
        reason: None,
    }
}

fn too_few(found: usize, series_was_cut: bool) -> String {
    let found = format!("{found} of {MINIMUM} comparable runs");
    match series_was_cut {
        true => format!("{found}: older ones were measured in batches of another size"),
        false => found,
    }
}

fn undecided(change: Change) -> String {
    let limit = unit::percent(change.limit);
    match change.estimate.0.abs() < change.limit.0 {
        true => format!("the noise hides changes below {limit}"),
        false => "the fastest and the median samples do not agree".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort { launches: 5, second_look: Some(10) };

    fn launches(ns: f64, count: usize) -> Vec<LaunchTimes> {
        vec![LaunchTimes { fastest: ns, median: ns }; count]
    }

    fn ready(ns: f64) -> Selection {
        let values = vec![RunValue::of(&launches(ns, 5)); 10];
        Selection::Ready(Baseline { values, newest_commit: "c0ffee".to_owned() })
    }

    fn case(name: &str, against: Selection) -> Case {
        Case { name: BenchmarkId::from(name), against }
    }

    /// Drives a judge of one benchmark: `first` and `fresh` are what the first look and those after
    /// it read.
    fn judge(against: Selection, effort: Effort, first: f64, fresh: f64) -> (Verdict, Vec<Look>) {
        judge_looks(against, effort, [first, fresh, fresh])
    }

    fn judge_looks(against: Selection, effort: Effort, reads: [f64; 3]) -> (Verdict, Vec<Look>) {
        let mut judge = Judge::new(vec![case("a/b::c", against)], vec![], effort);
        let mut looks = Vec::new();
        loop {
            match judge.step() {
                Step::Measure { look, benchmarks, launches: count } => {
                    let ns = reads[looks.len()];
                    looks.push(look);
                    benchmarks.iter().for_each(|name| judge.feed(name, launches(ns, count)));
                }
                Step::Done(verdicts) => return (verdicts.verdicts[0].clone(), looks),
            }
        }
    }

    #[test]
    fn a_change_that_stays_is_confirmed_by_fresh_launches() {
        let (verdict, looks) = judge(ready(100.0), EFFORT, 200.0, 160.0);
        assert_eq!(looks, [Look::First, Look::Second, Look::Third]);
        assert_eq!(
            (verdict.state, verdict.severity),
            (State::Regression, Some(Severity::Critical))
        );
        assert!(verdict.confirmed);
        assert_eq!(verdict.launches, 20);
        assert!((verdict.change.unwrap().percent() - 60.0).abs() < 1e-6);
        assert!((verdict.now_ns.unwrap() - 160.0).abs() < 1e-6);
    }

    #[test]
    fn a_burst_of_noise_is_taken_back() {
        let (verdict, looks) = judge(ready(100.0), EFFORT, 200.0, 101.0);
        assert_eq!(looks, [Look::First, Look::Second]);
        assert_eq!(verdict.state, State::Unchanged);
    }

    #[test]
    fn a_burst_that_outlasts_the_second_look_is_taken_back_by_the_third() {
        let (verdict, looks) = judge_looks(ready(100.0), EFFORT, [200.0, 180.0, 101.0]);
        assert_eq!(looks, [Look::First, Look::Second, Look::Third]);
        assert_eq!((verdict.state, verdict.launches), (State::Unchanged, 20));
    }

    #[test]
    fn a_notice_or_an_improvement_takes_no_third_look() {
        for fresh in [106.0, 50.0] {
            let (verdict, looks) = judge(ready(100.0), EFFORT, fresh, fresh);
            assert_eq!(looks, [Look::First, Look::Second]);
            assert_eq!((verdict.confirmed, verdict.launches), (true, 10));
        }
    }

    #[test]
    fn what_did_not_move_is_not_measured_again() {
        let (verdict, looks) = judge(ready(100.0), EFFORT, 103.0, f64::NAN);
        assert_eq!(looks, [Look::First]);
        assert_eq!((verdict.state, verdict.confirmed), (State::Unchanged, false));
    }

    #[test]
    fn without_a_second_look_a_finding_stays_unconfirmed() {
        let effort = Effort { second_look: None, ..EFFORT };
        let (verdict, looks) = judge(ready(100.0), effort, 200.0, 0.0);
        assert_eq!(looks, [Look::First]);
        assert_eq!((verdict.state, verdict.confirmed), (State::Regression, false));
    }

    #[test]
    fn every_absence_has_its_state() {
        let other = Selection::OtherMachine { differs: vec!["cpu", "rustc"] };
        let few = Selection::TooFew { found: 2, series_was_cut: false };
        let cut = Selection::TooFew { found: 0, series_was_cut: true };
        let cases = [
            (Selection::New, 1.0, State::New, None),
            (few, 1.0, State::InsufficientHistory, Some("2 of 3 comparable runs")),
            (cut, 1.0, State::InsufficientHistory, Some("batches of another size")),
            (other, 1.0, State::Incomparable, Some("another cpu, rustc")),
            (ready(1.0), 0.0, State::Invalid, Some("resolution")),
            (ready(1.0), f64::NAN, State::Invalid, Some("resolution")),
        ];
        for (against, ns, state, reason) in cases {
            let (verdict, looks) = judge(against, EFFORT, ns, ns);
            assert_eq!((verdict.state, looks.len()), (state, 1));
            let said = verdict.reason.unwrap_or_default();
            assert!(said.contains(reason.unwrap_or_default()), "{said}");
        }
    }

    #[test]
    fn a_failed_benchmark_is_missing_and_hides_no_other() {
        let cases = vec![case("a/b::dies", ready(100.0)), case("a/b::lives", ready(100.0))];
        let mut judge = Judge::new(cases, vec!["a/b::gone".into()], EFFORT);
        let _ = judge.step();
        judge.fail(&"a/b::dies".into(), "it panicked".to_owned());
        judge.feed(&"a/b::lives".into(), launches(100.0, 5));
        let Step::Done(verdicts) = judge.step() else { panic!("nothing is suspect") };
        let said: Vec<_> = verdicts.verdicts.iter().map(|v| (v.name.as_str(), v.state)).collect();
        assert_eq!(
            said,
            [
                ("a/b::dies", State::Missing),
                ("a/b::gone", State::Removed),
                ("a/b::lives", State::Unchanged)
            ]
        );
        assert_eq!(verdicts.verdicts[0].reason.as_deref(), Some("it panicked"));
    }

    #[test]
    fn unmeasured_is_missing_never_unchanged() {
        let mut judge = Judge::new(vec![case("a/b::c", ready(1.0))], vec![], EFFORT);
        let _ = judge.step();
        let Step::Done(verdicts) = judge.step() else { panic!("nothing was fed") };
        assert_eq!(verdicts.verdicts[0].state, State::Missing);
    }

    #[test]
    fn the_largest_regression_comes_first() {
        let names = ["a/b::slower", "a/b::same", "a/b::slowest", "a/b::faster"];
        let cases = names.map(|name| case(name, ready(100.0))).into();
        let mut judge = Judge::new(cases, vec![], Effort { second_look: None, ..EFFORT });
        let _ = judge.step();
        for (name, ns) in names.into_iter().zip([130.0, 100.0, 140.0, 50.0]) {
            judge.feed(&name.into(), launches(ns, 5));
        }
        let Step::Done(verdicts) = judge.step() else { panic!("there is no second look") };
        let order: Vec<&str> = verdicts.verdicts.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(order, ["a/b::slowest", "a/b::slower", "a/b::faster", "a/b::same"]);
    }
}

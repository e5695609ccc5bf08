//! The state machine behind [`super::Verdict`].

use super::subject::{Subject, Way, bare};
use super::{Against, Case, Look, State, Verdict, Verdicts};
use crate::detect::history::{self, Confidence, Distance};
use crate::detect::paired::{self, Looks};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Round};
use std::collections::BTreeSet;

/// How many launches a [`Judge`] may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    launches: usize,
    second_look: Option<usize>,
    comparison: bool,
}

/// What a [`Judge`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Launch each benchmark of the head, and pass the results to [`Judge::feed`].
    Measure {
        /// Whether these are the initial launches or a rerun.
        look: Look,
        /// The benchmarks to launch.
        benchmarks: Vec<BenchmarkId>,
        /// The number of launches of each benchmark.
        launches: usize,
    },
    /// Launch each benchmark of the head and of the base in pairs, a fair coin choosing the first
    /// of each pair, and pass the results to [`Judge::feed_rounds`].
    Compare {
        /// The commit whose build is the base.
        base: String,
        /// The benchmarks to launch.
        benchmarks: Vec<BenchmarkId>,
        /// The number of pairs of each benchmark.
        rounds: usize,
    },
    /// Every benchmark is decided.
    Done(Verdicts),
}

/// Judges benchmarks against recorded runs, or against another build in pairs of launches.
///
/// It is a state machine: call [`Judge::step`], measure what it asks for, feed the results, and
/// call it again until it is [`Step::Done`]. The order of the calls and the numbers fed decide the
/// verdicts; nothing else does.
#[derive(Clone, Debug)]
pub struct Judge {
    subjects: Vec<Subject>,
    removed: Vec<BenchmarkId>,
    effort: Effort,
    phase: Phase,
    unbuildable: BTreeSet<String>,
}

/// What was asked for last.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Alone(Look),
    SideBySide,
}

/// Commits that suspects are compared with, at most: each is a build of minutes.
const BUILDS: usize = 3;

impl Judge {
    /// A judge of `cases`; `removed` are benchmarks of the baseline that the head does not have.
    pub fn new(cases: Vec<Case>, removed: Vec<BenchmarkId>, effort: Effort) -> Self {
        let subjects = cases.into_iter().map(Subject::new).collect();
        Self { subjects, removed, effort, phase: Phase::Start, unbuildable: BTreeSet::new() }
    }

    /// A judge that compares each of `names` with its build of the commit `base`, pair by pair.
    pub fn of_builds(names: impl IntoIterator<Item = impl Into<BenchmarkId>>, base: &str) -> Self {
        let case = |name| Case::new(name, Against::Build(base.to_owned()));
        let effort = Effort::of_launches(0).with_comparison(true);
        Self::new(names.into_iter().map(case).collect(), Vec::new(), effort)
    }

    /// What to do next. Call it first, and again whenever what it asked for has been fed.
    pub fn step(&mut self) -> Step {
        if self.phase == Phase::Start {
            self.phase = Phase::Alone(Look::First);
            if let Some(step) = self.launch_alone() {
                return step;
            }
        }
        if self.phase == Phase::Alone(Look::First) {
            self.screen();
            self.phase = Phase::SideBySide;
        }
        if self.phase == Phase::SideBySide {
            if let Some(step) = self.compare() {
                return step;
            }
            // What turned out to have nothing to be compared with.
            if let Some(step) = self.launch_alone() {
                return step;
            }
            if let Some(step) = self.look_again(Look::Second) {
                return step;
            }
        }
        if self.phase == Phase::Alone(Look::Second) {
            self.keep_notable();
            if let Some(step) = self.look_again(Look::Third) {
                return step;
            }
        }
        self.done()
    }

    /// Takes launches of the head, as [`Step::Measure`] asked for them.
    pub fn feed(&mut self, name: &BenchmarkId, launches: impl IntoIterator<Item = LaunchTimes>) {
        let is_first = matches!(self.phase, Phase::Start | Phase::Alone(Look::First));
        let Some(subject) = self.subject(name) else { return };
        match is_first || !subject.is_judged_by_runs() {
            true => subject.first.extend(launches),
            false => subject.fresh.extend(launches),
        }
    }

    /// Takes pairs of launches, as [`Step::Compare`] asked for them.
    pub fn feed_rounds(&mut self, name: &BenchmarkId, rounds: impl IntoIterator<Item = Round>) {
        if let Some(subject) = self.subject(name) {
            subject.rounds.extend(rounds);
        }
    }

    /// Notes that `name` gave no finished row, and why.
    pub fn fail(&mut self, name: &BenchmarkId, reason: String) {
        if let Some(subject) = self.subject(name) {
            subject.failure = Some(reason);
        }
    }

    /// Notes that nothing more can be measured of `name`: its verdict comes from what there is.
    pub fn give_up(&mut self, name: &BenchmarkId) {
        if let Some(subject) = self.subject(name) {
            subject.given_up = true;
        }
    }

    /// Notes that the time for measuring `name` is over: what the launches so far leave open is cut
    /// short, and makes the check incomplete.
    pub fn out_of_time(&mut self, name: &BenchmarkId) {
        if let Some(subject) = self.subject(name) {
            subject.out_of_time = true;
        }
    }

    /// Notes that `name` cannot be compared with the build it should be compared with: a suspect
    /// is launched alone instead, and so is what has nothing else to be compared with, which is
    /// new.
    pub fn cannot_compare(&mut self, name: &BenchmarkId, reason: &str) {
        if let Some(subject) = self.subject(name) {
            subject.cannot_compare(reason);
        }
    }

    /// Notes that `name` is the same in the build that it should be compared with.
    pub fn is_same_build(&mut self, name: &BenchmarkId) {
        if let Some(subject) = self.subject(name) {
            subject.is_same_build();
        }
    }

    /// Notes that the build of `base` cannot be had: suspects are compared with another, or else
    /// launched alone.
    pub fn cannot_build(&mut self, base: &str) {
        self.unbuildable.insert(base.to_owned());
        for subject in &mut self.subjects {
            if subject.way == Way::SideBySide(base.to_owned()) {
                subject.way = Way::Fresh;
            }
        }
        self.choose_bases();
    }

    fn subject(&mut self, name: &BenchmarkId) -> Option<&mut Subject> {
        self.subjects.iter_mut().find(|subject| subject.case.name == *name)
    }

    fn names(&self, wanted: impl Fn(&Subject) -> bool) -> Vec<BenchmarkId> {
        let wanted = self.subjects.iter().filter(|subject| wanted(subject));
        wanted.map(|subject| subject.case.name.clone()).collect()
    }

    fn measure(&mut self, look: Look, benchmarks: Vec<BenchmarkId>, launches: usize) -> Step {
        self.phase = Phase::Alone(look);
        Step::Measure { look, benchmarks, launches }
    }

    /// The launches of the head alone that were not asked for yet.
    fn launch_alone(&mut self) -> Option<Step> {
        let launches = self.effort.launches;
        let wanting = |subject: &&mut Subject| launches > 0 && subject.wants_launches();
        let asked = self.subjects.iter_mut().filter(wanting).map(|subject| {
            subject.asked = true;
            subject.case.name.clone()
        });
        let benchmarks: Vec<BenchmarkId> = asked.collect();
        let step = Step::Measure { look: Look::First, benchmarks: benchmarks.clone(), launches };
        (!benchmarks.is_empty()).then_some(step)
    }

    /// The next rounds, for one base at a time: a build is finished with before the next begins.
    fn compare(&self) -> Option<Step> {
        let looks = self.effort.looks();
        let wanting = |subject: &&Subject| subject.wants_rounds(looks).is_some();
        let base = self.subjects.iter().find(wanting)?.wants_rounds(looks)?;
        let here = || self.subjects.iter().filter(|s| s.wants_rounds(looks) == Some(base));
        let fewest = here().map(|subject| subject.rounds.len()).min()?;
        let next = here().filter(|subject| subject.rounds.len() == fewest);
        Some(Step::Compare {
            base: base.to_owned(),
            benchmarks: next.map(|subject| subject.case.name.clone()).collect(),
            rounds: if fewest == 0 { paired::FIRST_LOOK } else { paired::STEP },
        })
    }

    fn look_again(&mut self, look: Look) -> Option<Step> {
        let launches = self.effort.second_look?;
        let suspects = self.names(|subject| subject.way == Way::Fresh && subject.is_open());
        (!suspects.is_empty()).then(|| self.measure(look, suspects, launches))
    }

    /// Finds what must be measured again, and how.
    fn screen(&mut self) {
        let distances = self.see(Look::First, Confidence::Screen);
        let again = self.effort.second_look.is_some();
        for (subject, distances) in self.subjects.iter_mut().zip(&distances) {
            let near = self.effort.comparison && !subject.near().is_empty();
            let suspect = match near {
                true => history::wants_comparison(distances),
                false => again && history::is_suspect(distances),
            };
            // A suspect that nothing more can be measured of for want of time stays one.
            if suspect && (subject.is_open() || subject.out_of_time) {
                subject.way = Way::Fresh;
            }
        }
        self.choose_bases();
    }

    /// Gives suspects commits to be compared with: as few as will do, as each must be built.
    fn choose_bases(&mut self) {
        if !self.effort.comparison {
            return;
        }
        let mut tried: BTreeSet<String> = self.unbuildable.clone();
        while tried.len() < BUILDS {
            let Some(base) = self.most_wanted(&tried) else { return };
            let fits = |s: &&mut Subject| {
                s.way == Way::Fresh && s.fresh.is_empty() && s.near().contains(&base)
            };
            for subject in self.subjects.iter_mut().filter(fits) {
                subject.way = Way::SideBySide(base.clone());
            }
            tried.insert(base);
        }
    }

    /// The commit that most suspects can be compared with; of several the one that comes first.
    fn most_wanted(&self, but: &BTreeSet<String>) -> Option<String> {
        let suspects: Vec<&Subject> =
            self.subjects.iter().filter(|s| s.way == Way::Fresh && s.is_open()).collect();
        let wanted =
            |commit: &&String| suspects.iter().filter(|s| s.near().contains(commit)).count();
        let candidates = suspects.iter().flat_map(|subject| subject.near());
        let best = candidates.filter(|commit| !but.contains(*commit)).rev().max_by_key(wanted);
        best.cloned()
    }

    /// Leaves only what is still notably slower to be measured once more.
    fn keep_notable(&mut self) {
        let distances = self.see(Look::Second, Confidence::Screen);
        let common = history::common_shift(distances.iter().map(Vec::as_slice));
        for (subject, distances) in self.subjects.iter_mut().zip(&distances) {
            let measured = subject.way == Way::Fresh && !subject.fresh.is_empty();
            if measured && !subject.out_of_time && !subject.is_notably_slower(distances, common) {
                subject.way = Way::Settled;
            }
        }
    }

    /// Measures how far everything lies from its baseline, and notes it.
    fn see(&mut self, look: Look, confidence: Confidence) -> Vec<Vec<Distance>> {
        let distances: Vec<Vec<Distance>> =
            self.subjects.iter().map(|subject| subject.distances(confidence)).collect();
        let common = history::common_shift(distances.iter().map(Vec::as_slice));
        let looked = |subject: &Subject| look == Look::First || !subject.fresh.is_empty();
        for (subject, distances) in self.subjects.iter_mut().zip(&distances) {
            if looked(subject) && !distances.is_empty() {
                subject.note(look, distances, common);
            }
        }
        distances
    }

    fn done(&mut self) -> Step {
        let confidence = match self.effort.second_look.is_some() || self.effort.comparison {
            true => Confidence::Screen,
            false => Confidence::Final,
        };
        let look = match self.phase {
            Phase::Alone(look) => look,
            Phase::Start | Phase::SideBySide => Look::First,
        };
        let distances = self.see(look, confidence);
        let common_shift = history::common_shift(distances.iter().map(Vec::as_slice));
        let looks = self.effort.looks();
        let judged = self.subjects.iter().zip(&distances);
        let mut verdicts: Vec<Verdict> = judged
            .map(|(subject, distances)| subject.verdict(distances, common_shift, looks))
            .collect();
        verdicts.extend(self.removed.iter().map(|name| bare(name, State::Removed)));
        verdicts.sort_by_cached_key(Verdict::rank);
        Step::Done(Verdicts { verdicts, common_shift })
    }
}

impl Effort {
    /// So many launches of each benchmark at first, and nothing after them.
    pub const fn of_launches(launches: usize) -> Self {
        Self { launches, second_look: None, comparison: false }
    }

    /// Reruns of each candidate regression with so many fresh launches; `None` where nothing can
    /// be measured again.
    #[must_use]
    pub const fn with_reruns(self, launches: Option<usize>) -> Self {
        Self { second_look: launches, ..self }
    }

    /// Whether candidates can be compared pair by pair with the build of a recorded commit.
    #[must_use]
    pub const fn with_comparison(self, comparison: bool) -> Self {
        Self { comparison, ..self }
    }

    /// Where nothing can be measured again, one look at the rounds decides.
    fn looks(self) -> Looks {
        match self.second_look.is_some() || self.comparison {
            true => Looks::Sequential,
            false => Looks::Once,
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

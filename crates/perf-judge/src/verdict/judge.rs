//! The state machine behind [`super::Verdict`].

use super::benchmark_state::{BenchmarkState, NextStep, bare};
use super::{Comparison, Reference, Stage, State, Verdict, Verdicts};
use crate::detect::history::{self, Confidence, Deviation};
use crate::detect::paired::{self, Schedule};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair};
use std::collections::BTreeSet;

/// How many launches a [`Judge`] may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeConfig {
    launches: usize,
    rerun_launches: Option<usize>,
    comparison: bool,
}

/// What a [`Judge`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Launch each benchmark of the head, and pass the results to [`Judge::feed`].
    Measure {
        /// Whether these are the initial launches or a rerun.
        stage: Stage,
        /// The benchmarks to launch.
        benchmarks: Vec<BenchmarkId>,
        /// The number of launches of each benchmark.
        launches: usize,
    },
    /// Launch each benchmark of the head and of the base in pairs, a fair coin choosing the first
    /// of each pair, and pass the results to [`Judge::feed_pairs`].
    Compare {
        /// The commit whose build is the base.
        base: String,
        /// The benchmarks to launch.
        benchmarks: Vec<BenchmarkId>,
        /// The number of pairs of each benchmark.
        pairs: usize,
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
    benchmarks: Vec<BenchmarkState>,
    removed: Vec<BenchmarkId>,
    judge_config: JudgeConfig,
    phase: Phase,
    unbuildable: BTreeSet<String>,
}

/// What was asked for last.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Alone(Stage),
    Paired,
}

/// Commits that candidates are compared with, at most: each is a build of minutes.
const BUILDS: usize = 3;

impl Judge {
    /// A judge of `cases`; `removed` are benchmarks of the baseline that the head does not have.
    pub fn new(
        cases: Vec<Comparison>,
        removed: Vec<BenchmarkId>,
        judge_config: JudgeConfig,
    ) -> Self {
        let benchmarks = cases.into_iter().map(BenchmarkState::new).collect();
        Self {
            benchmarks,
            removed,
            judge_config,
            phase: Phase::Start,
            unbuildable: BTreeSet::new(),
        }
    }

    /// A judge that compares each of `names` with its build of the commit `base`, pair by pair.
    pub fn of_builds(names: impl IntoIterator<Item = impl Into<BenchmarkId>>, base: &str) -> Self {
        let case = |name| Comparison::new(name, Reference::Build(base.to_owned()));
        let judge_config = JudgeConfig::of_launches(0).with_comparison(true);
        Self::new(names.into_iter().map(case).collect(), Vec::new(), judge_config)
    }

    /// What to do next. Call it first, and again whenever what it asked for has been fed.
    pub fn step(&mut self) -> Step {
        if self.phase == Phase::Start {
            self.phase = Phase::Alone(Stage::Initial);
            if let Some(step) = self.launch_alone() {
                return step;
            }
        }
        if self.phase == Phase::Alone(Stage::Initial) {
            self.first_pass();
            self.phase = Phase::Paired;
        }
        if self.phase == Phase::Paired {
            if let Some(step) = self.compare() {
                return step;
            }
            // What turned out to have nothing to be compared with.
            if let Some(step) = self.launch_alone() {
                return step;
            }
            if let Some(step) = self.measure_again(Stage::Rerun) {
                return step;
            }
        }
        if self.phase == Phase::Alone(Stage::Rerun) {
            self.keep_candidates();
            if let Some(step) = self.measure_again(Stage::Confirmation) {
                return step;
            }
        }
        self.done()
    }

    /// Takes launches of the head, as [`Step::Measure`] asked for them.
    pub fn feed(&mut self, name: &BenchmarkId, launches: impl IntoIterator<Item = LaunchTimes>) {
        let is_first = matches!(self.phase, Phase::Start | Phase::Alone(Stage::Initial));
        let Some(benchmark) = self.benchmark(name) else { return };
        if is_first || !benchmark.is_judged_by_runs() {
            benchmark.first.extend(launches)
        } else {
            benchmark.fresh.extend(launches)
        }
    }

    /// Takes pairs of launches, as [`Step::Compare`] asked for them.
    pub fn feed_pairs(&mut self, name: &BenchmarkId, pairs: impl IntoIterator<Item = Pair>) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.pairs.extend(pairs);
        }
    }

    /// Notes that `name` gave no finished row, and why.
    pub fn fail(&mut self, name: &BenchmarkId, reason: String) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.failure = Some(reason);
        }
    }

    /// Notes that nothing more can be measured of `name`: its verdict comes from what there is.
    pub fn stop(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_stopped = true;
        }
    }

    /// Notes that the time for measuring `name` is over: what the launches so far leave open is cut
    /// short, and makes the check incomplete.
    pub fn out_of_time(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.out_of_time = true;
        }
    }

    /// Notes that `name` cannot be compared with the build it should be compared with: a candidate
    /// is launched alone instead, and so is what has nothing else to be compared with, which is
    /// new.
    pub fn cannot_compare(&mut self, name: &BenchmarkId, reason: &str) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.cannot_compare(reason);
        }
    }

    /// Notes that `name` is the same in the build that it should be compared with.
    pub fn is_same_build(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_same_build();
        }
    }

    /// Notes that the build of `base` cannot be had: candidates are compared with another, or else
    /// launched alone.
    pub fn cannot_build(&mut self, base: &str) {
        self.unbuildable.insert(base.to_owned());
        for benchmark in &mut self.benchmarks {
            if benchmark.next_step == NextStep::Paired(base.to_owned()) {
                benchmark.next_step = NextStep::Fresh;
            }
        }
        self.choose_bases();
    }

    fn benchmark(&mut self, name: &BenchmarkId) -> Option<&mut BenchmarkState> {
        self.benchmarks.iter_mut().find(|benchmark| benchmark.comparison.name == *name)
    }

    fn names(&self, wanted: impl Fn(&BenchmarkState) -> bool) -> Vec<BenchmarkId> {
        let wanted = self.benchmarks.iter().filter(|benchmark| wanted(benchmark));
        wanted.map(|benchmark| benchmark.comparison.name.clone()).collect()
    }

    fn measure(&mut self, stage: Stage, benchmarks: Vec<BenchmarkId>, launches: usize) -> Step {
        self.phase = Phase::Alone(stage);
        Step::Measure { stage, benchmarks, launches }
    }

    /// The launches of the head alone that were not asked for yet.
    fn launch_alone(&mut self) -> Option<Step> {
        let launches = self.judge_config.launches;
        let wanting = |benchmark: &&mut BenchmarkState| launches > 0 && benchmark.wants_launches();
        let asked = self.benchmarks.iter_mut().filter(wanting).map(|benchmark| {
            benchmark.asked = true;
            benchmark.comparison.name.clone()
        });
        let benchmarks: Vec<BenchmarkId> = asked.collect();
        let step =
            Step::Measure { stage: Stage::Initial, benchmarks: benchmarks.clone(), launches };
        (!benchmarks.is_empty()).then_some(step)
    }

    /// The next pairs, for one base at a time: a build is finished with before the next begins.
    fn compare(&self) -> Option<Step> {
        let schedule = self.judge_config.schedule();
        let wanting = |benchmark: &&BenchmarkState| benchmark.wants_pairs(schedule).is_some();
        let base = self.benchmarks.iter().find(wanting)?.wants_pairs(schedule)?;
        let here = || self.benchmarks.iter().filter(|s| s.wants_pairs(schedule) == Some(base));
        let fewest = here().map(|benchmark| benchmark.pairs.len()).min()?;
        let next = here().filter(|benchmark| benchmark.pairs.len() == fewest);
        Some(Step::Compare {
            base: base.to_owned(),
            benchmarks: next.map(|benchmark| benchmark.comparison.name.clone()).collect(),
            pairs: if fewest == 0 { paired::FIRST_ANALYSIS } else { paired::PAIRS_PER_STEP },
        })
    }

    fn measure_again(&mut self, stage: Stage) -> Option<Step> {
        let launches = self.judge_config.rerun_launches?;
        let candidates =
            self.names(|benchmark| benchmark.next_step == NextStep::Fresh && benchmark.is_open());
        (!candidates.is_empty()).then(|| self.measure(stage, candidates, launches))
    }

    /// Finds what must be measured again, and how.
    fn first_pass(&mut self) {
        let deviations = self.measure_deviations(Stage::Initial, Confidence::FirstPass);
        let again = self.judge_config.rerun_launches.is_some();
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            let near = self.judge_config.comparison && !benchmark.near().is_empty();
            let candidate = if near {
                history::needs_comparison(deviations)
            } else {
                again && history::is_candidate(deviations)
            };
            // A candidate that nothing more can be measured of for want of time stays one.
            if candidate && (benchmark.is_open() || benchmark.out_of_time) {
                benchmark.next_step = NextStep::Fresh;
            }
        }
        self.choose_bases();
    }

    /// Gives candidates commits to be compared with: as few as will do, as each must be built.
    fn choose_bases(&mut self) {
        if !self.judge_config.comparison {
            return;
        }
        let mut tried: BTreeSet<String> = self.unbuildable.clone();
        while tried.len() < BUILDS {
            let Some(base) = self.most_wanted(&tried) else { return };
            let fits = |s: &&mut BenchmarkState| {
                s.next_step == NextStep::Fresh && s.fresh.is_empty() && s.near().contains(&base)
            };
            for benchmark in self.benchmarks.iter_mut().filter(fits) {
                benchmark.next_step = NextStep::Paired(base.clone());
            }
            tried.insert(base);
        }
    }

    /// The commit that most candidates can be compared with; of several the one that comes first.
    fn most_wanted(&self, but: &BTreeSet<String>) -> Option<String> {
        let candidates: Vec<&BenchmarkState> = self
            .benchmarks
            .iter()
            .filter(|s| s.next_step == NextStep::Fresh && s.is_open())
            .collect();
        let wanted =
            |commit: &&String| candidates.iter().filter(|s| s.near().contains(commit)).count();
        let candidates = candidates.iter().flat_map(|benchmark| benchmark.near());
        let best = candidates.filter(|commit| !but.contains(*commit)).rev().max_by_key(wanted);
        best.cloned()
    }

    /// Leaves only what is still notably slower to be measured once more.
    fn keep_candidates(&mut self) {
        let deviations = self.measure_deviations(Stage::Rerun, Confidence::FirstPass);
        let common = history::suite_wide_shift(deviations.iter().map(Vec::as_slice));
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            let measured = benchmark.next_step == NextStep::Fresh && !benchmark.fresh.is_empty();
            if measured
                && !benchmark.out_of_time
                && !benchmark.is_notably_slower(deviations, common)
            {
                benchmark.next_step = NextStep::Settled;
            }
        }
    }

    /// Measures how far everything lies from its baseline, and notes it.
    fn measure_deviations(&mut self, stage: Stage, confidence: Confidence) -> Vec<Vec<Deviation>> {
        let deviations: Vec<Vec<Deviation>> =
            self.benchmarks.iter().map(|benchmark| benchmark.deviations(confidence)).collect();
        let common = history::suite_wide_shift(deviations.iter().map(Vec::as_slice));
        let is_measured =
            |benchmark: &BenchmarkState| stage == Stage::Initial || !benchmark.fresh.is_empty();
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            if is_measured(benchmark) && !deviations.is_empty() {
                benchmark.note(stage, deviations, common);
            }
        }
        deviations
    }

    fn done(&mut self) -> Step {
        let confidence =
            if self.judge_config.rerun_launches.is_some() || self.judge_config.comparison {
                Confidence::FirstPass
            } else {
                Confidence::Final
            };
        let stage = match self.phase {
            Phase::Alone(stage) => stage,
            Phase::Start | Phase::Paired => Stage::Initial,
        };
        let deviations = self.measure_deviations(stage, confidence);
        let suite_wide_shift = history::suite_wide_shift(deviations.iter().map(Vec::as_slice));
        let schedule = self.judge_config.schedule();
        let judged = self.benchmarks.iter().zip(&deviations);
        let mut verdicts: Vec<Verdict> = judged
            .map(|(benchmark, deviations)| {
                benchmark.verdict(deviations, suite_wide_shift, schedule)
            })
            .collect();
        verdicts.extend(self.removed.iter().map(|name| bare(name, State::Removed)));
        verdicts.sort_by_cached_key(Verdict::rank);
        Step::Done(Verdicts { verdicts, suite_wide_shift })
    }
}

impl JudgeConfig {
    /// So many launches of each benchmark at first, and nothing after them.
    pub const fn of_launches(launches: usize) -> Self {
        Self { launches, rerun_launches: None, comparison: false }
    }

    /// Reruns of each candidate regression with so many fresh launches; `None` where nothing can
    /// be measured again.
    #[must_use]
    pub const fn with_reruns(self, launches: Option<usize>) -> Self {
        Self { rerun_launches: launches, ..self }
    }

    /// Whether candidates can be compared pair by pair with the build of a recorded commit.
    #[must_use]
    pub const fn with_comparison(self, comparison: bool) -> Self {
        Self { comparison, ..self }
    }

    /// Where nothing can be measured again, one stage at the pairs decides.
    fn schedule(self) -> Schedule {
        if self.rerun_launches.is_some() || self.comparison {
            Schedule::Sequential
        } else {
            Schedule::Once
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

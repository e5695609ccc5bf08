//! The state machine that decides all benchmarks of a run.

use super::benchmark_state::{BenchmarkState, NextStep, bare};
use super::{Comparison, Reference, Stage, State, Verdict, Verdicts};
use crate::detect::history::{self, Confidence, Deviation};
use crate::detect::paired::{self, Schedule};
use crate::ident::BenchmarkId;
use crate::run::{LaunchTimes, Pair};
use std::collections::BTreeSet;

/// How many launches a [`Judge`] may request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeConfig {
    launches: usize,
    rerun_launches: Option<usize>,
    comparison: bool,
}

/// A request of a [`Judge`], or its verdicts.
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
    /// Launch each benchmark of the head and of the base in pairs. Choose the first launch of each
    /// pair at random, and pass the results to [`Judge::feed_pairs`].
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
/// It is a state machine: call [`Judge::step`], measure what it requests, feed the results, and
/// call it again until it returns [`Step::Done`]. The verdicts depend on the order of the calls and
/// on the results alone.
#[derive(Clone, Debug)]
pub struct Judge {
    benchmarks: Vec<BenchmarkState>,
    removed: Vec<BenchmarkId>,
    judge_config: JudgeConfig,
    phase: Phase,
    unbuildable: BTreeSet<String>,
}

/// The last kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Head(Stage),
    Paired,
}

/// The largest number of commits that candidates are compared with. Each build takes minutes.
const MAX_BUILDS: usize = 3;

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

    /// The next request. Call it again after the results of the last request were fed.
    pub fn step(&mut self) -> Step {
        if self.phase == Phase::Start {
            self.phase = Phase::Head(Stage::Initial);
            if let Some(step) = self.launch_head() {
                return step;
            }
        }
        if self.phase == Phase::Head(Stage::Initial) {
            self.first_pass();
            self.phase = Phase::Paired;
        }
        if self.phase == Phase::Paired {
            if let Some(step) = self.compare() {
                return step;
            }
            // Benchmarks that turned out to have no reference.
            if let Some(step) = self.launch_head() {
                return step;
            }
            if let Some(step) = self.request_rerun(Stage::Rerun) {
                return step;
            }
        }
        if self.phase == Phase::Head(Stage::Rerun) {
            self.keep_candidates();
            if let Some(step) = self.request_rerun(Stage::Confirmation) {
                return step;
            }
        }
        self.done()
    }

    /// Adds launches of the head that [`Step::Measure`] requested.
    pub fn feed(&mut self, name: &BenchmarkId, launches: impl IntoIterator<Item = LaunchTimes>) {
        let is_initial = matches!(self.phase, Phase::Start | Phase::Head(Stage::Initial));
        let Some(benchmark) = self.benchmark(name) else { return };
        if is_initial || !benchmark.is_judged_by_runs() {
            benchmark.initial.extend(launches)
        } else {
            benchmark.rerun.extend(launches)
        }
    }

    /// Adds pairs of launches that [`Step::Compare`] requested.
    pub fn feed_pairs(&mut self, name: &BenchmarkId, pairs: impl IntoIterator<Item = Pair>) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.pairs.extend(pairs);
        }
    }

    /// Records that `name` has no result, and the reason.
    pub fn fail(&mut self, name: &BenchmarkId, reason: String) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.failure = Some(reason);
        }
    }

    /// Records that `name` cannot be launched again. Its verdict uses the launches so far.
    pub fn stop(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_stopped = true;
        }
    }

    /// Records that the time limit ended the measurement of `name`. If the launches so far do not
    /// decide it, the verdict is cut short and the check is incomplete.
    pub fn out_of_time(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_out_of_time = true;
        }
    }

    /// Records that `name` cannot be compared with its base build.
    ///
    /// A candidate regression is launched again without a base. A benchmark without any other
    /// reference is new, and is launched to check that it runs.
    pub fn cannot_compare(&mut self, name: &BenchmarkId, reason: &str) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.cannot_compare(reason);
        }
    }

    /// Records that the base has `name` and gives no result of it.
    ///
    /// A candidate regression is launched again without a base. Any other benchmark has no result.
    pub fn base_failed(&mut self, name: &BenchmarkId, reason: &str) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.base_failed(reason);
        }
    }

    /// Records that the base build of `name` is identical.
    pub fn is_same_build(&mut self, name: &BenchmarkId) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_same_build();
        }
    }

    /// Records that `name` executes the same code in the base build. `proof` is the reason of the
    /// verdict. The benchmark is only launched if `is_launched`, for its budgets.
    pub fn is_same_code(&mut self, name: &BenchmarkId, proof: &str, is_launched: bool) {
        if let Some(benchmark) = self.benchmark(name) {
            benchmark.is_same_code(proof, is_launched);
        }
    }

    /// Records that `base` cannot be built. Its candidates are compared with another commit, or
    /// launched again without a base.
    pub fn cannot_build(&mut self, base: &str) {
        self.unbuildable.insert(base.to_owned());
        for benchmark in &mut self.benchmarks {
            if benchmark.next_step == NextStep::Paired(base.to_owned()) {
                benchmark.next_step = NextStep::Rerun;
            }
        }
        self.choose_bases();
    }

    fn benchmark(&mut self, name: &BenchmarkId) -> Option<&mut BenchmarkState> {
        self.benchmarks.iter_mut().find(|benchmark| benchmark.comparison.name == *name)
    }

    fn names(&self, selects: impl Fn(&BenchmarkState) -> bool) -> Vec<BenchmarkId> {
        let selected = self.benchmarks.iter().filter(|benchmark| selects(benchmark));
        selected.map(|benchmark| benchmark.comparison.name.clone()).collect()
    }

    fn measure(&mut self, stage: Stage, benchmarks: Vec<BenchmarkId>, launches: usize) -> Step {
        self.phase = Phase::Head(stage);
        Step::Measure { stage, benchmarks, launches }
    }

    /// Requests the initial launches of benchmarks that have none.
    fn launch_head(&mut self) -> Option<Step> {
        let launches = self.judge_config.launches;
        let needs_launches =
            |benchmark: &&mut BenchmarkState| launches > 0 && benchmark.needs_launches();
        let requested = self.benchmarks.iter_mut().filter(needs_launches).map(|benchmark| {
            benchmark.is_requested = true;
            benchmark.comparison.name.clone()
        });
        let benchmarks: Vec<BenchmarkId> = requested.collect();
        let step =
            Step::Measure { stage: Stage::Initial, benchmarks: benchmarks.clone(), launches };
        (!benchmarks.is_empty()).then_some(step)
    }

    /// The next pairs. All pairs with one base are measured before another base is built.
    fn compare(&self) -> Option<Step> {
        let schedule = self.judge_config.schedule();
        let needs_pairs = |benchmark: &&BenchmarkState| benchmark.needs_pairs(schedule).is_some();
        let base = self.benchmarks.iter().find(needs_pairs)?.needs_pairs(schedule)?;
        let with_base = || self.benchmarks.iter().filter(|s| s.needs_pairs(schedule) == Some(base));
        let fewest = with_base().map(|benchmark| benchmark.pairs.len()).min()?;
        let next = with_base().filter(|benchmark| benchmark.pairs.len() == fewest);
        Some(Step::Compare {
            base: base.to_owned(),
            benchmarks: next.map(|benchmark| benchmark.comparison.name.clone()).collect(),
            pairs: paired::pairs_to_next_analysis(fewest),
        })
    }

    fn request_rerun(&mut self, stage: Stage) -> Option<Step> {
        let launches = self.judge_config.rerun_launches?;
        let is_noisy = |benchmark: &BenchmarkState| {
            stage == Stage::Rerun && benchmark.next_step == NextStep::Pooled
        };
        let candidates = self.names(|benchmark| {
            let is_candidate = benchmark.next_step == NextStep::Rerun;
            benchmark.is_open() && (is_candidate || is_noisy(benchmark))
        });
        (!candidates.is_empty()).then(|| self.measure(stage, candidates, launches))
    }

    /// Finds the candidates, and how each is decided.
    fn first_pass(&mut self) {
        let deviations = self.measure_deviations(Stage::Initial, Confidence::FirstPass);
        let rerun_launches = self.judge_config.rerun_launches;
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            let can_compare =
                self.judge_config.comparison && !benchmark.base_candidates().is_empty();
            let candidate = if can_compare {
                history::needs_comparison(deviations)
            } else {
                rerun_launches.is_some() && history::is_candidate(deviations)
            };
            let can_pool = !can_compare && benchmark.can_pool(deviations, rerun_launches);
            // A candidate that the time limit stopped remains one.
            if candidate && (benchmark.is_open() || benchmark.is_out_of_time) {
                benchmark.next_step = NextStep::Rerun;
            } else if can_pool && benchmark.is_open() {
                benchmark.next_step = NextStep::Pooled;
            }
        }
        self.choose_bases();
    }

    /// Assigns a base to each candidate. Few bases are used, because each must be built.
    fn choose_bases(&mut self) {
        if !self.judge_config.comparison {
            return;
        }
        let mut tried: BTreeSet<String> = self.unbuildable.clone();
        while tried.len() < MAX_BUILDS {
            let Some(base) = self.most_suitable_base(&tried) else { return };
            let fits = |s: &&mut BenchmarkState| {
                s.next_step == NextStep::Rerun
                    && s.rerun.is_empty()
                    && s.base_candidates().contains(&base)
            };
            for benchmark in self.benchmarks.iter_mut().filter(fits) {
                benchmark.next_step = NextStep::Paired(base.clone());
            }
            tried.insert(base);
        }
    }

    /// The commit that most candidates can be compared with; the first of several.
    fn most_suitable_base(&self, except: &BTreeSet<String>) -> Option<String> {
        let candidates: Vec<&BenchmarkState> = self
            .benchmarks
            .iter()
            .filter(|s| s.next_step == NextStep::Rerun && s.is_open())
            .collect();
        let count = |commit: &&String| {
            candidates.iter().filter(|s| s.base_candidates().contains(commit)).count()
        };
        let candidates = candidates.iter().flat_map(|benchmark| benchmark.base_candidates());
        let best = candidates.filter(|commit| !except.contains(*commit)).rev().max_by_key(count);
        best.cloned()
    }

    /// Keeps the candidates that the rerun measured as slower by 10 % or more.
    fn keep_candidates(&mut self) {
        let deviations = self.measure_deviations(Stage::Rerun, Confidence::FirstPass);
        let suite_wide_shift = history::suite_wide_shift(deviations.iter().map(Vec::as_slice));
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            let is_rerun = benchmark.next_step == NextStep::Rerun && !benchmark.rerun.is_empty();
            if is_rerun
                && !benchmark.is_out_of_time
                && !benchmark.is_notably_slower(deviations, suite_wide_shift)
            {
                benchmark.next_step = NextStep::Settled;
            }
        }
    }

    /// Computes the deviation of each benchmark from its baseline, and records the stage.
    fn measure_deviations(&mut self, stage: Stage, confidence: Confidence) -> Vec<Vec<Deviation>> {
        let deviations: Vec<Vec<Deviation>> =
            self.benchmarks.iter().map(|benchmark| benchmark.deviations(confidence)).collect();
        let suite_wide_shift = history::suite_wide_shift(deviations.iter().map(Vec::as_slice));
        let is_measured =
            |benchmark: &BenchmarkState| stage == Stage::Initial || benchmark.is_rerun();
        for (benchmark, deviations) in self.benchmarks.iter_mut().zip(&deviations) {
            if is_measured(benchmark) && !deviations.is_empty() {
                benchmark.record_stage(stage, deviations, suite_wide_shift);
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
            Phase::Head(stage) => stage,
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
    /// A configuration with `launches` initial launches per benchmark, without reruns and pairs.
    pub const fn of_launches(launches: usize) -> Self {
        Self { launches, rerun_launches: None, comparison: false }
    }

    /// Allows reruns of a candidate regression with `launches` launches each; `None` if no rerun is
    /// possible.
    #[must_use]
    pub const fn with_reruns(self, launches: Option<usize>) -> Self {
        Self { rerun_launches: launches, ..self }
    }

    /// Sets whether candidates can be compared in pairs with the build of a recorded commit.
    #[must_use]
    pub const fn with_comparison(self, comparison: bool) -> Self {
        Self { comparison, ..self }
    }

    /// One analysis of the pairs decides if neither a rerun nor further pairs are possible.
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

#[cfg(test)]
#[path = "pooled_tests.rs"]
mod pooled_tests;

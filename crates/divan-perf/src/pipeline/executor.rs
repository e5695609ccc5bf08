//! Executes the steps of the judge until it returns the verdicts.

use super::args::PerfArgs;
use super::base_build::Base;
use super::comparison_launches::ComparisonLaunches;
use super::context::Context;
use super::executed_code::ExecutedCode;
use super::resume::{self, Sides, UnfinishedBenchmark};
use super::suite::BenchSuite;
use crate::bench::{BenchmarkCounts, LaunchSchedule, Measurement, Runner};
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use perf_judge::detect::Finding;
use perf_judge::detect::paired::{self, Schedule};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, LaunchTimes};
use perf_judge::unit;
use perf_judge::verdict::{Judge, Stage, State, Step, Verdicts};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The inputs of a measurement, and its results so far.
pub(crate) struct Executor<'a> {
    pub(crate) context: &'a Context,
    pub(crate) suite: &'a BenchSuite,
    pub(crate) args: &'a PerfArgs,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) runner: Runner,
    /// The current build of a base.
    pub(crate) base: Option<Base>,
    /// The launches of comparisons.
    pub(crate) compared: ComparisonLaunches,
    /// The counts of base and head that the screen of a comparison made.
    pub(crate) screened: BTreeMap<BenchmarkId, [BenchmarkCounts; 2]>,
    /// The benchmarks whose counts differ between base and head. They are timed first.
    pub(crate) changed_counts: BTreeSet<BenchmarkId>,
    /// What base and head executed of the benchmarks that changed.
    pub(super) executed: ExecutedCode,
    /// Identifies what is compared, for `--resume`.
    identity: OnceCell<String>,
    /// Notes for the report.
    pub(crate) notes: Vec<String>,
    /// Whether the pairs of a comparison are kept for `--resume`.
    pub(crate) keeps_pairs: bool,
}

/// The least time of a confirmation's launches of all benchmarks. Ten of them last longer than most
/// phases of high noise.
const CONFIRMATION_INTERVAL: Duration = Duration::from_secs(2);

const OUT_OF_TIME: &str =
    "the time limit ended the measurement: some benchmarks have fewer launches; raise --time-limit";
const INTERRUPTED: &str = "interrupted: changes of some benchmarks were not confirmed";
const INTERRUPTED_PAIRS: &str = "interrupted: these are the verdicts so far. Repeat the command with --resume to go on, as long as both sides are unchanged";

impl<'a> Executor<'a> {
    /// An executor of the launches of `runner`; `base` is the build of `--compare`.
    pub(crate) fn new(
        context: &'a Context,
        suite: &'a BenchSuite,
        runner: Runner,
        base: Option<Base>,
        args: &'a PerfArgs,
        interrupt: &'a Interrupt,
    ) -> Self {
        let notes = base.iter().flat_map(|base| base.notes.iter().cloned());
        let sizes = base.as_ref().and_then(|base| base.sizes(&suite.built));
        let notes = notes.chain(sizes).collect();
        Self {
            context,
            suite,
            args,
            interrupt,
            runner,
            base,
            compared: ComparisonLaunches::default(),
            screened: BTreeMap::new(),
            changed_counts: BTreeSet::new(),
            identity: OnceCell::new(),
            executed: ExecutedCode::default(),
            notes,
            keeps_pairs: args.compare.is_some(),
        }
    }

    /// Executes the initial measurement, whose launches are recorded.
    pub(crate) fn initial_measurement(&mut self, judge: &mut Judge) -> Result<Measurement> {
        match judge.step() {
            Step::Measure { stage, benchmarks, launches } => {
                self.measure(judge, stage, &benchmarks, launches)
            }
            Step::Compare { .. } | Step::Done(_) => Ok(Measurement::default()),
        }
    }

    /// Executes all further steps and returns the verdicts.
    pub(crate) fn finish(&mut self, mut judge: Judge) -> Result<Verdicts> {
        loop {
            match judge.step() {
                Step::Done(verdicts) => return Ok(verdicts),
                Step::Measure { stage, benchmarks, launches } => {
                    self.measure(&mut judge, stage, &benchmarks, launches)?;
                }
                Step::Compare { base, benchmarks, pairs } => {
                    self.compare(&mut judge, &base, &benchmarks, pairs)?;
                }
            }
        }
    }

    fn measure(
        &mut self,
        judge: &mut Judge,
        stage: Stage,
        benchmarks: &[BenchmarkId],
        launches: usize,
    ) -> Result<Measurement> {
        let (launcher, interrupt) = (&self.suite.launcher, self.interrupt);
        let schedule = schedule(stage, launches);
        let (early, late) =
            self.runner.split_by_time(benchmarks.to_vec(), &self.changed_counts, |planned| {
                schedule.launches_of(planned)
            });
        let mut measured = Measurement::default();
        for group in [early, late].iter().filter(|group| !group.is_empty()) {
            measured.add(self.runner.measure(&schedule, group, launcher, interrupt)?);
        }
        for (name, results) in &measured.launch_results {
            let times: Vec<LaunchTimes> = results.iter().map(LaunchResult::times).collect();
            judge.feed(name, times);
        }
        measured.failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        if measured.cut_short {
            let open = self.runner.unfinished(&schedule, benchmarks, &measured.launch_results);
            self.stop(judge, open.iter());
        }
        if self.args.compare.is_none() {
            return Ok(measured);
        }
        self.compared.add_head(measured);
        Ok(Measurement::default())
    }

    fn compare(
        &mut self,
        judge: &mut Judge,
        base: &str,
        benchmarks: &[BenchmarkId],
        pairs: usize,
    ) -> Result<()> {
        if self.base.as_ref().is_none_or(|built| built.commit.commit.hash != base) {
            return self.build_base(judge, base, benchmarks);
        }
        let (early, late) =
            self.runner.split_by_time(benchmarks.to_vec(), &self.changed_counts, |_| pairs * 2);
        let mut groups = [early, late].into_iter().filter(|group| !group.is_empty());
        groups.try_for_each(|group| self.launch_pairs(judge, &group, pairs))
    }

    fn launch_pairs(
        &mut self,
        judge: &mut Judge,
        benchmarks: &[BenchmarkId],
        pairs: usize,
    ) -> Result<()> {
        let Some(built) = &self.base else { return Ok(()) };
        let launched = self.runner.compare(
            title(pairs),
            pairs,
            benchmarks,
            &built.entries,
            &self.suite.launcher,
            self.interrupt,
        )?;
        let reasons = launched.base_failures.iter().filter(|_| self.args.compare.is_none());
        let reasons =
            reasons.map(|(name, reason)| format!("{name}: {}", built.failure_text(reason)));
        self.notes.extend(reasons);
        let open = launched.cut_short.then(|| launched.open(benchmarks, pairs));
        for (name, pairs) in &launched.pairs {
            judge.feed_pairs(name, pairs.iter().copied());
        }
        launched.failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        for (name, reason) in &launched.base_failures {
            judge.base_failed(name, &built.failure_text(reason));
        }
        for name in &launched.new_rows {
            judge.cannot_compare(name, "the base does not have it");
        }
        if let Some(open) = open {
            self.stop(judge, open.iter());
        }
        self.compared.add(launched);
        benchmarks.iter().for_each(|name| self.announce(name));
        if self.keeps_pairs { self.keep_pairs() } else { Ok(()) }
    }

    /// Prints a change as soon as the pairs show it.
    fn announce(&self, name: &BenchmarkId) {
        let pairs = self.compared.pairs.get(name);
        let Some(analysis) = pairs.and_then(|pairs| paired::judge(pairs, Schedule::Sequential))
        else {
            return;
        };
        let found = match analysis.finding {
            Some(Finding::Regression(severity)) => State::Regression.label(Some(severity)),
            Some(Finding::Improvement(severity)) => State::Improvement.label(Some(severity)),
            _ => return,
        };
        let change = unit::change(analysis.estimate());
        ui::say(&format!("{found}: {name} {change} after {} pairs", analysis.pairs()));
    }

    /// Keeps the pairs so far for `--resume`.
    fn keep_pairs(&self) -> Result<()> {
        let Some(sides) = self.sides() else { return Ok(()) };
        let identity = match self.identity.get() {
            Some(identity) => identity,
            None => {
                let identity = resume::identity(sides)?;
                self.identity.get_or_init(|| identity)
            }
        };
        resume::save(sides, identity, &self.compared)
    }

    fn sides(&self) -> Option<Sides<'_>> {
        let base = self.base.as_ref()?;
        Some(Sides { context: self.context, suite: self.suite, runner: &self.runner, base })
    }

    /// Goes on with the pairs of an unfinished comparison.
    ///
    /// Fails if there are none, or if something that was compared has changed.
    pub(crate) fn resume(&mut self, judge: &mut Judge) -> Result<()> {
        let Some(sides) = self.sides() else { return Ok(()) };
        let mut restored = 0;
        for (name, benchmark) in resume::load(sides)? {
            let UnfinishedBenchmark { sample_size, sample_count, pairs, base, head } = benchmark;
            if self.runner.set_samples(&name, sample_size, sample_count) {
                restored += pairs.len();
                judge.feed_pairs(&name, pairs.iter().copied());
                self.compared.pairs.insert(name.clone(), pairs);
                self.compared.base.insert(name.clone(), base);
                self.compared.head.launch_results.insert(name, head);
            }
        }
        let pairs = unit::counted(restored, "pair", "pairs");
        self.notes.push(format!("--resume: went on after {pairs} of an unfinished comparison"));
        Ok(())
    }

    /// Builds a recorded commit, the base of these candidate regressions.
    fn build_base(
        &mut self,
        judge: &mut Judge,
        base: &str,
        candidates: &[BenchmarkId],
    ) -> Result<()> {
        if !self.args.no_skip && self.context.is_clean_at(base)? {
            candidates.iter().for_each(|name| judge.is_same_build(name));
            return Ok(());
        }
        // Only one build at a time can claim the worktree of the base.
        self.base = None;
        match self.build(base) {
            Ok(mut built) => {
                let entries = candidates.iter().filter_map(|name| self.runner.entry_of(name));
                let entries: Vec<_> = entries.cloned().collect();
                built.skip_unread(&self.suite.launcher, &entries)?;
                self.notes.extend(built.notes.iter().cloned());
                self.classify(judge, &built, candidates);
                self.base = Some(built);
            }
            Err(error) => {
                self.interrupt.check()?;
                ui::say(&format!("note: {error:#}"));
                let short = base.get(..12).unwrap_or(base);
                self.notes.push(format!(
                    "changed benchmarks could not be compared with {short}: {error:#}"
                ));
                judge.cannot_build(base);
            }
        }
        Ok(())
    }

    fn build(&self, base: &str) -> Result<Base> {
        let Some(repository) = self.context.history.repository() else {
            anyhow::bail!("there is no git repository");
        };
        if !repository.has_commit(base)? {
            anyhow::bail!("the commit is not in this clone: run `git fetch --unshallow`");
        }
        let commit = repository.describe(base, "recorded base of the changed benchmarks")?;
        repository.check_submodules(&commit)?;
        let skips = !self.args.no_skip;
        Base::build(self.context, repository, self.suite, commit, skips)
    }

    /// Reports to the judge which benchmarks the base lacks, and which are unchanged in it.
    pub(crate) fn classify(&self, judge: &mut Judge, built: &Base, names: &[BenchmarkId]) {
        for name in names {
            let entry = self.runner.entry_of(name);
            let failure = entry.and_then(|entry| built.failure(&entry.id));
            match entry.and_then(|entry| built.entries.get(&entry.id)) {
                None if failure.is_some() => {
                    judge.base_failed(name, &failure.unwrap_or_default());
                }
                None => judge.cannot_compare(name, "the base does not have it"),
                Some(_) if built.is_unchanged(name) => judge.is_same_build(name),
                Some(_) => {}
            }
        }
    }

    /// Reports to the judge the benchmarks that the time limit left undecided.
    fn stop<'b>(&mut self, judge: &mut Judge, benchmarks: impl Iterator<Item = &'b BenchmarkId>) {
        benchmarks.for_each(|name| judge.out_of_time(name));
        let note = match (self.interrupt.is_set(), self.args.compare.is_some()) {
            (true, true) => INTERRUPTED_PAIRS,
            (true, false) => INTERRUPTED,
            (false, _) => OUT_OF_TIME,
        };
        if !self.notes.iter().any(|other| other == note) {
            self.notes.push(note.to_owned());
        }
    }
}

/// The launches of a stage of the judge.
fn schedule(stage: Stage, launches: usize) -> LaunchSchedule {
    let (title, min_interval) = match stage {
        Stage::Initial => ("measuring", Duration::ZERO),
        Stage::Rerun => ("rerun", Duration::ZERO),
        Stage::Confirmation => ("confirmation", CONFIRMATION_INTERVAL),
    };
    LaunchSchedule { title, launches, is_initial: stage == Stage::Initial, min_interval }
}

/// The title of a step of a paired comparison.
fn title(pairs: usize) -> &'static str {
    if pairs == perf_judge::detect::paired::FIRST_ANALYSIS {
        "paired comparison: initial pairs"
    } else {
        "paired comparison: further pairs"
    }
}

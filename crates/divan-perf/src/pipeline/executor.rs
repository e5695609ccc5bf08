//! Does what the judge asks for, until it has its verdicts.

use super::args::PerfArgs;
use super::base_build::Base;
use super::context::Context;
use super::suite::BenchSuite;
use crate::bench::{LaunchSchedule, Measurement, PairedLaunches, Runner};
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{LaunchResult, LaunchTimes};
use perf_judge::verdict::{Judge, Stage, Step, Verdicts};
use std::collections::BTreeMap;
use std::time::Duration;

/// What measuring needs, and what it found out on the way.
pub(crate) struct Executor<'a> {
    pub(crate) context: &'a Context,
    pub(crate) suite: &'a BenchSuite,
    pub(crate) args: &'a PerfArgs,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) session: Runner,
    /// The build that is compared with now.
    pub(crate) base: Option<Base>,
    /// What the launches side by side told beside their times.
    pub(crate) told: ExtraLaunches,
    /// What the reader should know.
    pub(crate) notes: Vec<String>,
}

/// Readings of both sides in a comparison, by benchmark.
#[derive(Debug, Default)]
pub(crate) struct ExtraLaunches {
    pub(crate) base: BTreeMap<BenchmarkId, Vec<LaunchResult>>,
    pub(crate) head: Measurement,
}

/// The least time between pairs that wait out a burst: ten of them take as long as most bursts.
const PATIENCE: Duration = Duration::from_secs(2);

impl<'a> Executor<'a> {
    /// A executor of launches of `session`, and of the build of `base` where that is known already.
    pub(crate) fn new(
        context: &'a Context,
        suite: &'a BenchSuite,
        session: Runner,
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
            session,
            base,
            told: ExtraLaunches::default(),
            notes,
        }
    }

    /// Does what the judge asks for first: the launches that are recorded.
    pub(crate) fn initial_measurement(&mut self, judge: &mut Judge) -> Result<Measurement> {
        match judge.step() {
            Step::Measure { stage, benchmarks, launches } => {
                self.measure(judge, stage, &benchmarks, launches)
            }
            Step::Compare { .. } | Step::Done(_) => Ok(Measurement::default()),
        }
    }

    /// Goes on until there is nothing more to ask.
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
        look: Stage,
        benchmarks: &[BenchmarkId],
        launches: usize,
    ) -> Result<Measurement> {
        let (launcher, interrupt) = (&self.suite.launcher, self.interrupt);
        let told = self.session.measure(&pairs(look, launches), benchmarks, launcher, interrupt)?;
        for (name, launch_results) in &told.launch_results {
            let launches: Vec<LaunchTimes> =
                launch_results.iter().map(|reading| reading.times()).collect();
            judge.feed(name, launches);
        }
        told.failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        if told.cut_short {
            let done = |name| told.launch_results.get(name).map_or(0, Vec::len);
            self.stop(judge, benchmarks.iter().filter(|name| done(*name) < launches));
        }
        if self.args.compare.is_none() {
            return Ok(told);
        }
        self.told.take_alone(told);
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
        let Some(built) = &self.base else { return Ok(()) };
        let mut told = self.session.compare(
            title(pairs),
            pairs,
            benchmarks,
            &built.entries,
            &self.suite.launcher,
            self.interrupt,
        )?;
        if told.cut_short {
            let done = |name| told.pairs.get(name).map_or(0, Vec::len);
            let open = benchmarks.iter().filter(|name| done(*name) < pairs);
            self.stop(judge, open.filter(|name| !told.base_failures.contains_key(*name)));
        }
        for (name, pairs) in std::mem::take(&mut told.pairs) {
            judge.feed_pairs(&name, pairs);
        }
        told.failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
        for (name, reason) in &told.base_failures {
            judge.cannot_compare(name, &format!("the base cannot be launched: {reason}"));
        }
        self.told.take(told);
        Ok(())
    }

    /// Builds a recorded commit for the suspects that lie near it.
    fn build_base(
        &mut self,
        judge: &mut Judge,
        base: &str,
        suspects: &[BenchmarkId],
    ) -> Result<()> {
        if !self.args.no_skip && self.context.is_clean_at(base)? {
            suspects.iter().for_each(|name| judge.is_same_build(name));
            return Ok(());
        }
        // The place that other commits are built in is claimed by one at a time.
        self.base = None;
        match self.build(base) {
            Ok(built) => {
                self.notes.extend(built.notes.iter().cloned());
                self.classify(judge, &built, suspects);
                self.base = Some(built);
            }
            Err(error) => {
                self.interrupt.check()?;
                ui::say(&format!("{error:#}"));
                let short = base.get(..12).unwrap_or(base);
                self.notes
                    .push(format!("what moved could not be compared with {short}: {error:#}"));
                judge.cannot_build(base);
            }
        }
        Ok(())
    }

    fn build(&self, base: &str) -> Result<Base> {
        let Some(repository) = self.context.history.repository() else {
            anyhow::bail!("there is no repository");
        };
        if !repository.has_commit(base)? {
            anyhow::bail!("the commit is not in this clone");
        }
        let commit =
            repository.describe(base, "recorded commit that what moved is compared with")?;
        repository.check_submodules(&commit)?;
        let (args, skips) = (&self.args.common, !self.args.no_skip);
        Base::build(self.context, repository, self.suite, commit, args, skips)
    }

    /// Tells the judge what the build has, and what is the same there.
    pub(crate) fn classify(&self, judge: &mut Judge, built: &Base, names: &[BenchmarkId]) {
        for name in names {
            let entry = self.session.entry_of(name);
            match entry.and_then(|entry| built.entries.get(&entry.id)) {
                None => judge.cannot_compare(name, "the base does not have it"),
                Some(_) if built.is_same(name) => judge.is_same_build(name),
                Some(_) => {}
            }
        }
    }

    /// Tells the judge what the time was too short for.
    fn stop<'b>(&mut self, judge: &mut Judge, benchmarks: impl Iterator<Item = &'b BenchmarkId>) {
        benchmarks.for_each(|name| judge.out_of_time(name));
        let note = "the time limit ended the measuring: some benchmarks got fewer launches";
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }
}

impl ExtraLaunches {
    fn take(&mut self, sides: PairedLaunches) {
        for (name, launch_results) in sides.base {
            self.base.entry(name).or_default().extend(launch_results);
        }
        self.take_alone(Measurement {
            launch_results: sides.head,
            failures: sides.failures,
            cut_short: sides.cut_short,
        });
    }

    /// Takes launches of the head alone.
    fn take_alone(&mut self, measurement: Measurement) {
        for (name, launch_results) in measurement.launch_results {
            self.head.launch_results.entry(name).or_default().extend(launch_results);
        }
        self.head.failures.extend(measurement.failures);
        self.head.cut_short |= measurement.cut_short;
    }
}

fn pairs(look: Stage, launches: usize) -> LaunchSchedule {
    let (title, min_interval) = match look {
        Stage::Initial => ("measuring", Duration::ZERO),
        Stage::Rerun => ("measuring again what moved", Duration::ZERO),
        Stage::Confirmation => ("making sure of what got slower", PATIENCE),
    };
    LaunchSchedule { title, launches, min_interval }
}

fn title(pairs: usize) -> &'static str {
    match pairs == perf_judge::detect::paired::FIRST_ANALYSIS {
        true => "measuring side by side",
        false => "measuring on what is undecided",
    }
}

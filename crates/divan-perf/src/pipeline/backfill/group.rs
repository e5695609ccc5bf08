//! Builds some commits, launches them in turns and records their runs.

use super::super::args::{PerfArgs, Purpose};
use super::super::commit_build::CommitBuilder;
use super::super::context::Context;
use super::super::counts;
use super::super::executor::Executor;
use super::super::new_launcher::new_launcher;
use super::super::suite::{BenchSuite, is_complete, launches};
use super::group_member::GroupMember;
use super::kept_launches::KeptLaunches;
use super::progress::BackfillProgress;
use super::wanted_run::WantedRun;
use crate::bench::{ListedBenchmark, Listing, Measurement, Runner, Slot};
use crate::budget_file;
use crate::environment;
use crate::interrupt::Interrupt;
use crate::store::{MeasurementFile, Repository};
use crate::ui;
use anyhow::Result;
use perf_judge::budget::Acceptance;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{Accepted, Run};
use perf_judge::unit;
use perf_report::SampleNumbers;
use std::collections::BTreeSet;
use std::mem;
use std::path::Path;

/// The most that a launch with the samples of other commits is longer or shorter than with its own.
const MAX_FACTOR: f64 = 10.0;

/// Measures groups of commits.
pub(super) struct GroupRunner<'a> {
    context: Context,
    repository: &'a Repository,
    args: &'a PerfArgs,
    interrupt: &'a Interrupt,
    /// The folders in which a commit was built. Other commits that fail there do not build.
    sound: BTreeSet<u8>,
}

/// A commit to measure, or its run of an earlier measurement.
enum Prepared {
    Member(Box<GroupMember>),
    Recorded(Box<Run>),
}

impl<'a> GroupRunner<'a> {
    pub(super) fn new(
        context: Context,
        repository: &'a Repository,
        args: &'a PerfArgs,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self { context, repository, args, interrupt, sound: BTreeSet::new() }
    }

    /// Measures and records the commits with these indexes.
    pub(super) fn run(
        &mut self,
        progress: &mut BackfillProgress<'_>,
        group: &[usize],
    ) -> Result<()> {
        let kept = KeptLaunches::new(&self.context.project.output);
        let mut members = self.build(progress, group)?;
        self.measure(&mut members, &kept)?;
        for member in members {
            self.finish(progress, member)?;
        }
        self.context.recorder.record()?;
        kept.clear()
    }

    /// Pushes the history, if that was requested.
    pub(super) fn publish(&self) -> Result<()> {
        self.context.recorder.publish()
    }

    /// Builds the commits, the newest first: its probe chooses the samples of benchmarks without any.
    fn build(
        &mut self,
        progress: &mut BackfillProgress<'_>,
        group: &[usize],
    ) -> Result<Vec<GroupMember>> {
        let mut members: Vec<GroupMember> = Vec::new();
        for (slot, at) in (0..).zip(group.iter().rev()) {
            match self.prepare(progress, *at, slot, members.first()) {
                Ok(Prepared::Member(member)) => members.push(*member),
                Ok(Prepared::Recorded(run)) => {
                    ui::say(&format!(
                        "{} was recorded before",
                        progress.commit(*at).commit.short()
                    ));
                    progress.record(*at, *run)?;
                }
                Err(error) => {
                    self.interrupt.check()?;
                    progress.fail(*at, &format!("{error:#}"))?;
                }
            }
        }
        progress.save()?;
        Ok(members)
    }

    fn prepare(
        &mut self,
        progress: &mut BackfillProgress<'_>,
        at: usize,
        slot: u8,
        first: Option<&GroupMember>,
    ) -> Result<Prepared> {
        let hash = progress.commit(at).commit.hash.clone();
        ui::say(&progress.label(at));
        let commit = self.repository.describe(&hash, "")?;
        self.repository.check_submodules(&commit)?;
        let checkout = &self.context.project.workspace;
        let mut notes = Vec::new();
        let launcher = new_launcher(checkout, &self.args.measure, self.interrupt, &mut notes)?;
        let builder = CommitBuilder {
            repository: self.repository,
            checkout,
            settings: &self.context.project.settings,
            launcher: &launcher,
            dependencies: first.map(|first| &first.suite.built),
            repeats: !self.sound.contains(&slot),
        };
        let build = builder.build(commit, Slot::Group(slot))?;
        self.sound.insert(slot);
        let (left, (suite, listing)) =
            BenchSuite::of_commit(&mut self.context, &self.args.measure, launcher, build)?;
        let workspace = mem::replace(&mut self.context.project.workspace, left);
        suite.check_selected(&listing, &self.args.measure)?;
        let wanted = WantedRun {
            hash: &hash,
            machine: &suite.machine.key,
            benchmarks: listing.entries.iter().map(|entry| entry.id.clone()).collect(),
            launches: launches(self.args).into(),
        };
        let mut recorded = self.context.history.recorded.history.runs();
        if let Some(run) = recorded.find(|run| wanted.is_met_by(run)) {
            return Ok(Prepared::Recorded(Box::new(run.clone())));
        }
        let mut runner = self.plan(&suite, listing, first)?;
        take_samples(&mut runner, progress);
        let accepted = accepted(&workspace.root);
        let (begun, measurement) = (environment::now(), Measurement::default());
        Ok(Prepared::Member(Box::new(GroupMember {
            at,
            hash,
            suite,
            runner,
            workspace,
            accepted,
            begun,
            measurement,
            passes: 0,
        })))
    }

    /// Plans the launches of a commit. Benchmarks of the first commit are not probed again.
    fn plan(
        &self,
        suite: &BenchSuite,
        mut listing: Listing,
        first: Option<&GroupMember>,
    ) -> Result<Runner> {
        let is_known = |entry: &ListedBenchmark| {
            let planned = first.map_or(&[][..], |first| first.runner.planned());
            planned.iter().any(|planned| planned.entry.id == entry.id)
        };
        let (known, new) = mem::take(&mut listing.entries).into_iter().partition(is_known);
        listing.entries = new;
        let mut runner = suite.plan(&self.context, listing, &self.args.measure, Purpose::Run)?;
        if let Some(first) = first {
            runner.add_as_in(&first.runner, known);
        }
        Ok(runner)
    }

    /// Launches every benchmark of each commit once, the commits in random order, and repeats that. A
    /// phase of high load then affects launches of all commits and not all launches of one.
    fn measure(&self, members: &mut [GroupMember], kept: &KeptLaunches) -> Result<()> {
        for member in &mut *members {
            for pass in kept.of(&member.hash, &member.settings())? {
                member.add(pass);
            }
        }
        let Some(first) = members.first() else { return Ok(()) };
        let mut rng = fastrand::Rng::with_seed(first.suite.seed().into());
        let passes = launches(self.args);
        for pass in 0..passes {
            ui::say(&format!("pass {} of {passes}", pass + 1));
            let mut order: Vec<usize> = (0..members.len()).collect();
            rng.shuffle(&mut order);
            for at in order {
                let member = &mut members[at];
                if member.passes <= pass {
                    let measured = member.measure(self.interrupt)?;
                    kept.add(&member.hash, &member.settings(), &measured)?;
                    member.add(measured);
                }
            }
        }
        Ok(())
    }

    /// Counts a commit and writes its run to disk.
    fn finish(&mut self, progress: &mut BackfillProgress<'_>, member: GroupMember) -> Result<()> {
        let GroupMember { at, suite, runner, workspace, accepted, begun, mut measurement, .. } =
            member;
        let commit = progress.commit(at).clone();
        let checkout = mem::replace(&mut self.context.project.workspace, workspace);
        let head = self.context.history.commit.replace(commit.commit.clone());
        let mut executor =
            Executor::new(&self.context, &suite, runner, None, self.args, self.interrupt);
        let counted = counts::of_run(&mut executor, &mut measurement);
        let run = suite.run(&self.context, &executor.runner, &measurement, is_complete(self.args));
        self.context.project.workspace = checkout;
        self.context.history.commit = head;
        counted?;
        let short = commit.commit.short();
        for failed in &run.unfinished {
            ui::say(&format!("{short}: {}: {}", failed.name, failed.reason));
        }
        if run.benchmarks.is_empty() {
            return progress.fail(at, "none of its benchmarks could be measured");
        }
        let run = Run { started: commit.time, backfilled: Some(begun), accepted, ..run }.with_id();
        self.context.recorder.spool(&[MeasurementFile::from(&run)])?;
        // Counts of later commits need no repetition to find out how much they vary.
        self.context.history.recorded.history.add(run.clone());
        let count = unit::counted(run.benchmarks.len(), "benchmark", "benchmarks");
        ui::say(&format!("measured {short}: {count}"));
        progress.record(at, run)
    }
}

/// Gives the benchmarks the samples that they have in the runs of other commits. A benchmark keeps its own
/// ones if a launch would be much longer or shorter.
fn take_samples(runner: &mut Runner, progress: &mut BackfillProgress<'_>) {
    let planned = runner.planned().iter();
    let planned = planned.filter_map(|planned| {
        let (sample_size, sample_count) = (planned.config.sample_size, planned.config.sample_count);
        let own = SampleNumbers { sample_size, sample_count };
        Some((planned.entry.id.clone(), planned.rows.first()?.clone(), own))
    });
    let planned: Vec<(BenchmarkId, BenchmarkId, SampleNumbers)> = planned.collect();
    for (name, row, own) in planned {
        let common = progress.samples(&name, own);
        let iterations = |samples: SampleNumbers| {
            f64::from(samples.sample_size) * f64::from(samples.sample_count)
        };
        let factor = iterations(common) / iterations(own);
        if (1.0 / MAX_FACTOR..=MAX_FACTOR).contains(&factor) {
            runner.set_samples(&row, common.sample_size, common.sample_count);
        }
    }
}

/// The accepted regressions of a commit. A file that cannot be read accepts nothing.
fn accepted(root: &Path) -> Vec<Accepted> {
    let read = budget_file::read(root).ok().flatten();
    let entries = read.map(|(_, settings, _)| settings.accepted).unwrap_or_default();
    entries.iter().map(Acceptance::carried).collect()
}

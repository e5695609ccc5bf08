//! The built benches of the checkout on this machine.

use super::args::{PerfArgs, Purpose};
use super::commit_build::{CommitBuild, CommitFolder};
use super::context::Context;
use super::name_selection::{exclude, exclusion_note, none_selected};
use super::new_launcher::new_launcher;
use super::sampling::{self, LAUNCHES};
use super::silent_targets::SilentTargets;
use crate::args::MeasureArgs;
use crate::bench::{
    BuildFolder, Built, FEWEST_LAUNCHES, Launcher, ListedBenchmark, Listing, Measurement, Runner,
    RunnerOptions, SecondBuild, Workspace,
};
use crate::cargo::{BuildAdditions, KNOWN_LEVEL, Level};
use crate::environment::{self, BuildSettings};
use crate::interrupt::Interrupt;
use crate::store::Repository;
use crate::ui;
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use perf_judge::baseline::{RecordedCounts, Selector};
use perf_judge::budget::Budget;
use perf_judge::ident::BenchmarkId;
use perf_judge::run::{
    LaunchResult, Machine, Measured, Quantity, Run, RunKind, SCHEMA, Source, Unfinished,
};
use perf_judge::verdict::{Comparison, Judge, JudgeConfig, Reference};
use perf_report::partition::{Part, Partition};
use regex_lite::Regex;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::Path;

/// Launches of a candidate regression in a rerun.
const RERUN_LAUNCHES: usize = 10;
/// Launches of a benchmark with `--quick`.
const QUICK_LAUNCHES: u16 = 2;
/// The built benches, their launcher and the machine.
#[derive(Debug)]
pub(crate) struct BenchSuite {
    pub(crate) launcher: Launcher,
    pub(crate) machine: Machine,
    pub(crate) notes: Vec<String>,
    pub(crate) built: Built,
    /// Where it was built, if it is no checkout.
    folder: Option<CommitFolder>,
    /// The build that is counted instead of the measured one.
    pub(super) second: OnceCell<SecondBuild>,
    /// The machine of runs with counts of the second build.
    second_machine: Machine,
    /// The partition, if other machines measure the other parts.
    pub(crate) partition: Option<Partition>,
    /// Declared targets without a listed benchmark.
    pub(super) silent: SilentTargets,
    /// The benchmarks before `--filter`.
    listed: Vec<BenchmarkId>,
    /// The features of bench targets that are not built.
    missing_features: Vec<String>,
    /// Names of several benchmarks, which are not measured.
    duplicates: BTreeSet<BenchmarkId>,
    /// The benchmarks that `exclude` of perf-budgets.json leaves out.
    pub(crate) excluded: Vec<BenchmarkId>,
    /// The number of selected benchmarks, in all parts of the partition.
    selected: usize,
    sources: BTreeMap<BenchmarkId, Source>,
    started: DateTime<Utc>,
    seed: u32,
}

/// What a suite is made of.
struct BuiltSide {
    built: Built,
    launcher: Launcher,
    listing: Listing,
    notes: Vec<String>,
    folder: Option<CommitFolder>,
}

impl BenchSuite {
    /// Builds the benches of the checkout and lists their benchmarks.
    pub(crate) fn build(
        context: &Context,
        args: &MeasureArgs,
        interrupt: &Interrupt,
    ) -> Result<(Self, Listing)> {
        let workspace = &context.project.workspace;
        context.history.repository().map_or(Ok(()), Repository::check_nothing_left_out)?;
        ui::say("building the benches");
        let built = BuildFolder::build_checkout(workspace)?;
        let mut notes: Vec<String> = workspace.notes().chain(built.notes.iter().cloned()).collect();
        notes.extend(workspace.runner_note());
        let launcher = new_launcher(workspace, args, interrupt, &mut notes)?;
        let listing = Listing::of(&built.executables, &launcher)?;
        Self::of(context, args, BuiltSide { built, launcher, listing, notes, folder: None })
    }

    /// The built benches of a commit. `context` becomes that of the commit, and its former workspace is
    /// returned.
    pub(super) fn of_commit(
        context: &mut Context,
        args: &MeasureArgs,
        launcher: Launcher,
        commit: CommitBuild,
    ) -> Result<(Workspace, (Self, Listing))> {
        let CommitBuild { commit, workspace, built, listing, notes, folder } = commit;
        let left = mem::replace(&mut context.project.workspace, workspace);
        let former = context.history.commit.replace(commit.commit);
        let folder = Some(folder);
        let side = BuiltSide { built, launcher, listing, notes, folder };
        match Self::of(context, args, side) {
            Ok(suite) => Ok((left, suite)),
            Err(error) => {
                context.project.workspace = left;
                context.history.commit = former;
                Err(error)
            }
        }
    }

    fn of(context: &Context, args: &MeasureArgs, side: BuiltSide) -> Result<(Self, Listing)> {
        let BuiltSide { built, launcher, mut listing, mut notes, folder } = side;
        let workspace = &context.project.workspace;
        let machine = environment::machine(build_settings(workspace, &built)?);
        let second_machine = Machine { counted_for: KNOWN_LEVEL.to_owned(), ..machine.clone() };
        let names: Vec<BenchmarkId> = listing.entries.iter().map(|e| e.id.clone()).collect();
        if folder.is_none() {
            context.project.check_old_names(&names)?;
        }
        notes.append(&mut listing.notes);
        let silent = SilentTargets::find(workspace, &built, &listing);
        let listed = names.into_iter().chain(listing.failures.keys().cloned()).collect();
        let excluded = exclude(&mut listing, context, args, folder.is_none())?;
        notes.extend(exclusion_note(&excluded));
        listing.keep(|name| args.by_name().selects(name));
        let selected = listing.len();
        let part = args.partition.filter(|part| !part.is_all());
        let partition = part.map(|part| split(&mut listing, part, context));
        let source =
            |entry: &ListedBenchmark| Some((entry.id.clone(), entry.source(&workspace.root)?));
        let suite = Self {
            launcher,
            machine,
            notes,
            built,
            folder,
            second: OnceCell::new(),
            second_machine,
            partition,
            silent,
            listed,
            missing_features: workspace.missing_features.iter().cloned().collect(),
            duplicates: listing.duplicates.clone(),
            excluded,
            selected,
            sources: listing.entries.iter().filter_map(source).collect(),
            started: environment::now(),
            seed: args.seed.unwrap_or_else(environment::seed),
        };
        Ok((suite, listing))
    }

    /// Builds the benches again for the processor level that valgrind supports.
    pub(super) fn build_again(&self, context: &Context) -> Result<SecondBuild> {
        let workspace = &context.project.workspace;
        match &self.folder {
            Some(folder) => folder.build_again(workspace, &self.built),
            None => {
                let second = BuildFolder::build_checkout_again(workspace, &self.built)?;
                Ok(SecondBuild::new(&self.built, second))
            }
        }
    }

    /// The work tree of the measured commit; `None` for the checkout.
    pub(super) fn tree(&self) -> Option<&Path> {
        self.folder.as_ref().map(CommitFolder::tree)
    }

    /// Cargo's further arguments and variables of the build.
    pub(super) fn additions(&self) -> BuildAdditions {
        self.folder.as_ref().map(|folder| folder.additions.clone()).unwrap_or_default()
    }

    /// Whether the files are still those of the build. Those of a commit in the cache are not changed.
    pub(super) fn is_current(&self, context: &Context) -> Result<bool> {
        Ok(self.folder.is_some() || self.built.is_current(&context.project.workspace)?)
    }

    /// Fails if no benchmark is selected and none is missing.
    pub(crate) fn check_selected(&self, listing: &Listing, args: &MeasureArgs) -> Result<()> {
        if self.selected > 0 || listing.len() > 0 {
            return Ok(());
        }
        if self.built.executables.is_empty() {
            if !self.missing_features.is_empty() {
                bail!(
                    "nothing to measure: the selected benches need features. Run `cargo xtask perf --features {}`",
                    self.missing_features.join(",")
                );
            }
            let others: String =
                self.built.notes.iter().map(|note| format!("\n  {note}")).collect();
            bail!(
                "this workspace has no Divan bench: add a [[bench]] with `harness = false` whose main calls divan::main(){others}"
            );
        }
        if let Some(note) = listing.duplicates_note().filter(|_| self.listed.is_empty()) {
            bail!("nothing to measure: {note}");
        }
        if self.listed.is_empty() {
            bail!(
                "nothing to measure: the built benches contain no benchmark. Add a function with #[divan::bench], or change --package"
            );
        }
        if self.excluded.len() == self.listed.len() {
            bail!(
                "nothing to measure: `exclude` in perf-budgets.json names every benchmark. Remove an entry"
            );
        }
        let texts: Vec<&str> = args.filter.iter().map(Regex::as_str).collect();
        bail!("{}", none_selected(&self.listed, &texts))
    }

    /// The start of the measurement.
    pub(crate) fn started(&self) -> DateTime<Utc> {
        self.started
    }

    /// The seed of the launch order.
    pub(crate) fn seed(&self) -> u32 {
        self.seed
    }

    /// Chooses the sample size and sample count of each benchmark.
    pub(crate) fn plan(
        &self,
        context: &Context,
        listing: Listing,
        args: &MeasureArgs,
        purpose: Purpose,
    ) -> Result<Runner> {
        // Both sides of a comparison are launched now, so recorded values need not be kept.
        let past = (purpose != Purpose::Comparison).then(|| self.selector(context));
        let options = RunnerOptions { seed: self.seed, time_limit: args.time_limit };
        let targets = |name: &BenchmarkId| {
            let pooled_samples = samples_for_budgets(&context.project.budgets, name);
            sampling::targets(purpose, args.launch_ms, pooled_samples)
        };
        Runner::plan(listing, &self.launcher, past, targets, options)
    }

    /// Checks that budgets and accepted regressions name existing benchmarks, if nothing is filtered.
    /// `skipped` are benchmarks that are not launched.
    pub(crate) fn check_names(
        &self,
        context: &Context,
        runner: &Runner,
        skipped: &[BenchmarkId],
        args: &PerfArgs,
    ) -> Result<()> {
        if !args.measure.is_unfiltered() {
            return Ok(());
        }
        let rows = runner.planned().iter().flat_map(|planned| planned.rows.clone());
        let mut launched: Vec<BenchmarkId> =
            rows.chain(runner.failures().keys().cloned()).collect();
        let others = self.partition.iter().flat_map(|partition| &partition.listed);
        let others: Vec<BenchmarkId> =
            others.chain(skipped).chain(&self.duplicates).cloned().collect();
        context.project.check_old_names(&launched)?;
        context.project.check_budgets(&launched, &others)?;
        if args.compare.is_none() && self.partition.is_none() {
            launched.extend(self.duplicates.iter().chain(&self.excluded).cloned());
            context.project.check_names(&launched)?;
        }
        Ok(())
    }

    /// The judge of all planned benchmarks, by the recorded runs.
    pub(crate) fn judge(&self, context: &Context, runner: &Runner, args: &PerfArgs) -> Judge {
        let selector = self.selector(context);
        let planned = runner.planned().iter().flat_map(|planned| {
            planned
                .rows
                .iter()
                .map(|row| (row, planned.config.sample_size, planned.config.sample_count))
        });
        let mut comparisons: Vec<Comparison> = planned
            .map(|(row, size, count)| {
                Comparison::new(row.clone(), Reference::Runs(selector.select(row, size, count)))
            })
            .collect();
        let failed = runner.failures().keys();
        comparisons.extend(failed.map(|name| {
            Comparison::new(name.clone(), Reference::Runs(selector.select(name, 0, 0)))
        }));
        let listed: BTreeSet<&BenchmarkId> = comparisons.iter().map(Comparison::name).collect();
        let mut removed = selector.newest_names();
        removed.retain(|name| args.measure.is_unfiltered() && !listed.contains(name));
        removed.retain(|name| self.reports_removed(name));
        removed.retain(|name| !context.project.settings.excludes(name));
        let judge_config = JudgeConfig::of_launches(launches(args).into())
            .with_reruns((!args.quick).then_some(RERUN_LAUNCHES))
            .with_comparison(!args.quick && context.history.repository().is_some());
        Judge::new(comparisons, removed, judge_config)
    }

    /// The run to record.
    pub(crate) fn run(
        &self,
        context: &Context,
        runner: &Runner,
        measurement: &Measurement,
        is_complete: bool,
    ) -> Run {
        let measured = measurement
            .launch_results
            .iter()
            .filter_map(|(name, launches)| self.measured(name, launches, measurement))
            .map(|measured| self.with_known_spreads(context, measured, measurement.counted_for));
        let failures = runner.failures().iter().chain(&measurement.failures);
        let unfinished = failures
            .map(|(name, reason)| Unfinished { name: name.clone(), reason: reason.clone() });
        let run = Run {
            schema: SCHEMA,
            kind: RunKind::Run,
            id: String::new(),
            started: self.started,
            seed: self.seed,
            commit: context.history.commit.clone(),
            partial: !is_complete || measurement.cut_short,
            machine: self.counted_machine(measurement.counted_for).clone(),
            benchmarks: measured.collect(),
            unfinished: unfinished.collect(),
            origin: None,
            partitioned: false,
            backfilled: None,
            accepted: context.project.accepted.clone(),
            workspace: context.history.workspace.path().map(str::to_owned),
        };
        run.with_id()
    }

    /// Whether this part reports that a benchmark was removed. Only the first part does, if no part
    /// lists it.
    pub(crate) fn reports_removed(&self, name: &BenchmarkId) -> bool {
        self.partition.as_ref().is_none_or(|partition| {
            let is_row_of = |entry: &BenchmarkId| name == entry || name.is_below(entry.as_str());
            partition.part.part == 1 && !partition.listed.iter().any(is_row_of)
        })
    }

    /// The baselines of this machine.
    pub(crate) fn selector<'a>(&'a self, context: &'a Context) -> Selector<'a> {
        selector(context, &self.machine)
    }

    /// The machine of a run with counts of the measured build, or of a second build for `level`.
    fn counted_machine(&self, level: Level) -> &Machine {
        if level.is_some() { &self.second_machine } else { &self.machine }
    }

    /// The benchmark in the newest run whose counts can be compared with those of the measured build,
    /// or of a second build for `level`.
    pub(crate) fn recorded<'a>(
        &'a self,
        context: &'a Context,
        name: &BenchmarkId,
        level: Level,
    ) -> Option<RecordedCounts<'a>> {
        selector(context, self.counted_machine(level)).recorded_counts(name)
    }

    /// The summary of a benchmark's launches, with its counts.
    pub(super) fn measured(
        &self,
        name: &BenchmarkId,
        launches: &[LaunchResult],
        measurement: &Measurement,
    ) -> Option<Measured> {
        let mut measured = Measured::of(name.clone(), self.source_of(name), launches)?;
        if let Some(counted) = measurement.counts.get(name) {
            measured.counts.extend(&counted.counts);
            measured.count_spreads.extend(&counted.spreads);
        }
        Some(measured)
    }

    /// The benchmark with the spreads of its recorded counts, if it was counted once.
    fn with_known_spreads(
        &self,
        context: &Context,
        mut measured: Measured,
        level: Level,
    ) -> Measured {
        if measured.count_spreads.is_empty()
            && let Some(recorded) = self.recorded(context, &measured.name, level)
        {
            let is_counted =
                |(quantity, _): &(&Quantity, &f64)| measured.counts.contains_key(*quantity);
            let known = recorded.measured.count_spreads.iter().filter(is_counted);
            measured.count_spreads = known.map(|(quantity, spread)| (*quantity, *spread)).collect();
        }
        measured
    }

    /// The source of a row. Rows of one entry, e.g. its thread counts, share it.
    fn source_of(&self, row: &BenchmarkId) -> Option<Source> {
        let own = |(name, _): &(&BenchmarkId, &Source)| *name == row || row.is_below(name.as_str());
        self.sources.iter().find(own).map(|(_, source)| source.clone())
    }
}

/// The baselines of a machine.
fn selector<'a>(context: &'a Context, machine: &'a Machine) -> Selector<'a> {
    let history = &context.history;
    Selector::new(&history.recorded.history, &history.base_branch.name, machine)
        .with_renames(&context.project.settings.renamed)
        .with_accepted(&context.project.accepted)
}

/// The samples of all launches that the budgets of a benchmark need.
fn samples_for_budgets(budgets: &[Budget], name: &BenchmarkId) -> Option<u32> {
    let names = std::slice::from_ref(name);
    let limits = budgets.iter().filter(|budget| !budget.limits(names).is_empty());
    limits.filter_map(|budget| budget.metric.samples_needed()).max()
}

/// The most launches of each benchmark in the initial measurement.
pub(super) fn launches(args: &PerfArgs) -> u16 {
    args.launches.unwrap_or(if args.quick { QUICK_LAUNCHES } else { LAUNCHES })
}

/// Whether the run can be part of a baseline.
pub(crate) fn is_complete(args: &PerfArgs) -> bool {
    args.measure.is_unfiltered() && launches(args) >= FEWEST_LAUNCHES
}

/// Keeps the part's benchmarks in the listing. Only the first part reports failures of listing.
fn split(listing: &mut Listing, part: Part, context: &Context) -> Partition {
    let costs = context.history.costs();
    let cost = |entry: &ListedBenchmark| (entry.id.clone(), costs(&entry.id));
    let partition = part.split(&listing.entries.iter().map(cost).collect::<Vec<_>>());
    listing.entries.retain(|entry| partition.own.contains(&entry.id));
    if part.part > 1 {
        listing.failures.clear();
    }
    partition
}

/// What decides, besides the machine, which runs are comparable.
fn build_settings(workspace: &Workspace, built: &Built) -> Result<BuildSettings> {
    let rustc = workspace.toolchain.version()?;
    let options = &workspace.options;
    Ok(BuildSettings {
        flags: workspace.machine_flags(&rustc),
        rustc,
        profile: built.profile.clone(),
        divan: workspace.divan()?.key(),
        features: options.features.key(),
        cargo_profile: options.profile.clone().unwrap_or_default(),
        is_native: workspace.config.is_native(),
    })
}

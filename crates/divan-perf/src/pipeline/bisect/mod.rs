//! `cargo xtask perf bisect`: the search for the commit with a change.
//!
//! The bad commit is the head of all comparisons, and the commits between are its bases.

mod ends;
mod known_code;
mod confirm;
mod commit_step;
mod pair_step;
mod search_state;

use super::args::{PerfArgs, Purpose};
use super::commit_suites::CommitSuites;
use super::context::Context;
use super::counted_build;
use super::executor::Executor;
use super::name_selection::the_one_named;
use super::plan_file::PlanFile;
use super::silent_targets::target_of;
use super::suite::BenchSuite;
use crate::bench::{Listing, Runner};
use crate::environment;
use crate::interrupt::Interrupt;
use crate::store::{BaseCommit, CommitRange, Repository};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use commit_step::CommitStep;
use perf_judge::bisect::{FirstBad, NextCommit, Search};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Commit;
use perf_judge::unit;
use perf_report::{
    BisectedBenchmark, Bisection, BisectionFacts, BisectionStep, FoundChange, StepAnswer,
};
use search_state::{BenchmarkEnds, SearchState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What is searched for.
#[derive(Debug)]
pub(crate) struct BisectRequest<'a> {
    /// Names of benchmarks, or their last parts.
    pub(crate) benchmarks: &'a [String],
    /// A branch, tag or commit without the change.
    pub(crate) good: &'a str,
    /// The same with the change.
    pub(crate) bad: &'a str,
    /// Whether a merge is one commit.
    pub(crate) first_parent: bool,
    /// Whether the steps of an interrupted search are left out.
    pub(crate) restart: bool,
}

/// The file with the steps of an unfinished search.
const PLAN: &str = "bisect-plan.json";

/// Searches for the first commit with a change of each benchmark.
pub(crate) fn bisect(
    mut context: Context,
    request: &BisectRequest<'_>,
    args: &PerfArgs,
    interrupt: &Interrupt,
) -> Result<Bisection> {
    let (started, clock) = (environment::now(), Instant::now());
    let repository = context.history.shared_repository();
    let repository = repository.context("a search needs a git repository: run it in a clone")?;
    let range = range(&repository, request)?;
    // Budgets would launch benchmarks that need not be measured.
    context.project.budgets.clear();
    let mut commits = CommitSuites::new(context, &args.measure, interrupt)?;
    let searched = search(&mut commits, &range, request, args, interrupt)?;
    let mut bisection = searched.bisection(&range, started);
    confirm::confirm(&mut commits, &range, &mut bisection, args, interrupt)?;
    searched.plan.remove()?;
    bisection.seconds = clock.elapsed().as_secs();
    Ok(bisection)
}

/// The commits between good and bad.
fn range(repository: &Repository, request: &BisectRequest<'_>) -> Result<CommitRange> {
    let named = |option: &str, reference: &str| {
        let commit = repository.tip(reference);
        commit.with_context(|| format!("{option} {reference}"))
    };
    let (good, bad) = (named("--good", request.good)?, named("--bad", request.bad)?);
    repository.commit_range(&good, &bad, request.first_parent)
}

/// The end of a search.
struct Searched {
    search: Search,
    state: SearchState,
    plan: PlanFile<SearchState>,
    machine: perf_judge::run::Machine,
    notes: Vec<String>,
}

/// Compares good with bad, and then measures commits between them until nothing more can be found.
fn search(
    commits: &mut CommitSuites<'_>,
    range: &CommitRange,
    request: &BisectRequest<'_>,
    args: &PerfArgs,
    interrupt: &Interrupt,
) -> Result<Searched> {
    let (mut suite, listing) = commits.build(labelled(range.bad(), "bad commit"))?;
    let runner = planned(commits, &suite, listing, request.benchmarks, args)?;
    commits.narrow(targets_of(&runner, &commits.context.project.settings.renamed));
    suite.built.leave_out_unwanted(commits.checkout());
    let commits = &*commits;
    let output = &commits.context.project.output;
    let plan = PlanFile::new(output, PLAN, task(range, request, args, &suite, &runner));
    let known = if request.restart { None } else { plan.load()? };
    let mut executor = Executor::new(&commits.context, &suite, runner, None, args, interrupt);
    executor.keeps_pairs = false;
    let state = match known {
        Some(state) => going_on(&mut executor, state)?,
        None => {
            executor.base = Some(commits.build_base(labelled(&range.good, "good commit"), &suite)?);
            let ends = ends::compare(&mut executor)?;
            SearchState::begin(ends, executor.compared.head.counted_for)
        }
    };
    plan.save(&state)?;
    let mut step = CommitStep { commits, executor, state };
    let search = step.search(range, &plan)?;
    let CommitStep { executor, state, .. } = step;
    let notes = [suite.notes.clone(), executor.notes].concat();
    Ok(Searched { search, state, plan, machine: suite.machine.clone(), notes })
}

/// The wanted benchmarks of the bad commit, with their sample sizes.
fn planned(
    commits: &CommitSuites<'_>,
    suite: &BenchSuite,
    mut listing: Listing,
    names: &[String],
    args: &PerfArgs,
) -> Result<Runner> {
    let entries = || listing.entries.iter().map(|entry| &entry.id);
    let wanted = names.iter().map(|name| the_one_named(entries(), name));
    let wanted: BTreeSet<BenchmarkId> = wanted.collect::<Result<_>>()?;
    listing.keep(|name| wanted.contains(name));
    listing.failures.retain(|name, _| wanted.contains(name));
    let runner = suite.plan(&commits.context, listing, &args.measure, Purpose::Comparison)?;
    if let Some((name, reason)) = runner.failures().first_key_value() {
        bail!("{name} cannot be measured in the bad commit: {reason}");
    }
    Ok(runner)
}

/// What identifies the search. Commits, options and machine decide its results.
fn task(
    range: &CommitRange,
    request: &BisectRequest<'_>,
    args: &PerfArgs,
    suite: &BenchSuite,
    runner: &Runner,
) -> String {
    let names: Vec<&str> = rows(runner).map(BenchmarkId::as_str).collect();
    let (good, bad) = (&range.good.hash, &range.bad().hash);
    let PerfArgs { no_counts, counts_only, .. } = args;
    let (machine, first_parent) = (&suite.machine.key, request.first_parent);
    format!("{good} {bad} {first_parent} {no_counts} {counts_only} {machine} {names:?}")
}

/// The targets of the planned benchmarks, also under their former names.
fn targets_of(runner: &Runner, renamed: &BTreeMap<BenchmarkId, BenchmarkId>) -> BTreeSet<String> {
    let former = |row| renamed.iter().filter(move |(_, new)| *new == row).map(|(old, _)| old);
    let names = rows(runner).flat_map(|row| former(row).chain([row]));
    names.map(|name| target_of(name).to_owned()).collect()
}

fn rows(runner: &Runner) -> impl Iterator<Item = &BenchmarkId> {
    runner.planned().iter().flat_map(|planned| &planned.rows)
}

/// Takes over the sample sizes of an interrupted search, and counts the kind of builds that it counted.
fn going_on(executor: &mut Executor<'_>, state: SearchState) -> Result<SearchState> {
    for BenchmarkEnds { verdict, sample_size, sample_count, .. } in &state.ends {
        executor.runner.set_samples(&verdict.name, *sample_size, *sample_count);
    }
    let steps = unit::counted(state.steps.len(), "step", "steps");
    ui::say(&format!("going on after {steps} of an interrupted search; --restart begins again"));
    executor.compared.head.counted_for = state.level();
    if state.level().is_some() {
        counted_build::build_again(executor)?;
    }
    Ok(state)
}

/// A commit with its description in messages.
fn labelled(commit: &Commit, label: &str) -> BaseCommit {
    BaseCommit { commit: commit.clone(), label: label.to_owned(), note: None }
}

impl CommitStep<'_> {
    /// Measures commits until nothing more can be found.
    fn search(&mut self, range: &CommitRange, plan: &PlanFile<SearchState>) -> Result<Search> {
        let parents: Vec<Vec<usize>> =
            range.commits.iter().map(|commit| commit.parents.clone()).collect();
        let (mut search, changed) = self.state.search(range, &parents);
        while let Some(NextCommit { commit: index, benchmarks }) = search.next() {
            let commit = &range.commits[index].commit;
            let number = self.state.steps.len() + 1;
            ui::say(&format!(
                "step {number}: {} {}; {} left, about {}",
                commit.short(),
                commit.subject,
                unit::counted(search.candidates_left(), "commit", "commits"),
                unit::counted(search.steps_left(), "step", "steps"),
            ));
            let wanted: Vec<BenchmarkId> =
                benchmarks.iter().map(|at| changed[*at].clone()).collect();
            let answers = self.measure(commit, &wanted)?;
            answers.iter().for_each(announce);
            for (at, answer) in benchmarks.iter().zip(&answers) {
                search.answer(*at, index, answer.answer);
            }
            self.state.steps.push(BisectionStep { commit: commit.clone(), answers });
            plan.save(&self.state)?;
        }
        Ok(search)
    }
}

fn announce(answer: &StepAnswer) {
    let StepAnswer { benchmark, answer, reason, .. } = answer;
    ui::say(&format!("  {benchmark}: {}: {reason}", answer.name()));
}

impl Searched {
    /// The result without the confirmation of what was found.
    fn bisection(&self, range: &CommitRange, started: chrono::DateTime<chrono::Utc>) -> Bisection {
        let mut bisection = Bisection::new(BisectionFacts {
            started,
            machine: self.machine.clone(),
            good: range.good.clone(),
            bad: range.bad().clone(),
            commits: range.commits.len(),
        });
        let mut changed = 0;
        for ends in &self.state.ends {
            let found = match ends.criterion() {
                None => FoundChange::NoChange,
                Some(_) => {
                    changed += 1;
                    found(range, self.search.found(changed - 1))
                }
            };
            bisection.benchmarks.push(BisectedBenchmark {
                name: ends.verdict.name.clone(),
                total: ends.verdict.clone(),
                criterion: ends.criterion(),
                found,
            });
        }
        bisection.steps.clone_from(&self.state.steps);
        bisection.notes.clone_from(&self.notes);
        bisection
    }
}

fn found(range: &CommitRange, first: FirstBad) -> FoundChange {
    match first {
        FirstBad::Commit(index) => {
            let found = &range.commits[index];
            FoundChange::Commit {
                commit: Box::new(found.commit.clone()),
                parent: found.first_parent.clone().unwrap_or_default(),
                verdict: None,
                note: None,
            }
        }
        FirstBad::OneOf(indexes) => {
            let commit = |index: &usize| range.commits[*index].commit.clone();
            FoundChange::OneOf { commits: indexes.iter().map(commit).collect() }
        }
    }
}

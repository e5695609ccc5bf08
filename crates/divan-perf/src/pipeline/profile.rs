//! The profile of one benchmark, for `cargo xtask perf profile`.

use super::args::Purpose;
use super::base_build::Base;
use super::context::Context;
use super::name_selection::the_one_named;
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::{
    CalledFunctions, InstructionCounter, Launcher, ListedBenchmark, PlannedBenchmark, Strace,
    called_functions,
};
use crate::interrupt::Interrupt;
use crate::store::BaseCommit;
use crate::ui;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use perf_judge::ident::BenchmarkId;
use perf_report::ProfiledBuild;

/// The profile of one benchmark in one or two builds.
#[derive(Debug)]
pub(crate) struct ProfiledBenchmark {
    pub(crate) name: BenchmarkId,
    pub(crate) base: Option<ProfiledBuild>,
    pub(crate) head: ProfiledBuild,
}

/// What the profile of the checkout is called.
const HEAD: &str = "this checkout";

/// Counts the call stacks of the benchmark `name`, or of its last parts, in the checkout and in the merge
/// base with `compare`.
///
/// Both are built with debug information, which names inlined functions.
pub(crate) fn profile(
    context: &mut Context,
    args: &MeasureArgs,
    name: &str,
    compare: Option<&str>,
) -> Result<ProfiledBenchmark> {
    let interrupt = Interrupt::watch()?;
    let counter = InstructionCounter::find(&interrupt)
        .map_err(|reason| anyhow!("a profile needs callgrind, and {reason}"))?;
    let strace = Strace::find(&interrupt);
    if let Err(reason) = &strace {
        ui::say(&format!("note: no system calls are counted: {reason}"));
    }
    let commit = compare.map(|compare| base_commit(context, compare)).transpose()?;
    context.project.workspace.options.has_debug_information = true;
    let (suite, mut listing) = BenchSuite::build(context, args, &interrupt)?;
    let id = the_one_named(listing.entries.iter().map(|entry| &entry.id), name)?;
    listing.keep(|name| *name == id);
    let runner = suite.plan(context, listing, args, Purpose::QuickRun)?;
    let Some(planned) = runner.planned().first() else {
        let failure = runner.failures().values().next().map_or("it has no row", String::as_str);
        bail!("{id} cannot be launched: {failure}");
    };
    ensure!(
        planned.rows.len() == 1,
        "{id} has a row per thread count, and callgrind counts all threads together"
    );
    let tools =
        Tools { counter: &counter, strace: strace.as_ref().ok(), launcher: &suite.launcher };
    ui::say(&format!("counting {id}"));
    let head = tools.build(HEAD.to_owned(), &planned.entry, planned)?;
    let base = commit.map(|commit| of_base(context, &suite, commit, planned, tools)).transpose()?;
    Ok(ProfiledBenchmark { name: id, base, head })
}

fn base_commit(context: &Context, compare: &str) -> Result<BaseCommit> {
    let repository = context.history.repository();
    let repository =
        repository.context("a comparison needs a git repository: run it in a clone")?;
    let commit = repository.base(compare, false);
    let commit = commit.with_context(|| format!("--compare {compare}"))?;
    repository.check_submodules(&commit)?;
    Ok(commit)
}

/// What counts the calls.
#[derive(Clone, Copy)]
struct Tools<'a> {
    counter: &'a InstructionCounter,
    strace: Option<&'a Strace>,
    launcher: &'a Launcher,
}

impl Tools<'_> {
    fn build(
        self,
        label: String,
        entry: &ListedBenchmark,
        planned: &PlannedBenchmark,
    ) -> Result<ProfiledBuild> {
        let called = called_functions(self.counter, self.strace, self.launcher, entry, planned)?;
        let CalledFunctions { stacks, system_calls } = called;
        Ok(ProfiledBuild { label, stacks, system_calls })
    }
}

fn of_base(
    context: &Context,
    suite: &BenchSuite,
    commit: BaseCommit,
    planned: &PlannedBenchmark,
    tools: Tools<'_>,
) -> Result<ProfiledBuild> {
    let repository = context.history.repository().context("there is no git repository")?;
    let label = format!("{}, the {}", commit.commit.short(), commit.label);
    let base = Base::build(context, repository, suite, commit, false)?;
    let id = &planned.entry.id;
    let entry = base.entries.get(id).with_context(|| format!("{label}, does not have {id}"))?;
    ui::say(&format!("counting {id} in {label}"));
    tools.build(label, entry, planned)
}

//! The call stacks of a benchmark's counted sample.

use super::Launcher;
use super::counted_sample::CountedSample;
use super::instructions::{InstructionCounter, TIME_LIMIT};
use super::plan::PlannedBenchmark;
use super::recording_file::Marked;
use super::strace::Strace;
use super::symbols::DebugSymbols;
use super::{ListedBenchmark, counted_sample};
use crate::parallel::on_all_processors;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use call_profile::Stacks;
use executed_code::call_graph::CallGraph;
use perf_judge::detect::system_calls::CallCounts;
use std::fs;

/// How many callers callgrind keeps apart for each function. More stacks than that share their outer part.
const CALLERS: &str = "--separate-callers=60";
/// How many levels of a recursion it keeps apart.
const RECURSIONS: &str = "--separate-recs=4";

/// What one sample of a benchmark called.
#[derive(Debug)]
pub(crate) struct CalledFunctions {
    pub(crate) stacks: Stacks,
    /// `None` without strace, or if it did not find the sample.
    pub(crate) system_calls: Option<CallCounts>,
}

/// A build of a benchmark whose call stacks are counted, with the samples of its launches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StacksJob<'a> {
    pub(crate) entry: &'a ListedBenchmark,
    pub(crate) planned: &'a PlannedBenchmark,
}

/// The call stacks of several builds on all processors, in the order of `jobs`. The inner error is why
/// there are none of one.
///
/// Fails if no process can be started, or after an interrupt.
pub(crate) fn all_stacks(
    launcher: &Launcher,
    counter: &InstructionCounter,
    jobs: &[StacksJob<'_>],
) -> Result<Vec<Result<Stacks>>> {
    let worker = || Ok((launcher.another()?, counter.another()?));
    let count = |worker: &(Launcher, InstructionCounter), job: &StacksJob<'_>| {
        let (launcher, counter) = worker;
        launcher.check_interrupt()?;
        let called = called_functions(counter, None, launcher, job.entry, job.planned);
        launcher.check_interrupt()?;
        Ok(called.map(|called| called.stacks))
    };
    Ok(on_all_processors(jobs, worker, count)?.0)
}

/// Counts the call stacks and the system calls of a sample of `entry`, with the samples of `planned`.
///
/// Fails if the sample is not found among the clock reads, after an interrupt, or if a file cannot be
/// read.
pub(crate) fn called_functions(
    counter: &InstructionCounter,
    strace: Option<&Strace>,
    launcher: &Launcher,
    entry: &ListedBenchmark,
    planned: &PlannedBenchmark,
) -> Result<CalledFunctions> {
    let not_found = || format!("the samples of {} are not found among its clock reads", entry.id);
    let sample = CountedSample::find(launcher, entry, planned.config)?.with_context(not_found)?;
    let system_calls = match strace {
        Some(strace) => match strace.count(launcher, entry, sample)? {
            Ok(calls) => Some(calls),
            Err(reason) => {
                ui::say(&format!("note: system calls of {} were not counted: {reason}", entry.id));
                None
            }
        },
        None => None,
    };
    for _ in 0..counted_sample::TRIES {
        if let Some(graph) = call_graph(counter, launcher, entry, sample)? {
            let mut symbols = DebugSymbols::default();
            let stacks = Stacks::of(&graph, &mut symbols, sample.config.sample_size);
            return Ok(CalledFunctions { stacks, system_calls });
        }
    }
    bail!("{} under callgrind", not_found())
}

/// The calls of a sample; `None` if it cannot be proved in this process too.
fn call_graph(
    counter: &InstructionCounter,
    launcher: &Launcher,
    entry: &ListedBenchmark,
    sample: CountedSample,
) -> Result<Option<CallGraph>> {
    let CountedSample { config, marks, .. } = sample;
    let mut command = counter.callgrind();
    command.args(["--instr-atstart=no", "--dump-instr=yes", "--demangle=no", CALLERS, RECURSIONS]);
    let file = counter.file("calls");
    command.arg(counter.option("--callgrind-out-file=", "calls"));
    let marked = Marked { marks, warm_up: None, allocations: false };
    let launched = launcher.launch_by(command, entry, config, TIME_LIMIT, Some(marked))?;
    if launched.proved.last_sample != Some(marks) {
        return Ok(None);
    }
    let bytes = fs::read(&file).context("cannot read callgrind's file")?;
    let graph = CallGraph::parse(&String::from_utf8_lossy(&bytes));
    graph.map(Some).context("cannot read callgrind's file")
}

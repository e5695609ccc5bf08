//! What is only counted of benchmarks that changed: caches, branches and system calls.

use super::Launcher;
use super::counted_sample::CountedSample;
use super::counting::CountJob;
use super::instructions::InstructionCounter;
use super::simulation::simulate;
use super::strace::Strace;
use crate::parallel::on_all_processors;
use anyhow::Result;
use perf_judge::detect::system_calls::CallCounts;
use perf_judge::run::Quantities;

/// The details of one build of a benchmark, per iteration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ChangeDetails {
    /// Simulated quantities; empty if they were not simulated.
    pub(crate) simulated: Quantities,
    /// System calls by name; `None` if they were not counted.
    pub(crate) system_calls: Option<CallCounts>,
    /// Why something was not counted, although the program for it works.
    pub(crate) refused: Vec<String>,
}

/// Counts the details of all benchmarks on all processors, in the order of `jobs`, and returns notes on
/// the launches. Without one of the programs, its part is left out.
///
/// Fails if no process can be started, or after an interrupt.
pub(crate) fn detail_all(
    launcher: &Launcher,
    callgrind: Option<&InstructionCounter>,
    strace: Option<&Strace>,
    jobs: &[CountJob<'_>],
) -> Result<(Vec<ChangeDetails>, Vec<String>)> {
    let worker = || DetailWorker::new(launcher, callgrind, strace);
    let (details, workers) = on_all_processors(jobs, worker, DetailWorker::details)?;
    Ok((details, workers.iter().flat_map(|worker| worker.launcher.notes()).collect()))
}

/// The longest iteration that is simulated, in ns.
const MAX_SIMULATED_NS: f64 = 20e6;

/// What one thread needs.
struct DetailWorker {
    launcher: Launcher,
    callgrind: Option<InstructionCounter>,
    strace: Option<Strace>,
}

impl DetailWorker {
    fn new(
        launcher: &Launcher,
        callgrind: Option<&InstructionCounter>,
        strace: Option<&Strace>,
    ) -> Result<Self> {
        Ok(Self {
            launcher: launcher.another()?,
            callgrind: callgrind.map(InstructionCounter::another).transpose()?,
            strace: strace.map(Strace::another).transpose()?,
        })
    }

    fn details(&self, job: &CountJob<'_>) -> Result<ChangeDetails> {
        self.launcher.check_interrupt()?;
        let mut details = ChangeDetails::default();
        let found = CountedSample::find(&self.launcher, job.entry, job.config)?;
        let Some(sample) = found else {
            details.refused.push("its samples were not found among its clock reads".to_owned());
            return Ok(details);
        };
        let is_long = job.iteration_ns > MAX_SIMULATED_NS;
        if is_long && self.callgrind.is_some() {
            let reason = "its iterations take more than 20 ms, and would take a minute simulated";
            details.refused.push(reason.to_owned());
        }
        if let Some(callgrind) = self.callgrind.as_ref().filter(|_| !is_long) {
            match simulate(callgrind, &self.launcher, job.entry, sample)? {
                Some(simulated) => details.simulated = simulated,
                None => {
                    details.refused.push("its samples were not found under callgrind".to_owned());
                }
            }
        }
        if let Some(strace) = &self.strace {
            match strace.count(&self.launcher, job.entry, sample)? {
                Ok(calls) => details.system_calls = Some(calls),
                Err(reason) => details.refused.push(reason),
            }
        }
        Ok(details)
    }
}

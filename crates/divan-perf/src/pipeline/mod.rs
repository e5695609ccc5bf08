//! `cargo xtask perf`: measure, record, judge, report.
//!
//! [`run`] composes it, a line a stage. What can fail is checked first; measuring takes minutes.

mod args;
mod context;
mod suite;
mod base_build;
mod executor;
mod outcome;
mod compare;
mod counts;
mod noise_probe;

pub(crate) use args::PerfArgs;
pub(crate) use context::Ground;
pub(crate) use noise_probe::{Looked, look};
pub(crate) use outcome::deliver;

use crate::interrupt::Interrupt;
use crate::store::Entry;
use anyhow::Result;
use executor::Driver;
use perf_report::Comparison;
use std::process::ExitCode;
pub(crate) use suite::Subject;

/// Measures and judges as it was asked for.
pub(crate) fn run(args: &PerfArgs) -> Result<ExitCode> {
    match &args.compare {
        Some(reference) => compare::run(args, reference),
        None => against_history(args),
    }
}

/// Measures the workspace, records the run and judges it.
fn against_history(args: &PerfArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let ground = Ground::check(&args.common.store, &args.common.package)?;
    let (subject, listing) = Subject::build(&ground, &args.common, &interrupt)?;
    let session = subject.plan(&ground, listing, &args.common)?;
    ground.check_budgets(&session, &args.common)?;
    let mut judge = subject.judge(&ground, &session, args);
    let mut driver = Driver::new(&ground, &subject, session, None, args, &interrupt);

    let first = driver.first_look(&mut judge)?;
    let run = subject.run(&ground, &driver.session, &first, suite::is_whole(args));
    outcome::save(&ground, &run, &first, &args.common)?;
    let recorded = ground.record(&args.common.store);

    let mut verdicts = driver.finish(judge)?;
    counts::collect(&mut driver, &mut verdicts.verdicts, &first.readings)?;
    let report = outcome::report(&driver, &run, &first, verdicts);
    let comparisons = Comparison::all_of(&report);
    ground.keep(&comparisons.iter().map(Entry::from).collect::<Vec<_>>(), &args.common.store)?;
    let compared = ground.record(&args.common.store);
    outcome::deliver(&ground, &report, recorded.and(compared), &args.common.store, args.format)
}

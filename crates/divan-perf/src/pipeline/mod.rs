//! `cargo xtask perf`: measure, record, judge, report.
//!
//! [`run`] composes it, a line a stage. What can fail is checked first; measuring takes minutes.

mod args;
mod project;
mod history;
mod recorder;
mod context;
mod silent_targets;
mod suite;
mod sameness;
mod base_build;
mod cases;
mod reference;
mod executor;
mod counts;
mod outcome;
mod noise_probe;

pub(crate) use args::PerfArgs;
pub(crate) use context::Context;
pub(crate) use noise_probe::{NoiseProbe, look};
pub(crate) use outcome::deliver;
pub(crate) use suite::BenchSuite;

use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use executor::Executor;
use reference::Reference;
use std::process::ExitCode;

/// Measures the checkout and judges it, against its history or in pairs with another commit.
pub(crate) fn run(args: &PerfArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let context = Context::check(&args.common.store, &args.common.package)?;
    let reference = Reference::find(args, &context)?;
    if let Some(reason) = reference.nothing_to_compare(args, &context)? {
        ui::say(&reason);
        return Ok(ExitCode::SUCCESS);
    }
    reference.check(&context)?;
    let (suite, listing) = BenchSuite::build(&context, &args.common, &interrupt)?;
    let (listing, cases) = reference.select(args, &context, &suite, listing)?;
    suite.check_selected(&listing)?;
    let session = suite.plan(&context, listing, &args.common)?;
    suite.check_names(&context, &session, cases.skipped(), args)?;
    let mut judge = cases.judge(args, &context, &suite, &session);
    let mut executor = Executor::new(&context, &suite, session, cases.base, args, &interrupt);
    let initial = executor.initial_measurement(&mut judge)?;
    let recorded = outcome::record_run(&executor, &initial);
    let mut verdicts = executor.finish(judge)?;
    counts::collect(&mut executor, &mut verdicts.verdicts, &initial.launch_results)?;
    let report = outcome::report(&executor, &initial, verdicts);
    let compared = outcome::record_comparisons(&executor, &report);
    let color = args.common.store.color;
    outcome::deliver(&context, &report, recorded.and(compared), args.format, color)
}

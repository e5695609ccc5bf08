//! `cargo xtask perf`: measure, record, judge, report.
//!
//! [`run`] has one line per stage. All inputs are validated before the build starts.

mod args;
mod project;
mod history;
mod recorder;
mod context;
mod silent_targets;
mod name_selection;
mod sampling;
mod suite;
mod unchanged;
mod base_failures;
mod base_inputs;
mod base_build;
mod selection;
mod reference;
mod time_plan;
mod executor;
mod screen;
mod counted_build;
mod counts;
mod changes;
mod counts_only;
mod outcome;
mod noise_probe;

pub(crate) use args::{PerfArgs, Purpose};
pub(crate) use context::Context;
pub(crate) use noise_probe::{NoiseProbe, SlowSetUp, probe};
pub(crate) use outcome::deliver;
pub(crate) use suite::BenchSuite;

use crate::bench::abbreviated;
use crate::interrupt::Interrupt;
use crate::ui;
use anyhow::Result;
use executor::Executor;
use perf_judge::ident::BenchmarkId;
use reference::ReferenceSource;
use std::process::ExitCode;

/// Measures the checkout and judges it, against its history or in pairs with another commit.
pub(crate) fn run(args: &PerfArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let context = Context::check(&args.measure.output, &args.measure.cargo)?;
    let reference = ReferenceSource::find(args, &context)?;
    if let Some(reason) = reference.nothing_to_compare(args, &context)? {
        ui::say(&reason);
        return Ok(ExitCode::SUCCESS);
    }
    reference.check(&context)?;
    let (suite, listing) = BenchSuite::build(&context, &args.measure, &interrupt)?;
    let (listing, selection) = reference.select(args, &context, &suite, listing)?;
    suite.check_selected(&listing, &args.measure)?;
    let mut runner = suite.plan(&context, listing, &args.measure, args.purpose())?;
    let idle = selection.take_idle(&context, &suite, &mut runner)?;
    let others = [selection.not_launched(), idle.clone()].concat();
    suite.check_names(&context, &runner, &others, args)?;
    let time_notes = if args.counts_only {
        Vec::new()
    } else {
        time_plan::apply(&mut runner, &context, &suite, args)
    };
    let mut judge = selection.judge(args, &context, &suite, &runner);
    let uncounted = selection.uncounted();
    let mut executor = Executor::new(&context, &suite, runner, selection.base, args, &interrupt);
    executor.notes.extend(time_notes);
    executor.notes.extend(idle_note(&idle));
    if args.counts_only {
        return counts_only::run(&mut executor, &uncounted);
    }
    screen::apply(&mut executor, &mut judge)?;
    let mut initial = executor.initial_measurement(&mut judge)?;
    counts::of_run(&mut executor, &mut initial)?;
    let recorded = outcome::record_run(&executor, &initial);
    let mut verdicts = executor.finish(judge)?;
    counts::collect(&mut executor, &mut verdicts.verdicts, &initial)?;
    changes::collect(&mut executor, &mut verdicts.verdicts)?;
    let report = outcome::report(&executor, &initial, verdicts);
    let compared = outcome::record_comparisons(&executor, &report);
    let color = args.measure.output.color;
    outcome::deliver(&context, &report, recorded.and(compared), args.format, color)
}

/// The note on benchmarks that ran and measured nothing.
fn idle_note(idle: &[BenchmarkId]) -> Option<String> {
    let names: Vec<&str> = idle.iter().map(BenchmarkId::as_str).collect();
    (!names.is_empty()).then(|| {
        let names = abbreviated(&names);
        format!(
            "not measured, because no method such as `bench` of the Bencher was called: {names}"
        )
    })
}

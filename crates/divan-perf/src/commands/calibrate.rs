//! `cargo xtask perf calibrate`: the error rates of comparisons on this machine.

use crate::args::{MeasureArgs, OutputArgs, heading};
use crate::bench::{BaseEntries, Listing, Runner};
use crate::busy_threads::BusyThreads;
use crate::interrupt::Interrupt;
use crate::pipeline::{BenchSuite, Context, Purpose};
use crate::store::MeasurementFile;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use perf_judge::ident::BenchmarkId;
use perf_judge::verdict::calibrate::{ErrorCounts, SLOWDOWNS, Trial};
use perf_report::Calibration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The default of `--time-limit`.
const DEFAULT_TIME: Duration = Duration::from_secs(15 * 60);
/// One in this many seconds goes to the benchmarks of known cost.
const KNOWN_COST_SHARE: u32 = 3;
/// The slowdowns in percent, in the order in which they are measured until the time is over. The
/// target rate is about the first.
const SLOWDOWN_ORDER: [u32; SLOWDOWNS.len()] = [10, 5, 20, 3, 50];
/// The environment variable with the slowdown of the known-cost benches, in percent.
const KNOWN_COST: &str = "KNOWN_COST";

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Measure the known-cost crate of this Cargo.toml as well.
    ///
    /// Its benches execute a known number of additional instructions.
    #[arg(long, value_name = "MANIFEST", help_heading = heading::SELECTION)]
    known_cost: Option<PathBuf>,
    /// Keep N threads busy with other work meanwhile, as on a crowded runner.
    ///
    /// The error rates are recorded with N, and reports do not mention them.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1024), help_heading = heading::MEASUREMENT)]
    load: u16,
    #[command(flatten)]
    measure: MeasureArgs,
}

/// Compares each benchmark with itself repeatedly and reports the error rates. The exit status is 1
/// if a target rate is missed.
pub(crate) fn run(args: &CalibrateArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let context = Context::check(&args.measure.output, &args.measure.cargo)?;
    let known_cost = args.known_cost.as_deref().map(|path| known_cost(path, &args.measure.output));
    let known_cost = known_cost.transpose()?;
    let (suite, listing) = BenchSuite::build(&context, &args.measure, &interrupt)?;
    suite.check_selected(&listing, &args.measure)?;

    let start = Instant::now();
    let time = args.measure.time_limit.unwrap_or(DEFAULT_TIME);
    let own = if known_cost.is_some() { time - time / KNOWN_COST_SHARE } else { time };
    let mut comparison =
        SelfComparison::plan(&context, &suite, listing, &args.measure, &interrupt)?;
    let names = comparison.names();
    let _busy = BusyThreads::start(args.load);
    let started = suite.started();
    let mut result = Calibration::new(started, suite.seed(), suite.machine.clone(), names.len());
    result.load = args.load;
    result.scaled = comparison.scaled(&names, start + own)?;
    // This releases the build folder: the known-cost crate may be in the same workspace.
    drop(comparison);
    print_notes(&suite);
    drop(suite);
    if let Some(known_cost) = &known_cost {
        let (suite, listing) = BenchSuite::build(known_cost, &args.measure, &interrupt)?;
        suite.check_selected(&listing, &args.measure)?;
        let mut comparison =
            SelfComparison::plan(known_cost, &suite, listing, &args.measure, &interrupt)?;
        result.real = comparison.real(start + time)?;
        print_notes(&suite);
    }
    result.seconds = start.elapsed().as_secs();

    context.project.output.write("calibration.json", result.to_json().as_bytes())?;
    context.recorder.spool(&[MeasurementFile::from(&result)])?;
    context.recorder.record()?;
    context.recorder.publish()?;
    ui::report(&result.to_text(), args.measure.output.color).context("cannot write the report")?;
    Ok(ExitCode::from(u8::from(result.misses_target())))
}

fn print_notes(suite: &BenchSuite) {
    suite.launcher.notes().iter().for_each(|note| ui::say(&format!("note: {note}")));
}

/// The context of the known-cost crate, which has no history.
fn known_cost(manifest: &Path, store: &OutputArgs) -> Result<Context> {
    let context = Context::without_history(manifest, store)?;
    if !context.project.workspace.targets.iter().any(|target| target.package == "known-cost") {
        bail!(
            "{} is not the known-cost crate: give the Cargo.toml of fixtures/known-cost",
            manifest.display()
        );
    }
    Ok(context)
}

/// Pairs of launches of one build.
struct SelfComparison<'a> {
    suite: &'a BenchSuite,
    runner: Runner,
    base: BaseEntries,
    interrupt: &'a Interrupt,
}

impl<'a> SelfComparison<'a> {
    fn plan(
        context: &Context,
        suite: &'a BenchSuite,
        listing: Listing,
        args: &MeasureArgs,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        let base = BaseEntries::new(listing.clone(), &BTreeMap::new());
        let runner = suite.plan(context, listing, args, Purpose::Comparison)?.without_deadline();
        Ok(Self { suite, runner, base, interrupt })
    }

    fn names(&self) -> Vec<BenchmarkId> {
        self.runner.planned().iter().flat_map(|planned| planned.rows.clone()).collect()
    }

    /// Trials with scaled times until the time is over, at least one.
    fn scaled(&mut self, names: &[BenchmarkId], until: Instant) -> Result<Vec<ErrorCounts>> {
        let mut sum: Vec<ErrorCounts> = Vec::new();
        let mut longest = Duration::ZERO;
        while sum.is_empty() || Instant::now() + longest < until {
            let start = Instant::now();
            let trial = self.measure(Trial::scaled(names.iter().cloned()))?;
            sum = add(sum, trial.tallies());
            longest = longest.max(start.elapsed());
        }
        Ok(sum)
    }

    /// Trials with additional instructions, in the order of [`SLOWDOWN_ORDER`], at least one.
    fn real(&mut self, until: Instant) -> Result<Vec<ErrorCounts>> {
        let names = self.names();
        let mut sums: BTreeMap<u32, Vec<ErrorCounts>> = BTreeMap::new();
        let mut longest = Duration::ZERO;
        for percent in SLOWDOWN_ORDER.into_iter().cycle() {
            if !sums.is_empty() && Instant::now() + longest >= until {
                break;
            }
            let start = Instant::now();
            self.base.set_variable(KNOWN_COST, "0");
            self.runner.set_variable(KNOWN_COST, &percent.to_string());
            let trial = self.measure(Trial::real(names.iter().cloned()))?;
            let mut trial_counts = trial.tallies();
            trial_counts.iter_mut().for_each(|counts| counts.percent = percent);
            let sum = sums.entry(percent).or_default();
            *sum = add(std::mem::take(sum), trial_counts);
            longest = longest.max(start.elapsed());
        }
        Ok(sums.into_values().flatten().collect())
    }

    fn measure(&mut self, mut trial: Trial) -> Result<Trial> {
        while let Some((names, pairs)) = trial.step() {
            let launches = self.runner.compare(
                "paired comparison: identical builds",
                pairs,
                &names,
                &self.base,
                &self.suite.launcher,
                self.interrupt,
            )?;
            self.interrupt.check()?;
            for (name, pairs) in launches.pairs {
                trial.feed(&name, pairs);
            }
            for name in launches.failures.keys().chain(launches.base_failures.keys()) {
                trial.leave_out(name);
            }
        }
        Ok(trial)
    }
}

fn add(sum: Vec<ErrorCounts>, more: Vec<ErrorCounts>) -> Vec<ErrorCounts> {
    if sum.is_empty() {
        return more;
    }
    sum.into_iter().zip(more).map(|(one, other)| one.and(other)).collect()
}

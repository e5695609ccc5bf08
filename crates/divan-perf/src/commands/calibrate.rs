//! `cargo xtask perf qualify`: how often a comparison errs on this machine.

use crate::args::{MeasureArgs, OutputArgs};
use crate::bench::{BaseEntries, Listing, Runner};
use crate::interrupt::Interrupt;
use crate::pipeline::{BenchSuite, Context};
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

/// How long it takes, unless that is said.
const TIME: Duration = Duration::from_secs(15 * 60);
/// The part of the time that benchmarks of known cost get.
const KNOWN_COST_PART: u32 = 3;
/// The slowdowns in the order that they are measured in, as long as there is time: the promise is
/// about the first.
const BY_INTEREST: [u32; SLOWDOWNS.len()] = [10, 5, 20, 3, 50];
/// What makes benches of known cost do more work.
const KNOWN_COST: &str = "KNOWN_COST";

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// A copy of the known-cost crate, whose benches do more work when asked to, to be measured
    /// too.
    #[arg(long, value_name = "MANIFEST")]
    known_cost: Option<PathBuf>,
    #[command(flatten)]
    common: MeasureArgs,
}

/// Measures every benchmark against itself, again and again, and says how often that went wrong.
pub(crate) fn run(args: &CalibrateArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let context = Context::check(&args.common.store, &args.common.package)?;
    let known_cost = args.known_cost.as_deref().map(|path| known_cost(path, &args.common.store));
    let known_cost = known_cost.transpose()?;
    let (suite, listing) = BenchSuite::build(&context, &args.common, &interrupt)?;
    suite.check_selected(&listing)?;

    let began = Instant::now();
    let time = args.common.time_limit.unwrap_or(TIME);
    let own = if known_cost.is_some() { time - time / KNOWN_COST_PART } else { time };
    let mut bench = Bench::plan(&context, &suite, listing, &args.common, &interrupt)?;
    let names = bench.names();
    let started = suite.started();
    let mut result = Calibration::new(started, suite.seed(), suite.machine.clone(), names.len());
    result.scaled = bench.scaled(&names, began + own)?;
    // Its build folder is claimed, and the known-cost crate may be the workspace itself.
    drop(bench);
    say_notes(&suite);
    drop(suite);
    if let Some(known_cost) = &known_cost {
        let (suite, listing) = BenchSuite::build(known_cost, &args.common, &interrupt)?;
        suite.check_selected(&listing)?;
        let mut bench = Bench::plan(known_cost, &suite, listing, &args.common, &interrupt)?;
        result.real = bench.real(began + time)?;
        say_notes(&suite);
    }
    result.seconds = began.elapsed().as_secs();

    context.project.output.write("calibration.json", result.to_json().as_bytes())?;
    context.recorder.keep(&[MeasurementFile::from(&result)])?;
    context.recorder.record()?;
    context.recorder.publish()?;
    ui::report(&result.to_text(), args.common.store.color).context("cannot write the report")?;
    Ok(ExitCode::from(u8::from(result.is_broken())))
}

fn say_notes(suite: &BenchSuite) {
    suite.launcher.notes().iter().for_each(|note| ui::say(&format!("note: {note}")));
}

/// The context of the known-cost crate, which has no history.
fn known_cost(manifest: &Path, store: &OutputArgs) -> Result<Context> {
    let context = Context::without_history(manifest, store)?;
    if !context.project.workspace.targets.iter().any(|target| target.package == "known-cost") {
        bail!("{} is not the known-cost crate", manifest.display());
    }
    Ok(context)
}

/// Benchmarks that are compared with themselves.
struct Bench<'a> {
    suite: &'a BenchSuite,
    session: Runner,
    base: BaseEntries,
    interrupt: &'a Interrupt,
}

impl<'a> Bench<'a> {
    fn plan(
        context: &Context,
        suite: &'a BenchSuite,
        listing: Listing,
        args: &MeasureArgs,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        let base = BaseEntries::new(listing.clone(), &BTreeMap::new());
        let session = suite.plan(context, listing, args)?.without_deadline();
        Ok(Self { suite, session, base, interrupt })
    }

    fn names(&self) -> Vec<BenchmarkId> {
        self.session.planned().iter().flat_map(|planned| planned.rows.clone()).collect()
    }

    /// Runs of everything, as many as there is time for, but one at least.
    fn scaled(&mut self, names: &[BenchmarkId], until: Instant) -> Result<Vec<ErrorCounts>> {
        let mut sum: Vec<ErrorCounts> = Vec::new();
        let mut longest = Duration::ZERO;
        while sum.is_empty() || Instant::now() + longest < until {
            let began = Instant::now();
            let trial = self.measure(Trial::scaled(names.iter().cloned()))?;
            sum = add(sum, trial.tallies());
            longest = longest.max(began.elapsed());
        }
        Ok(sum)
    }

    /// Runs of everything with real extra work, a slowdown after the other.
    fn real(&mut self, until: Instant) -> Result<Vec<ErrorCounts>> {
        let names = self.names();
        let mut sums: BTreeMap<u32, Vec<ErrorCounts>> = BTreeMap::new();
        let mut longest = Duration::ZERO;
        for percent in BY_INTEREST.into_iter().cycle() {
            if !sums.is_empty() && Instant::now() + longest >= until {
                break;
            }
            let began = Instant::now();
            self.base.set_variable(KNOWN_COST, "0");
            self.session.set_variable(KNOWN_COST, &percent.to_string());
            let trial = self.measure(Trial::real(names.iter().cloned()))?;
            let mut tallies = trial.tallies();
            tallies.iter_mut().for_each(|tally| tally.percent = percent);
            let sum = sums.entry(percent).or_default();
            *sum = add(std::mem::take(sum), tallies);
            longest = longest.max(began.elapsed());
        }
        Ok(sums.into_values().flatten().collect())
    }

    fn measure(&mut self, mut trial: Trial) -> Result<Trial> {
        while let Some((names, pairs)) = trial.step() {
            let sides = self.session.compare(
                "measuring the same side by side",
                pairs,
                &names,
                &self.base,
                &self.suite.launcher,
                self.interrupt,
            )?;
            for (name, pairs) in sides.pairs {
                trial.feed(&name, pairs);
            }
            for name in sides.failures.keys().chain(sides.base_failures.keys()) {
                trial.leave_out(name);
            }
        }
        Ok(trial)
    }
}

fn add(sum: Vec<ErrorCounts>, more: Vec<ErrorCounts>) -> Vec<ErrorCounts> {
    match sum.is_empty() {
        true => more,
        false => sum.into_iter().zip(more).map(|(one, other)| one.and(other)).collect(),
    }
}

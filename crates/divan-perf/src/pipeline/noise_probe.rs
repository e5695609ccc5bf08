//! The benchmarks of a workspace and the noise of the machine, for `cargo xtask perf doctor`.

use super::args::Purpose;
use super::context::Context;
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::{BaseEntries, PlannedBenchmark};
use crate::interrupt::Interrupt;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Pair;
use perf_judge::stats;
use perf_judge::unit::LogRatio;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// The benchmarks of a workspace, and the noise of the machine.
#[derive(Debug)]
pub(crate) struct NoiseProbe {
    /// Benchmarks that can be measured.
    pub(crate) names: Vec<BenchmarkId>,
    /// Benchmarks that cannot be measured, with the reason.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// The probed times of an iteration in ns.
    pub(crate) iteration_ns: BTreeMap<BenchmarkId, f64>,
    /// Benchmarks whose launches mostly make their inputs.
    pub(crate) slow_set_ups: Vec<SlowSetUp>,
    /// `None` if it was not measured.
    pub(crate) noise: Option<Noise>,
}

/// A benchmark whose launches mostly make their inputs.
#[derive(Clone, Debug)]
pub(crate) struct SlowSetUp {
    pub(crate) name: BenchmarkId,
    /// The expected duration of a launch outside its samples.
    pub(crate) outside: Duration,
    /// The expected duration of a launch.
    pub(crate) launch: Duration,
}

/// The differences within pairs of launches of the same executable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Noise {
    /// The number of measured pairs.
    pub(crate) pairs: usize,
    /// The median difference.
    pub(crate) median: LogRatio,
    /// The 90th percentile of the differences.
    pub(crate) p90: LogRatio,
}

/// The shortest duration outside the samples that is worth advice.
const SLOW_SET_UP: Duration = Duration::from_millis(100);
/// Pairs of each benchmark, within the time limit.
const PAIRS: usize = 10;

/// Builds and lists the benches. With `time` it also compares each benchmark with itself, until the
/// time is over.
pub(crate) fn probe(
    args: &MeasureArgs,
    time: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<NoiseProbe> {
    let manifest =
        args.output.manifest_path.as_deref().context("the path of Cargo.toml is missing")?;
    let context = Context::without_history(manifest, &args.output)?;
    let (suite, listing) = BenchSuite::build(&context, args, interrupt)?;
    suite.check_selected(&listing, args)?;
    let runner = suite.plan(&context, listing.clone(), args, Purpose::Run)?;
    let names: Vec<BenchmarkId> =
        runner.planned().iter().flat_map(|planned| planned.rows.clone()).collect();
    let failures = runner.failures().clone();
    let slow_set_ups = slow_set_ups(runner.planned());
    let times = |planned: &PlannedBenchmark| {
        let time = planned.iteration_ns;
        planned.rows.iter().map(|row| (row.clone(), time)).collect::<Vec<_>>()
    };
    let iteration_ns = runner.planned().iter().flat_map(times).collect();
    let Some(time) = time else {
        return Ok(NoiseProbe { names, failures, iteration_ns, slow_set_ups, noise: None });
    };
    let mut runner = runner.with_time(time);
    let base = BaseEntries::new(listing, &BTreeMap::new());
    let launcher = &suite.launcher;
    let launches =
        runner.compare("measuring the noise", PAIRS, &names, &base, launcher, interrupt)?;
    interrupt.check()?;
    let noise = noise(launches.pairs.values().flatten());
    Ok(NoiseProbe { names, failures, iteration_ns, slow_set_ups, noise })
}

/// The benchmarks that spend half of a launch or more outside its samples, the slowest first.
fn slow_set_ups(planned: &[PlannedBenchmark]) -> Vec<SlowSetUp> {
    let of = |planned: &PlannedBenchmark| {
        let (outside, launch) = (planned.outside_samples(), planned.expected(1));
        let is_slow = outside >= SLOW_SET_UP && outside * 2 >= launch;
        is_slow.then(|| SlowSetUp { name: planned.entry.id.clone(), outside, launch })
    };
    let mut slow: Vec<SlowSetUp> = planned.iter().filter_map(of).collect();
    slow.sort_by_key(|slow| Reverse(slow.outside));
    slow
}

fn noise<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Option<Noise> {
    let difference = |pair: &Pair| (pair.head.median / pair.base.median).ln().abs();
    let mut all: Vec<f64> =
        pairs.map(difference).filter(|difference| difference.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    let p90 = all.get((all.len() * 9 / 10).min(all.len().saturating_sub(1)))?;
    Some(Noise { pairs: all.len(), median: LogRatio(stats::median(&all)?), p90: LogRatio(*p90) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::run::{LaunchTimes, Side};

    #[test]
    fn noise_is_the_difference_of_equal_builds() {
        let times = |median| LaunchTimes { min: 1.0, median };
        let pair = |head| Pair { first: Side::Base, base: times(1.0), head: times(head) };
        let pairs: Vec<Pair> = [1.0, 1.1, 1.0 / 1.1, 2.0, f64::NAN].map(pair).into();
        let noise = noise(pairs.iter()).unwrap();
        assert_eq!(noise.pairs, 4);
        assert!((noise.median.percent() - 10.0).abs() < 1e-9);
        assert!((noise.p90.percent() - 100.0).abs() < 1e-9);
        assert_eq!(super::noise([].iter()), None);
    }
}

//! What a doctor wants to know of benches: what there is, and how noisy the machine is.

use super::context::Context;
use super::suite::BenchSuite;
use crate::args::MeasureArgs;
use crate::bench::BaseEntries;
use crate::interrupt::Interrupt;
use anyhow::{Context as _, Result};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Pair;
use perf_judge::stats;
use perf_judge::unit::LogRatio;
use std::collections::BTreeMap;
use std::time::Duration;

/// The benches of a workspace.
#[derive(Debug)]
pub(crate) struct NoiseProbe {
    /// What they list.
    pub(crate) names: Vec<BenchmarkId>,
    /// What cannot be measured, and why.
    pub(crate) failures: BTreeMap<BenchmarkId, String>,
    /// How far launches of one executable lie apart, where that was measured.
    pub(crate) noise: Option<Noise>,
}

/// How far launches of one executable lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Noise {
    /// LaunchSchedule that were measured.
    pub(crate) pairs: usize,
    /// Half of them differ by less.
    pub(crate) middle: LogRatio,
    /// Nine of ten differ by less.
    pub(crate) nine_of_ten: LogRatio,
}

/// LaunchSchedule of each benchmark, unless the time is over before.
const ROUNDS: usize = 10;

/// Builds the benches, asks them what they hold, and compares everything with itself for
/// `time`.
pub(crate) fn look(
    args: &MeasureArgs,
    time: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<NoiseProbe> {
    let manifest = args.store.manifest_path.as_deref().context("no manifest is named")?;
    let context = Context::without_history(manifest, &args.store)?;
    let (suite, listing) = BenchSuite::build(&context, args, interrupt)?;
    suite.check_selected(&listing)?;
    let session = suite.plan(&context, listing.clone(), args)?;
    let names: Vec<BenchmarkId> =
        session.planned().iter().flat_map(|planned| planned.rows.clone()).collect();
    let failures = session.failures().clone();
    let Some(time) = time else { return Ok(NoiseProbe { names, failures, noise: None }) };
    let mut session = session.with_time(time);
    let base = BaseEntries::new(listing, &BTreeMap::new());
    let launcher = &suite.launcher;
    let sides =
        session.compare("comparing all with itself", ROUNDS, &names, &base, launcher, interrupt)?;
    let noise = noise(sides.pairs.values().flatten());
    Ok(NoiseProbe { names, failures, noise })
}

fn noise<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Option<Noise> {
    let apart = |pair: &Pair| (pair.head.median / pair.base.median).ln().abs();
    let mut all: Vec<f64> = pairs.map(apart).filter(|apart| apart.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    let nine_of_ten = all.get((all.len() * 9 / 10).min(all.len().saturating_sub(1)))?;
    Some(Noise {
        pairs: all.len(),
        middle: LogRatio(stats::median(&all)?),
        nine_of_ten: LogRatio(*nine_of_ten),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_judge::run::{LaunchTimes, Side};

    #[test]
    fn noise_is_what_equal_sides_differ_by() {
        let times = |median| LaunchTimes { min: 1.0, median };
        let pair = |head| Pair { first: Side::Base, base: times(1.0), head: times(head) };
        let pairs: Vec<Pair> = [1.0, 1.1, 1.0 / 1.1, 2.0, f64::NAN].map(pair).into();
        let noise = noise(pairs.iter()).unwrap();
        assert_eq!(noise.pairs, 4);
        assert!((noise.middle.percent() - 10.0).abs() < 1e-9);
        assert!((noise.nine_of_ten.percent() - 100.0).abs() < 1e-9);
        assert_eq!(super::noise([].iter()), None);
    }
}

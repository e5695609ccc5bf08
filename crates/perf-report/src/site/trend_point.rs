//! One run of one benchmark, and how it stands to the others.

use super::run_comparability::{Comparability, Flag};
use super::run_view::RunView;
use crate::svg::drawable;
use perf_judge::baseline::RunValue;
use perf_judge::run::{Measured, Statistic};
use perf_judge::verdict::{State, Verdict};

/// What must be the same for numbers to be compared: the batches, and the unit.
pub(super) fn batch(measured: &Measured) -> (u32, u32, &str) {
    (measured.sample_size, measured.sample_count, measured.unit())
}

/// What all runs of a benchmark are held against.
pub(super) struct SeriesReference<'a> {
    pub(super) batch: (u32, u32, &'a str),
    /// Whether another tool measures this benchmark now.
    pub(super) is_foreign: bool,
    pub(super) statistic: Statistic,
}

/// One run of one benchmark.
#[derive(Clone, Debug)]
pub(super) struct TrendPoint<'a> {
    pub(super) run: &'a RunView<'a>,
    /// What the run says of the benchmark; absent where it should have measured it and did not.
    pub(super) measured: Option<&'a Measured>,
    same_batch: bool,
    standing: Comparability,
    judged: Option<f64>,
    spread: Option<(f64, f64)>,
    /// Which of a launch's numbers is judged.
    pub(super) statistic: Statistic,
}

impl<'a> TrendPoint<'a> {
    pub(super) fn new(
        run: &'a RunView<'a>,
        measured: Option<&'a Measured>,
        reference: &SeriesReference<'_>,
    ) -> Self {
        let same_batch = measured.is_none_or(|measured| batch(measured) == reference.batch);
        let standing = match same_batch {
            true if reference.is_foreign && run.has(Flag::Imported) => Comparability::Counted,
            true => run.standing(),
            false => Comparability::Incomparable,
        };
        let statistic = reference.statistic;
        let judged = measured.and_then(|measured| judged(measured, statistic));
        let spread = measured.and_then(|measured| spread(measured, statistic));
        Self { run, measured, same_batch, standing, judged, spread, statistic }
    }

    pub(super) fn flags(&self) -> Vec<Flag> {
        let batch = (!self.same_batch).then_some(Flag::OtherBatch);
        self.run.flags.iter().copied().chain(batch).collect()
    }

    pub(super) fn standing(&self) -> Comparability {
        self.standing
    }

    /// The value as it is judged, in ns for times, so that it lies on the baseline where nothing
    /// changed.
    pub(super) fn judged(&self) -> Option<f64> {
        self.judged
    }

    /// The lowest and the highest time of a launch, in ns.
    pub(super) fn spread(&self) -> Option<(f64, f64)> {
        self.spread
    }

    /// The unit of its values.
    pub(super) fn unit(&self) -> &'a str {
        self.measured.map_or("ns", Measured::unit)
    }

    /// The 95th percentile in ns.
    pub(super) fn p95(&self) -> Option<f64> {
        self.measured?.time_ns.p95.and_then(drawable)
    }

    /// The 99th percentile in ns.
    pub(super) fn p99(&self) -> Option<f64> {
        self.measured?.time_ns.p99.and_then(drawable)
    }
}

fn judged(measured: &Measured, statistic: Statistic) -> Option<f64> {
    let judged = RunValue::of(&measured.launches).get(statistic).map(f64::exp);
    drawable(judged.unwrap_or(measured.time_ns.median))
}

fn spread(measured: &Measured, statistic: Statistic) -> Option<(f64, f64)> {
    let times = || measured.launches.iter().map(|l| l.get(statistic)).filter_map(drawable);
    Some((times().reduce(f64::min)?, times().reduce(f64::max)?))
}

/// The oldest run of the unbroken stretch up to the reported one that lies nearer to the reported
/// time than to the baseline: where a reader should look for the cause of a change.
pub(super) fn since<'a>(points: &[TrendPoint<'a>], verdict: &Verdict) -> Option<&'a RunView<'a>> {
    let changed = matches!(verdict.state, State::Regression | State::Improvement);
    let (baseline, now) = (verdict.base_ns?, verdict.head_ns?);
    let deviation = |value: f64, to: f64| (value / to).ln().abs();
    let nearer = |value: f64| deviation(value, now) < deviation(value, baseline);
    let until_reported = points.iter().rev().skip_while(|point| !point.run.is_reported());
    let judged = until_reported
        .filter(|point| point.run.is_reported() || point.standing() == Comparability::Counted);
    let stretch = judged.take_while(|point| point.judged().is_some_and(nearer));
    stretch.last().map(|point| point.run).filter(|_| changed)
}

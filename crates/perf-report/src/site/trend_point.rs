//! One run of one benchmark.

use super::run_comparability::{Comparability, Flag};
use super::run_view::RunView;
use crate::svg::drawable;
use perf_judge::baseline::RunValue;
use perf_judge::run::{Measured, Statistic};
use perf_judge::verdict::{State, Verdict};

/// The sample size, the sample count and the unit: equal for comparable numbers.
pub(super) fn sample_config(measured: &Measured) -> (u32, u32, &str) {
    (measured.sample_size, measured.sample_count, measured.unit())
}

/// The properties that the runs of a benchmark are compared with.
pub(super) struct SeriesReference<'a> {
    pub(super) sample_config: (u32, u32, &'a str),
    /// Whether another tool made the newest measurement.
    pub(super) is_foreign: bool,
    pub(super) statistic: Statistic,
}

/// One run of one benchmark.
#[derive(Clone, Debug)]
pub(super) struct TrendPoint<'a> {
    pub(super) run: &'a RunView<'a>,
    /// The measurement; `None` if the run should contain the benchmark and does not.
    pub(super) measured: Option<&'a Measured>,
    has_sample_config: bool,
    comparability: Comparability,
    value: Option<f64>,
    spread: Option<(f64, f64)>,
    /// The statistic of the verdict.
    pub(super) statistic: Statistic,
}

impl<'a> TrendPoint<'a> {
    pub(super) fn new(
        run: &'a RunView<'a>,
        measured: Option<&'a Measured>,
        reference: &SeriesReference<'_>,
    ) -> Self {
        let has_sample_config =
            measured.is_none_or(|measured| sample_config(measured) == reference.sample_config);
        let comparability = if !has_sample_config {
            Comparability::Incomparable
        } else if reference.is_foreign && run.has(Flag::Imported) {
            Comparability::Counted
        } else {
            run.comparability()
        };
        let statistic = reference.statistic;
        let value = measured.and_then(|measured| value(measured, statistic));
        let spread = measured.and_then(|measured| spread(measured, statistic));
        Self { run, measured, has_sample_config, comparability, value, spread, statistic }
    }

    pub(super) fn flags(&self) -> Vec<Flag> {
        let other = (!self.has_sample_config).then_some(Flag::OtherSampleConfig);
        self.run.flags.iter().copied().chain(other).collect()
    }

    pub(super) fn comparability(&self) -> Comparability {
        self.comparability
    }

    /// The value that the verdict uses, in ns for times.
    pub(super) fn value(&self) -> Option<f64> {
        self.value
    }

    /// The value of a level. A time of 0 has no logarithm, and hence no change.
    pub(super) fn level_value(&self) -> Option<f64> {
        self.value.filter(|value| *value > 0.0)
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

fn value(measured: &Measured, statistic: Statistic) -> Option<f64> {
    let value = RunValue::by(statistic, &measured.launches).map(f64::exp);
    drawable(value.unwrap_or(measured.time_ns.median))
}

fn spread(measured: &Measured, statistic: Statistic) -> Option<(f64, f64)> {
    let times = || measured.launches.iter().map(|l| l.get(statistic)).filter_map(drawable);
    Some((times().reduce(f64::min)?, times().reduce(f64::max)?))
}

/// The first run of a change. From it up to the reported run, all values are nearer to the head's
/// time than to the base's.
pub(super) fn since<'a>(points: &[TrendPoint<'a>], verdict: &Verdict) -> Option<&'a RunView<'a>> {
    let changed = matches!(verdict.state, State::Regression | State::Improvement);
    let (base, head) = (verdict.base_ns?, verdict.head_ns?);
    let deviation = |value: f64, to: f64| (value / to).ln().abs();
    let nearer = |value: f64| deviation(value, head) < deviation(value, base);
    let until_reported = points.iter().rev().skip_while(|point| !point.run.is_reported());
    let counted = until_reported
        .filter(|point| point.run.is_reported() || point.comparability() == Comparability::Counted);
    let stretch = counted.take_while(|point| point.value().is_some_and(nearer));
    stretch.last().map(|point| point.run).filter(|_| changed)
}

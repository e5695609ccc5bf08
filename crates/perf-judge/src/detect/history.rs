//! The history rule: one run against the median of its baseline.
//!
//! The rule is a first pass: its candidates are measured again before one is reported as a
//! regression. On a shared machine, two benchmarks in five differ by more than 5 % from run to run.

use super::{BOUND_LEVEL, Change, Finding, Severity};
use crate::baseline::{Baseline, LENGTH, MINIMUM, RunValue};
use crate::run::Statistic;
use crate::stats;
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::sync::LazyLock;

/// The smallest change that is reported: ln 1.05.
pub const THRESHOLD: f64 = 0.048_790_164_169_432_01;
/// The smallest deviation that is compared in pairs: ln 1.03.
const CANDIDATE: f64 = 0.029_558_802_241_544_4;
/// The smallest noise floor of a baseline, in ln: few values can agree by chance.
pub(super) const SPREAD_FLOOR: f64 = 0.01;
/// A statistic with a larger threshold is ignored, because it cannot detect a change of 10 %; ln 1.1.
pub const UNDERPOWERED: f64 = 0.095_310_179_804_324_87;
/// The smallest number of benchmarks that shows a shift of the whole run.
const SUITE_WIDE_SHIFT_BENCHMARKS: usize = 8;

/// The largest distance from the median shift of a benchmark that shares it, as a part of the shift. A
/// machine does not slow all benchmarks down alike. It is at least ln 1.03.
const SHARED: f64 = 0.25;

/// The one-sided level of the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// 99 %: a candidate is measured again before it is reported.
    FirstPass,
    /// 99.9 %, as no rerun is possible. A benchmark that 99 % show to be unchanged stays unchanged.
    Final,
}

/// The deviation of a run from its baseline by one statistic, in ln.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deviation {
    /// The statistic.
    pub statistic: Statistic,
    /// The value of the run, ln of ns.
    pub now: f64,
    /// The median of the baseline's values, ln of ns.
    #[serde(alias = "middle")]
    pub median: f64,
    /// `now` − `median`.
    pub shift: f64,
    /// The noise floor: the robust spread of the baseline's values.
    pub spread: f64,
    /// The smallest shift that counts as a change.
    #[serde(alias = "limit")]
    pub threshold: f64,
    /// Half the width of the shift's 89 % confidence interval; absent in reports of older versions.
    ///
    /// It is t × `spread` × √(1 + 1/n) for a baseline of n runs. Here t is the 94.5 % quantile of
    /// Student's distribution with n − 1 degrees of freedom. This is the prediction interval of
    /// one further value (Hahn and Meeker, "Statistical Intervals", 1991).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
}

impl Deviation {
    /// Whether the statistic cannot detect a change of 10 %.
    pub fn is_underpowered(&self) -> bool {
        self.threshold > UNDERPOWERED
    }
}

/// The deviations of one run from its baseline, by each statistic that both have.
pub fn deviations(now: RunValue, baseline: &Baseline, confidence: Confidence) -> Vec<Deviation> {
    let deviations_at = |confidence| {
        let deviation = |statistic| {
            let values = baseline.values().iter().filter_map(|value| value.get(statistic));
            deviation(statistic, now.get(statistic)?, &values.collect::<Vec<f64>>(), confidence)
        };
        Statistic::ALL.into_iter().filter_map(deviation).collect()
    };
    let first_pass: Vec<Deviation> = deviations_at(Confidence::FirstPass);
    let is_unchanged =
        || judge(&first_pass, None).is_some_and(|change| change.finding == Finding::Unchanged);
    if confidence == Confidence::FirstPass || is_unchanged() {
        first_pass
    } else {
        deviations_at(Confidence::Final)
    }
}

fn deviation(
    statistic: Statistic,
    now: f64,
    baseline: &[f64],
    confidence: Confidence,
) -> Option<Deviation> {
    if baseline.len() < MINIMUM {
        return None;
    }
    let runs = baseline.len() as f64;
    let spread = stats::robust_spread(baseline).max(SPREAD_FLOOR);
    // The distance that one further run keeps from the baseline's centre, at a quantile.
    let reach = |quantile: f64| quantile * spread * (1.0 + 1.0 / runs).sqrt();
    let [first_pass, final_level, interval] = student_quantiles(baseline.len() - 1);
    let quantile = match confidence {
        Confidence::FirstPass => first_pass,
        Confidence::Final => final_level,
    };
    let median = stats::median(baseline)?;
    Some(Deviation {
        statistic,
        now,
        median,
        shift: now - median,
        spread,
        threshold: reach(quantile).max(THRESHOLD),
        half_width: Some(reach(interval)),
    })
}

/// The quantiles of Student's t in use: of both confidences, and of the ends of an interval.
///
/// Each is computed once, because inverting the distribution takes longer than the rest of the rule.
/// A baseline has at most ten runs, so there are few.
fn student_quantiles(freedom: usize) -> [f64; 3] {
    static QUANTILES: LazyLock<[[f64; 3]; LENGTH]> = LazyLock::new(|| std::array::from_fn(invert));
    QUANTILES.get(freedom).copied().unwrap_or_else(|| invert(freedom))
}

fn invert(freedom: usize) -> [f64; 3] {
    let quantile =
        |p| StudentsT::new(0.0, 1.0, freedom as f64).map_or(f64::INFINITY, |t| t.inverse_cdf(p));
    [0.99, 0.999, 1.0 - BOUND_LEVEL].map(quantile)
}

/// The shift that at least half of the benchmarks of a run share, if it is 5 % or more.
///
/// Its cause is the machine, or a change that affects all benchmarks, e.g. of the allocator. Benchmarks
/// with shifts of other sizes share none: a commit can change most of them, each by its own amount.
pub fn suite_wide_shift<'a>(run: impl IntoIterator<Item = &'a [Deviation]>) -> Option<LogRatio> {
    let mean =
        |each: &[Deviation]| stats::mean(&used(each).iter().map(|d| d.shift).collect::<Vec<f64>>());
    let shifts: Vec<f64> = run.into_iter().filter_map(mean).collect();
    let shift = stats::median(&shifts).filter(|_| shifts.len() >= SUITE_WIDE_SHIFT_BENCHMARKS)?;
    let near = CANDIDATE.max(shift.abs() * SHARED);
    let sharing = shifts.iter().filter(|own| (*own - shift).abs() <= near).count();
    let is_shared = sharing * 2 >= shifts.len();
    (is_shared && shift.abs() >= THRESHOLD).then_some(LogRatio(shift))
}

/// Whether a benchmark is a candidate for a paired comparison.
///
/// It is one if it deviates by at least 3 %, or if all its statistics are underpowered.
pub fn needs_comparison(deviations: &[Deviation]) -> bool {
    let deviates = |deviation: &Deviation| deviation.shift.abs() >= CANDIDATE;
    deviations.iter().any(deviates) || used(deviations).iter().any(Deviation::is_underpowered)
}

/// Whether no statistic can detect a change of 10 %.
pub fn are_underpowered(deviations: &[Deviation]) -> bool {
    !deviations.is_empty() && deviations.iter().all(Deviation::is_underpowered)
}

/// Whether a benchmark is a candidate for a rerun.
pub fn is_candidate(deviations: &[Deviation]) -> bool {
    used(deviations).iter().any(|deviation| deviation.shift.abs() >= THRESHOLD)
}

/// The statistics that can detect a change of 10 %, or all if none can.
///
/// Background load can move the medians of launches between two speeds for minutes, while the minima
/// do not change. Without underpowered statistics, 72 instead of 65 % of slowdowns of 20 % are found
/// on recorded noise of such a machine. The share of unchanged benchmarks without a decision falls
/// from 25 to 17 %. There was no false alarm in 1,512 cases, with or without them.
fn used(deviations: &[Deviation]) -> Vec<Deviation> {
    let powered: Vec<Deviation> =
        deviations.iter().copied().filter(|d| !d.is_underpowered()).collect();
    if powered.is_empty() { deviations.to_vec() } else { powered }
}

/// The statistic of the printed times: the median if it is used.
pub fn deciding(deviations: &[Deviation]) -> Statistic {
    let is_median = |deviation: &Deviation| deviation.statistic == Statistic::Median;
    if deviations.is_empty() || used(deviations).iter().any(is_median) {
        Statistic::Median
    } else {
        Statistic::Min
    }
}

/// The result of the history rule. `None` without a deviation.
///
/// A change is reported if every used statistic exceeds its threshold in one direction, with and
/// without the suite-wide shift. No other statistic may exceed its own in the opposite direction.
pub fn judge(deviations: &[Deviation], suite_wide_shift: Option<LogRatio>) -> Option<Change> {
    let common = suite_wide_shift.map_or(0.0, |shift| shift.0);
    let slower = |d: &Deviation| d.shift.min(d.shift - common);
    let faster = |d: &Deviation| d.shift.max(d.shift - common);
    let used = used(deviations);
    let limit = used.iter().map(|d| d.threshold).reduce(f64::max)?;

    let all_slower = used.iter().all(|d| slower(d) >= d.threshold)
        && deviations.iter().all(|d| slower(d) > -d.threshold);
    let all_faster = used.iter().all(|d| faster(d) <= -d.threshold)
        && deviations.iter().all(|d| faster(d) < d.threshold);
    let shifts: Vec<f64> = match (all_slower, all_faster) {
        (true, _) => used.iter().map(slower).collect(),
        (_, true) => used.iter().map(faster).collect(),
        _ => used.iter().map(|d| d.shift).collect(),
    };
    let estimate = stats::median(&shifts)?;
    let least = shifts.iter().map(|shift| shift.abs()).reduce(f64::min)?;
    let finding = if all_slower {
        Finding::Regression(Severity::of(estimate, least))
    } else if all_faster {
        Finding::Improvement(Severity::of(estimate, least))
    } else if is_candidate(deviations) || limit > UNDERPOWERED {
        Finding::Inconclusive
    } else {
        Finding::Unchanged
    };
    let half_width = used.iter().filter_map(|d| d.half_width).reduce(f64::max);
    Some(Change {
        finding,
        estimate: LogRatio(estimate),
        low: half_width.map(|half| LogRatio(estimate - half)),
        high: half_width.map(|half| LogRatio(estimate + half)),
        min_detectable_change: LogRatio(limit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::LaunchTimes;
    use proptest::prelude::*;

    fn value(ns: f64) -> RunValue {
        RunValue::of(&[LaunchTimes { min: ns, median: ns }])
    }

    fn baseline(values: &[f64]) -> Baseline {
        Baseline::new(values.iter().copied().map(value).collect(), Vec::new())
    }

    fn found(history: &[f64], now: f64) -> Finding {
        judge(&deviations(value(now), &baseline(history), Confidence::FirstPass), None)
            .unwrap()
            .finding
    }

    #[test]
    fn constant_series_have_the_smallest_threshold() {
        let flat = [100.0; 10];
        let cases = [
            (100.0, Finding::Unchanged),
            (104.0, Finding::Unchanged),
            (106.0, Finding::Regression(Severity::Notice)),
            (120.0, Finding::Regression(Severity::Major)),
            (150.0, Finding::Regression(Severity::Critical)),
            (70.0, Finding::Improvement(Severity::Major)),
        ];
        for (now, finding) in cases {
            assert_eq!(found(&flat, now), finding, "{now}");
        }
    }

    #[test]
    fn limits_are_the_published_ones() {
        // With the spread at its floor: n = 3, 4, 5 and more.
        for (runs, percent) in [(3, 8.4), (4, 5.2), (5, 5.0), (10, 5.0)] {
            let each =
                deviations(value(100.0), &baseline(&vec![100.0; runs]), Confidence::FirstPass);
            assert!(
                (LogRatio(each[0].threshold).percent() - percent).abs() < 0.06,
                "{runs}: {each:?}"
            );
        }
    }

    #[test]
    fn student_quantiles_are_the_published_ones() {
        let is_close = |found: f64, published: f64| (found - published).abs() < 1e-4;
        let [first_pass, final_level, interval] = student_quantiles(9);
        assert!(is_close(first_pass, 2.8214) && is_close(final_level, 4.2968));
        // Between the published 1.3830 of 90 % and 1.8331 of 95 %.
        assert!((1.3830..1.8331).contains(&interval));
        let beyond = [student_quantiles(LENGTH + 5), invert(LENGTH + 5)];
        assert!(is_close(beyond[0][0], beyond[1][0]) && is_close(beyond[0][2], beyond[1][2]));
    }

    #[test]
    fn an_outlier_in_the_history_is_ignored() {
        let history = [100.0, 101.0, 99.0, 500.0, 100.0, 100.0, 101.0, 99.0, 100.0, 100.0];
        assert_eq!(found(&history, 125.0), Finding::Regression(Severity::Major));
        assert_eq!(found(&history, 100.0), Finding::Unchanged);
    }

    #[test]
    fn a_noisy_history_is_inconclusive() {
        let history = [100.0, 120.0, 90.0, 130.0, 95.0, 125.0, 105.0, 88.0, 118.0, 100.0];
        assert_eq!(found(&history, 130.0), Finding::Inconclusive);
        assert_eq!(found(&history, 103.0), Finding::Inconclusive);
    }

    #[test]
    fn statistics_that_disagree_are_inconclusive() {
        let now = RunValue { min: Some(100.0_f64.ln()), median: Some(130.0_f64.ln()) };
        let change = judge(&deviations(now, &baseline(&[100.0; 10]), Confidence::FirstPass), None);
        assert_eq!(change.unwrap().finding, Finding::Inconclusive);
    }

    /// A baseline whose minima agree and whose medians jump between two speeds.
    fn busy() -> Baseline {
        let medians = [207.0, 310.0, 315.0, 210.0, 308.0, 209.0, 312.0, 316.0];
        let value = |median: f64| RunValue { min: Some(206.0_f64.ln()), median: Some(median.ln()) };
        Baseline::new(medians.map(value).into(), Vec::new())
    }

    fn found_when_busy(min: f64, median: f64) -> Change {
        let now = RunValue { min: Some(min.ln()), median: Some(median.ln()) };
        judge(&deviations(now, &busy(), Confidence::FirstPass), None).unwrap()
    }

    #[test]
    fn an_underpowered_statistic_is_not_used() {
        let unchanged = RunValue { min: Some(206.0_f64.ln()), median: Some(315.0_f64.ln()) };
        let each = deviations(unchanged, &busy(), Confidence::FirstPass);
        assert_eq!(deciding(&each), Statistic::Min);
        assert_eq!(suite_wide_shift([each.as_slice(); 8]), None);
        assert_eq!(found_when_busy(206.0, 315.0).finding, Finding::Unchanged);
        assert_eq!(found_when_busy(206.0, 180.0).finding, Finding::Unchanged);
        let slower = found_when_busy(309.0, 330.0);
        assert_eq!(slower.finding, Finding::Regression(Severity::Critical));
        assert!((slower.estimate.percent() - 50.0).abs() < 1e-6);
    }

    #[test]
    fn an_underpowered_statistic_can_contradict() {
        assert_eq!(found_when_busy(309.0, 60.0).finding, Finding::Inconclusive);
    }

    #[test]
    fn one_statistic_alone_decides() {
        let now = RunValue { min: None, median: Some(120.0_f64.ln()) };
        let change = judge(&deviations(now, &baseline(&[100.0; 10]), Confidence::FirstPass), None);
        assert_eq!(change.unwrap().finding, Finding::Regression(Severity::Major));
        assert_eq!(judge(&[], None), None);
    }

    #[test]
    fn a_shift_of_everything_is_taken_off() {
        let flat = baseline(&[100.0; 10]);
        let run: Vec<Vec<Deviation>> = [120.0, 121.0, 119.0, 120.0, 120.0, 122.0, 120.0, 180.0]
            .map(|now| deviations(value(now), &flat, Confidence::FirstPass))
            .into();
        let common = suite_wide_shift(run.iter().map(Vec::as_slice));
        assert!((common.unwrap().percent() - 20.0).abs() < 0.1);
        assert_eq!(judge(&run[0], common).unwrap().finding, Finding::Inconclusive);
        let own = judge(&run[7], common).unwrap();
        assert_eq!(own.finding, Finding::Regression(Severity::Critical));
        assert!((own.estimate.percent() - 50.0).abs() < 0.1);
        assert_eq!(suite_wide_shift(run[..7].iter().map(Vec::as_slice)), None);
    }

    #[test]
    fn changes_of_several_sizes_are_no_suite_wide_shift() {
        let run = |shifts: [f64; 8]| -> Vec<Vec<Deviation>> {
            let of = |percent| {
                let now = value(100.0 + percent);
                deviations(now, &baseline(&[100.0; 10]), Confidence::FirstPass)
            };
            shifts.map(of).into()
        };
        let shared = |shifts| {
            let run = run(shifts);
            suite_wide_shift(run.iter().map(Vec::as_slice)).map(|shift| shift.percent().round())
        };
        assert_eq!(shared([0.0, 3.0, 5.0, 10.0, 12.0, 20.0, 30.0, 50.0]), None);
        assert_eq!(shared([0.0, 0.0, 5.0, 11.0, 11.0, 12.0, 10.0, 50.0]), Some(10.0));
        // A machine that is much slower is so unevenly.
        assert_eq!(shared([20.0, 25.0, 32.0, 33.0, 35.0, 36.0, 42.0, 60.0]), Some(34.0));
    }

    fn series() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(50.0..200.0f64, 3..12)
    }

    /// Half the width of the interval of a run of `now` ns, as the interval's ends and as the rule
    /// gives it.
    fn half_widths(history: &[f64], now: f64) -> (LogRatio, [f64; 2], f64) {
        let each = deviations(value(now), &baseline(history), Confidence::FirstPass);
        let change = judge(&each, None).unwrap();
        let (low, high) = change.low.zip(change.high).unwrap();
        let estimate = change.estimate;
        (estimate, [estimate.0 - low.0, high.0 - estimate.0], each[0].half_width.unwrap())
    }

    #[test]
    fn the_interval_is_the_prediction_interval() {
        // The spread is at its floor of 1 %, and t(0.945, 9) is 1.7729.
        let (estimate, [below, above], half) = half_widths(&[100.0; 10], 120.0);
        assert!((estimate.percent() - 20.0).abs() < 1e-9);
        let expected = student_quantiles(9)[2] * SPREAD_FLOOR * 1.1_f64.sqrt();
        for width in [below, above, half] {
            assert!((width - expected).abs() < 1e-12, "{width} {expected}");
        }
    }

    #[test]
    fn the_widest_used_statistic_gives_the_interval() {
        let medians = [100.0, 101.5, 98.5, 101.0, 99.0, 100.5];
        let value = |median: f64| RunValue { min: Some(90.0_f64.ln()), median: Some(median.ln()) };
        let noisy = Baseline::new(medians.map(value).into(), Vec::new());
        let now = RunValue { min: Some(108.0_f64.ln()), median: Some(120.0_f64.ln()) };
        let each = deviations(now, &noisy, Confidence::FirstPass);
        let [min, median] = [each[0].half_width.unwrap(), each[1].half_width.unwrap()];
        let change = judge(&each, None).unwrap();
        assert!(min < median && !each[1].is_underpowered());
        assert_eq!(change.high, Some(LogRatio(change.estimate.0 + median)));
        // An underpowered statistic is not used.
        let change = found_when_busy(309.0, 330.0);
        assert!(change.high.unwrap().0 - change.estimate.0 < 0.03);
    }

    proptest! {
        #[test]
        fn the_interval_contains_the_estimate_in_its_middle(history in series(), now in 50.0..200.0f64) {
            let (_, [below, above], half) = half_widths(&history, now);
            prop_assert!(below > 0.0 && (below - above).abs() < 1e-9 && (below - half).abs() < 1e-9);
        }

        #[test]
        fn more_runs_of_equal_spread_narrow_the_interval(step in 1.0..60.0f64, runs in 3..10usize) {
            // Neighbours differ by the same step, so the spread does not depend on their number.
            let alternating = |runs: usize| {
                (0..runs).map(|run| 100.0 + step * (run % 2) as f64).collect::<Vec<f64>>()
            };
            let (_, [fewer, _], _) = half_widths(&alternating(runs), 130.0);
            let (_, [more, _], _) = half_widths(&alternating(runs + 1), 130.0);
            prop_assert!(more < fewer, "{fewer} {more}");
        }

        #[test]
        fn the_unit_of_time_does_not_matter(history in series(), now in 50.0..200.0f64, scale in 1e-3..1e6f64) {
            let scaled: Vec<f64> = history.iter().map(|ns| ns * scale).collect();
            let one = judge(&deviations(value(now), &baseline(&history), Confidence::FirstPass), None).unwrap();
            let other = judge(&deviations(value(now * scale), &baseline(&scaled), Confidence::FirstPass), None).unwrap();
            prop_assert!((one.estimate.0 - other.estimate.0).abs() < 1e-9);
            prop_assert!((one.min_detectable_change.0 - other.min_detectable_change.0).abs() < 1e-9);
        }

        #[test]
        fn a_mirrored_history_mirrors_the_finding(history in series(), now in 50.0..200.0f64) {
            let mirrored: Vec<f64> = history.iter().map(|ns| 1.0 / ns).collect();
            let there = judge(&deviations(value(now), &baseline(&history), Confidence::FirstPass), None).unwrap();
            let back = judge(&deviations(value(1.0 / now), &baseline(&mirrored), Confidence::FirstPass), None).unwrap();
            let expected = match there.finding {
                Finding::Regression(severity) => Finding::Improvement(severity),
                Finding::Improvement(severity) => Finding::Regression(severity),
                same => same,
            };
            prop_assert_eq!(back.finding, expected);
        }

        #[test]
        fn anything_goes_in_without_a_panic(history in prop::collection::vec(prop::num::f64::ANY, 0..12), now in prop::num::f64::ANY) {
            let each = deviations(value(now), &baseline(&history), Confidence::Final);
            let _ = judge(&each, suite_wide_shift([each.as_slice()]));
        }
    }
}

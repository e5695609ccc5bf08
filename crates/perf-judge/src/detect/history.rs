//! Rule H: one run against the median of the last comparable ones.
//!
//! It is a screen. What it candidates is measured again before anything is called a regression,
//! because a shared machine differs from run to run by more than 5 % for two benchmarks in five.

use super::{BOUND_LEVEL, Change, Finding, Severity, paired};
use crate::baseline::{Baseline, LENGTH, MINIMUM, RunValue};
use crate::run::Statistic;
use crate::stats;
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::sync::LazyLock;

/// The smallest change that is reported: ln 1.05.
pub const THRESHOLD: f64 = 0.048_790_164_169_432_01;
/// A series never counts as quieter than this, in ln: few values can agree by accident.
const SPREAD_FLOOR: f64 = 0.01;
/// Above this limit, ln 1.1, a statistic sees too little to be asked: "unchanged" would mean nothing.
pub const UNDERPOWERED: f64 = 0.095_310_179_804_324_87;
/// Benchmarks that it takes to tell a shift of the whole run from changes of single ones.
const SUITE_WIDE_SHIFT_BENCHMARKS: usize = 8;

/// How sure the limit must be, one-sided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// 99 %: a candidate is measured again before it counts.
    FirstPass,
    /// 99.9 %: nothing can be measured again.
    Final,
}

/// How far one statistic of a run lies from its baseline, in ln.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deviation {
    /// Which.
    pub statistic: Statistic,
    /// What the run says, ln of ns.
    pub now: f64,
    /// The median of what the baseline's runs say, ln of ns.
    #[serde(alias = "middle")]
    pub median: f64,
    /// Now less that median.
    pub shift: f64,
    /// The robust spread of the baseline's values.
    pub spread: f64,
    /// What a shift must reach to be believed.
    #[serde(alias = "limit")]
    pub threshold: f64,
    /// Half the width of the shift's 89 % confidence interval; absent in reports of older versions.
    ///
    /// It is that of a prediction interval: the run is one further value of the baseline's
    /// distribution, so Student's t with n - 1 degrees of freedom is multiplied by the spread and
    /// by √(1 + 1/n) (Hahn and Meeker, "Statistical Intervals", 1991).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
}

impl Deviation {
    /// Whether it sees too little to be asked: no change of 10 %.
    pub fn is_underpowered(&self) -> bool {
        self.threshold > UNDERPOWERED
    }
}

/// Measures one run against its baseline, by each statistic that both have.
pub fn deviations(now: RunValue, baseline: &Baseline, confidence: Confidence) -> Vec<Deviation> {
    let deviation = |statistic| {
        let values = baseline.values().iter().filter_map(|value| value.get(statistic));
        deviation(statistic, now.get(statistic)?, &values.collect::<Vec<f64>>(), confidence)
    };
    Statistic::ALL.into_iter().filter_map(deviation).collect()
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
    // How far one further run differs from the centre of the baseline's, at a quantile.
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
/// A baseline has at most ten runs, so there are few, and each is computed once: inverting the
/// distribution takes longer than the rest of the rule.
fn student_quantiles(freedom: usize) -> [f64; 3] {
    static QUANTILES: LazyLock<[[f64; 3]; LENGTH]> = LazyLock::new(|| std::array::from_fn(invert));
    QUANTILES.get(freedom).copied().unwrap_or_else(|| invert(freedom))
}

fn invert(freedom: usize) -> [f64; 3] {
    let quantile =
        |p| StudentsT::new(0.0, 1.0, freedom as f64).map_or(f64::INFINITY, |t| t.inverse_cdf(p));
    [0.99, 0.999, 1.0 - BOUND_LEVEL].map(quantile)
}

/// The shift that all benchmarks of a run share, if it is large enough to say so.
///
/// It is the machine, or a change of everything: an allocator, flags, a compiler.
pub fn suite_wide_shift<'a>(run: impl IntoIterator<Item = &'a [Deviation]>) -> Option<LogRatio> {
    let mean =
        |each: &[Deviation]| stats::mean(&used(each).iter().map(|d| d.shift).collect::<Vec<f64>>());
    let shifts: Vec<f64> = run.into_iter().filter_map(mean).collect();
    let shift = stats::median(&shifts).filter(|_| shifts.len() >= SUITE_WIDE_SHIFT_BENCHMARKS)?;
    (shift.abs() >= THRESHOLD).then_some(LogRatio(shift))
}

/// Whether a benchmark should be compared side by side, where that can be done: it moved by as much
/// as a comparison can tell, or the history is too noisy to say that it did not.
pub fn needs_comparison(deviations: &[Deviation]) -> bool {
    let moved = |deviation: &Deviation| deviation.shift.abs() >= paired::THRESHOLD;
    deviations.iter().any(moved) || used(deviations).iter().any(Deviation::is_underpowered)
}

/// Whether a benchmark must be measured again before anything is said of it.
pub fn is_candidate(deviations: &[Deviation]) -> bool {
    used(deviations).iter().any(|deviation| deviation.shift.abs() >= THRESHOLD)
}

/// The statistics that see changes of 10 %; all of them where none does.
///
/// While a neighbour keeps the machine busy the medians of launches jump between two speeds for
/// minutes, and the minima stay where they were. On recorded noise of such a machine,
/// asking only what can see raised the share of 20 % slowdowns that are found from 65 to 72 % and
/// lowered the share of unchanged benchmarks that stay undecided from 25 to 17 %; false alarms
/// stayed at none in 1,512.
fn used(deviations: &[Deviation]) -> Vec<Deviation> {
    let seeing: Vec<Deviation> =
        deviations.iter().copied().filter(|d| !d.is_underpowered()).collect();
    if seeing.is_empty() { deviations.to_vec() } else { seeing }
}

/// The statistic whose times stand beside a verdict: the median if it was asked.
pub fn deciding(deviations: &[Deviation]) -> Statistic {
    let is_median = |deviation: &Deviation| deviation.statistic == Statistic::Median;
    if deviations.is_empty() || used(deviations).iter().any(is_median) {
        Statistic::Median
    } else {
        Statistic::Min
    }
}

/// The rule's verdict. `None` without a deviation.
///
/// A change is believed only if every statistic that sees enough saw it, saw it also after taking
/// off what the whole run shares, and none of the others saw the opposite.
pub fn judge(deviations: &[Deviation], common: Option<LogRatio>) -> Option<Change> {
    let common = common.map_or(0.0, |shift| shift.0);
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
    fn constant_series_obey_the_floor() {
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
            let near =
                deviations(value(100.0), &baseline(&vec![100.0; runs]), Confidence::FirstPass);
            assert!(
                (LogRatio(near[0].threshold).percent() - percent).abs() < 0.06,
                "{runs}: {near:?}"
            );
        }
    }

    #[test]
    fn student_quantiles_are_the_published_ones() {
        let near = |found: f64, published: f64| (found - published).abs() < 1e-4;
        let [first_pass, final_level, interval] = student_quantiles(9);
        assert!(near(first_pass, 2.8214) && near(final_level, 4.2968));
        // Between the published 1.3830 of 90 % and 1.8331 of 95 %.
        assert!((1.3830..1.8331).contains(&interval));
        let beyond = [student_quantiles(LENGTH + 5), invert(LENGTH + 5)];
        assert!(near(beyond[0][0], beyond[1][0]) && near(beyond[0][2], beyond[1][2]));
    }

    #[test]
    fn an_outlier_in_the_history_is_ignored() {
        let history = [100.0, 101.0, 99.0, 500.0, 100.0, 100.0, 101.0, 99.0, 100.0, 100.0];
        assert_eq!(found(&history, 125.0), Finding::Regression(Severity::Major));
        assert_eq!(found(&history, 100.0), Finding::Unchanged);
    }

    #[test]
    fn a_noisy_history_is_blind_and_says_so() {
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
    fn what_sees_nothing_is_not_asked() {
        let still = RunValue { min: Some(206.0_f64.ln()), median: Some(315.0_f64.ln()) };
        let near = deviations(still, &busy(), Confidence::FirstPass);
        assert_eq!(deciding(&near), Statistic::Min);
        assert_eq!(suite_wide_shift([near.as_slice(); 8]), None);
        assert_eq!(found_when_busy(206.0, 315.0).finding, Finding::Unchanged);
        assert_eq!(found_when_busy(206.0, 180.0).finding, Finding::Unchanged);
        let slower = found_when_busy(309.0, 330.0);
        assert_eq!(slower.finding, Finding::Regression(Severity::Critical));
        assert!((slower.estimate.percent() - 50.0).abs() < 1e-6);
    }

    #[test]
    fn what_sees_little_may_still_object() {
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

    fn series() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(50.0..200.0f64, 3..12)
    }

    /// Half the width of the interval of a run of `now` ns, as the interval's ends and as the rule
    /// gives it.
    fn half_widths(history: &[f64], now: f64) -> (LogRatio, [f64; 2], f64) {
        let near = deviations(value(now), &baseline(history), Confidence::FirstPass);
        let change = judge(&near, None).unwrap();
        let (low, high) = change.low.zip(change.high).unwrap();
        let estimate = change.estimate;
        (estimate, [estimate.0 - low.0, high.0 - estimate.0], near[0].half_width.unwrap())
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
        let near = deviations(now, &noisy, Confidence::FirstPass);
        let [min, median] = [near[0].half_width.unwrap(), near[1].half_width.unwrap()];
        let change = judge(&near, None).unwrap();
        assert!(min < median && !near[1].is_underpowered());
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
            let near = deviations(value(now), &baseline(&history), Confidence::Final);
            let _ = judge(&near, suite_wide_shift([near.as_slice()]));
        }
    }
}

//! The rule for benchmarks whose single runs are too noisy for the history rule.
//!
//! Background load can move a benchmark between several speeds for minutes. A run of five launches
//! then has a value by chance, and the noise floor of its baseline excludes nothing below 10 %. The
//! launches of several runs together nearly always contain some without that load.

use super::history::{SPREAD_FLOOR, THRESHOLD, UNDERPOWERED};
use super::{BOUND_LEVEL, Change, Finding, Severity};
use crate::stats;
use crate::unit::LogRatio;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The smallest number of groups of runs. On recorded noise, fewer have too many false alarms.
const MIN_GROUPS: usize = 6;
/// The smallest number of runs in a group: one alone is what the history rule compares.
const MIN_RUNS: usize = 2;

/// A statistic of the minima of several launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PooledStatistic {
    /// The lowest minimum.
    Lowest,
    /// The median of the minima.
    Median,
}

impl PooledStatistic {
    const ALL: [Self; 2] = [Self::Lowest, Self::Median];

    fn of(self, minima: &[f64]) -> Option<f64> {
        match self {
            Self::Lowest => minima.iter().copied().reduce(f64::min),
            Self::Median => stats::median(minima),
        }
    }
}

/// The deviation of the launches of a run and its rerun from those of recorded runs, in ln.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PooledDeviation {
    /// The statistic.
    pub statistic: PooledStatistic,
    /// The number of consecutive runs in a group. Groups overlap.
    pub runs: usize,
    /// The value of the head's launches, ln of ns.
    pub now: f64,
    /// The median of the groups' values, ln of ns.
    pub median: f64,
    /// The standard deviation of the groups' values.
    pub spread: f64,
    /// The smallest shift that counts as a change.
    pub threshold: f64,
    /// Half the width of the shift's 89 % confidence interval.
    pub half_width: f64,
}

impl PooledDeviation {
    /// The change from the median of the groups.
    pub fn shift(&self) -> f64 {
        self.now - self.median
    }

    /// Whether the statistic cannot detect a change of 10 %.
    pub fn is_underpowered(&self) -> bool {
        self.threshold > UNDERPOWERED
    }
}

/// The number of runs in a group, whose launches together are at most `launches`. `None` if a group
/// would have a single run, or if there would be too few groups. `baseline` has the minima of each run.
fn runs_per_group(launches: usize, baseline: &[Vec<f64>]) -> Option<usize> {
    let most = baseline.iter().map(Vec::len).max().filter(|most| *most > 0)?;
    let runs = (launches / most).min((baseline.len() + 1).saturating_sub(MIN_GROUPS));
    (runs >= MIN_RUNS).then_some(runs)
}

/// Whether `launches` launches can be compared with these runs: the minima of each, oldest first.
pub fn can_pool(launches: usize, baseline: &[Vec<f64>]) -> bool {
    runs_per_group(launches, baseline).is_some()
}

/// The deviations of the minima of a run and its rerun from those of recorded runs, oldest first, all
/// in ln of ns. Empty if there are too few.
///
/// Only as many launches count as a group has: the lowest of more would be lower.
pub fn deviations(minima: &[f64], baseline: &[Vec<f64>]) -> Vec<PooledDeviation> {
    let Some(runs) = runs_per_group(minima.len(), baseline) else { return Vec::new() };
    let most = baseline.iter().map(Vec::len).max().unwrap_or_default();
    let minima = &minima[..minima.len().min(runs * most)];
    let groups: Vec<Vec<f64>> = baseline.windows(runs).map(<[Vec<f64>]>::concat).collect();
    let deviation = |statistic: PooledStatistic| {
        let values: Vec<f64> = groups.iter().filter_map(|group| statistic.of(group)).collect();
        let spread = stats::std_dev(&values)?.max(SPREAD_FLOOR);
        let count = values.len() as f64;
        let student = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
        let reach = |p: f64| student.inverse_cdf(p) * spread * (1.0 + 1.0 / count).sqrt();
        Some(PooledDeviation {
            statistic,
            runs,
            now: statistic.of(minima)?,
            median: stats::median(&values)?,
            spread,
            threshold: reach(0.99).max(THRESHOLD),
            half_width: reach(1.0 - BOUND_LEVEL),
        })
    };
    PooledStatistic::ALL.into_iter().filter_map(deviation).collect()
}

/// The result of the rule. `None` if no statistic can detect a change of 10 %.
///
/// Every statistic that can must exceed its threshold in one direction, with and without the suite-wide
/// shift. A change is a notice whatever its size, because load that lasts for the whole measurement
/// looks like a change.
pub fn judge(deviations: &[PooledDeviation], suite_wide_shift: Option<LogRatio>) -> Option<Change> {
    let common = suite_wide_shift.map_or(0.0, |shift| shift.0);
    let used: Vec<&PooledDeviation> = deviations.iter().filter(|d| !d.is_underpowered()).collect();
    let limit = used.iter().map(|d| d.threshold).reduce(f64::max)?;
    let half_width = used.iter().map(|d| d.half_width).reduce(f64::max)?;
    let shifts: Vec<f64> = used.iter().map(|d| d.shift()).collect();
    let slower: Vec<f64> = shifts.iter().map(|shift| shift.min(shift - common)).collect();
    let faster: Vec<f64> = shifts.iter().map(|shift| shift.max(shift - common)).collect();
    let all = |shifts: &[f64], is_beyond: fn(f64, f64) -> bool| {
        used.iter().zip(shifts).all(|(d, shift)| is_beyond(*shift, d.threshold))
    };
    let (finding, shifts) = if all(&slower, |shift, limit| shift >= limit) {
        (Finding::Regression(Severity::Notice), slower)
    } else if all(&faster, |shift, limit| shift <= -limit) {
        (Finding::Improvement(Severity::Notice), faster)
    } else if shifts.iter().any(|shift| shift.abs() >= THRESHOLD) {
        (Finding::Inconclusive, shifts)
    } else {
        (Finding::Unchanged, shifts)
    };
    let estimate = stats::median(&shifts)?;
    Some(Change {
        finding,
        estimate: LogRatio(estimate),
        low: Some(LogRatio(estimate - half_width)),
        high: Some(LogRatio(estimate + half_width)),
        min_detectable_change: LogRatio(limit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ln(ns: &[f64]) -> Vec<f64> {
        ns.iter().map(|ns| ns.ln()).collect()
    }

    /// Ten runs of five launches at 100 or, under load, 170 ns. Every fourth run is under load as a whole.
    fn bimodal() -> Vec<Vec<f64>> {
        let run = |at: usize| match at % 4 {
            0 => ln(&[170.0; 5]),
            _ => ln(&[170.0, 170.0, 100.0 + at as f64 / 10.0, 170.0, 170.0]),
        };
        (0..10).map(run).collect()
    }

    /// The launches of a run and its rerun, by the times of both speeds in ns.
    fn launches(fast: f64, slow: f64) -> Vec<f64> {
        ln(&[[slow, slow, fast, slow, slow]; 3].concat())
    }

    fn finding(fast: f64, slow: f64) -> Finding {
        judge(&deviations(&launches(fast, slow), &bimodal()), None).unwrap().finding
    }

    #[test]
    fn a_change_of_all_speeds_is_found_among_several() {
        assert_eq!(finding(100.0, 170.0), Finding::Unchanged);
        assert_eq!(finding(110.0, 187.0), Finding::Regression(Severity::Notice));
        assert_eq!(finding(90.0, 153.0), Finding::Improvement(Severity::Notice));
        assert_eq!(finding(200.0, 340.0), Finding::Regression(Severity::Notice));
        // Load for the whole measurement changes only one statistic.
        assert_eq!(finding(170.0, 170.0), Finding::Inconclusive);
    }

    #[test]
    fn a_change_is_beyond_its_threshold_with_and_without_a_suite_wide_shift() {
        let slower = deviations(&launches(110.0, 187.0), &bimodal());
        let with = |shift: f64| judge(&slower, Some(LogRatio(shift))).unwrap();
        assert_eq!(with(0.03).finding, Finding::Regression(Severity::Notice));
        assert_eq!(with(0.09).finding, Finding::Inconclusive);
        assert!((with(0.03).estimate.0 - (1.1_f64.ln() - 0.03)).abs() < 0.01);
    }

    #[test]
    fn a_group_has_as_many_launches_as_the_head() {
        let groups = |launches, runs, each| runs_per_group(launches, &vec![vec![0.0; each]; runs]);
        assert_eq!(groups(15, 10, 5), Some(3));
        assert_eq!(groups(15, 8, 5), Some(3));
        assert_eq!(groups(15, 7, 5), Some(2));
        assert_eq!(groups(15, 6, 5), None);
        assert_eq!(groups(13, 10, 5), Some(2));
        assert_eq!(groups(9, 10, 5), None);
        assert_eq!(groups(11, 10, 1), Some(5));
        assert_eq!(groups(15, 10, 0), None);
        // Further launches do not count: the lowest of more is lower.
        let more = [launches(110.0, 187.0), ln(&[50.0; 4])].concat();
        assert_eq!(deviations(&more, &bimodal()), deviations(&launches(110.0, 187.0), &bimodal()));
    }

    #[test]
    fn without_power_nothing_is_decided() {
        let wild: Vec<Vec<f64>> = (0..10).map(|at| vec![f64::from(at); 5]).collect();
        assert_eq!(judge(&deviations(&launches(100.0, 170.0), &wild), None), None);
        assert_eq!(judge(&[], None), None);
    }

    proptest! {
        #[test]
        fn the_result_does_not_depend_on_the_unit(
            times in prop::collection::vec(prop::collection::vec(1.0..2.0_f64, 5), 10),
            head in prop::collection::vec(1.0..2.0_f64, 15),
            scale in -20.0..20.0_f64,
        ) {
            let scaled = |ns: &[f64]| ln(ns).iter().map(|ln| ln + scale).collect::<Vec<f64>>();
            let baseline = |of: &dyn Fn(&[f64]) -> Vec<f64>| {
                times.iter().map(|run| of(run)).collect::<Vec<Vec<f64>>>()
            };
            let plain = deviations(&ln(&head), &baseline(&ln));
            let other = deviations(&scaled(&head), &baseline(&scaled));
            for (one, other) in plain.iter().zip(&other) {
                prop_assert!((one.shift() - other.shift()).abs() < 1e-9);
                prop_assert!((one.threshold - other.threshold).abs() < 1e-9);
            }
            prop_assert_eq!(plain.len(), 2);
        }
    }
}

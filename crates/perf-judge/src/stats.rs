//! Order statistics with documented policies for ties, even counts and quantile types.
//!
//! All functions take finite numbers. Callers leave out absent ones.

/// The median; with an even count the mean of the middle two. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let half = sorted.len() / 2;
    match (sorted.len(), sorted.len() % 2) {
        (0, _) => None,
        (_, 1) => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

/// The weighted median: half of the weight is at or below it, and half at or above it. `None` without
/// weight.
///
/// If the weight is divided exactly between two values, it is their mean.
pub fn weighted_median(values: &[(f64, u32)]) -> Option<f64> {
    let mut sorted: Vec<(f64, u32)> =
        values.iter().copied().filter(|(_, weight)| *weight > 0).collect();
    sorted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let total: u64 = sorted.iter().map(|(_, weight)| u64::from(*weight)).sum();
    // The first value up to which more than, or exactly, half of the weight is reached.
    let first = |is_reached: fn(u64, u64) -> bool| {
        let mut below = 0;
        let reached = |(_, weight): &&(f64, u32)| {
            below += u64::from(*weight);
            is_reached(2 * below, total)
        };
        sorted.iter().find(reached).map(|(value, _)| *value)
    };
    Some(f64::midpoint(first(|twice, total| twice >= total)?, first(|twice, total| twice > total)?))
}

/// The quantile `p` in 0..=1 of sorted values, linear between neighbours.
///
/// This is type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), the
/// default of R and NumPy. `None` of nothing.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = p.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// The values in ascending order.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The arithmetic mean. `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample standard deviation, with n - 1 in the denominator. `None` below two values.
pub fn std_dev(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The mean of the lowest third, rounded up: the value of a few launches if noise only adds time.
pub fn lowest_third_mean(values: &[f64]) -> Option<f64> {
    mean(&sorted(values)[..values.len().div_ceil(3)])
}

/// The 95 % interval of a share with `hits` in `of` trials, by Wilson's score (1927). It is 0 to 1
/// without trials.
pub fn wilson(hits: u32, of: u32) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (f64::from(of), f64::from(hits) / f64::from(of));
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let reach = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - reach).max(0.0), (middle + reach).min(1.0))
}

/// Makes a median absolute deviation comparable to a standard deviation: 1 / Φ⁻¹(3/4).
const NORMAL_CONSISTENT: f64 = 1.4826;

/// The spread of a series: the larger of two robust estimates of its standard deviation.
///
/// One is from the deviations to the median, and shows a drift. The other is from the steps between
/// neighbours, and shows jumps between two levels. 0 for fewer than two values.
pub fn robust_spread(series: &[f64]) -> f64 {
    let Some(median_value) = median(series) else { return 0.0 };
    let deviations: Vec<f64> = series.iter().map(|value| (value - median_value).abs()).collect();
    let steps: Vec<f64> = series.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let by_distance = median(&deviations).unwrap_or(0.0);
    let by_step = median(&steps).unwrap_or(0.0) / std::f64::consts::SQRT_2;
    NORMAL_CONSISTENT * by_distance.max(by_step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(left: Option<f64>, right: f64) -> bool {
        left.is_some_and(|left| (left - right).abs() < 1e-12)
    }

    #[test]
    fn medians_of_odd_even_and_nothing() {
        assert_eq!(median(&[]), None);
        assert!(close(median(&[3.0, 1.0, 2.0]), 2.0));
        assert!(close(median(&[4.0, 1.0, 2.0, 3.0]), 2.5));
    }

    #[test]
    fn weighted_medians_count_each_value_as_often_as_its_weight() {
        let cases = [
            (vec![], None),
            (vec![(1.0, 0)], None),
            (vec![(3.0, 1), (1.0, 4), (2.0, 2)], Some(1.0)),
            (vec![(1.0, 2), (2.0, 1), (9.0, 1)], Some(1.5)),
            (vec![(1.0, 1), (2.0, 0), (9.0, 1)], Some(5.0)),
        ];
        for (values, expected) in cases {
            assert_eq!(weighted_median(&values), expected, "{values:?}");
        }
    }

    #[test]
    fn wilson_intervals_are_the_published_ones() {
        // statsmodels.stats.proportion.proportion_confint(hits, of, method="wilson")
        let cases = [
            (0, 10, 0.0, 0.277_532_8),
            (5, 10, 0.236_593_1, 0.763_406_9),
            (10, 10, 0.722_467_2, 1.0),
            (0, 306, 0.0, 0.012_398_3),
            (0, 0, 0.0, 1.0),
        ];
        for (hits, of, low, high) in cases {
            let (from, to) = wilson(hits, of);
            assert!((from - low).abs() < 1e-6 && (to - high).abs() < 1e-6, "{hits} of {of}");
        }
    }

    #[test]
    fn quantiles_are_type_7() {
        // numpy.quantile([1, 2, 4, 8, 16], [.05, .5, .95, .99])
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, expected) in [(0.05, 1.2), (0.5, 4.0), (0.95, 14.4), (0.99, 15.68), (1.0, 16.0)] {
            assert!(close(quantile(&values, p), expected), "{p}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn deviations_match_published_values() {
        // numpy.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1)
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!(close(std_dev(&values), 2.138_089_935_299_395));
        assert_eq!(std_dev(&[1.0]), None);
    }

    #[test]
    fn the_lowest_third_rounds_up() {
        assert!(close(lowest_third_mean(&[5.0, 1.0, 3.0, 2.0, 4.0]), 1.5));
        assert!(close(lowest_third_mean(&[7.0]), 7.0));
        assert_eq!(lowest_third_mean(&[]), None);
    }

    #[test]
    fn spread_takes_the_larger_view() {
        // Distances 1, 1, 1, 1 about 0; every step is 2.
        assert!(close(Some(robust_spread(&[-1.0, 1.0, -1.0, 1.0])), 1.4826 * 2.0 / 2.0_f64.sqrt()));
        // A drift: deviations 2, 1, 0, 1, 2; every step is 1.
        assert!(close(Some(robust_spread(&[1.0, 2.0, 3.0, 4.0, 5.0])), 1.4826));
        assert!(close(Some(robust_spread(&[7.0; 10])), 0.0));
    }

    proptest! {
        #[test]
        fn a_median_lies_between_the_ends(values in prop::collection::vec(-1e9..1e9f64, 1..50)) {
            let ends = sorted(&values);
            let middle = median(&values).unwrap();
            prop_assert!(ends[0] <= middle && middle <= ends[ends.len() - 1]);
            prop_assert_eq!(quantile(&ends, 0.0), Some(ends[0]));
            prop_assert_eq!(quantile(&ends, 1.0), ends.last().copied());
        }

        #[test]
        fn shifting_a_series_leaves_its_spread(values in prop::collection::vec(-10.0..10.0f64, 2..30), by in -5.0..5.0f64) {
            let moved: Vec<f64> = values.iter().map(|value| value + by).collect();
            prop_assert!((robust_spread(&moved) - robust_spread(&values)).abs() < 1e-9);
        }
    }
}

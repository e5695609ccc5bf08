//! How the time of a benchmark depends on its numeric argument: a power law.
//!
//! `time = c × n^b` is a line in logarithms. It is fitted by least squares (NIST/SEMATECH e-Handbook of
//! Statistical Methods, section 4.4.3.1). The interval of the exponent is that of the slope:
//! `b ± t × s ÷ √Σ(x − x̄)²`. For `k` arguments, `s²` is `Σ residual² ÷ (k − 2)`. `t` is the quantile of
//! Student's distribution with `k − 2` degrees of freedom.
//!
//! The interval describes how well a line fits the times. Where fixed costs dominate small arguments, no
//! single exponent is right, and the interval is wide.

use crate::stats;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The fewest different arguments of a fit.
pub const FEWEST: usize = 3;

/// The quantile of Student's distribution at each end of the 89 % interval.
const QUANTILE: f64 = 0.945;

/// The fit of times to a power of an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct PowerLaw {
    /// The exponent: 1 for linear growth, about 1.1 for n log n, 2 for quadratic growth.
    pub exponent: f64,
    /// The lower end of the exponent's 89 % confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The share of the variance of the logarithms that the line explains, from 0 to 1.
    pub r_squared: f64,
    /// The natural logarithm of the fitted time at the argument 1.
    intercept: f64,
}

impl PowerLaw {
    /// The fit of `(argument, time)`. `None` with fewer than [`FEWEST`] different arguments, or if a
    /// number is not above 0 or not finite.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let sums = Sums::of(points)?;
        let exponent = sums.slope();
        let residual = (sums.yy - exponent * sums.xy).max(0.0);
        let freedom = sums.count - 2.0;
        let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(QUANTILE);
        let half = quantile * (residual / freedom / sums.xx).sqrt();
        Some(Self {
            exponent,
            low: exponent - half,
            high: exponent + half,
            r_squared: if sums.yy > 0.0 { 1.0 - residual / sums.yy } else { 1.0 },
            intercept: sums.mean_y - exponent * sums.mean_x,
        })
    }

    /// The fitted time at an argument above 0.
    pub fn at(&self, n: f64) -> f64 {
        (self.intercept + self.exponent * n.ln()).exp()
    }

    /// By what the time is multiplied when the argument doubles.
    pub fn per_doubling(&self) -> f64 {
        2_f64.powf(self.exponent)
    }
}

/// The exponent of [`PowerLaw::fit`] without the work for its interval.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    Sums::of(points).map(|sums| sums.slope())
}

/// The means of the logarithms, and the sums of squares and products of their deviations.
struct Sums {
    count: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Sums {
    /// `None` with fewer than [`FEWEST`] different arguments, or if a number is not above 0 or not
    /// finite.
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let is_drawable = |value: f64| value > 0.0 && value.is_finite();
        if !points.iter().all(|(n, time)| is_drawable(*n) && is_drawable(*time)) {
            return None;
        }
        let logs: Vec<(f64, f64)> = points.iter().map(|(n, time)| (n.ln(), time.ln())).collect();
        let xs = stats::sorted(&logs.iter().map(|(x, _)| *x).collect::<Vec<f64>>());
        let different = 1 + xs.windows(2).filter(|pair| pair[0] < pair[1]).count();
        if different < FEWEST {
            return None;
        }
        let count = logs.len() as f64;
        let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
        let sum = |of: fn(f64, f64) -> f64| -> f64 {
            logs.iter().map(|(x, y)| of(x - mean_x, y - mean_y)).sum()
        };
        let (xx, xy, yy) = (sum(|x, _| x * x), sum(|x, y| x * y), sum(|_, y| y * y));
        Some(Self { count, mean_x, mean_y, xx, xy, yy })
    }

    fn slope(&self) -> f64 {
        self.xy / self.xx
    }
}

/// A last part of a benchmark's name as a positive number: `1000`, `1_000`, `0.5`, `n=64`.
pub fn numeric_argument(part: &str) -> Option<f64> {
    let value = part.split_once('=').map_or(part, |(_, value)| value);
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '_' | '.');
    let digits: String = value.trim().chars().filter(|c| *c != '_').collect();
    let number = digits.parse::<f64>().ok().filter(|_| value.trim().chars().all(is_number))?;
    (number > 0.0 && number.is_finite()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_power_law_is_found_whatever_its_factor(
            exponent in -3.0..3.0_f64,
            factor in 0.001..1e6_f64,
            scale in 0.1..100.0_f64,
        ) {
            let points = [16.0, 64.0, 256.0, 1024.0_f64];
            let points = points.map(|n| (n * scale, factor * n.powf(exponent)));
            let fit = PowerLaw::fit(&points).unwrap();
            prop_assert!((fit.exponent - exponent).abs() < 1e-6, "{:?}", fit);
            prop_assert_eq!(super::exponent(&points), Some(fit.exponent));
            prop_assert!(fit.low <= fit.exponent && fit.exponent <= fit.high);
        }
    }

    fn fit(of: impl Fn(f64) -> f64) -> PowerLaw {
        let points = [10.0, 100.0, 1000.0, 10_000.0].map(|n| (n, of(n)));
        PowerLaw::fit(&points).unwrap()
    }

    #[test]
    fn exact_powers_are_found() {
        for exponent in [0.0, 0.5, 1.0, 2.0, 3.0] {
            let law = fit(|n| 7.0 * n.powf(exponent));
            assert!((law.exponent - exponent).abs() < 1e-9, "{law:?}");
            assert!(law.high - law.low < 1e-6, "{law:?}");
            assert!((law.at(50.0) / (7.0 * 50_f64.powf(exponent)) - 1.0).abs() < 1e-9);
            assert!((law.per_doubling() - 2_f64.powf(exponent)).abs() < 1e-9);
        }
    }

    #[test]
    fn n_log_n_is_between_linear_and_quadratic() {
        let law = fit(|n| n * n.ln());
        assert!((1.1..1.3).contains(&law.exponent), "{law:?}");
        assert!(law.low < law.exponent && law.exponent < law.high && law.r_squared > 0.99);
    }

    #[test]
    fn fixed_costs_widen_the_interval() {
        let (plain, fixed) = (fit(|n| n), fit(|n| 5000.0 + n));
        assert!(fixed.high - fixed.low > 0.3 && plain.high - plain.low < 1e-6, "{fixed:?}");
    }

    #[test]
    fn the_interval_of_a_handbook_example() {
        // x = ln n of 0 to 3 and y = 0, 1, 1, 2: slope 0.6, s² = 0.1, Σx² = 5, t = 2.76.
        let points = [(0.0, 0.0), (1.0, 1.0), (2.0, 1.0), (3.0, 2.0)];
        let points = points.map(|(x, y): (f64, f64)| (x.exp(), y.exp()));
        let law = PowerLaw::fit(&points).unwrap();
        assert!((law.exponent - 0.6).abs() < 1e-9, "{law:?}");
        assert!((law.high - (0.6 + 2.760 * (0.1_f64 / 5.0).sqrt())).abs() < 2e-3, "{law:?}");
    }

    #[test]
    fn few_or_invalid_points_have_no_fit() {
        for points in [
            &[][..],
            &[(1.0, 1.0), (2.0, 2.0)],
            &[(1.0, 1.0), (1.0, 2.0), (2.0, 2.0)],
            &[(0.0, 1.0), (1.0, 2.0), (2.0, 2.0)],
            &[(1.0, 1.0), (2.0, f64::NAN), (3.0, 2.0)],
        ] {
            assert_eq!(PowerLaw::fit(points), None, "{points:?}");
            assert_eq!(exponent(points), None, "{points:?}");
        }
    }

    #[test]
    fn arguments_are_numbers() {
        for (part, expected) in [
            ("1000", Some(1000.0)),
            ("1_000", Some(1000.0)),
            ("n=64", Some(64.0)),
            ("0.5", Some(0.5)),
            ("0", None),
            ("-3", None),
            ("1e9", None),
            ("inf", None),
            ("large", None),
            ("", None),
            ("_", None),
        ] {
            assert_eq!(numeric_argument(part), expected, "{part}");
        }
    }
}

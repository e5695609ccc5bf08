//! The exponent of a time that grows with an argument.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The quantile of Student's t at each end of the 89 % confidence interval.
const QUANTILE: f64 = 0.945;
/// The fewest points of a fit. Every two points fit a line.
const MINIMUM: usize = 3;

/// A power law, time = factor × argument ^ exponent, fitted to the logarithms by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// The exponent.
    pub exponent: f64,
    /// The lower end of its 89 % confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl PowerLaw {
    /// The fit of arguments and times. `None` for fewer than three different arguments above 0 with a
    /// finite time above 0.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let is_usable = |value: f64| value.is_finite() && value > 0.0;
        let usable = points.iter().filter(|(x, y)| is_usable(*x) && is_usable(*y));
        let logs: Vec<(f64, f64)> = usable.map(|(x, y)| (x.ln(), y.ln())).collect();
        if logs.len() < MINIMUM {
            return None;
        }
        let count = logs.len() as f64;
        let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
        let spread: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        if spread <= f64::EPSILON {
            return None;
        }
        let common: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        let exponent = common / spread;
        let residual = |(x, y): &(f64, f64)| (y - mean_y - exponent * (x - mean_x)).powi(2);
        let residuals: f64 = logs.iter().map(residual).sum();
        let freedom = count - 2.0;
        let error = (residuals / freedom / spread).sqrt();
        let half = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(QUANTILE) * error;
        Some(Self { exponent, low: exponent - half, high: exponent + half })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARGUMENTS: [f64; 5] = [16.0, 64.0, 256.0, 1024.0, 4096.0];

    fn exponent(time: impl Fn(f64) -> f64) -> f64 {
        PowerLaw::fit(&ARGUMENTS.map(|n| (n, time(n)))).unwrap().exponent
    }

    #[test]
    fn known_growth_has_its_exponent() {
        for (name, found, expected) in [
            ("constant", exponent(|_| 7.0), 0.0),
            ("linear", exponent(|n| 3.0 * n), 1.0),
            ("n log n", exponent(|n| n * n.ln()), 1.195),
            ("quadratic", exponent(|n| n * n / 9.0), 2.0),
        ] {
            assert!((found - expected).abs() < 0.001, "{name}: {found}");
        }
    }

    #[test]
    fn the_interval_is_that_of_a_textbook() {
        let points = [(0.0, 0.1), (1.0, 2.0), (2.0, 3.9), (3.0, 6.1)];
        let fit = PowerLaw::fit(&points.map(|(x, y): (f64, f64)| (x.exp(), y.exp()))).unwrap();
        assert!((fit.exponent - 1.99).abs() < 1e-9, "{fit:?}");
        // s² = 0.027 / 2 (freedom) / 5 (spread of x) and t(0.945, 2) = 2.7604.
        let half = 2.7604 * (0.027_f64 / 2.0 / 5.0).sqrt();
        assert!((fit.high - fit.exponent - half).abs() < 1e-3, "{fit:?}, {half}");
        assert!((fit.exponent - fit.low - half).abs() < 1e-3, "{fit:?}, {half}");
    }

    #[test]
    fn too_little_has_no_exponent() {
        let cases: [&[(f64, f64)]; 4] = [
            &[],
            &[(1.0, 1.0), (2.0, 2.0)],
            &[(5.0, 1.0), (5.0, 2.0), (5.0, 3.0)],
            &[(0.0, 1.0), (1.0, f64::NAN), (2.0, 2.0), (3.0, 3.0)],
        ];
        for points in cases {
            assert_eq!(PowerLaw::fit(points), None, "{points:?}");
        }
    }

    proptest! {
        #[test]
        fn a_power_law_is_found_whatever_its_factor(
            exponent in -3.0..3.0_f64,
            factor in 0.001..1e6_f64,
            scale in 0.1..100.0_f64,
        ) {
            let points = ARGUMENTS.map(|n| (n * scale, factor * n.powf(exponent)));
            let fit = PowerLaw::fit(&points).unwrap();
            prop_assert!((fit.exponent - exponent).abs() < 1e-6, "{:?}", fit);
            prop_assert!(fit.low <= fit.exponent && fit.exponent <= fit.high);
        }
    }
}

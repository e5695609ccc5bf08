//! Whether a commit between two measured ones is worth measuring first.

use crate::run::{Measured, Run};

/// The least difference of a benchmark's times; ln 1.05.
const LEAST: f64 = 0.048_790_164_169_432_01;

/// Whether a benchmark differs between two runs: by 5 % or more, and each launch of one is above all
/// launches of the other.
///
/// It orders what is measured and is no verdict.
pub fn differ(one: &Run, other: &Run) -> bool {
    one.benchmarks.iter().any(|measured| {
        other.benchmark(&measured.name).is_some_and(|of_other| has_changed(measured, of_other))
    })
}

fn has_changed(one: &Measured, other: &Measured) -> bool {
    let medians = |measured: &Measured| -> Vec<f64> {
        measured.launches.iter().map(|launch| launch.median).collect()
    };
    let (one, other) = (medians(one), medians(other));
    let lowest = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = |times: &[f64]| times.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let is_above = |high: &[f64], low: &[f64]| (lowest(high) / highest(low)).ln() > 0.0;
    let change = (lowest(&one) / lowest(&other)).ln().abs();
    change >= LEAST && (is_above(&one, &other) || is_above(&other, &one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::{measured, run};

    #[test]
    fn only_clear_differences_of_a_common_benchmark_count() {
        let of = |ns: f64| run(1, vec![measured("a/b::same", 7.0), measured("a/b::c", ns)]);
        assert!(!differ(&of(100.0), &of(100.0)));
        assert!(!differ(&of(100.0), &of(104.0)));
        assert!(differ(&of(100.0), &of(106.0)) && differ(&of(106.0), &of(100.0)));
        assert!(!differ(&of(100.0), &run(1, vec![measured("a/b::new", 500.0)])));
        let mut mixed = of(150.0);
        mixed.benchmarks[1].launches[0].median = 90.0;
        assert!(!differ(&of(100.0), &mixed));
        assert!(!differ(&of(0.0), &of(0.0)) && !differ(&of(f64::NAN), &of(1.0)));
    }
}

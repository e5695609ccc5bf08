//! Whether repeated counts of one build are equal, and the smallest change that follows from it.

use crate::run::Quantity;
use crate::unit::{self, LogRatio};

/// The smallest change of a count that is reported. Instructions of benchmarks with hash maps differ
/// by 0.4 % between processes.
const SMALLEST: f64 = 0.01;
/// The number of repeat spreads within which a count is unchanged.
const SPREADS: f64 = 3.0;
/// A count with a larger repeat spread varies.
const VARYING: f64 = 0.001;

/// The largest difference that repeated counts explain, as a share. `spread` is the repeat spread, which
/// is taken for 0 if it was not measured.
pub(super) fn noise(spread: Option<f64>) -> f64 {
    spread.unwrap_or_default() * SPREADS
}

/// The smallest change that is reported, as a share: 1 %, or three times the repeat spread if that is
/// more.
pub fn threshold(spread: Option<f64>) -> f64 {
    noise(spread).max(SMALLEST)
}

/// By how much a count varies, and from what change on it is reported. `None` if it repeats to 0.1 %, or
/// if its quantity depends on the load anyway.
pub fn variation(quantity: Quantity, spread: f64) -> Option<String> {
    (quantity.repeats() && spread > VARYING).then(|| {
        let from = unit::percent(LogRatio(threshold(Some(spread)).ln_1p()));
        let spread = unit::small_share(spread);
        let differ = if quantity == Quantity::AllocPeakBytes { "differs" } else { "differ" };
        format!(
            "{quantity} {differ} by {spread} between processes: changes from {from} are reported"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_varies_names_the_smallest_change() {
        let text =
            "instructions differ by 0.40 % between processes: changes from 1.2 % are reported";
        assert_eq!(variation(Quantity::Instructions, 0.004).as_deref(), Some(text));
        let little = variation(Quantity::AllocPeakBytes, 0.002).unwrap();
        assert!(little.ends_with("changes from 1.0 % are reported"), "{little}");
        assert_eq!(variation(Quantity::Instructions, 0.001), None);
        assert_eq!(variation(Quantity::MinorFaults, 0.5), None);
    }
}

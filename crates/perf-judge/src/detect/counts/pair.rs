//! A count of base and head, and whether it changed.

use super::repeat;
use crate::run::Quantity;
use crate::unit::{self, LogRatio};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A count of the base and of the head per iteration.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct CountPair {
    /// The count of the base.
    pub base: f64,
    /// The count of the head.
    pub head: f64,
    /// By how much repeated counts of one build differ, as a share; `None` if it was not measured.
    #[serde(default)]
    pub spread: Option<f64>,
}

/// The direction in which a count changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CountDirection {
    /// The head has more.
    Grew,
    /// The head has less.
    Shrank,
}

/// A count that changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountChange {
    /// What was counted.
    pub quantity: Quantity,
    /// The counts of base and head.
    pub pair: CountPair,
    /// The direction of the change.
    pub direction: CountDirection,
}

/// The smallest difference per iteration that is one. A single event among the iterations of a counted
/// sample is less.
const LEAST_DIFFERENCE: f64 = 0.01;

/// Half of the last printed digit of a growth. 1 % more work has slightly less than 1 % more instructions,
/// because some do not depend on it.
const ROUNDING: f64 = 0.0005;

impl CountPair {
    /// A pair whose repeat spread is not known.
    pub fn new(base: f64, head: f64) -> Self {
        Self { base, head, spread: None }
    }

    /// Head ÷ base − 1; infinite where a count of 0 grew, and 0 for a difference below a hundredth per
    /// iteration.
    pub fn growth(self) -> f64 {
        if (self.head - self.base).abs() < LEAST_DIFFERENCE {
            0.0
        } else {
            (self.head - self.base) / self.base.abs()
        }
    }

    /// The smallest growth that is a change: 1 %, or three times the repeat spread if that is more.
    pub fn threshold(self) -> f64 {
        repeat::threshold(self.spread)
    }

    /// The direction of a change that reaches the threshold to the printed digit.
    pub fn direction(self) -> Option<CountDirection> {
        self.direction_from(self.threshold() - ROUNDING)
    }

    /// The direction of a difference of any size that repeated counts do not have.
    pub(super) fn difference(self) -> Option<CountDirection> {
        self.direction_from(repeat::noise(self.spread)).filter(|_| self.growth() != 0.0)
    }

    /// The change in percent, `+5.2 %`, or `from 0`.
    pub fn change_label(self) -> String {
        let growth = self.growth();
        if growth.is_finite() {
            unit::change(LogRatio(growth.ln_1p()))
        } else {
            "from 0".to_owned()
        }
    }

    pub(super) fn direction_from(self, threshold: f64) -> Option<CountDirection> {
        match self.growth() {
            growth if growth >= threshold => Some(CountDirection::Grew),
            growth if growth <= -threshold => Some(CountDirection::Shrank),
            _ => None,
        }
    }
}

impl CountDirection {
    /// The name that tables show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grew => "counts grew",
            Self::Shrank => "counts shrank",
        }
    }
}

impl CountChange {
    /// The change with its percentage: `allocations +20.0 % (100 → 120)`.
    pub fn with_percent(&self) -> String {
        let Self { quantity, pair, .. } = self;
        match quantity {
            Quantity::Instructions => self.to_string(),
            _ if pair.growth().is_infinite() => self.to_string(),
            _ => format!("{quantity} {} ({})", pair.change_label(), both(*quantity, *pair)),
        }
    }
}

/// `instructions +1.2 %`, `allocations 100 → 101`.
impl fmt::Display for CountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { quantity, pair, .. } = self;
        match quantity {
            Quantity::Instructions => write!(f, "{quantity} {}", pair.change_label()),
            _ => write!(f, "{quantity} {}", both(*quantity, *pair)),
        }
    }
}

fn both(quantity: Quantity, pair: CountPair) -> String {
    format!("{} → {}", quantity.show(pair.base), quantity.show(pair.head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_changes_from_one_percent_or_three_spreads() {
        use CountDirection::{Grew, Shrank};
        let cases = [
            (1000.0, 1009.0, None, None),
            (1000.0, 1010.0, None, Some(Grew)),
            (1000.0, 990.0, Some(0.0), Some(Shrank)),
            (1000.0, 1010.0, Some(0.0036), None),
            (1000.0, 1011.0, Some(0.0036), Some(Grew)),
            (1000.0, 1009.6, None, Some(Grew)),
            (1000.0, 1009.4, None, None),
            (100.0, 101.0, None, Some(Grew)),
            (0.0, 0.5, Some(0.1), Some(Grew)),
            (5.0, 0.0, None, Some(Shrank)),
            (0.0, 0.0, None, None),
            // One event among 65,536 iterations.
            (0.0, 1.0 / 65_536.0, None, None),
            (1.0 / 65_536.0, 0.0, None, None),
        ];
        for (base, head, spread, direction) in cases {
            let pair = CountPair { spread, ..CountPair::new(base, head) };
            assert_eq!(pair.direction(), direction, "{pair:?}");
        }
    }

    #[test]
    fn a_change_is_printed_by_its_size_or_its_values() {
        let change = |quantity, base, head| CountChange {
            quantity,
            pair: CountPair::new(base, head),
            direction: CountDirection::Grew,
        };
        let cases = [
            (change(Quantity::Instructions, 1e6, 1.012e6), "instructions +1.2 %", None),
            (
                change(Quantity::AllocCount, 100.0, 120.0),
                "allocations 100 → 120",
                Some("allocations +20.0 % (100 → 120)"),
            ),
            (change(Quantity::AllocPeakBytes, 0.0, 2e6), "peak of live bytes 0 B → 2.000 MB", None),
            (change(Quantity::Instructions, 0.0, 5.0), "instructions from 0", None),
        ];
        for (change, short, with_percent) in cases {
            assert_eq!(change.to_string(), short);
            assert_eq!(change.with_percent(), with_percent.unwrap_or(short));
        }
    }
}

//! Launches side by side.

use super::{LaunchTimes, Statistic};
use serde::{Deserialize, Serialize};

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The build that is compared with.
    Base,
    /// The build that is judged.
    Head,
}

/// A pair: one launch of the base and one of the head, directly after each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The side that a fair coin had launched first.
    pub first: Side,
    /// What the base's launch took.
    pub base: LaunchTimes,
    /// What the head's launch took.
    pub head: LaunchTimes,
}

impl Pair {
    /// The time of one side by one statistic, in ns an iteration.
    pub fn get(&self, side: Side, statistic: Statistic) -> f64 {
        match side {
            Side::Base => self.base.get(statistic),
            Side::Head => self.head.get(statistic),
        }
    }
}

//! Pairs of launches.

use super::{LaunchTimes, Statistic};
use serde::{Deserialize, Serialize};

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The base commit's build.
    Base,
    /// The head commit's build.
    Head,
}

/// A pair: one launch of the base and one of the head, directly after each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The side that was launched first, chosen at random.
    pub first: Side,
    /// The times of the base's launch.
    pub base: LaunchTimes,
    /// The times of the head's launch.
    pub head: LaunchTimes,
}

impl Pair {
    /// The time of one side by one statistic, in ns per iteration.
    pub fn get(&self, side: Side, statistic: Statistic) -> f64 {
        match side {
            Side::Base => self.base.get(statistic),
            Side::Head => self.head.get(statistic),
        }
    }
}

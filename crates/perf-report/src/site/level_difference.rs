//! How the level of a benchmark differs between two runs.

use super::levels::{BenchmarkLevels, LEAST_CHANGE};
use perf_judge::detect::level_interval;
use perf_judge::ident::BenchmarkId;
use perf_judge::stats;
use perf_judge::unit::{Figures, LogRatio};

/// The difference between the levels of a benchmark at two runs.
#[derive(Clone, Debug)]
pub(super) struct LevelDifference<'a> {
    pub(super) id: &'a BenchmarkId,
    base_ns: f64,
    pub(super) change: LogRatio,
    /// The 89 % confidence interval. `None` if there are too few runs for one.
    pub(super) interval: Option<(LogRatio, LogRatio)>,
}

impl<'a> LevelDifference<'a> {
    /// The difference between the levels at the places of two runs. `None` unless both measured it.
    pub(super) fn between(levels: &BenchmarkLevels<'a>, places: [usize; 2]) -> Option<Self> {
        if !places.iter().all(|place| levels.is_measured(*place)) {
            return None;
        }
        let [base, head] = places.map(|place| levels.current_at(place));
        let (base_ns, head_ns) = (stats::median(&base)?, stats::median(&head)?);
        Some(Self {
            id: levels.id,
            base_ns,
            change: LogRatio((head_ns / base_ns).ln()),
            interval: level_interval(&base, &head),
        })
    }

    /// The same after a second change, with an interval of the same level.
    ///
    /// The ends of the two intervals are added. For independent, normally distributed errors the result
    /// is not too narrow: the standard deviation of a sum is at most the sum of both.
    pub(super) fn followed_by(self, change: LogRatio, (low, high): (LogRatio, LogRatio)) -> Self {
        let sum = |one: LogRatio, other: LogRatio| LogRatio(one.0 + other.0);
        let interval = self.interval.map(|own| (sum(own.0, low), sum(own.1, high)));
        Self { change: sum(self.change, change), interval, ..self }
    }

    /// Whether it is certain and large enough to be listed.
    pub(super) fn is_change(&self) -> bool {
        let is_certain = self.interval.is_some_and(|(low, high)| low.0 > 0.0 || high.0 < 0.0);
        is_certain && self.change.0.abs() >= LEAST_CHANGE
    }

    pub(super) fn is_slower(&self) -> bool {
        self.change.0 > 0.0
    }

    pub(super) fn figures(&self) -> Figures {
        let head_ns = self.base_ns * self.change.0.exp();
        Figures::new(Some(self.base_ns), Some(head_ns), Some(self.change))
    }
}

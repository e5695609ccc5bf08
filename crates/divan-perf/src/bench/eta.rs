//! The time left of steps that handle one benchmark after another.

use crate::ui::ProgressState;
use std::time::{Duration, Instant};

/// Estimates the time left from the time so far and the share that is done.
#[derive(Debug)]
pub(super) struct EtaEstimator {
    count: usize,
    started: Instant,
}

impl EtaEstimator {
    /// An estimator of `count` benchmarks that start now.
    pub(super) fn start(count: usize) -> Self {
        Self { count, started: Instant::now() }
    }

    /// The state after `done` benchmarks.
    pub(super) fn state<'a>(&self, done: usize, current: &'a str) -> ProgressState<'a> {
        self.state_of(done, done as f64 / self.count.max(1) as f64, current)
    }

    /// The state after `done` benchmarks with this share of the time, for benchmarks of different
    /// durations.
    pub(super) fn state_of<'a>(
        &self,
        done: usize,
        share: f64,
        current: &'a str,
    ) -> ProgressState<'a> {
        let left = if share > 0.0 { (1.0 / share - 1.0).max(0.0) } else { 0.0 };
        ProgressState {
            done,
            of: self.count,
            benchmarks: None,
            left: Duration::from_secs_f64(self.started.elapsed().as_secs_f64() * left),
            current,
            slowest: None,
        }
    }
}

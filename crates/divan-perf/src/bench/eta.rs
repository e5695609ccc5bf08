//! The time left of steps that handle one benchmark after another.

use crate::ui::ProgressState;
use std::time::{Duration, Instant};

/// Estimates the time left from the mean time of the benchmarks so far.
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
        let mean = self.started.elapsed().as_secs_f64() / done.max(1) as f64;
        let left = self.count.saturating_sub(done) as f64;
        ProgressState {
            done,
            of: self.count,
            benchmarks: None,
            left: Duration::from_secs_f64(if done == 0 { 0.0 } else { mean * left }),
            current,
            slowest: None,
        }
    }
}

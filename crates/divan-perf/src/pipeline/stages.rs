//! The time of each stage of a check.

use perf_report::StageTime;
use std::time::Instant;

/// Measures one stage after another.
#[derive(Debug)]
pub(super) struct StageClock {
    started: Instant,
    times: Vec<StageTime>,
}

impl StageClock {
    /// Starts the first stage.
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), times: Vec::new() }
    }

    /// Ends the current stage, which was `stage`, and starts the next one.
    pub(super) fn end(&mut self, stage: &str) {
        let milliseconds = self.started.elapsed().as_millis() as f64;
        self.times.push(StageTime { stage: stage.to_owned(), seconds: milliseconds / 1e3 });
        self.started = Instant::now();
    }

    /// The stages that ended.
    pub(super) fn times(self) -> Vec<StageTime> {
        self.times
    }
}

//! The sample that is counted in a process.

use super::sample_config::SampleConfig;
use super::{Launcher, ListedBenchmark};
use anyhow::Result;
use divan_output::samples::Marks;

/// The sample that is counted in a process: the last one.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountedSample {
    pub(super) config: SampleConfig,
    /// Its clock reads.
    pub(super) marks: Marks,
    /// The read that begins the first sample.
    pub(super) warm_up: u64,
}

/// Samples of a counting process. The last one is counted: the first one includes what happens once in
/// a process.
const SAMPLES: u32 = 2;
/// The minimum duration of a counted sample, in ns outside of callgrind: a million instructions.
/// What a sample adds to them, some hundreds, does not matter then.
const MIN_SAMPLE_NS: f64 = 300_000.0;
/// The largest sample size. Divan allocates memory for each iteration.
const MAX_SAMPLE_SIZE: u32 = 1 << 16;

impl CountedSample {
    /// Finds the sample in an ordinary process; `None` if its clock reads cannot be proved.
    ///
    /// Fails if no process can be started, or after an interrupt.
    pub(super) fn find(
        launcher: &Launcher,
        entry: &ListedBenchmark,
        iteration_ns: f64,
    ) -> Result<Option<Self>> {
        let config = SampleConfig { sample_size: sample_size(iteration_ns), sample_count: SAMPLES };
        let proved = launcher.launch_to_count(entry, config, None)?.proved;
        let both = proved.last_sample.zip(proved.all);
        Ok(both.map(|(marks, all)| Self { config, marks, warm_up: all.first }))
    }

    /// Events of the whole sample per iteration.
    pub(super) fn per_iteration(&self, events: u64) -> f64 {
        events as f64 / f64::from(self.config.sample_size)
    }
}

fn sample_size(iteration_ns: f64) -> u32 {
    let iterations = (MIN_SAMPLE_NS / iteration_ns.max(1.0)).ceil() as u32;
    iterations.next_power_of_two().min(MAX_SAMPLE_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_sample_has_about_a_million_instructions() {
        let sizes = [0.0, 3.0, 400.0, 299_000.0, 300_000.0, 1e9].map(sample_size);
        assert_eq!(sizes, [1 << 16, 1 << 16, 1024, 2, 1, 1]);
    }
}

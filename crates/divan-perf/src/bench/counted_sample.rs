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
/// A launch of at most so many iterations has slow ones, mostly of more than 100 ms. One sample is enough
/// then: what happens once in a process is less than a thousandth of it.
const FEW_ITERATIONS: u64 = 3;
/// The iterations of the sample as a share of those of a launch: 0.3 ms of 50 ms, or a million
/// instructions. What a sample adds to them, some hundreds, does not matter then.
///
/// A benchmark that rotates over its inputs has other instructions in a sample of another size. The
/// iterations of a launch are recorded and kept, while measured times vary.
const SHARE: f64 = 0.006;
/// Two equal samples of a fast benchmark cannot be distinguished. That is rare in the next process.
pub(super) const TRIES: usize = 2;
/// The largest sample size. Divan allocates memory for each iteration.
const MAX_SAMPLE_SIZE: u32 = 1 << 16;

impl CountedSample {
    /// Finds the sample of a benchmark with these launches in an ordinary process; `None` if its clock
    /// reads cannot be proved in two processes.
    ///
    /// Fails if no process can be started, or after an interrupt.
    pub(super) fn find(
        launcher: &Launcher,
        entry: &ListedBenchmark,
        launch: SampleConfig,
    ) -> Result<Option<Self>> {
        let config = counted_config(launch);
        for _ in 0..TRIES {
            let proved = launcher.launch_to_count(entry, config, None)?.proved;
            if let Some((marks, all)) = proved.last_sample.zip(proved.all) {
                return Ok(Some(Self { config, marks, warm_up: all.first }));
            }
        }
        Ok(None)
    }

    /// Events of the whole sample per iteration.
    pub(super) fn per_iteration(&self, events: u64) -> f64 {
        events as f64 / f64::from(self.config.sample_size)
    }
}

/// The samples of a process that counts a benchmark with these launches.
pub(super) fn counted_config(launch: SampleConfig) -> SampleConfig {
    let iterations = u64::from(launch.sample_size) * u64::from(launch.sample_count);
    if iterations <= FEW_ITERATIONS {
        return SampleConfig { sample_size: 1, sample_count: 1 };
    }
    let counted = (iterations as f64 * SHARE).ceil() as u32;
    let sample_size = counted.next_power_of_two().min(MAX_SAMPLE_SIZE);
    SampleConfig { sample_size, sample_count: SAMPLES }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_sample_has_about_a_million_instructions() {
        // Launches of 50 ms at 3 ns, 400 ns, 5 µs, 299 µs and 300 µs per iteration, and one of a second.
        let cases = [
            ((4096, 4069), (1 << 16, 2)),
            ((32, 3906), (1024, 2)),
            ((1, 10_000), (64, 2)),
            ((1, 167), (2, 2)),
            ((1, 166), (1, 2)),
            ((1, 3), (1, 1)),
        ];
        for ((sample_size, sample_count), counted) in cases {
            let config = counted_config(SampleConfig { sample_size, sample_count });
            assert_eq!((config.sample_size, config.sample_count), counted);
        }
    }
}

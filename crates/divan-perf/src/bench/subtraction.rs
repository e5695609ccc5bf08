//! Instructions of one iteration as the difference of two processes.

use anyhow::Result;

/// Why the instructions of a benchmark cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CountRefused {
    #[error(
        "valgrind does not know an instruction of the executable, e.g. of `target-feature` or inline assembly"
    )]
    UnknownInstruction,
    #[error("{0}")]
    Other(String),
}

/// The counts of one process.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessCount {
    pub(super) instructions: u64,
    pub(super) samples: u32,
    pub(super) iterations: u64,
}

/// The number of additional iterations in the second process.
const FIRST_ITERATIONS: u32 = 2;
/// The minimum number of instructions of the additional iterations. Divan's start-up takes 92
/// million instructions, and varies by some hundreds: a thousandth of this.
const MIN_INSTRUCTIONS: f64 = 1e6;
/// The largest sample size. Divan allocates memory for each iteration.
const MAX_SAMPLE_SIZE: u32 = 1 << 16;

/// The instructions of one iteration: the difference of two processes that differ only in their
/// iterations. The start-up takes far more instructions, and cancels out.
pub(super) fn count_iteration(mut count: impl FnMut(u32) -> Result<ProcessCount>) -> Result<f64> {
    let single = count(1)?;
    let estimate = single.per_iteration(count(1 + FIRST_ITERATIONS)?)?;
    let instructions = match more_iterations(estimate) {
        Some(more) => single.per_iteration(count(1 + more)?)?,
        None => estimate,
    };
    if instructions <= 0.0 {
        return refuse("it has fewer instructions than two processes differ by");
    }
    Ok(instructions)
}

/// The number of iterations of a third process; `None` if the second one had enough.
///
/// It is a power of two, as in a launch. Base and head then mostly have the same number, and the
/// same mix of inputs if the benchmark rotates over them.
fn more_iterations(estimate: f64) -> Option<u32> {
    let enough = (MIN_INSTRUCTIONS / estimate.max(1.0)).ceil() as u32;
    (enough > FIRST_ITERATIONS).then(|| enough.next_power_of_two().min(MAX_SAMPLE_SIZE))
}

impl ProcessCount {
    /// Instructions per additional iteration of `longer`.
    fn per_iteration(self, longer: Self) -> Result<f64> {
        let iterations = longer.iterations.saturating_sub(self.iterations);
        if longer.samples != self.samples || iterations == 0 {
            return refuse(
                "its sample count depends on time. Remove `min_time` from the benchmark",
            );
        }
        Ok((longer.instructions as f64 - self.instructions as f64) / iterations as f64)
    }
}

/// The error of a benchmark that cannot be counted.
pub(super) fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(CountRefused::Other(reason.into()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count of a benchmark with these instructions per iteration, and the sample sizes.
    fn count(instructions: f64, variation: [u64; 3]) -> (Result<f64>, Vec<u32>) {
        let mut sizes = vec![];
        let counted = count_iteration(|sample_size| {
            let start_up = 92_000_000 + variation[sizes.len()];
            sizes.push(sample_size);
            let instructions = start_up + (f64::from(sample_size) * instructions) as u64;
            Ok(ProcessCount { instructions, samples: 1, iterations: sample_size.into() })
        });
        (counted, sizes)
    }

    #[test]
    fn short_iterations_are_counted_in_larger_samples() {
        let cases: [(f64, &[u32]); 5] = [
            (9e6, &[1, 3]),
            (500_000.0, &[1, 3]),
            (499_000.0, &[1, 3, 5]),
            (393.0, &[1, 3, 4097]),
            (1.0, &[1, 3, 65_537]),
        ];
        for (instructions, expected) in cases {
            let (counted, sizes) = count(instructions, [0; 3]);
            assert_eq!((counted.unwrap(), sizes.as_slice()), (instructions, expected));
        }
    }

    #[test]
    fn a_start_up_that_varies_hardly_shows() {
        let (counted, sizes) = count(10.0, [400, 0, 0]);
        assert_eq!(sizes, [1, 3, 65_537]);
        assert!((counted.unwrap() - 10.0).abs() < 0.01);
    }

    #[test]
    fn a_benchmark_of_nothing_is_refused() {
        let error = count(0.0, [400, 0, 0]).0.unwrap_err();
        assert!(error.downcast::<CountRefused>().unwrap().to_string().contains("fewer"));
        assert!(count(0.0, [0; 3]).0.is_err());
    }

    #[test]
    fn samples_by_the_clock_are_refused() {
        let by_clock = |sample_size: u32| {
            let samples = 100 / sample_size;
            let iterations = u64::from(sample_size * samples);
            Ok(ProcessCount { instructions: 0, samples, iterations })
        };
        assert!(count_iteration(by_clock).unwrap_err().to_string().contains("min_time"));
    }
}

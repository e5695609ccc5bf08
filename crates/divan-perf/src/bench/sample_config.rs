//! The choice of the sample size and the sample count of a benchmark.
//!
//! Both are chosen once, recorded in the history, and used for every launch. Divan's own choice
//! depends on one early sample, and launches with different sample sizes are not comparable.

use perf_judge::baseline::RecordedSampleConfig;

/// The sample size and sample count of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SampleConfig {
    /// Iterations per sample.
    pub(crate) sample_size: u32,
    /// Samples per launch.
    pub(crate) sample_count: u32,
}

impl SampleConfig {
    /// Whether iterations of this wall-clock time in ns make a launch much longer than its target.
    /// The time is too long if it is one of samples with fewer iterations, each with its own set-up.
    pub(super) fn seems_slow(self, iteration_wall_ns: f64, target: SamplingTarget) -> bool {
        let iterations = f64::from(self.sample_size) * f64::from(self.sample_count);
        self.sample_size > 1 && iterations * iteration_wall_ns > 2.0 * target.launch_ns
    }
}

/// The requirements for the choice, besides the estimate of a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SamplingTarget {
    /// The sampling time of a launch in ns.
    pub(crate) launch_ns: f64,
    /// The maximum wall-clock time of a launch with untimed set-up, in ns.
    pub(crate) max_wall_ns: f64,
    /// The fewest samples of a launch.
    pub(crate) min_samples: u32,
    /// The same for samples of [`SLOW_SAMPLE_NS`] and more.
    pub(crate) min_slow_samples: u32,
    /// The maximum sampling time of a launch with the author's sample count, in ns.
    pub(crate) max_author_ns: f64,
    /// Launches per run.
    pub(crate) launches: u32,
    /// The samples of all launches that a budget needs; `None` without such a budget.
    pub(crate) pooled_samples: Option<u32>,
}

impl SamplingTarget {
    /// The longest sampling time in ns of an author's sample count that matters: that of a launch, or of
    /// two slow samples.
    pub(super) fn longest_author_ns(&self, estimate: ProbeEstimate) -> f64 {
        self.max_author_ns.max(2.0 * estimate.median_ns)
    }
}

/// The targets of a benchmark with recorded values, and of one without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SamplingTargets {
    /// The target that recorded values must fit.
    pub(crate) recorded: SamplingTarget,
    /// The target of new values.
    pub(crate) new: SamplingTarget,
}

/// The result of probing a benchmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProbeEstimate {
    /// The minimum in ns per iteration.
    pub(crate) min_ns: f64,
    /// The median in ns per iteration.
    pub(crate) median_ns: f64,
    /// The sample count in the benchmark's source, if there is one and it is known.
    pub(crate) author_sample_count: Option<u32>,
    /// The wall-clock time per iteration of all rows in ns, untimed set-up included.
    pub(crate) iteration_wall_ns: f64,
}

/// From this time per iteration on, the sample size is 1: a hundred times the usual resolution of
/// the clock.
const SINGLE_ITERATION_NS: f64 = 2_000.0;
/// The minimum duration of a sample with several iterations.
const MIN_SAMPLE_NS: f64 = 10_000.0;
/// The largest sample size. An iteration of less than a sixth of a nanosecond cannot be timed.
const MAX_SAMPLE_SIZE: u32 = 1 << 16;
/// The time of Divan's loop per iteration, which it subtracts. If the compiler removed the code of a
/// benchmark, only the loop is left.
const LOOP_NS: f64 = 0.3;
/// The duration of a slow sample, in ns.
const SLOW_SAMPLE_NS: f64 = 1e8;
/// The largest sample count.
const MAX_SAMPLES: f64 = 10_000.0;
/// Divan's default.
pub(crate) const DIVAN_SAMPLE_COUNT: u32 = 100;
/// The maximum time of all launches of a benchmark for the samples that a budget needs.
const MAX_BUDGET_NS: f64 = 60e9;
/// A recorded sample size is reused until the samples are shorter than they should be by this factor.
const SIZE_FACTOR: f64 = 4.0;
/// A recorded sample count is reused until a launch is shorter or longer than it should be by this
/// factor. The count may come from a probe on a busy machine, whose median was several times too high.
const COUNT_FACTOR: f64 = 10.0;
/// How many times the maximum wall-clock time a launch with recorded values may seem to take. One
/// probe on a busy machine can exceed it by far.
const WALL_TOLERANCE: f64 = 10.0;

/// The sample size: the samples are long enough, and untimed set-up does not make the launch longer
/// than the target.
pub(crate) fn sample_size(estimate: ProbeEstimate, target: SamplingTarget) -> u32 {
    let most =
        target.max_wall_ns / f64::from(target.min_samples) / estimate.iteration_wall_ns.max(1.0);
    timed_sample_size(estimate.min_ns).min(1 << (most.max(1.0) as u32).ilog2())
}

/// The sample size for this minimum in ns per iteration.
fn timed_sample_size(min_ns: f64) -> u32 {
    if min_ns >= SINGLE_ITERATION_NS {
        return 1;
    }
    let shortest = MIN_SAMPLE_NS / f64::from(MAX_SAMPLE_SIZE);
    let needed = (MIN_SAMPLE_NS / min_ns.max(shortest)).ceil() as u32;
    needed.next_power_of_two().min(MAX_SAMPLE_SIZE)
}

/// Whether a sample has at least 80 % of the minimum duration.
pub(crate) fn is_long_enough(sample_size: u32, min_ns: f64) -> bool {
    sample_size == MAX_SAMPLE_SIZE
        || min_ns >= SINGLE_ITERATION_NS
        || f64::from(sample_size) * min_ns >= 0.8 * MIN_SAMPLE_NS
}

/// Whether untimed set-up reduces the iterations of a launch to less than half.
pub(crate) fn is_limited_by_set_up(estimate: ProbeEstimate, target: SamplingTarget) -> bool {
    let iterations = |estimate: ProbeEstimate| {
        let size = sample_size(estimate, target);
        u64::from(size) * u64::from(sample_count(size, estimate, target))
    };
    iterations(estimate) * 2 < iterations(ProbeEstimate { iteration_wall_ns: 0.0, ..estimate })
}

/// The sample count for this sample size.
///
/// If the author set a sample count, the result is a multiple of it. A bench that rotates over its
/// inputs then measures the same mix of inputs in every launch. Slow samples are not more than
/// the author's.
pub(crate) fn sample_count(
    sample_size: u32,
    estimate: ProbeEstimate,
    target: SamplingTarget,
) -> u32 {
    let sample_ns = f64::from(sample_size) * estimate.median_ns.max(LOOP_NS);
    let is_slow = sample_ns >= SLOW_SAMPLE_NS;
    let by_author =
        estimate.author_sample_count.filter(|own| (1..=MAX_SAMPLES as u32).contains(own));
    let fewest = match by_author {
        Some(own) if is_slow => target.min_slow_samples.min(own),
        None if is_slow => target.min_slow_samples,
        _ => target.min_samples,
    };
    let (fewest, most) = (f64::from(fewest), MAX_SAMPLES);
    let sample_wall_ns = f64::from(sample_size) * estimate.iteration_wall_ns;
    let affordable = (target.max_wall_ns / sample_wall_ns.max(1.0)).clamp(fewest, most);
    let mut count = (target.launch_ns / sample_ns).clamp(fewest, affordable) as u32;
    if let Some(pooled) = target.pooled_samples {
        // The first sample of each launch is cold and ignored.
        let needed = pooled.div_ceil(target.launches) + 1;
        if f64::from(needed * target.launches) * sample_ns <= MAX_BUDGET_NS {
            count = count.max(needed);
        }
    }
    match by_author.map(|own| count.div_ceil(own) * own) {
        Some(multiple) if f64::from(multiple) * sample_ns <= target.max_author_ns => multiple,
        _ => count,
    }
}

/// The sample config of the recorded runs, if it still fits. It fits until the median of the
/// baseline has changed by [`COUNT_FACTOR`]; one run alone never changes it.
///
/// `iteration_wall_ns` is the wall-clock time per iteration, untimed set-up included. It is of one
/// probe, so it decides only for a benchmark whose set-up limited the recorded values.
pub(crate) fn reusable(
    past: &RecordedSampleConfig,
    iteration_wall_ns: f64,
    target: SamplingTarget,
) -> Option<SampleConfig> {
    let iterations = f64::from(past.sample_size) * f64::from(past.sample_count);
    let is_affordable = iterations * iteration_wall_ns <= WALL_TOLERANCE * target.max_wall_ns;
    let fits = fits(past, iteration_wall_ns, target) || is_affordable && fits(past, 0.0, target);
    fits.then_some(SampleConfig { sample_size: past.sample_size, sample_count: past.sample_count })
}

/// Whether the recorded values are near what would be chosen now.
fn fits(past: &RecordedSampleConfig, iteration_wall_ns: f64, target: SamplingTarget) -> bool {
    let estimate = ProbeEstimate {
        min_ns: past.min_ns,
        median_ns: past.median_ns,
        author_sample_count: None,
        iteration_wall_ns,
    };
    let new_size = sample_size(estimate, target);
    let new_count = sample_count(new_size, estimate, target);
    let iterations = f64::from(new_size) * f64::from(new_count);
    let ratio = f64::from(past.sample_size) * f64::from(past.sample_count) / iterations;
    let long_enough = f64::from(past.sample_size) * SIZE_FACTOR >= f64::from(new_size)
        || past.min_ns * SIZE_FACTOR >= SINGLE_ITERATION_NS;
    let enough_samples = target.pooled_samples.is_none_or(|pooled| {
        (past.sample_count - 1) * target.launches >= pooled || past.sample_count >= new_count
    });
    let is_near = (1.0 / COUNT_FACTOR..=COUNT_FACTOR).contains(&ratio);
    long_enough && enough_samples && is_near
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::bench) const TARGET: SamplingTarget = SamplingTarget {
        launch_ns: 50e6,
        max_wall_ns: 2e9,
        min_samples: 5,
        min_slow_samples: 5,
        max_author_ns: 5e9,
        launches: 5,
        pooled_samples: None,
    };

    fn estimate(ns: f64) -> ProbeEstimate {
        ProbeEstimate {
            min_ns: ns,
            median_ns: ns,
            author_sample_count: None,
            iteration_wall_ns: ns,
        }
    }

    fn reused(past: &RecordedSampleConfig, target: SamplingTarget) -> Option<SampleConfig> {
        reusable(past, past.median_ns, target)
    }

    fn past(sample_size: u32, sample_count: u32, ns: f64) -> RecordedSampleConfig {
        RecordedSampleConfig { sample_size, sample_count, min_ns: ns, median_ns: ns }
    }

    #[test]
    fn samples_of_short_iterations_take_ten_microseconds() {
        let cases = [(2.7, 4096), (124.0, 128), (1999.0, 8), (2000.0, 1), (1e9, 1), (0.0, 65_536)];
        for (ns, expected) in cases {
            assert_eq!(sample_size(estimate(ns), TARGET), expected, "{ns}");
            assert!(is_long_enough(expected, ns), "{ns}");
        }
        assert!(!is_long_enough(256, 2.7));
    }

    #[test]
    fn a_launch_measures_for_fifty_milliseconds_within_bounds() {
        let cases = [(2.7, 4096, 4521), (2000.0, 1, 10_000), (1e6, 1, 50), (1e9, 1, 5)];
        for (ns, sample_size, expected) in cases {
            assert_eq!(sample_count(sample_size, estimate(ns), TARGET), expected, "{ns}");
        }
    }

    #[test]
    fn slow_samples_can_have_a_minimum_of_their_own() {
        let target = SamplingTarget { launch_ns: 20e6, min_slow_samples: 2, ..TARGET };
        let counts = [0.9e8, 1e8, 1e9].map(|ns| sample_count(1, estimate(ns), target));
        assert_eq!(counts, [5, 2, 2]);
    }

    #[test]
    fn untimed_set_up_bounds_the_samples() {
        let cases =
            [(1e5, 20e6, 1, 100), (1e5, 5e9, 1, 5), (100.0, 1e6, 128, 15), (100.0, 1e8, 4, 5)];
        for (ns, iteration_wall_ns, size, count) in cases {
            let slow = ProbeEstimate { iteration_wall_ns, ..estimate(ns) };
            assert_eq!(sample_size(slow, TARGET), size, "{ns}, {iteration_wall_ns}");
            assert_eq!(sample_count(size, slow, TARGET), count, "{ns}, {iteration_wall_ns}");
        }
        // The recorded values of such a benchmark are kept.
        let short = SampleConfig { sample_size: 4, sample_count: 5 };
        assert_eq!(reusable(&past(4, 5, 100.0), 1e8, TARGET), Some(short));
        // A pause in the probe changes no recorded values, real set-up does.
        let usual = SampleConfig { sample_size: 64, sample_count: 4800 };
        for (iteration_wall_ns, expected) in
            [(163.0, Some(usual)), (60_000.0, Some(usual)), (1e6, None)]
        {
            assert_eq!(reusable(&past(64, 4800, 163.0), iteration_wall_ns, TARGET), expected);
        }
    }

    #[test]
    fn a_rotating_bench_gets_a_multiple_of_its_own_count() {
        let rotating = |ns, own| {
            let estimate = ProbeEstimate { author_sample_count: Some(own), ..estimate(ns) };
            sample_count(1, estimate, TARGET)
        };
        assert_eq!(rotating(1e6, 64), 64);
        assert_eq!(rotating(2e5, 64), 256);
        // Slow ones are no more than the author's.
        let target = SamplingTarget { min_slow_samples: 3, ..TARGET };
        let slow = ProbeEstimate { author_sample_count: Some(2), ..estimate(6e8) };
        assert_eq!(sample_count(1, slow, target), 2);
        // A launch of an hour is too long.
        assert_eq!(rotating(1e9, 3600), 5);
    }

    #[test]
    fn a_budget_gets_the_samples_it_needs_unless_they_cost_a_minute() {
        let target = SamplingTarget { pooled_samples: Some(60), ..TARGET };
        assert_eq!(sample_count(1, estimate(1e8), target), 13);
        assert_eq!(sample_count(1, estimate(1e9), target), 5);
    }

    #[test]
    fn a_sample_config_is_reused_until_the_time_changes_ten_fold() {
        assert_eq!(
            reused(&past(1, 50, 1e6), TARGET),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(
            reused(&past(1, 50, 9.7e6), TARGET),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(
            reused(&past(1, 50, 0.11e6), TARGET),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(reused(&past(1, 50, 0.09e6), TARGET), None);
        assert_eq!(reused(&past(4096, 4500, 0.5), TARGET), None);
        // Too many samples, or a multiple of the author's count: a probing launch decides.
        assert_eq!(reused(&past(1, 640, 1e6), TARGET), None);
    }

    #[test]
    fn a_launch_seems_slow_if_its_iterations_take_longer_than_they_are_timed() {
        let cases = [(32, 1500, 1_000.0, false), (32, 1500, 41_000.0, true), (1, 5, 1e9, false)];
        for (sample_size, sample_count, iteration_wall_ns, expected) in cases {
            let config = SampleConfig { sample_size, sample_count };
            assert_eq!(config.seems_slow(iteration_wall_ns, TARGET), expected, "{config:?}");
        }
    }

    #[test]
    fn a_new_budget_needs_a_new_sample_config() {
        let target = SamplingTarget { pooled_samples: Some(300), ..TARGET };
        assert_eq!(reused(&past(1, 50, 1e6), target), None);
        assert_eq!(
            reused(&past(1, 61, 1e6), target),
            Some(SampleConfig { sample_size: 1, sample_count: 61 })
        );
    }
}

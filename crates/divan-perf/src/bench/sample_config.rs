//! How many iterations make a sample, and how many samples a launch.
//!
//! Both are chosen once, kept in the history, and the same for every launch: Divan's own choice
//! depends on one early sample, and a launch with another batch size is another measurement.

use perf_judge::baseline::RecordedSampleConfig;

/// The batches of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SampleConfig {
    /// Iterations a sample.
    pub(crate) sample_size: u32,
    /// Samples a launch.
    pub(crate) sample_count: u32,
}

/// What the choice depends on beside the benchmark's own estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SamplingTarget {
    /// How long a launch should measure, in ns.
    pub(crate) launch_ns: f64,
    /// Launches of a run.
    pub(crate) launches: u32,
    /// Pooled samples that a budget needs.
    pub(crate) pooled_samples: Option<u32>,
}

/// What a probing launch told, in ns an iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProbeEstimate {
    /// The fastest sample.
    pub(crate) min_ns: f64,
    /// The median sample.
    pub(crate) median_ns: f64,
    /// The sample count that the benchmark's author asked for, where that can be known.
    pub(crate) asked_samples: Option<u32>,
    /// What a sample costs by the clock on the wall, untimed set-up included.
    pub(crate) sample_wall_ns: f64,
}

/// From here on one iteration is a sample: a hundred times the clock's usual step.
const SINGLE_FROM_NS: f64 = 2_000.0;
/// How long a sample of several iterations should be at least.
const BATCH_NS: f64 = 10_000.0;
/// The largest batch: below a sixth of a nanosecond an iteration there is nothing to time.
const MOST_ITERATIONS: u32 = 1 << 16;
/// The fewest and the most samples of a launch.
const SAMPLES: (f64, f64) = (5.0, 10_000.0);
/// What Divan takes where nobody asked.
pub(crate) const DIVAN_SAMPLES: u32 = 100;
/// A benchmark may take this long, over all launches, for the samples that a budget needs.
const BUDGET_LIMIT_NS: f64 = 60e9;
/// The most that an author's sample count may stretch a launch to.
const ASKED_LIMIT_NS: f64 = 5e9;
/// A launch of a benchmark whose set-up is not timed may take this long by the clock on the wall.
const WALL_LIMIT_NS: f64 = 2e9;
/// Batches are kept until the time has changed by this factor.
const KEEP_WITHIN: f64 = 4.0;

/// Iterations a sample for a benchmark of this estimate.
pub(crate) fn iterations(min_ns: f64) -> u32 {
    if min_ns >= SINGLE_FROM_NS {
        return 1;
    }
    let needed = (BATCH_NS / min_ns.max(BATCH_NS / f64::from(MOST_ITERATIONS))).ceil() as u32;
    needed.next_power_of_two().min(MOST_ITERATIONS)
}

/// Whether a sample of `n` such iterations is long enough: at least 80 % of what was aimed at.
pub(crate) fn is_long_enough(n: u32, min_ns: f64) -> bool {
    n == MOST_ITERATIONS || min_ns >= SINGLE_FROM_NS || f64::from(n) * min_ns >= 0.8 * BATCH_NS
}

/// Samples a launch for a benchmark of this estimate, in batches of `n`.
///
/// Where the author asked for a count of samples, as a bench that rotates over its inputs does, it
/// is a multiple of that, so that every launch sees the same mix of inputs.
pub(crate) fn samples(n: u32, estimate: ProbeEstimate, target: SamplingTarget) -> u32 {
    let sample_ns = (f64::from(n) * estimate.median_ns).max(1.0);
    let affordable = (WALL_LIMIT_NS / estimate.sample_wall_ns.max(1.0)).clamp(SAMPLES.0, SAMPLES.1);
    let mut samples = (target.launch_ns / sample_ns).clamp(SAMPLES.0, affordable) as u32;
    if let Some(pooled) = target.pooled_samples {
        // The first sample of each launch is cold and left out.
        let needed = pooled.div_ceil(target.launches) + 1;
        if f64::from(needed * target.launches) * sample_ns <= BUDGET_LIMIT_NS {
            samples = samples.max(needed);
        }
    }
    let asked = estimate.asked_samples.filter(|asked| (2..=SAMPLES.1 as u32).contains(asked));
    match asked.map(|asked| samples.div_ceil(asked) * asked) {
        Some(rounded) if f64::from(rounded) * sample_ns <= ASKED_LIMIT_NS => rounded,
        _ => samples,
    }
}

/// The batches of the recorded runs, if they still fit: kept until the time, by the median of the
/// baseline and never by one run, has changed four-fold.
pub(crate) fn kept(past: &RecordedSampleConfig, target: SamplingTarget) -> Option<SampleConfig> {
    let estimate = ProbeEstimate {
        min_ns: past.min_ns,
        median_ns: past.median_ns,
        asked_samples: None,
        sample_wall_ns: 0.0,
    };
    let n = iterations(past.min_ns);
    let fresh = f64::from(n) * f64::from(samples(n, estimate, target));
    let ratio = f64::from(past.sample_size) * f64::from(past.sample_count) / fresh;
    let long_enough = f64::from(past.sample_size) * past.min_ns * KEEP_WITHIN >= BATCH_NS
        || past.min_ns * KEEP_WITHIN >= SINGLE_FROM_NS;
    let enough_samples = target.pooled_samples.is_none_or(|pooled| {
        (past.sample_count - 1) * target.launches >= pooled
            || past.sample_count >= samples(n, estimate, target)
    });
    let near = (1.0 / KEEP_WITHIN..=KEEP_WITHIN).contains(&ratio);
    let fits = long_enough && enough_samples && near;
    fits.then_some(SampleConfig { sample_size: past.sample_size, sample_count: past.sample_count })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: SamplingTarget =
        SamplingTarget { launch_ns: 50e6, launches: 5, pooled_samples: None };

    fn estimate(ns: f64) -> ProbeEstimate {
        ProbeEstimate { min_ns: ns, median_ns: ns, asked_samples: None, sample_wall_ns: ns }
    }

    fn past(n: u32, s: u32, ns: f64) -> RecordedSampleConfig {
        RecordedSampleConfig { sample_size: n, sample_count: s, min_ns: ns, median_ns: ns }
    }

    #[test]
    fn short_iterations_are_batched_to_ten_microseconds() {
        let cases = [(2.7, 4096), (124.0, 128), (1999.0, 8), (2000.0, 1), (1e9, 1), (0.0, 65_536)];
        for (ns, n) in cases {
            assert_eq!(iterations(ns), n, "{ns}");
            assert!(is_long_enough(n, ns), "{ns}");
        }
        assert!(!is_long_enough(256, 2.7));
    }

    #[test]
    fn a_launch_measures_for_fifty_milliseconds_within_bounds() {
        let cases = [(2.7, 4096, 4521), (2000.0, 1, 10_000), (1e6, 1, 50), (1e9, 1, 5)];
        for (ns, n, s) in cases {
            assert_eq!(samples(n, estimate(ns), WISH), s, "{ns}");
        }
    }

    #[test]
    fn untimed_set_up_bounds_the_samples() {
        let slow = ProbeEstimate { sample_wall_ns: 20e6, ..estimate(1e5) };
        assert_eq!(samples(1, slow, WISH), 100);
        assert_eq!(samples(1, ProbeEstimate { sample_wall_ns: 5e9, ..slow }, WISH), 5);
    }

    #[test]
    fn a_rotating_bench_gets_a_multiple_of_its_own_count() {
        let asked = |ns, asked| {
            samples(1, ProbeEstimate { asked_samples: Some(asked), ..estimate(ns) }, WISH)
        };
        assert_eq!(asked(1e6, 64), 64);
        assert_eq!(asked(2e5, 64), 256);
        // An hour for one launch is not what the author meant.
        assert_eq!(asked(1e9, 3600), 5);
    }

    #[test]
    fn a_budget_gets_the_samples_it_needs_unless_they_cost_a_minute() {
        let target = SamplingTarget { pooled_samples: Some(60), ..WISH };
        assert_eq!(samples(1, estimate(1e8), target), 13);
        assert_eq!(samples(1, estimate(1e9), target), 5);
    }

    #[test]
    fn batches_are_kept_until_the_time_changes_four_fold() {
        assert_eq!(
            kept(&past(1, 50, 1e6), WISH),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(
            kept(&past(1, 50, 3.7e6), WISH),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(
            kept(&past(1, 50, 0.26e6), WISH),
            Some(SampleConfig { sample_size: 1, sample_count: 50 })
        );
        assert_eq!(kept(&past(1, 50, 0.24e6), WISH), None);
        assert_eq!(kept(&past(4096, 4500, 0.5), WISH), None);
        // Too long by now, or on purpose because its author asked: a probe tells which.
        assert_eq!(kept(&past(1, 640, 1e6), WISH), None);
    }

    #[test]
    fn a_new_budget_asks_for_new_batches() {
        let target = SamplingTarget { pooled_samples: Some(300), ..WISH };
        assert_eq!(kept(&past(1, 50, 1e6), target), None);
        assert_eq!(
            kept(&past(1, 61, 1e6), target),
            Some(SampleConfig { sample_size: 1, sample_count: 61 })
        );
    }
}

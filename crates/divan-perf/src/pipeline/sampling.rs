//! The time and the samples of a launch, by what it is for.

use super::args::Purpose;
use crate::bench::{SamplingTarget, SamplingTargets};
use perf_judge::detect::paired;

/// The default of `--launches`.
pub(super) const LAUNCHES: u16 = 5;
/// The default of `--launch-ms`, in milliseconds.
const LAUNCH_MS: u16 = 50;
/// The same with `--quick`, for benchmarks without recorded sample sizes. Those of 50 ms are within
/// the factor of ten that keeps recorded values.
const QUICK_LAUNCH_MS: u16 = 20;
/// The fewest samples of a launch.
const MIN_SAMPLES: u32 = 5;
/// The same with `--quick`: a cold sample, and two that count.
const QUICK_MIN_SAMPLES: u32 = 3;
/// The maximum wall-clock time of a launch with untimed set-up, in ns.
const MAX_WALL_NS: f64 = 2e9;
/// The same with `--quick`.
const QUICK_WALL_NS: f64 = 1e8;
/// The maximum sampling time of a launch with the author's sample count, in ns.
const MAX_AUTHOR_NS: f64 = 5e8;
/// The default of `--launch-ms` in a comparison, in milliseconds.
const PAIR_LAUNCH_MS: u16 = 20;
/// The fewest slow samples of such a launch. Both sides have the same cold start.
const PAIR_SLOW_SAMPLES: u32 = 1;
/// The maximum wall-clock time of such a launch with untimed set-up, in ns.
const PAIR_WALL_NS: f64 = 3e8;
/// The maximum sampling time of such a launch with the author's sample count, in ns.
const PAIR_AUTHOR_NS: f64 = 1e8;

/// The targets of a benchmark. `launch_ms` replaces the default time of a launch, and `pooled_samples`
/// are what its budgets need of all launches.
pub(super) fn targets(
    purpose: Purpose,
    launch_ms: Option<u16>,
    pooled_samples: Option<u32>,
) -> SamplingTargets {
    let recorded = SamplingTarget {
        launch_ns: launch_ns(launch_ms, LAUNCH_MS),
        max_wall_ns: MAX_WALL_NS,
        min_samples: MIN_SAMPLES,
        min_slow_samples: QUICK_MIN_SAMPLES,
        max_author_ns: MAX_AUTHOR_NS,
        launches: LAUNCHES.into(),
        pooled_samples,
    };
    let new = match purpose {
        Purpose::Run => recorded,
        Purpose::QuickRun => quick(recorded, launch_ms),
        Purpose::Comparison => comparison(recorded, launch_ms),
    };
    SamplingTargets { recorded, new }
}

fn launch_ns(launch_ms: Option<u16>, default_ms: u16) -> f64 {
    f64::from(launch_ms.unwrap_or(default_ms)) * 1e6
}

/// The target of a quick measurement without recorded values.
fn quick(target: SamplingTarget, launch_ms: Option<u16>) -> SamplingTarget {
    SamplingTarget {
        launch_ns: launch_ns(launch_ms, QUICK_LAUNCH_MS),
        max_wall_ns: QUICK_WALL_NS,
        min_samples: QUICK_MIN_SAMPLES,
        min_slow_samples: QUICK_MIN_SAMPLES,
        pooled_samples: None,
        ..target
    }
}

/// The target of a comparison, which has at least [`paired::FIRST_ANALYSIS`] launches of each side. A
/// pair needs the minimum and the median of a launch. More launches lower the noise more than longer ones
/// do.
fn comparison(target: SamplingTarget, launch_ms: Option<u16>) -> SamplingTarget {
    SamplingTarget {
        launch_ns: launch_ns(launch_ms, PAIR_LAUNCH_MS),
        max_wall_ns: PAIR_WALL_NS,
        min_samples: QUICK_MIN_SAMPLES,
        min_slow_samples: PAIR_SLOW_SAMPLES,
        max_author_ns: PAIR_AUTHOR_NS,
        launches: paired::FIRST_ANALYSIS as u32,
        ..target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_quick_runs_take_less_than_recorded_runs() {
        let new = |purpose| targets(purpose, None, Some(60)).new;
        let (run, quick, pairs) =
            (new(Purpose::Run), new(Purpose::QuickRun), new(Purpose::Comparison));
        let ms = |target: SamplingTarget| (target.launch_ns / 1e6).round() as u32;
        assert_eq!([run, quick, pairs].map(ms), [50, 20, 20]);
        assert_eq!([run, quick, pairs].map(|target| target.min_samples), [5, 3, 3]);
        assert_eq!([run, quick, pairs].map(|target| target.min_slow_samples), [3, 3, 1]);
        assert_eq!([run, quick, pairs].map(|target| target.launches), [5, 5, 10]);
        // A quick run checks no budget of percentiles.
        let pooled = [run, quick, pairs].map(|target| target.pooled_samples);
        assert_eq!(pooled, [Some(60), None, Some(60)]);
        let longer = targets(Purpose::Comparison, Some(80), None);
        assert_eq!((ms(longer.new), ms(longer.recorded)), (80, 80));
    }
}

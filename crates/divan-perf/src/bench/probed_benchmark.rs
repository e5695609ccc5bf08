//! A probed benchmark, whose sample size is chosen and confirmed.

use super::ListedBenchmark;
use super::group_probe::ProbedRows;
use super::probe::{Probe, probe_of};
use super::sample_config::{self, SampleConfig, SamplingTarget, SamplingTargets};
use perf_judge::baseline::RecordedSampleConfig;

/// A benchmark whose sample size is chosen.
pub(super) struct ProbedBenchmark {
    pub(super) entry: ListedBenchmark,
    pub(super) probe: Probe,
    /// The values of the recorded runs for each row; empty if one has none.
    past: Vec<RecordedSampleConfig>,
    /// The recorded values, if they still fit.
    pub(super) recorded: Option<SampleConfig>,
    pub(super) sample_size: u32,
    /// Whether samples of this size were measured, or need not be.
    pub(super) is_confirmed: bool,
}

impl ProbedBenchmark {
    /// Takes the recorded values if they still fit, else a sample size by the probe.
    ///
    /// One probe on a busy machine can make recorded values seem unfit. They are given up only if a
    /// second probe confirms it.
    pub(super) fn new(
        entry: ListedBenchmark,
        probe: Probe,
        past: Vec<RecordedSampleConfig>,
        targets: SamplingTargets,
    ) -> Self {
        let sample_size = sample_config::sample_size(probe.estimate, targets.new);
        let must_repeat =
            probe.is_doubtful || probe.may_be_a_pause(targets.new) || !past.is_empty();
        let is_confirmed = sample_size == 1 && !must_repeat;
        let mut probed = Self { entry, probe, past, recorded: None, sample_size, is_confirmed };
        probed.take_recorded(targets.recorded);
        if let Some(config) = probed.recorded {
            probed.is_confirmed = !config.seems_slow(probed.wall_ns(), targets.recorded);
        }
        probed
    }

    pub(super) fn wall_ns(&self) -> f64 {
        self.probe.estimate.iteration_wall_ns
    }

    /// Takes the estimate of samples of the chosen size. If they are too short, a larger size is to
    /// be confirmed. Without rows the choice remains.
    pub(super) fn measured(&mut self, rows: Option<&ProbedRows>, targets: SamplingTargets) {
        self.is_confirmed = true;
        let Some(rows) = rows else { return };
        let before = self.probe.estimate;
        let may_be_a_pause = self.probe.may_be_a_pause(targets.new);
        let mut probe = probe_of(rows);
        probe.estimate.author_sample_count = before.author_sample_count;
        if may_be_a_pause {
            let least = probe.estimate.iteration_wall_ns.min(before.iteration_wall_ns);
            probe.estimate.iteration_wall_ns = least;
        }
        self.probe = Probe { is_cut_short: self.probe.is_cut_short, ..probe };
        if self.recorded.is_none() {
            self.take_recorded(targets.recorded);
        }
        if self.recorded.is_none() {
            self.choose_larger_size(targets.new);
        }
    }

    /// Takes the recorded values if they fit the newest probe.
    fn take_recorded(&mut self, target: SamplingTarget) {
        let fitting =
            self.past.iter().map(|past| sample_config::reusable(past, self.wall_ns(), target));
        self.recorded =
            fitting.collect::<Option<Vec<SampleConfig>>>().and_then(|rows| rows.into_iter().next());
        if let Some(config) = self.recorded {
            self.sample_size = config.sample_size;
        }
    }

    fn choose_larger_size(&mut self, target: SamplingTarget) {
        self.is_confirmed = !self.probe.is_doubtful && !self.probe.may_be_a_pause(target);
        let larger = sample_config::sample_size(self.probe.estimate, target);
        let min_ns = self.probe.estimate.min_ns;
        if larger > self.sample_size && !sample_config::is_long_enough(self.sample_size, min_ns) {
            self.sample_size = larger;
            self.is_confirmed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::sample_config::ProbeEstimate;
    use crate::bench::sample_config::tests::TARGET;
    use std::path::Path;
    use std::time::Duration;

    const TARGETS: SamplingTargets = SamplingTargets { recorded: TARGET, new: TARGET };

    /// A benchmark of 163 ns per iteration whose first probe saw this wall-clock time per iteration.
    fn probed(wall_ns: f64, past: Vec<RecordedSampleConfig>) -> ProbedBenchmark {
        let estimate = ProbeEstimate {
            min_ns: 163.0,
            median_ns: 163.0,
            author_sample_count: None,
            iteration_wall_ns: wall_ns,
        };
        let probe = Probe {
            rows: vec!["p/b::a".into()],
            estimate,
            is_cut_short: true,
            is_doubtful: false,
            wall: Duration::from_millis(5),
            set_up: Duration::ZERO,
        };
        ProbedBenchmark::new(ListedBenchmark::at(Path::new("/b"), "p/b::a"), probe, past, TARGETS)
    }

    /// The same after a second probe with this many samples.
    fn confirmed(mut probed: ProbedBenchmark, wall_ns: f64, samples: u32) -> ProbedBenchmark {
        let size = probed.sample_size;
        let iterations = f64::from(size) * f64::from(samples);
        let wall = Duration::from_secs_f64(wall_ns * iterations / 1e9);
        probed.measured(Some(&ProbedRows::of_one("p/b::a", 163.0, size, samples, wall)), TARGETS);
        probed
    }

    #[test]
    fn recorded_values_are_given_up_only_if_two_probes_say_so() {
        let past = RecordedSampleConfig {
            sample_size: 64,
            sample_count: 4800,
            min_ns: 163.0,
            median_ns: 163.0,
        };
        let usual = Some(SampleConfig { sample_size: 64, sample_count: 4800 });
        let fitting = probed(163.0, vec![past]);
        assert_eq!((fitting.recorded, fitting.is_confirmed), (usual, true));
        // One wall-clock time of 5 ms per iteration: a pause of the machine.
        let paused = probed(5e6, vec![past]);
        assert_eq!((paused.recorded, paused.is_confirmed), (None, false));
        let paused = confirmed(paused, 163.0, 50);
        assert_eq!((paused.recorded, paused.is_confirmed), (usual, true));
        assert_eq!(paused.sample_size, 64);
        let set_up = confirmed(probed(5e6, vec![past]), 5e6, 1);
        assert_eq!(set_up.recorded, None);
    }

    #[test]
    fn a_benchmark_without_recorded_values_is_confirmed_at_its_new_size() {
        let first = probed(163.0, Vec::new());
        assert_eq!((first.recorded, first.is_confirmed, first.sample_size), (None, false, 64));
        assert!(confirmed(first, 163.0, 50).is_confirmed);
    }
}

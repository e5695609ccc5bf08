//! What a process that runs a benchmark for a moment shows about it.

use super::group_probe::{ProbedRow, ProbedRows};
use super::sample_config::{self, DIVAN_SAMPLE_COUNT, ProbeEstimate, SamplingTarget};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::time::Duration;

/// The sampling time of a benchmark in a probing process.
pub(super) const PROBE_TIME: Duration = Duration::from_millis(5);
/// The maximum sampling time of a process that probes one benchmark. A sample count of the
/// benchmark's author that needs more time is not detected.
pub(super) const MAX_PROBE_TIME: Duration = Duration::from_secs(3);
/// The longest pause of a busy machine that is not taken for set-up.
const MAX_PAUSE: Duration = Duration::from_millis(200);

/// What a probe found out about a benchmark.
pub(super) struct Probe {
    pub(super) rows: Vec<BenchmarkId>,
    pub(super) estimate: ProbeEstimate,
    /// Whether the time limit ended the sampling, so that the author's sample count is unknown.
    pub(super) is_cut_short: bool,
    /// Whether the times are of so few samples that they must be measured again.
    pub(super) is_doubtful: bool,
    /// The wall-clock time of its slowest row.
    pub(super) wall: Duration,
    /// The time of a launch besides its iterations and the start of the process.
    pub(super) set_up: Duration,
}

impl Probe {
    /// Whether a pause of the machine may explain the set-up that limits the samples. Set-up of a longer
    /// time is real.
    pub(super) fn may_be_a_pause(&self, target: SamplingTarget) -> bool {
        self.wall < MAX_PAUSE && sample_config::is_limited_by_set_up(self.estimate, target)
    }
}

/// The estimate of the benchmark's fastest row, which needs the largest sample size.
fn estimate<'a>(
    results: impl Iterator<Item = &'a LaunchResult> + Clone,
    iteration_wall_ns: f64,
) -> ProbeEstimate {
    ProbeEstimate {
        min_ns: results.clone().map(|row| row.min_ns).fold(f64::INFINITY, f64::min),
        median_ns: results.clone().map(|row| row.median_ns).fold(0.0, f64::max),
        author_sample_count: author_count(results),
        iteration_wall_ns,
    }
}

/// The sample count of rows whose sampling the time limit did not end, if it is not Divan's own.
pub(super) fn author_count<'a>(results: impl Iterator<Item = &'a LaunchResult>) -> Option<u32> {
    results.map(|row| row.sample_count).max().filter(|samples| *samples != DIVAN_SAMPLE_COUNT)
}

pub(super) fn results(
    rows: &[(BenchmarkId, LaunchResult)],
) -> impl Iterator<Item = &LaunchResult> + Clone {
    rows.iter().map(|(_, row)| row)
}

pub(super) fn probe_of(probed: &ProbedRows) -> Probe {
    let rows = probed.rows.iter().map(|row| &row.result);
    let wall_ns = probed.rows.iter().map(ProbedRow::iteration_wall_ns).sum();
    let is_cut_short = probed
        .rows
        .iter()
        .any(|row| row.result.sample_count < DIVAN_SAMPLE_COUNT && row.wall >= PROBE_TIME * 4 / 5);
    let mut estimate = estimate(rows, wall_ns);
    estimate.author_sample_count = estimate.author_sample_count.filter(|_| !is_cut_short);
    let wall = probed.rows.iter().map(|row| row.wall).max().unwrap_or_default();
    let is_doubtful = probed.is_doubtful();
    let rows = probed.rows.iter().map(|row| row.name.clone()).collect();
    let set_up = probed.rows.iter().map(ProbedRow::set_up).max().unwrap_or_default();
    Probe { rows, estimate, is_cut_short, is_doubtful, wall, set_up }
}

/// The probe of a process of its own, whose sampling took `wall`.
pub(super) fn probe_alone(rows: &[(BenchmarkId, LaunchResult)], wall: Duration) -> Probe {
    let iterations: u64 = results(rows).map(LaunchResult::iterations).sum();
    let wall_ns = wall.as_nanos() as f64 / iterations.max(1) as f64;
    let mut estimate = estimate(results(rows), wall_ns * rows.len() as f64);
    estimate.author_sample_count = estimate.author_sample_count.filter(|_| wall < MAX_PROBE_TIME);
    Probe {
        rows: rows.iter().map(|(name, _)| name.clone()).collect(),
        estimate,
        is_cut_short: false,
        is_doubtful: false,
        wall,
        set_up: Duration::ZERO,
    }
}

//! One process that runs many benchmarks for a moment, to find their rows and speeds.

use super::ListedBenchmark;
use super::launch::Launcher;
use super::launch_result::{LaunchResults, whole_table};
use super::process::ProcessOutcome;
use super::sample_config::DIVAN_SAMPLE_COUNT;
use anyhow::Result;
use divan_output::{EXTERNAL_TIME_VARIABLE, Table, probe_arguments};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::collections::BTreeMap;
use std::time::Duration;

/// The fewest samples of which neither a pause nor a cold start is the median.
const FEWEST_SAMPLES: u32 = 3;

/// The rows of a benchmark in a process that ran several benchmarks.
#[derive(Debug)]
pub(super) struct ProbedRows {
    pub(super) rows: Vec<ProbedRow>,
}

/// A finished row, and its wall-clock time.
#[derive(Debug)]
pub(super) struct ProbedRow {
    pub(super) name: BenchmarkId,
    pub(super) result: LaunchResult,
    /// From the end of the row before it to its own end.
    pub(super) wall: Duration,
    /// Whether it is the first row of the process, whose `wall` includes the start of the process and
    /// Divan's calibration.
    is_first: bool,
    probing: Probing,
}

/// How a process probes.
#[derive(Clone, Copy, Debug)]
struct Probing {
    /// The time limit of a benchmark's sampling.
    limit: Duration,
    /// Whether Divan chose the sample size. It doubles the size until a sample is long enough: before
    /// samples of N iterations it ran N - 1 others.
    is_tuned: bool,
}

impl ProbedRow {
    /// The wall-clock time per iteration in ns, with untimed set-up of each sample.
    ///
    /// Divan ends the sampling once samples and their set-up have taken the time limit. That bounds all
    /// samples but the last one, whatever the start of the process, or a set-up before the first sample,
    /// took. A single sample as long as the limit explains the end of the sampling by itself.
    pub(super) fn iteration_wall_ns(&self) -> f64 {
        let before_last = self.result.iterations().saturating_sub(self.result.sample_size.into());
        let limit_ns = self.probing.limit.as_nanos() as f64;
        let sample_ns = self.result.mean_ns * f64::from(self.result.sample_size);
        let most = match before_last {
            0 if sample_ns >= limit_ns => self.result.mean_ns,
            0 => f64::INFINITY,
            iterations => limit_ns / iterations as f64,
        };
        self.measured_wall_ns().min(most).max(self.result.mean_ns)
    }

    /// Whether fewer than `samples` samples explain less than half of the time limit.
    fn is_cut_short(&self, samples: u32) -> bool {
        let sampling_ns = self.result.mean_ns * self.result.iterations() as f64;
        let limit_ns = self.probing.limit.as_nanos() as f64;
        self.result.sample_count < samples && sampling_ns < limit_ns / 2.0
    }

    /// The part of the wall-clock time that is not of iterations: mostly a set-up before the first sample.
    pub(super) fn set_up(&self) -> Duration {
        let iterations = self.result.iterations() as f64 * self.iteration_wall_ns();
        self.wall.saturating_sub(Duration::from_secs_f64(iterations / 1e9))
    }

    fn measured_wall_ns(&self) -> f64 {
        let tuning =
            if self.probing.is_tuned { self.result.sample_size.saturating_sub(1) } else { 0 };
        let iterations = self.result.iterations() + u64::from(tuning);
        self.wall.as_nanos() as f64 / iterations.max(1) as f64
    }

    /// Subtracts what the start of a process takes, if `wall` includes it. The samples remain, and the
    /// time limit if it ended the sampling.
    fn subtract(&mut self, start: Duration, sets_sample_count: bool) {
        if self.is_first {
            let sampling = self.result.mean_ns * self.result.iterations() as f64;
            let sampling = Duration::from_secs_f64((sampling / 1e9).max(0.0));
            let is_cut_short = !sets_sample_count && self.result.sample_count < DIVAN_SAMPLE_COUNT;
            let least = if is_cut_short { sampling.max(self.probing.limit) } else { sampling };
            self.wall = self.wall.saturating_sub(start).max(least);
        }
    }
}

impl ProbedRows {
    /// The only row of a benchmark, of samples of a given size.
    #[cfg(test)]
    pub(super) fn of_one(
        name: &str,
        mean_ns: f64,
        sample_size: u32,
        sample_count: u32,
        wall: Duration,
    ) -> Self {
        let times = LaunchResult { mean_ns, min_ns: mean_ns, median_ns: mean_ns, ..<_>::default() };
        let result = LaunchResult { sample_size, sample_count, ..times };
        let probing = Probing { limit: Duration::from_millis(5), is_tuned: false };
        let row = ProbedRow { name: name.into(), result, wall, is_first: false, probing };
        Self { rows: vec![row] }
    }

    /// Whether the first row of the process is one of them.
    pub(super) fn has_first(&self) -> bool {
        self.rows.iter().any(|row| row.is_first)
    }

    /// Whether the first row of the process has less than half of its time in samples.
    pub(super) fn is_first_cut_short(&self) -> bool {
        self.rows.iter().any(|row| row.is_first && row.is_cut_short(DIVAN_SAMPLE_COUNT))
    }

    /// Whether a pause of the machine or a cold start may decide the times of a row. A row with few samples
    /// and little time in them is such a row.
    pub(super) fn is_doubtful(&self) -> bool {
        self.rows.iter().any(|row| row.is_cut_short(FEWEST_SAMPLES))
    }

    /// Subtracts the duration of the start of a process from the first row. `sets_sample_count`: whether
    /// the bench may set sample counts of its own.
    pub(super) fn subtract_start(&mut self, start: Duration, sets_sample_count: bool) {
        self.rows.iter_mut().for_each(|row| row.subtract(start, sets_sample_count));
    }
}

impl Launcher {
    /// Runs `entries`, which are of one executable, in one process, each for `time`. Without
    /// `sample_size` Divan chooses it.
    ///
    /// The result lacks benchmarks without a finished row: one that ended the process, and those
    /// after it.
    pub(super) fn probe_group(
        &self,
        entries: &[ListedBenchmark],
        sample_size: Option<u32>,
        time: Duration,
    ) -> Result<BTreeMap<BenchmarkId, ProbedRows>> {
        let Some(first) = entries.first() else { return Ok(BTreeMap::new()) };
        let mut command = self.command(&first.executable);
        let names = entries.iter().map(|entry| &entry.listed);
        command.args(probe_arguments(names, sample_size, time));
        // An author's choice would leave set-up out of the time limit.
        command.env(EXTERNAL_TIME_VARIABLE.0, EXTERNAL_TIME_VARIABLE.1);
        let ended = self.run(command, first.id.as_str())?;
        let table = whole_table(first, &ended);
        let probing = Probing { limit: time, is_tuned: sample_size.is_none() };
        let probed = |entry: &ListedBenchmark| {
            Some((entry.id.clone(), rows(entry, &table, &ended, probing)?))
        };
        Ok(entries.iter().filter_map(probed).collect())
    }
}

/// The rows of a benchmark, if all of them are finished.
fn rows(
    entry: &ListedBenchmark,
    table: &Table,
    ended: &ProcessOutcome,
    probing: Probing,
) -> Option<ProbedRows> {
    let mut own = table.clone();
    own.keep_rows_of(&entry.listed);
    let is_finished = own.rows.iter().all(|row| row.figures().is_some());
    if own.rows.is_empty() || own.is_ambiguous() || !is_finished {
        return None;
    }
    let begin =
        |at: usize| table.rows.iter().map(|row| row.span.end).filter(|end| *end <= at).max();
    let wall = |span: &std::ops::Range<usize>| {
        let before = begin(span.start).map_or(Duration::ZERO, |end| arrival(&ended.arrivals, end));
        arrival(&ended.arrivals, span.end).saturating_sub(before)
    };
    let first = table.rows.iter().map(|row| row.span.start).min();
    let walls: Vec<(Duration, bool)> =
        own.rows.iter().map(|row| (wall(&row.span), Some(row.span.start) == first)).collect();
    let results = LaunchResults::read(entry, &own.rows, None, ended).ok()?;
    let rows = results.rows.into_iter().zip(walls);
    let rows = rows.map(|((name, result), (wall, is_first))| ProbedRow {
        name,
        result,
        wall,
        is_first,
        probing,
    });
    let rows = rows.collect();
    Some(ProbedRows { rows })
}

/// When the first `len` bytes had arrived.
fn arrival(arrivals: &[(usize, Duration)], len: usize) -> Duration {
    let arrived = arrivals.iter().find(|(bytes, _)| *bytes >= len).or(arrivals.last());
    arrived.map_or(Duration::ZERO, |(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_output_is_that_of_the_part_that_completed_it() {
        let ms = Duration::from_millis;
        let arrivals = [(10, ms(1)), (25, ms(7))];
        for (len, expected) in [(0, 1), (10, 1), (11, 7), (25, 7), (30, 7)] {
            assert_eq!(arrival(&arrivals, len), ms(expected), "{len}");
        }
        assert_eq!(arrival(&[], 1), Duration::ZERO);
    }

    /// A row of samples of 1 ns per iteration.
    fn probed_row(
        sample_size: u32,
        sample_count: u32,
        is_tuned: bool,
        wall: Duration,
    ) -> ProbedRow {
        let result = LaunchResult { mean_ns: 1.0, sample_size, sample_count, ..<_>::default() };
        let probing = Probing { limit: Duration::from_millis(5), is_tuned };
        let name = BenchmarkId::from("p/b::a");
        ProbedRow { name, result, wall, is_first: false, probing }
    }

    #[test]
    fn iterations_before_the_sample_size_was_found_count() {
        // Samples of 1, 2 and 4 iterations, then one of 8.
        let cases = [
            (1, 1, true, 1),
            (1, 100, true, 100),
            (8, 1, true, 15),
            (8, 10, true, 87),
            (8, 10, false, 80),
        ];
        for (sample_size, sample_count, is_tuned, iterations) in cases {
            let wall = Duration::from_nanos(7 * iterations);
            let ns = probed_row(sample_size, sample_count, is_tuned, wall).iteration_wall_ns();
            assert!((ns - 7.0).abs() < 1e-9, "{sample_size}, {sample_count}: {ns}");
        }
    }

    #[test]
    fn few_short_samples_are_doubtful() {
        // Samples of 1 ns per iteration, within 5 ms.
        let cases = [(16, 1, true), (16, 2, true), (16, 3, false), (3_000_000, 1, false)];
        for (sample_size, sample_count, expected) in cases {
            let row = probed_row(sample_size, sample_count, false, Duration::from_millis(5));
            let rows = ProbedRows { rows: vec![row] };
            assert_eq!(rows.is_doubtful(), expected, "{sample_size}, {sample_count}");
        }
    }

    #[test]
    fn the_time_limit_bounds_the_set_up() {
        let ms = Duration::from_millis;
        let cases = [
            // A pause of the machine: 99 samples of 10 iterations took at most 5 ms.
            (10, 100, ms(80), 5e6 / 990.0),
            // Set-up that counts: the first sample took the whole time.
            (10, 1, ms(80), 8e6),
            // A set-up before the first sample.
            (10, 100, ms(2000), 5e6 / 990.0),
            // The same, where one sample is as long as the limit.
            (6_000_000, 1, ms(2000), 1.0),
            // No shorter than the samples.
            (1 << 23, 2, ms(30), 1.0),
        ];
        for (sample_size, sample_count, wall, expected) in cases {
            let ns = probed_row(sample_size, sample_count, false, wall).iteration_wall_ns();
            assert!((ns / expected - 1.0).abs() < 1e-9, "{sample_size}, {sample_count}: {ns}");
        }
    }

    #[test]
    fn a_set_up_before_the_first_sample_is_not_of_its_iterations() {
        let ms = Duration::from_millis;
        for (sample_size, sample_count, wall, expected) in
            [(6_000_000, 1, 2006, 2000), (1, 1, 40, 0), (1_000_000, 5, 1005, 999)]
        {
            let row = probed_row(sample_size, sample_count, false, ms(wall));
            let set_up = row.set_up().as_secs_f64() * 1e3;
            assert!((set_up - f64::from(expected)).abs() < 1.0, "{sample_size}: {set_up} ms");
        }
    }

    #[test]
    fn the_start_of_the_process_is_subtracted_from_the_first_row() {
        let ms = Duration::from_millis;
        // Three samples of 1 ms. If only the limit of 5 ms can have ended them, they took as long.
        let cases = [
            (true, true, 20, 8),
            (true, true, 13, 3),
            (true, false, 13, 5),
            (true, false, 20, 8),
            (false, false, 20, 20),
        ];
        for (is_first, sets_sample_count, wall, expected) in cases {
            let row = probed_row(1_000_000, 3, false, ms(wall));
            let mut rows = ProbedRows { rows: vec![ProbedRow { is_first, ..row }] };
            assert_eq!(rows.has_first(), is_first);
            rows.subtract_start(ms(12), sets_sample_count);
            assert_eq!(rows.rows[0].wall, ms(expected));
        }
    }
}

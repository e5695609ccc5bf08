//! One of the commits that are measured together.

use super::super::suite::BenchSuite;
use super::kept_launches::LaunchSettings;
use crate::bench::{LaunchSchedule, Measurement, Runner, Workspace};
use crate::interrupt::Interrupt;
use anyhow::Result;
use chrono::{DateTime, Utc};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::Accepted;
use perf_report::SampleNumbers;
use std::time::Duration;

/// A built commit and its launches so far.
pub(super) struct GroupMember {
    /// Its index in the range.
    pub(super) at: usize,
    pub(super) hash: String,
    pub(super) suite: BenchSuite,
    pub(super) runner: Runner,
    pub(super) workspace: Workspace,
    /// The accepted regressions of its perf-budgets.json.
    pub(super) accepted: Vec<Accepted>,
    pub(super) begun: DateTime<Utc>,
    pub(super) measurement: Measurement,
    /// How often each benchmark was launched.
    pub(super) passes: u16,
}

/// One launch of each benchmark.
const PASS: LaunchSchedule = LaunchSchedule {
    title: "measuring a commit",
    launches: 1,
    is_initial: false,
    min_interval: Duration::ZERO,
};

impl GroupMember {
    /// What all its launches have in common.
    pub(super) fn settings(&self) -> LaunchSettings {
        let samples = self.runner.planned().iter().map(|planned| {
            let (sample_size, sample_count) =
                (planned.config.sample_size, planned.config.sample_count);
            (planned.entry.id.clone(), SampleNumbers { sample_size, sample_count })
        });
        LaunchSettings { machine: self.suite.machine.key.clone(), samples: samples.collect() }
    }

    /// Launches each benchmark once, without those that failed.
    pub(super) fn measure(&mut self, interrupt: &Interrupt) -> Result<Measurement> {
        let planned = self.runner.planned().iter();
        let rows = planned.flat_map(|planned| &planned.rows);
        let rows: Vec<BenchmarkId> =
            rows.filter(|row| !self.measurement.failures.contains_key(*row)).cloned().collect();
        self.runner.measure(&PASS, &rows, &self.suite.launcher, interrupt)
    }

    /// Adds the launches of a pass. A benchmark that fails once has no result.
    pub(super) fn add(&mut self, pass: Measurement) {
        self.passes += 1;
        self.measurement.add(pass);
        let Measurement { launch_results, failures, .. } = &mut self.measurement;
        launch_results.retain(|name, _| !failures.contains_key(name));
    }
}

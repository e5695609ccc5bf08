//! One launch: a bench process for one benchmark, and its result.

use super::build::Executable;
use super::failure::{incomplete, panic_of, with_last_words};
use super::known_marks::KnownMarks;
use super::launch_files::{LaunchFile, LaunchFiles};
use super::launch_result::{self, LaunchResults, ProvedReads};
use super::leftover_processes::LeftoverProcesses;
use super::process::{self, ProcessOutcome};
use super::recording_file::{Marked, RecordingFile};
use super::sample_config::SampleConfig;
use super::unproved_rows::UnprovedRows;
use super::{ClockRecorder, ListedBenchmark};
use crate::interrupt::Interrupt;
use crate::store::clear_git_variables;
use anyhow::Result;
use divan_output::samples::{Marks, PROGRAM_VARIABLE};
use divan_output::{CLEARED_VARIABLES, Launch};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Starts bench processes.
#[derive(Debug)]
pub(crate) struct Launcher {
    clock_recorder: Option<ClockRecorder>,
    time_limit: Duration,
    interrupt: Interrupt,
    files: LaunchFiles,
    leftover_processes: LeftoverProcesses,
    known_marks: KnownMarks,
    unproved: UnprovedRows,
}

/// The result of a launch.
#[derive(Debug)]
pub(crate) enum LaunchOutcome {
    /// The results of all rows.
    Rows(Vec<(BenchmarkId, LaunchResult)>),
    /// The reason of the failure.
    Failure(String),
}

/// A launch, and what was recorded beside its times.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) outcome: LaunchOutcome,
    pub(super) proved: ProvedReads,
}

impl Launched {
    fn failed(reason: String) -> Self {
        Self { outcome: LaunchOutcome::Failure(reason), proved: ProvedReads::default() }
    }

    /// The outcome with what the process used between these marks, if they are those of its samples.
    fn with_resources(self, marks: Option<Marks>) -> LaunchOutcome {
        let ProvedReads { all, used, .. } = self.proved;
        let used = used.filter(|_| marks.is_some() && marks == all);
        match (self.outcome, used) {
            (LaunchOutcome::Rows(mut rows), Some(used)) => {
                for (_, result) in &mut rows {
                    result.resources = launch_result::resources(used, result.iterations());
                }
                LaunchOutcome::Rows(rows)
            }
            (outcome, _) => outcome,
        }
    }
}

impl LaunchOutcome {
    /// Whether the benchmark has results.
    pub(crate) fn is_measured(&self) -> bool {
        matches!(self, Self::Rows(_))
    }

    /// Keeps only these rows. A launch without one of them is a failure.
    pub(crate) fn with_all(self, wanted: &[BenchmarkId]) -> Self {
        let Self::Rows(mut rows) = self else { return self };
        rows.retain(|(name, _)| wanted.contains(name));
        let exists = |name: &&BenchmarkId| rows.iter().any(|(row, _)| row == *name);
        match wanted.iter().find(|name| !exists(name)) {
            Some(missing) => Self::Failure(format!("a launch printed no row of {missing}")),
            None => Self::Rows(rows),
        }
    }
}

impl Launcher {
    /// A launcher whose processes are ended after `time_limit`.
    pub(crate) fn new(
        clock_recorder: Option<ClockRecorder>,
        time_limit: Duration,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            clock_recorder,
            time_limit,
            interrupt,
            files: LaunchFiles::default(),
            leftover_processes: LeftoverProcesses::default(),
            known_marks: KnownMarks::default(),
            unproved: UnprovedRows::default(),
        }
    }

    /// Measures with copies of the executables, which are created below `folder` for each launch.
    ///
    /// One of two equal files can be slower than the other by a tenth for minutes. The cause is how
    /// the system keeps their pages in memory. With a new copy per launch, that is random noise and
    /// no difference between base and head. Other systems than Linux check new files at their first
    /// launch, which takes long, so there the original files are launched.
    pub(crate) fn with_copies(mut self, folder: &Path) -> Result<Self> {
        if cfg!(target_os = "linux") {
            self.files.copy_to(folder)?;
        }
        Ok(self)
    }

    /// Fails if the user interrupted the program.
    pub(crate) fn check_interrupt(&self) -> Result<()> {
        Ok(self.interrupt.check()?)
    }

    /// Notes on the launches so far.
    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = self.leftover_processes.notes().into_iter();
        notes.chain(self.files.note()).chain(self.unproved.notes()).collect()
    }

    /// Takes over what the notes of another launcher are made from.
    pub(super) fn absorb(&self, other: Self) {
        self.leftover_processes.extend(other.leftover_processes);
        self.unproved.extend(other.unproved);
    }

    /// Launches a benchmark to measure it.
    ///
    /// A launch that fails is not repeated, even if earlier ones succeeded.
    pub(crate) fn measure(
        &self,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        let Some(file) = self.files.working(entry) else {
            return self.measure_first(entry, config);
        };
        Ok(match self.launch_from(file, entry, config)? {
            LaunchOutcome::Failure(reason) => LaunchOutcome::Failure(format!(
                "it failed in a launch after others had succeeded: {reason}"
            )),
            outcome @ LaunchOutcome::Rows(_) => outcome,
        })
    }

    /// The first measuring launch of a benchmark. It finds out whether a copy works: a bench that
    /// reads files next to its executable fails as a copy.
    fn measure_first(
        &self,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        let started = Instant::now();
        let first = self.files.first();
        let outcome = self.launch_from(first, entry, config)?;
        let is_late = started.elapsed() >= self.time_limit;
        let (file, outcome) = match outcome {
            LaunchOutcome::Failure(reason) if first == LaunchFile::Copy && !is_late => {
                let outcome = self.launch_from(LaunchFile::Original, entry, config)?;
                if let LaunchOutcome::Rows(_) = outcome {
                    self.files.set_copy_failure(entry, reason);
                }
                (LaunchFile::Original, outcome)
            }
            outcome => (first, outcome),
        };
        if let LaunchOutcome::Rows(_) = outcome {
            self.files.set_working(entry, file);
        }
        Ok(outcome)
    }

    fn launch_from(
        &self,
        file: LaunchFile,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        self.files.with(file, entry, |path| self.launch_file(path, entry, Some(config), None))
    }

    /// Runs a process of the benchmark or target of this name, within the time limit.
    pub(super) fn run(&self, command: Command, name: &str) -> Result<ProcessOutcome> {
        let ended = process::run(command, self.time_limit, &self.interrupt)?;
        self.leftover_processes.add(name, ended.leftover);
        Ok(ended)
    }

    /// Runs another program than a bench.
    pub(crate) fn run_other(&self, command: Command, limit: Duration) -> Result<ProcessOutcome> {
        process::run(command, limit, &self.interrupt)
    }

    /// Launches a benchmark with this sample size and count, or with those that Divan chooses.
    /// `max_time` limits the sampling.
    pub(crate) fn launch(
        &self,
        entry: &ListedBenchmark,
        config: Option<SampleConfig>,
        max_time: Option<Duration>,
    ) -> Result<LaunchOutcome> {
        self.launch_file(&entry.executable.path, entry, config, max_time)
    }

    fn launch_file(
        &self,
        file: &Path,
        entry: &ListedBenchmark,
        config: Option<SampleConfig>,
        max_time: Option<Duration>,
    ) -> Result<LaunchOutcome> {
        let mut command = Command::new(file);
        self.set_up(&mut command, &entry.executable);
        command.envs(&entry.variables);
        let launch = Launch {
            name: &entry.listed,
            sample_size: config.map(|config| config.sample_size),
            sample_count: config.map(|config| config.sample_count),
            // An author's own limit would end a launch before all samples are taken.
            max_time: max_time.or(Some(self.time_limit)),
        };
        command.args(launch.arguments());
        let Some(config) = config else {
            return Ok(self.run_launch(command, entry, None, self.time_limit, None)?.outcome);
        };
        let marks = self.known_marks.get(entry, config);
        let marked = marks.map(|marks| Marked { marks, warm_up: None, allocations: false });
        let launched = self.run_launch(command, entry, Some(config), self.time_limit, marked)?;
        if let Some(all) = launched.proved.all {
            self.known_marks.set(entry, config, all);
        }
        Ok(launched.with_resources(marks))
    }

    /// Runs a process of a benchmark under the clock recorder, if there is one.
    fn run_launch(
        &self,
        mut command: Command,
        entry: &ListedBenchmark,
        config: Option<SampleConfig>,
        limit: Duration,
        marked: Option<Marked>,
    ) -> Result<Launched> {
        let recording = self
            .clock_recorder
            .as_ref()
            .map(|recorder| RecordingFile::of(&mut command, recorder, config, marked));
        let ended = process::run(command, limit, &self.interrupt);
        let recorded = recording.and_then(RecordingFile::read);
        let ended = ended?;
        self.leftover_processes.add(entry.id.as_str(), ended.leftover);
        Ok(self.launched(entry, &ended, recorded.as_deref(), limit))
    }

    /// A launcher of the same libraries for processes that run at the same time.
    pub(super) fn another(&self) -> Result<Self> {
        let clock_recorder =
            self.clock_recorder.as_ref().map(ClockRecorder::another).transpose()?;
        Ok(Self::new(clock_recorder, self.time_limit, self.interrupt.clone()))
    }

    /// Whether the allocations of a process can be counted.
    pub(super) fn counts_allocations(&self) -> bool {
        self.clock_recorder.as_ref().is_some_and(|recorder| recorder.allocations.is_some())
    }

    /// Whether samples are recorded and allocations cannot be counted.
    pub(crate) fn lacks_allocations(&self) -> bool {
        self.clock_recorder.as_ref().is_some_and(|recorder| recorder.allocations.is_none())
    }

    /// Launches a benchmark whose times are not used.
    pub(super) fn launch_to_count(
        &self,
        entry: &ListedBenchmark,
        config: SampleConfig,
        marked: Option<Marked>,
    ) -> Result<Launched> {
        let mut command = self.command(&entry.executable);
        command.envs(&entry.variables).args(arguments(entry, config, self.time_limit));
        self.run_launch(command, entry, Some(config), self.time_limit, marked)
    }

    /// Launches a benchmark by `command`, another program that takes its command line as last
    /// arguments. The time limit is at least `min_limit`.
    pub(super) fn launch_by(
        &self,
        mut command: Command,
        entry: &ListedBenchmark,
        config: SampleConfig,
        min_limit: Duration,
        marked: Option<Marked>,
    ) -> Result<Launched> {
        command.arg(&entry.executable.path).args(arguments(
            entry,
            config,
            self.time_limit.max(min_limit),
        ));
        // The other program has the same environment, and must not record itself.
        command.env(PROGRAM_VARIABLE, &entry.executable.path);
        self.set_up(&mut command, &entry.executable);
        command.envs(&entry.variables);
        let limit = self.time_limit.max(min_limit);
        self.run_launch(command, entry, Some(config), limit, marked)
    }

    fn launched(
        &self,
        entry: &ListedBenchmark,
        ended: &ProcessOutcome,
        recorded: Option<&[u8]>,
        limit: Duration,
    ) -> Launched {
        let stderr = String::from_utf8_lossy(&ended.stderr);
        if ended.status.is_none() && limit > self.time_limit {
            let reason = format!("it did not end within {} s", limit.as_secs());
            return Launched::failed(with_last_words(&reason, &stderr));
        }
        let table = launch_result::table(entry, ended);
        if let Some(reason) = self.failure(ended) {
            return Launched::failed(reason);
        }
        if let Some(reason) = incomplete(&table, &stderr) {
            return Launched::failed(with_last_words(&reason, &stderr));
        }
        let results = match LaunchResults::read(entry, &table.rows, recorded, ended) {
            Ok(results) => results,
            Err(reason) => return Launched::failed(reason),
        };
        if self.clock_recorder.is_some() {
            self.unproved.add(&results);
        }
        Launched { outcome: LaunchOutcome::Rows(results.rows), proved: results.proved }
    }

    pub(super) fn command(&self, executable: &Executable) -> Command {
        let mut command = Command::new(&executable.path);
        self.set_up(&mut command, executable);
        command
    }

    /// Sets the package's folder and the environment that cargo sets, and removes variables that
    /// configure Divan.
    fn set_up(&self, command: &mut Command, executable: &Executable) {
        command.current_dir(&executable.target.dir);
        executable.environment.set(command);
        for name in CLEARED_VARIABLES {
            command.env_remove(name);
        }
        // Otherwise git in a bench would use the repository of a git hook that runs this program.
        clear_git_variables(command);
    }

    /// The reason if a process was ended or failed.
    pub(super) fn failure(&self, ended: &ProcessOutcome) -> Option<String> {
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let Some(status) = ended.status else {
            let limit = self.time_limit.as_secs();
            let reason = format!(
                "it did not end within {limit} s and was killed. Increase --launch-timeout"
            );
            return Some(with_last_words(&reason, &stderr));
        };
        if status.success() {
            return None;
        }
        Some(match (panic_of(&stderr), status.code()) {
            (Some(panic), _) => format!("it panicked: {panic}"),
            (None, Some(code)) => {
                with_last_words(&format!("it ended with exit status {code}"), &stderr)
            }
            (None, None) => with_last_words(&format!("it was killed: {status}"), &stderr),
        })
    }
}

/// The arguments for all samples of `config`. An author's own limit would end the launch before.
fn arguments(entry: &ListedBenchmark, config: SampleConfig, limit: Duration) -> Vec<String> {
    let launch = Launch {
        name: &entry.listed,
        sample_size: Some(config.sample_size),
        sample_count: Some(config.sample_count),
        max_time: Some(limit),
    };
    launch.arguments()
}

//! One launch: a bench process for one benchmark, and its result.

use super::build::Executable;
use super::failure::{incomplete, panic_of, with_last_words};
use super::launch_files::{LaunchFile, LaunchFiles};
use super::launch_result::{self, LaunchResults};
use super::leftover_processes::LeftoverProcesses;
use super::process::{self, ProcessOutcome};
use super::sample_config::SampleConfig;
use super::unproved_rows::UnprovedRows;
use super::{ClockRecorder, ListedBenchmark};
use crate::interrupt::Interrupt;
use crate::store::clear_git_variables;
use anyhow::Result;
use divan_output::samples::{OUT_VARIABLE, RECORDS_VARIABLE, Recording, Sizing};
use divan_output::{CLEARED_VARIABLES, Launch};
use perf_judge::ident::BenchmarkId;
use perf_judge::run::LaunchResult;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
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

impl LaunchOutcome {
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

/// The sample size and count that are expected if Divan chooses them.
const DIVAN_SAMPLING: (u64, u64) = (64, 1000);

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
        notes.chain(self.files.note()).chain(self.unproved.note()).collect()
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
        let recording = self
            .clock_recorder
            .as_ref()
            .map(|clock_recorder| record(&mut command, clock_recorder, config));
        let ended = process::run(command, self.time_limit, &self.interrupt);
        let recorded = recording.as_deref().and_then(recorded);
        if let Some(path) = &recording {
            // A process that ends before its first clock read writes no file.
            let _ = fs::remove_file(path);
        }
        let ended = ended?;
        self.leftover_processes.add(entry.id.as_str(), ended.leftover);
        Ok(self.outcome(entry, &ended, recorded.as_deref()))
    }

    /// Launches a benchmark by `command`, another program that takes its command line as last
    /// arguments. The time limit is at least `min_limit`. Clock reads are not recorded.
    pub(crate) fn launch_within(
        &self,
        mut command: Command,
        entry: &ListedBenchmark,
        config: SampleConfig,
        min_limit: Duration,
    ) -> Result<LaunchOutcome> {
        let launch = Launch {
            name: &entry.listed,
            sample_size: Some(config.sample_size),
            sample_count: Some(config.sample_count),
            max_time: Some(self.time_limit.max(min_limit)),
        };
        command.arg(&entry.executable.path).args(launch.arguments());
        self.set_up(&mut command, &entry.executable);
        command.envs(&entry.variables);
        let limit = self.time_limit.max(min_limit);
        let ended = process::run(command, limit, &self.interrupt)?;
        self.leftover_processes.add(entry.id.as_str(), ended.leftover);
        Ok(match ended.status {
            None => LaunchOutcome::Failure(with_last_words(
                &format!("it did not end within {} s", limit.as_secs()),
                &String::from_utf8_lossy(&ended.stderr),
            )),
            Some(_) => self.outcome(entry, &ended, None),
        })
    }

    fn outcome(
        &self,
        entry: &ListedBenchmark,
        ended: &ProcessOutcome,
        recorded: Option<&[u8]>,
    ) -> LaunchOutcome {
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let table = launch_result::table(entry, ended);
        if let Some(reason) = self.failure(ended) {
            return LaunchOutcome::Failure(reason);
        }
        if let Some(reason) = incomplete(&table, &stderr) {
            return LaunchOutcome::Failure(with_last_words(&reason, &stderr));
        }
        let results = match LaunchResults::read(entry, &table.rows, recorded, ended) {
            Ok(results) => results,
            Err(reason) => return LaunchOutcome::Failure(reason),
        };
        self.unproved.add(&results);
        LaunchOutcome::Rows(results.rows)
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

/// Preloads the clock recorder, and sets its variables: the file, and the expected number of clock
/// reads. Returns the file.
fn record(
    command: &mut Command,
    clock_recorder: &ClockRecorder,
    config: Option<SampleConfig>,
) -> PathBuf {
    let path = clock_recorder.recordings.path().join("recording");
    let (sample_size, sample_count) = config
        .map_or(DIVAN_SAMPLING, |config| (config.sample_size.into(), config.sample_count.into()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    command.env("LD_PRELOAD", preloads(&clock_recorder.library));
    command.env(OUT_VARIABLE, &path);
    command
        .env(RECORDS_VARIABLE, Sizing::of_launch(sample_size, sample_count, threads).to_variable());
    path
}

/// The used part of a recording, whose file is sparse and much larger; `None` without a recording.
fn recorded(path: &Path) -> Option<Vec<u8>> {
    let mut file = fs::File::open(path).ok()?;
    let mut bytes = vec![0; Recording::HEADER_LEN];
    file.read_exact(&mut bytes).ok()?;
    let used = Recording::used_len(&bytes).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    bytes.clear();
    file.take(used).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// `LD_PRELOAD` with the clock recorder before the user's libraries.
fn preloads(library: &Path) -> OsString {
    let mut preloads = library.as_os_str().to_owned();
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        preloads.push(":");
        preloads.push(others);
    }
    preloads
}

//! One launch: a bench process for one benchmark, and what it told.

use super::build::Executable;
use super::failure::{incomplete, panic_of};
use super::launch_files::{LaunchFile, LaunchFiles};
use super::launch_result;
use super::leftover_processes::LeftoverProcesses;
use super::process::{self, Ended};
use super::sample_config::SampleConfig;
use super::{ClockRecorder, ListedBenchmark};
use crate::interrupt::Interrupt;
use crate::store::clear_git_variables;
use anyhow::Result;
use divan_output::samples::{OUT_VARIABLE, RECORDS_VARIABLE, Rebuilt, Recording, Sizing, rebuild};
use divan_output::{
    CLEARED_VARIABLES, LISTING_ARGUMENTS, LISTING_VARIABLE, Launch, Row, parse_listing,
    parse_table, timer_precision,
};
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
    libraries: Option<PathBuf>,
    limit: Duration,
    interrupt: Interrupt,
    files: LaunchFiles,
    leftover_processes: LeftoverProcesses,
}

/// What a launch told.
#[derive(Debug)]
pub(crate) enum LaunchOutcome {
    /// A reading for every row that it printed.
    Rows(Vec<(BenchmarkId, LaunchResult)>),
    /// Why there is none.
    Failure(String),
}

impl LaunchOutcome {
    /// These rows, all of them and no others: a launch without one of them failed.
    pub(crate) fn with_all(self, wanted: &[BenchmarkId]) -> Self {
        let Self::Rows(mut rows) = self else { return self };
        rows.retain(|(name, _)| wanted.contains(name));
        let is_there = |name: &&BenchmarkId| rows.iter().any(|(given, _)| given == *name);
        match wanted.iter().find(|name| !is_there(name)) {
            Some(missing) => Self::Failure(format!("a launch gave no row of {missing}")),
            None => Self::Rows(rows),
        }
    }
}

/// Samples and iterations that a probe in Divan's own batches is likely to take.
const PROBED: (u64, u64) = (64, 1000);

impl Launcher {
    /// A launcher whose processes may take `limit`.
    pub(crate) fn new(
        clock_recorder: Option<ClockRecorder>,
        libraries: Option<PathBuf>,
        limit: Duration,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            clock_recorder,
            libraries,
            limit,
            interrupt,
            files: LaunchFiles::default(),
            leftover_processes: LeftoverProcesses::default(),
        }
    }

    /// Lets measuring launches run copies of the executables, made below `folder` each time.
    ///
    /// How the system keeps a file's pages in memory can make one of two equal files slower than
    /// the other by a tenth, for minutes: a fresh copy for each launch makes that chance, where
    /// otherwise it would be taken for a difference of the two sides. Elsewhere than on Linux the
    /// first launch of a new file is checked at length by the system, so there the files
    /// themselves are launched.
    pub(crate) fn with_copies(mut self, folder: &Path) -> Result<Self> {
        if cfg!(target_os = "linux") {
            self.files.copy_to(folder)?;
        }
        Ok(self)
    }

    /// Fails if an interrupt was requested.
    pub(crate) fn check_interrupt(&self) -> Result<()> {
        Ok(self.interrupt.check()?)
    }

    /// What the launches so far showed of the benches.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.leftover_processes.notes().into_iter().chain(self.files.note()).collect()
    }

    /// Launches a benchmark in these batches, to measure it.
    ///
    /// A failure after launches that worked is one, and not tried again: a benchmark that fails now
    /// and then is not measured.
    pub(crate) fn measure(
        &self,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        let Some(file) = self.files.proven(entry) else { return self.measure_first(entry, config) };
        Ok(match self.launch_from(file, entry, config)? {
            LaunchOutcome::Failure(reason) => LaunchOutcome::Failure(format!(
                "it failed in a launch after others had worked: {reason}"
            )),
            told @ LaunchOutcome::Rows(_) => told,
        })
    }

    /// The first measuring launch finds out which file works: a bench may look for something beside
    /// its own executable, and fail at once.
    fn measure_first(
        &self,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        let begun = Instant::now();
        let first = self.files.first();
        let told = self.launch_from(first, entry, config)?;
        let is_late = begun.elapsed() >= self.limit;
        let (file, told) = match told {
            LaunchOutcome::Failure(reason) if first == LaunchFile::Copy && !is_late => {
                let told = self.launch_from(LaunchFile::Original, entry, config)?;
                if let LaunchOutcome::Rows(_) = told {
                    self.files.refuse_copies(entry, reason);
                }
                (LaunchFile::Original, told)
            }
            told => (first, told),
        };
        if let LaunchOutcome::Rows(_) = told {
            self.files.prove(entry, file);
        }
        Ok(told)
    }

    fn launch_from(
        &self,
        file: LaunchFile,
        entry: &ListedBenchmark,
        config: SampleConfig,
    ) -> Result<LaunchOutcome> {
        self.files.with(file, entry, |path| self.launch_file(path, entry, Some(config), None))
    }

    /// The benchmarks of an executable, or why it does not tell them.
    pub(crate) fn list(&self, executable: &Executable) -> Result<Result<Vec<String>, String>> {
        let mut command = self.command(executable);
        command.args(LISTING_ARGUMENTS).env(LISTING_VARIABLE.0, LISTING_VARIABLE.1);
        let ended = process::run(command, self.limit, &self.interrupt)?;
        let target = &executable.target;
        self.leftover_processes.add(&format!("{}/{}", target.package, target.name), ended.leftover);
        Ok(match self.failure(&ended) {
            Some(reason) => Err(reason),
            None => parse_listing(&String::from_utf8_lossy(&ended.stdout))
                .map(|listing| listing.names)
                .map_err(|error| error.to_string()),
        })
    }

    /// Launches a benchmark in these batches, or in Divan's own; `most` bounds a probe's time.
    pub(crate) fn launch(
        &self,
        entry: &ListedBenchmark,
        config: Option<SampleConfig>,
        most: Option<Duration>,
    ) -> Result<LaunchOutcome> {
        self.launch_file(&entry.executable.path, entry, config, most)
    }

    fn launch_file(
        &self,
        file: &Path,
        entry: &ListedBenchmark,
        config: Option<SampleConfig>,
        most: Option<Duration>,
    ) -> Result<LaunchOutcome> {
        let mut command = Command::new(file);
        self.set_up(&mut command, &entry.executable);
        command.envs(&entry.variables);
        let launch = Launch {
            name: &entry.listed,
            sample_size: config.map(|config| config.sample_size),
            sample_count: config.map(|config| config.sample_count),
            max_time_s: most.map(|most| most.as_secs() as u32),
        };
        command.args(launch.arguments());
        let recording = self
            .clock_recorder
            .as_ref()
            .map(|clock_recorder| record(&mut command, clock_recorder, config));
        let ended = process::run(command, self.limit, &self.interrupt);
        let recorded = recording.as_deref().and_then(recorded);
        if let Some(path) = &recording {
            // A process that never came to record leaves no file.
            let _ = fs::remove_file(path);
        }
        let ended = ended?;
        self.leftover_processes.add(entry.id.as_str(), ended.leftover);
        Ok(self.told(entry, &ended, recorded.as_deref()))
    }

    /// Launches a benchmark in these batches as the last argument of `command`, another program,
    /// which may take `at_least` or as long as any launch. The clock clock_recorder stays out of it.
    pub(crate) fn launch_within(
        &self,
        mut command: Command,
        entry: &ListedBenchmark,
        config: SampleConfig,
        at_least: Duration,
    ) -> Result<LaunchOutcome> {
        let launch = Launch {
            name: &entry.listed,
            sample_size: Some(config.sample_size),
            sample_count: Some(config.sample_count),
            max_time_s: None,
        };
        command.arg(&entry.executable.path).args(launch.arguments());
        self.set_up(&mut command, &entry.executable);
        command.envs(&entry.variables);
        let limit = self.limit.max(at_least);
        let ended = process::run(command, limit, &self.interrupt)?;
        self.leftover_processes.add(entry.id.as_str(), ended.leftover);
        Ok(match ended.status {
            None => {
                LaunchOutcome::Failure(format!("it gave no result within {} s", limit.as_secs()))
            }
            Some(_) => self.told(entry, &ended, None),
        })
    }

    fn told(
        &self,
        entry: &ListedBenchmark,
        ended: &Ended,
        recorded: Option<&[u8]>,
    ) -> LaunchOutcome {
        let stdout = String::from_utf8_lossy(&ended.stdout);
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let mut table = parse_table(&stdout);
        table.keep_rows_of(&entry.listed);
        match self.failure(ended).or_else(|| incomplete(&table, &stderr)) {
            Some(reason) => LaunchOutcome::Failure(reason),
            None => LaunchOutcome::Rows(launch_results(entry, &table.rows, recorded, &stderr)),
        }
    }

    fn command(&self, executable: &Executable) -> Command {
        let mut command = Command::new(&executable.path);
        self.set_up(&mut command, executable);
        command
    }

    /// Lets a process start as cargo would start it: in the package's folder, and without settings
    /// that would change what Divan does.
    fn set_up(&self, command: &mut Command, executable: &Executable) {
        command.current_dir(&executable.target.dir);
        command.env("CARGO_MANIFEST_DIR", &executable.target.dir);
        for (name, path) in &executable.programs {
            command.env(format!("CARGO_BIN_EXE_{name}"), path);
        }
        for name in CLEARED_VARIABLES {
            command.env_remove(name);
        }
        // A bench that asks git gets the repository that it is measured in.
        clear_git_variables(command);
        let (name, paths) = library_path(&executable.path, self.libraries.as_deref());
        command.env(name, paths);
    }

    /// Why a process that ended so gave nothing.
    fn failure(&self, ended: &Ended) -> Option<String> {
        let Some(status) = ended.status else {
            let limit = self.limit.as_secs();
            return Some(format!(
                "it gave no result within {limit} s and was ended; --launch-timeout sets the limit"
            ));
        };
        if status.success() {
            return None;
        }
        let stderr = String::from_utf8_lossy(&ended.stderr);
        Some(match (panic_of(&stderr), status.code()) {
            (Some(panic), _) => format!("it panicked: {panic}"),
            (None, Some(code)) => format!("it ended with exit status {code}"),
            (None, None) => format!("it was ended: {status}"),
        })
    }
}

/// What the clock_recorder is told: where to record, how much there is room for and how much is expected.
fn record(
    command: &mut Command,
    clock_recorder: &ClockRecorder,
    config: Option<SampleConfig>,
) -> PathBuf {
    let path = clock_recorder.recordings.path().join("recording");
    let (n, s) =
        config.map_or(PROBED, |config| (config.sample_size.into(), config.sample_count.into()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    command.env("LD_PRELOAD", preloads(&clock_recorder.library));
    command.env(OUT_VARIABLE, &path);
    command.env(RECORDS_VARIABLE, Sizing::of_launch(n, s, threads).to_variable());
    path
}

/// The used part of a recording, whose file is sparse and much larger; `None` if there is none.
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

/// The clock_recorder before whatever the user preloads.
fn preloads(library: &Path) -> OsString {
    let mut preloads = library.as_os_str().to_owned();
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        preloads.push(":");
        preloads.push(others);
    }
    preloads
}

/// Where the system looks for libraries that an executable was linked to, as cargo sets it.
fn library_path(executable: &Path, libraries: Option<&Path>) -> (&'static str, OsString) {
    let name = match env::consts::OS {
        "macos" => "DYLD_FALLBACK_LIBRARY_PATH",
        "windows" => "PATH",
        _ => "LD_LIBRARY_PATH",
    };
    let own = executable.ancestors().skip(1).take(2).map(Path::to_owned);
    let set = env::var_os(name).unwrap_or_default();
    let paths: Vec<PathBuf> =
        own.chain(libraries.map(Path::to_owned)).chain(env::split_paths(&set)).collect();
    // A folder whose name cannot stand in such a list leaves the setting as it was.
    (name, env::join_paths(paths).unwrap_or(set))
}

/// A reading for each finished row.
fn launch_results(
    entry: &ListedBenchmark,
    rows: &[Row],
    recorded: Option<&[u8]>,
    stderr: &str,
) -> Vec<(BenchmarkId, LaunchResult)> {
    let recording = recorded.and_then(|bytes| Recording::parse(bytes).ok());
    let precision = timer_precision(stderr);
    let rebuilt = recording.as_ref().zip(precision).map(|(tape, step)| rebuild(tape, rows, step));
    let samples = |at: usize| match rebuilt.as_ref()?.get(at)? {
        Rebuilt::Proved(samples) => Some(samples),
        Rebuilt::Refused(_) => None,
    };
    let reading = |(at, row): (usize, &Row)| {
        let reading = launch_result::of(row.figures()?, samples(at), recording.as_ref());
        Some((name(entry, row, rows.len()), reading))
    };
    rows.iter().enumerate().filter_map(reading).collect()
}

/// The listed name, unless the launch gave a row a thread count: spaces at a name's end are lost
/// in a row.
fn name(entry: &ListedBenchmark, row: &Row, rows: usize) -> BenchmarkId {
    let target = &entry.executable.target;
    match rows {
        1 => entry.id.clone(),
        _ => BenchmarkId::new(&target.package, &target.name, &row.path),
    }
}

/// The folder of the standard library's own libraries.
pub(crate) fn library_folder(rustc: &str) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "target-libdir"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

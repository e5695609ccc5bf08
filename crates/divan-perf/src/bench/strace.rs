//! Counts the system calls of a benchmark by strace.

use super::counted_sample::CountedSample;
use super::process::{self, ProcessOutcome};
use super::recording_file::Marked;
use super::strace_calls::StraceCalls;
use super::{Launcher, ListedBenchmark};
use crate::interrupt::Interrupt;
use anyhow::{Context as _, Result};
use perf_judge::detect::system_calls::CallCounts;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Counts system calls, if strace is installed and may trace processes.
#[derive(Debug)]
pub(crate) struct Strace {
    /// The folder for the output of strace.
    folder: tempfile::TempDir,
}

/// The system calls of one iteration, or why they are not known.
pub(super) type CallsOrReason = std::result::Result<CallCounts, String>;

/// The minimum time limit of a bench process under strace, which stops it twice per system call.
const TIME_LIMIT: Duration = Duration::from_secs(120);

impl Strace {
    /// Tries strace on this machine. The error is a message with the reason and a fix.
    pub(crate) fn find(interrupt: &Interrupt) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("strace only exists on Linux".to_owned());
        }
        let folder = tempfile::tempdir()
            .map_err(|error| format!("cannot create a temporary folder for strace: {error}"))?;
        let strace = Self { folder };
        let mut command = strace.command();
        command.arg("true");
        let ended =
            process::run(command, TIME_LIMIT, interrupt).map_err(|error| unavailable(&error))?;
        if ended.status.is_some_and(|status| status.success()) {
            Ok(strace)
        } else {
            Err(refused(&ended))
        }
    }

    /// The same with a folder of its own, for processes that run at the same time.
    pub(super) fn another(&self) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        Ok(Self { folder })
    }

    /// Counts the system calls of a sample per iteration.
    ///
    /// Fails if no process can be started, or after an interrupt.
    pub(super) fn count(
        &self,
        launcher: &Launcher,
        entry: &ListedBenchmark,
        sample: CountedSample,
    ) -> Result<CallsOrReason> {
        let CountedSample { config, marks, .. } = sample;
        let marked = Marked { marks, warm_up: None, allocations: false };
        let launched =
            launcher.launch_by(self.command(), entry, config, TIME_LIMIT, Some(marked))?;
        if launched.proved.last_sample != Some(marks) {
            return Ok(Err("its samples were not found under strace".to_owned()));
        }
        let mut calls = StraceCalls::default();
        let output = File::open(self.output()).context("cannot read the output of strace")?;
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read the output of strace")?;
            calls.push(&String::from_utf8_lossy(&line));
        }
        let per_iteration = |(name, calls)| (name, sample.per_iteration(calls));
        let calls = calls.finish().map(|calls| calls.into_iter().map(per_iteration).collect());
        Ok(calls.map_err(|reason| reason.to_string()))
    }

    /// The command without its last arguments: the traced program and its arguments.
    fn command(&self) -> Command {
        let mut command = Command::new("strace");
        // Arguments as numbers: names of files and contents of memory are not read.
        command.args(["-f", "-qq", "-e", "raw=all", "-e", "signal=none", "-o"]);
        command.arg(self.output()).arg("--");
        command
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("calls")
    }
}

/// The message for a strace that did not start.
fn unavailable(error: &anyhow::Error) -> String {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => {
            "strace is not installed: run `apt install strace` or `dnf install strace`".to_owned()
        }
        _ => format!("{error:#}"),
    }
}

/// The message for a strace that may not trace a process.
fn refused(ended: &ProcessOutcome) -> String {
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let message = stderr.lines().next().unwrap_or("no message");
    let message = message.strip_prefix("strace: ").unwrap_or(message);
    format!(
        "strace is installed but fails: {message}. In a container, allow it by `--cap-add SYS_PTRACE`"
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    #[test]
    fn a_strace_that_may_not_trace_gives_its_reason() {
        let stderr = "strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted\nstrace: attach";
        let ended = ProcessOutcome {
            status: Some(ExitStatus::from_raw(256)),
            stdout: Vec::new(),
            gaps: Vec::new(),
            arrivals: Vec::new(),
            stderr: stderr.into(),
            leftover: None,
            usage: None,
        };
        assert_eq!(
            refused(&ended),
            "strace is installed but fails: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted. In a container, allow it by `--cap-add SYS_PTRACE`"
        );
    }
}

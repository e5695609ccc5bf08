//! Runs a bench process with a time limit.

use super::pipe::Pipe;
use super::printed::{Gap, LastPrinted, Output, Printed};
use crate::interrupt::Interrupt;
use crate::process_group;
use anyhow::{Context as _, Result};
use process_usage::{ProcessUsage, UsageMeter};
use process_wrap::std::ChildWrapper;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The result of a process.
#[derive(Debug)]
pub(crate) struct ProcessOutcome {
    /// The exit status; `None` if the process was killed after the time limit.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: Vec<u8>,
    /// What is left out of long standard output.
    pub(crate) gaps: Vec<Gap>,
    /// The number of printed bytes after each part that arrived, and the time since the start.
    pub(crate) arrivals: Vec<(usize, Duration)>,
    pub(crate) stderr: Vec<u8>,
    /// A child process that outlived it and kept its output open.
    pub(crate) leftover: Option<Leftover>,
    /// What it used, start-up included; `None` if the system does not report it. Of processes that run
    /// at the same time, it can be what several used.
    pub(crate) usage: Option<ProcessUsage>,
}

/// The end of a process that outlived its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leftover {
    /// It was killed.
    Killed,
    /// It left the process group and still runs.
    Running,
}

/// The interval at which interrupts and the end of a process are checked.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The same interval for a process that has closed its output.
const EXIT_POLL_INTERVAL: Duration = Duration::from_micros(200);
/// The wait for the end of the output after the process has ended. Only another process that holds
/// the output open delays it.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(20);
/// The same wait after the process group was killed. A busy machine may need this time.
const KILLED_OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs a process to its end, or kills it after `limit` or on an interrupt. Its child processes are
/// killed at its end.
pub(crate) fn run(
    mut command: Command,
    limit: Duration,
    interrupt: &Interrupt,
) -> Result<ProcessOutcome> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().display().to_string();
    let meter = UsageMeter::start();
    let started = Instant::now();
    let mut child =
        process_group::spawn(command).with_context(|| format!("cannot start {program}"))?;
    let mut stdout = Pipe::of(child.stdout().take(), Printed::push);
    let mut stderr = Pipe::of(child.stderr().take(), LastPrinted::push);
    let status = watch(&mut *child, &mut stdout, started + limit, interrupt);
    if !matches!(status, Ok(Some(_))) {
        child.kill().context("cannot kill a bench process")?;
    }
    let status = status?;
    let usage = process_group::usage(meter, &*child);
    let leftover = end_rest(&mut *child, |limit| stdout.wait(limit) && stderr.wait(limit));
    let Output { bytes: stdout, gaps, arrivals } = stdout.into_read().finish();
    let since_start = |(bytes, at): (usize, Instant)| (bytes, at.duration_since(started));
    let arrivals = arrivals.into_iter().map(since_start).collect();
    let stderr = stderr.into_read().finish();
    Ok(ProcessOutcome { status, stdout, gaps, arrivals, stderr, leftover, usage })
}

/// Waits for the end of the process. The end of its output wakes this one, so the wait costs no
/// processor time. `None`: the deadline is over.
fn watch(
    child: &mut dyn ChildWrapper,
    stdout: &mut Pipe<Printed>,
    deadline: Instant,
    interrupt: &Interrupt,
) -> Result<Option<ExitStatus>> {
    while Instant::now() < deadline {
        let closed = stdout.wait(POLL_INTERVAL);
        if let Some(status) = child.try_wait().context("cannot wait for a bench process")? {
            return Ok(Some(status));
        }
        interrupt.check()?;
        if closed {
            thread::sleep(EXIT_POLL_INTERVAL);
        }
    }
    Ok(None)
}

/// Kills the child processes that still run. Returns whether they held the output open.
/// `are_closed` waits for the end of the output.
fn end_rest(
    child: &mut dyn ChildWrapper,
    mut are_closed: impl FnMut(Duration) -> bool,
) -> Option<Leftover> {
    let is_over = are_closed(OUTPUT_TIMEOUT);
    let is_killed = process_group::end_rest(child);
    if is_over {
        return None;
    }
    match (are_closed(KILLED_OUTPUT_TIMEOUT), is_killed) {
        (false, _) => Some(Leftover::Running),
        (true, true) => Some(Leftover::Killed),
        // No process was left: a busy machine reported the end of the output late.
        (true, false) => None,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, limit_ms: u64, interrupt: &Interrupt) -> Result<ProcessOutcome> {
        let limit = Duration::from_millis(limit_ms);
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, limit, interrupt)
    }

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let ended = sh("echo out; echo err >&2; exit 3", 10_000, &Interrupt::default()).unwrap();
        assert_eq!(ended.status.unwrap().code(), Some(3));
        assert_eq!((ended.stdout, ended.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
    }

    #[test]
    fn a_process_that_hangs_ends_with_all_it_started() {
        let ended = sh("echo printed; sleep 600 & sleep 600", 300, &Interrupt::default()).unwrap();
        assert!(ended.status.is_none());
        // The background process held the pipe open, so it ended too.
        assert_eq!(ended.stdout, b"printed\n");
    }

    #[test]
    fn a_process_that_closes_its_output_is_still_watched() {
        let ended = sh("exec >&-; sleep 600", 300, &Interrupt::default()).unwrap();
        assert!(ended.status.is_none());
    }

    /// Scripts that print the id of a leftover process, and the expected result.
    const LEFTOVERS: [(&str, Option<Leftover>); 5] = [
        ("sleep 600 & echo $!", Some(Leftover::Killed)),
        ("sleep 600 2>&- & echo $!", Some(Leftover::Killed)),
        ("sleep 600 >&- & echo $!", Some(Leftover::Killed)),
        ("sleep 600 >&- 2>&- & echo $!", None),
        ("(sleep 600 & echo $!)", Some(Leftover::Killed)),
    ];

    fn is_running(process: &str) -> bool {
        // A killed process that is not reaped yet is listed as `Z`.
        let listed = Command::new("ps").args(["-o", "stat=", "-p", process]).output();
        let state = listed.expect("ps is installed").stdout;
        let state = String::from_utf8_lossy(&state);
        !state.trim().is_empty() && !state.starts_with('Z')
    }

    #[test]
    fn a_leftover_process_ends_and_costs_no_time() {
        for (script, expected) in LEFTOVERS {
            let started = Instant::now();
            let ended = sh(script, 60_000, &Interrupt::default()).unwrap();
            assert!(
                started.elapsed() < Duration::from_secs(1),
                "{script}: {:?}",
                started.elapsed()
            );
            assert!(ended.status.unwrap().success(), "{script}");
            assert_eq!(ended.leftover, expected, "{script}");
            let process = String::from_utf8(ended.stdout).unwrap();
            assert!(!is_running(process.trim()), "{script}");
        }
    }

    #[test]
    fn what_a_process_printed_counts_although_another_one_escapes_with_its_output() {
        if Command::new("setsid").arg("true").status().is_err() {
            return;
        }
        let started = Instant::now();
        let script = "setsid sleep 5 & sleep 0.2; printf printed";
        let ended = sh(script, 60_000, &Interrupt::default()).unwrap();
        assert!(started.elapsed() < Duration::from_secs(2));
        assert_eq!(ended.stdout, b"printed");
        assert_eq!(ended.leftover, Some(Leftover::Running));
    }

    #[test]
    fn an_interrupt_ends_what_the_process_started() {
        let interrupt = Interrupt::default();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("process");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let ended = thread::scope(|scope| {
            let running = scope.spawn(|| sh(&script, 60_000, &interrupt));
            while std::fs::read_to_string(&file).unwrap_or_default().is_empty() {
                thread::sleep(EXIT_POLL_INTERVAL);
            }
            interrupt.set();
            running.join().unwrap()
        });
        assert!(ended.is_err());
        assert!(!is_running(std::fs::read_to_string(&file).unwrap().trim()));
    }

    #[test]
    fn what_cannot_start_is_named() {
        let command = Command::new("/nonexistent/bench");
        let error = run(command, EXIT_POLL_INTERVAL, &Interrupt::default()).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/bench"));
    }
}

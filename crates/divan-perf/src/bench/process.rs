//! One bench process: started, watched, ended in time.

use super::pipe::Pipe;
use crate::interrupt::Interrupt;
use crate::process_group;
use anyhow::{Context as _, Result};
use process_wrap::std::ChildWrapper;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a process ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// How it exited; `None` if it took too long and was killed.
    pub(crate) status: Option<ExitStatus>,
    /// Its standard output.
    pub(crate) stdout: Vec<u8>,
    /// Its standard error.
    pub(crate) stderr: Vec<u8>,
    /// What became of a process that it started, that outlived it and kept its output open.
    pub(crate) leftover: Option<Leftover>,
}

/// What became of a process that outlived the one that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leftover {
    /// It was killed.
    Killed,
    /// It left the process group, so it still runs.
    Running,
}

/// How often a target to stop is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a process that has closed its output is asked whether it ended.
const NAP: Duration = Duration::from_micros(200);
/// How long the end of the output is waited for once the process has ended: it is there already,
/// unless another process holds the output open.
const PROMPT: Duration = Duration::from_millis(20);
/// How long it is waited for once every process of the group was killed. A process that left the
/// group may hold the output open for ever, and a busy machine may be late.
const AFTER_KILL: Duration = Duration::from_millis(500);

/// Runs a process to its end, or until `limit` or an interrupt ends it.
///
/// What it started ends with it.
pub(crate) fn run(mut command: Command, limit: Duration, interrupt: &Interrupt) -> Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().display().to_string();
    let started = Instant::now();
    let mut child =
        process_group::spawn(command).with_context(|| format!("cannot start {program}"))?;
    let mut streams = [Pipe::of(child.stdout().take()), Pipe::of(child.stderr().take())];
    let status = watch(&mut *child, &mut streams[0], started + limit, interrupt);
    if !matches!(status, Ok(Some(_))) {
        child.kill().context("cannot end a bench process")?;
    }
    let status = status?;
    let leftover = end_rest(&mut *child, &mut streams);
    let [stdout, stderr] = streams.map(Pipe::into_read);
    Ok(Ended { status, stdout, stderr, leftover })
}

/// Waits for the end. This process sleeps meanwhile: it is woken when the output closes, which is
/// the end of almost every process, and looks now and then for the others.
fn watch(
    child: &mut dyn ChildWrapper,
    stdout: &mut Pipe,
    deadline: Instant,
    interrupt: &Interrupt,
) -> Result<Option<ExitStatus>> {
    while Instant::now() < deadline {
        let closed = stdout.wait(LOOK_EVERY);
        if let Some(status) = child.try_wait().context("cannot wait for a bench process")? {
            return Ok(Some(status));
        }
        interrupt.check()?;
        if closed {
            thread::sleep(NAP);
        }
    }
    Ok(None)
}

/// Ends what the process left running, whether or not it holds the output open.
fn end_rest(child: &mut dyn ChildWrapper, streams: &mut [Pipe; 2]) -> Option<Leftover> {
    let mut are_closed = |limit| streams.iter_mut().all(|stream| stream.wait(limit));
    let is_over = are_closed(PROMPT);
    let is_killed = process_group::end_rest(child);
    if is_over {
        return None;
    }
    match (are_closed(AFTER_KILL), is_killed) {
        (false, _) => Some(Leftover::Running),
        (true, true) => Some(Leftover::Killed),
        // There was nobody: the end came late, as on a busy machine.
        (true, false) => None,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, limit_ms: u64, interrupt: &Interrupt) -> Result<Ended> {
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
        let ended = sh("echo said; sleep 600 & sleep 600", 300, &Interrupt::default()).unwrap();
        assert!(ended.status.is_none());
        // The background process held the pipe: it closed, so that one ended too.
        assert_eq!(ended.stdout, b"said\n");
    }

    #[test]
    fn a_process_that_closes_its_output_is_still_watched() {
        let ended = sh("exec >&-; sleep 600", 300, &Interrupt::default()).unwrap();
        assert!(ended.status.is_none());
    }

    /// Scripts that leave a process behind and print its number, and what becomes of it.
    const LEAVING: [(&str, Option<Leftover>); 5] = [
        ("sleep 600 & echo $!", Some(Leftover::Killed)),
        ("sleep 600 2>&- & echo $!", Some(Leftover::Killed)),
        ("sleep 600 >&- & echo $!", Some(Leftover::Killed)),
        ("sleep 600 >&- 2>&- & echo $!", None),
        ("(sleep 600 & echo $!)", Some(Leftover::Killed)),
    ];

    fn is_running(process: &str) -> bool {
        // One that was killed and is not waited for yet is listed as `Z`.
        let listed = Command::new("ps").args(["-o", "stat=", "-p", process]).output();
        let state = listed.expect("ps is installed").stdout;
        let state = String::from_utf8_lossy(&state);
        !state.trim().is_empty() && !state.starts_with('Z')
    }

    #[test]
    fn a_process_that_is_left_behind_ends_and_costs_no_time() {
        for (script, expected) in LEAVING {
            let begun = Instant::now();
            let ended = sh(script, 60_000, &Interrupt::default()).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(1), "{script}: {:?}", begun.elapsed());
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
        let begun = Instant::now();
        let script = "setsid sleep 5 & sleep 0.2; printf said";
        let ended = sh(script, 60_000, &Interrupt::default()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert_eq!(ended.stdout, b"said");
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
                thread::sleep(NAP);
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
        let error = run(command, NAP, &Interrupt::default()).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/bench"));
    }
}

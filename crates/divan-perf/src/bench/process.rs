//! One bench process: started, watched, ended in time.

use crate::interrupt::Interrupt;
use crate::process_group;
use anyhow::{Context as _, Result};
use process_wrap::std::ChildWrapper;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
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
}

/// How often a wish to stop is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a process that has closed its output is asked whether it ended.
const NAP: Duration = Duration::from_micros(200);
/// How long output is waited for after the end: something that the process started may hold it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs a process to its end, or until `limit` or an interrupt ends it.
///
/// What it started ends with it.
pub(crate) fn run(mut command: Command, limit: Duration, interrupt: &Interrupt) -> Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().display().to_string();
    let started = Instant::now();
    let mut child =
        process_group::spawn(command).with_context(|| format!("cannot start {program}"))?;
    let mut stdout = Pipe::of(child.stdout().take());
    let stderr = Pipe::of(child.stderr().take());
    let status = watch(&mut *child, &mut stdout, started + limit, interrupt);
    if !matches!(status, Ok(Some(_))) {
        child.kill().context("cannot end a bench process")?;
    }
    Ok(Ended { status: status?, stdout: stdout.finish(), stderr: stderr.finish() })
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

/// What a process says on one stream, read by a thread of its own so that it never blocks.
struct Pipe {
    incoming: Receiver<Vec<u8>>,
    read: Option<Vec<u8>>,
}

impl Pipe {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let (sender, incoming) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                // A stream that breaks ends like one that closes: the exit status says why.
                let _ = stream.read_to_end(&mut bytes);
            }
            let _ = sender.send(bytes);
        });
        Self { incoming, read: None }
    }

    /// Waits until the stream closes, at most for `limit`; says whether it is closed.
    fn wait(&mut self, limit: Duration) -> bool {
        if self.read.is_none() {
            self.read = self.incoming.recv_timeout(limit).ok();
        }
        self.read.is_some()
    }

    fn finish(mut self) -> Vec<u8> {
        self.wait(PATIENCE);
        self.read.unwrap_or_default()
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

    #[test]
    fn a_child_that_keeps_the_pipe_does_not_hold_the_parent_up() {
        let ended = sh("sleep 600 & exit 0", 60_000, &Interrupt::default()).unwrap();
        assert!(ended.status.unwrap().success());
    }

    #[test]
    fn what_cannot_start_is_named() {
        let command = Command::new("/nonexistent/bench");
        let error = run(command, NAP, &Interrupt::default()).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/bench"));
    }
}

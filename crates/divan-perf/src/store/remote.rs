//! Git commands that contact a remote, each with a time limit for silence.

use crate::process_group;
use crate::ui;
use anyhow::{Context as _, Result};
use process_wrap::std::ChildWrapper;
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use xshell::Cmd;

/// The default time limit without output from the remote.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The interval at which the state of git is checked while it prints nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The time without output after which a line reports the wait.
const NOTICE_DELAY: Duration = Duration::from_secs(5);
/// Parts of the lines by which git reports progress.
const PROGRESS: [&str; 8] = [
    "Compressing objects",
    "Counting objects",
    "Delta compression",
    "Enumerating objects",
    "Receiving objects",
    "Resolving deltas",
    "Total ",
    "Writing objects",
];

/// A remote sent nothing until the time limit.
#[derive(Debug, thiserror::Error)]
#[error(
    "{remote} sent nothing for {} s: check the network and the remote, or increase --remote-timeout",
    .limit.as_secs()
)]
pub(super) struct RemoteTimeout {
    remote: String,
    limit: Duration,
}

/// Runs a git command that contacts `remote`, and ends it after `limit` without output.
///
/// With `--progress`, git prints something every second of a transfer, so a slow transfer is not
/// ended.
pub(super) fn run(command: Cmd<'_>, remote: &str, limit: Duration) -> Result<Output> {
    let mut command = Command::from(command.env("LC_ALL", "C").quiet());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process_group::spawn(command).context("cannot start git")?;
    let (sender, received) = mpsc::channel();
    let stdout = listen(child.stdout().take(), sender.clone());
    let stderr = listen(child.stderr().take(), sender);
    let notice = NOTICE_DELAY.min(limit / 2);
    let (mut last_output, mut is_reported) = (Instant::now(), false);
    loop {
        match received.recv_timeout(POLL_INTERVAL) {
            Ok(()) => (last_output, is_reported) = (Instant::now(), false),
            Err(RecvTimeoutError::Disconnected) => break,
            // A connection that ssh shares can keep the output open after git has ended.
            Err(_) if child.try_wait().context("cannot wait for git")?.is_some() => break,
            Err(_) if last_output.elapsed() >= limit => return stop(&mut *child, remote, limit),
            Err(_) if last_output.elapsed() >= notice && !is_reported => {
                ui::say(&format!("waiting for {remote}"));
                is_reported = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let status = child.wait().context("cannot wait for git")?;
    // The threads may not have read all output yet.
    while received.recv_timeout(POLL_INTERVAL).is_ok() {}
    let [stdout, stderr] = [stdout, stderr].map(|read| {
        let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *read)
    });
    Ok(Output { status, stdout, stderr: without_progress(&stderr) })
}

fn stop(child: &mut dyn ChildWrapper, remote: &str, limit: Duration) -> Result<Output> {
    child.kill().context("cannot end git")?;
    Err(RemoteTimeout { remote: remote.to_owned(), limit }.into())
}

/// Reads a stream in a thread of its own, which reports each read.
fn listen(stream: Option<impl Read + Send + 'static>, received: Sender<()>) -> Arc<Mutex<Vec<u8>>> {
    let read = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&read);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let Some(mut stream) = stream else { return };
        // An error ends the stream like its end: git's exit status reports the failure.
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(&buffer[..bytes]);
            let _ = received.send(());
        }
    });
    read
}

/// The output of git without lines that report progress.
fn without_progress(output: &[u8]) -> Vec<u8> {
    let output = String::from_utf8_lossy(output);
    let is_progress = |line: &&str| PROGRESS.iter().any(|part| line.contains(part));
    let lines = output.split(['\r', '\n']).filter(|line| !is_progress(line) && !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_removed_from_the_output_of_git() {
        let output = "Enumerating objects: 5, done.\nCounting objects:  20% (1/5)\rCounting objects: 100% (5/5), done.\nremote: Resolving deltas: 100% (1/1)\nremote: no data here        \nerror: failed to push some refs to 'x'\n";
        let left = String::from_utf8(without_progress(output.as_bytes())).unwrap();
        assert_eq!(left, "remote: no data here        \nerror: failed to push some refs to 'x'\n");
    }

    #[cfg(unix)]
    #[test]
    fn silence_ends_a_command_and_slow_progress_does_not() {
        let sh = xshell::Shell::new().unwrap();
        let limit = Duration::from_millis(600);
        let slow = "for i in 1 2 3 4 5; do echo $i; sleep 0.3; done";
        let output = run(xshell::cmd!(sh, "sh -c {slow}"), "origin", limit).unwrap();
        assert_eq!(output.stdout, b"1\n2\n3\n4\n5\n");
        let silent = "echo 1; sleep 600 & sleep 600";
        let error = run(xshell::cmd!(sh, "sh -c {silent}"), "origin", limit).unwrap_err();
        assert!(error.is::<RemoteTimeout>(), "{error:#}");
    }

    /// For example ssh with `ControlPersist`.
    #[cfg(unix)]
    #[test]
    fn a_process_that_keeps_the_output_open_is_not_waited_for() {
        let sh = xshell::Shell::new().unwrap();
        let started = Instant::now();
        let script = "sleep 5 & echo pushed";
        let output = run(xshell::cmd!(sh, "sh -c {script}"), "origin", DEFAULT_TIMEOUT).unwrap();
        assert_eq!(output.stdout, b"pushed\n");
        assert!(output.status.success() && started.elapsed() < Duration::from_secs(2));
    }
}

//! Operations on a remote, none of which waits for ever.

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

/// How long a remote may be silent, unless that is said.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// How often git is asked in a silence whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After how long a silence is worth a line.
const NOTICE: Duration = Duration::from_secs(5);
/// What git prints of its progress, which is no part of an answer.
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

/// A remote said nothing for too long.
#[derive(Debug, thiserror::Error)]
#[error(
    "{remote} sent nothing for {} s: check the network and the remote, or allow more time by --remote-timeout",
    .limit.as_secs()
)]
pub(super) struct Unanswered {
    remote: String,
    limit: Duration,
}

/// Runs a git command that asks `remote`, and ends it when nothing was heard for `limit`.
///
/// Git must be told `--progress`: then every transfer that moves prints something each second, and
/// one that prints nothing waits. How fast it moves does not matter.
pub(super) fn run(command: Cmd<'_>, remote: &str, limit: Duration) -> Result<Output> {
    let mut command = Command::from(command.env("LC_ALL", "C").quiet());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process_group::spawn(command).context("git cannot be started")?;
    let (sender, heard) = mpsc::channel();
    let stdout = listen(child.stdout().take(), sender.clone());
    let stderr = listen(child.stderr().take(), sender);
    let notice = NOTICE.min(limit / 2);
    let (mut since, mut is_said) = (Instant::now(), false);
    loop {
        match heard.recv_timeout(LOOK_EVERY) {
            Ok(()) => (since, is_said) = (Instant::now(), false),
            Err(RecvTimeoutError::Disconnected) => break,
            // A connection that ssh keeps for later holds the output open when git has ended.
            Err(_) if child.try_wait().context("cannot wait for git")?.is_some() => break,
            Err(_) if since.elapsed() >= limit => return stop(&mut *child, remote, limit),
            Err(_) if since.elapsed() >= notice && !is_said => {
                ui::say(&format!("waiting for {remote} to answer"));
                is_said = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let status = child.wait().context("cannot wait for git")?;
    // The last of what git printed may still be on its way.
    while heard.recv_timeout(LOOK_EVERY).is_ok() {}
    let [stdout, stderr] = [stdout, stderr].map(|heard| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *heard)
    });
    Ok(Output { status, stdout, stderr: without_progress(&stderr) })
}

fn stop(child: &mut dyn ChildWrapper, remote: &str, limit: Duration) -> Result<Output> {
    child.kill().context("cannot end git")?;
    Err(Unanswered { remote: remote.to_owned(), limit }.into())
}

/// Reads a stream by a thread of its own, which reports every byte that arrives.
fn listen(stream: Option<impl Read + Send + 'static>, heard: Sender<()>) -> Arc<Mutex<Vec<u8>>> {
    let read = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&read);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let Some(mut stream) = stream else { return };
        // A stream that breaks ends like one that closes: git's exit status says why.
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(&buffer[..bytes]);
            let _ = heard.send(());
        }
    });
    read
}

/// What git said beside its progress.
fn without_progress(said: &[u8]) -> Vec<u8> {
    let said = String::from_utf8_lossy(said);
    let is_progress = |line: &&str| PROGRESS.iter().any(|sign| line.contains(sign));
    let lines = said.split(['\r', '\n']).filter(|line| !is_progress(line) && !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_no_part_of_what_git_said() {
        let said = "Enumerating objects: 5, done.\nCounting objects:  20% (1/5)\rCounting objects: 100% (5/5), done.\nremote: Resolving deltas: 100% (1/1)\nremote: no data here        \nerror: failed to push some refs to 'x'\n";
        let left = String::from_utf8(without_progress(said.as_bytes())).unwrap();
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
        assert!(error.is::<Unanswered>(), "{error:#}");
    }

    /// As ssh does with `ControlPersist`.
    #[cfg(unix)]
    #[test]
    fn a_process_that_keeps_the_output_open_is_not_waited_for() {
        let sh = xshell::Shell::new().unwrap();
        let begun = Instant::now();
        let script = "sleep 5 & echo pushed";
        let output = run(xshell::cmd!(sh, "sh -c {script}"), "origin", DEFAULT_TIMEOUT).unwrap();
        assert_eq!(output.stdout, b"pushed\n");
        assert!(output.status.success() && begun.elapsed() < Duration::from_secs(2));
    }
}

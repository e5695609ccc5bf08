//! Operations on a remote, none of which waits for ever.

use crate::process_group;
use crate::ui;
use anyhow::{Context as _, Result};
use process_wrap::std::ChildWrapper;
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use xshell::Cmd;

/// How long a remote may be silent, unless that is said.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
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
    loop {
        match heard.recv_timeout(notice) {
            Ok(()) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let left = limit.saturating_sub(notice);
                ui::say(&format!("waiting for {remote} to answer"));
                match heard.recv_timeout(left) {
                    Ok(()) => continue,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => return give_up(&mut *child, remote, limit),
                }
            }
        }
    }
    let status = child.wait().context("cannot wait for git")?;
    let [stdout, stderr] = [stdout, stderr].map(|stream| stream.join().unwrap_or_default());
    Ok(Output { status, stdout, stderr: without_progress(&stderr) })
}

fn give_up(child: &mut dyn ChildWrapper, remote: &str, limit: Duration) -> Result<Output> {
    child.kill().context("cannot end git")?;
    Err(Unanswered { remote: remote.to_owned(), limit }.into())
}

/// Reads a stream to its end by a thread of its own, which reports every byte that arrives.
fn listen(stream: Option<impl Read + Send + 'static>, heard: Sender<()>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        let Some(mut stream) = stream else { return all };
        // A stream that breaks ends like one that closes: git's exit status says why.
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            all.extend_from_slice(&buffer[..bytes]);
            let _ = heard.send(());
        }
        all
    })
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
}

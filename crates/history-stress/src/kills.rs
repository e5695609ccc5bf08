//! Sudden ends: publishing is killed at instants by chance, with all that it started.

use super::Size;
use super::hub::{Clone, Hub, Program, git};
use super::synthetic;
use crate::say;
use anyhow::{Context as _, Result};
use perf_judge::unit;
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Kills publishing over and over, checks the clone each time, and publishes once in peace.
pub(super) fn run(program: &Program, size: Size) -> Result<()> {
    if !server_survives() {
        return Ok(());
    }
    let begun = Instant::now();
    let hub = Hub::new(program)?;
    let clone = hub.clone_as("killed")?;
    let_server_survive(&clone)?;
    let mut wanted = BTreeSet::new();
    let (mut killed, mut ended) = (0, 0);
    let mut longest = Duration::from_millis(500);
    while killed < size.kills {
        let number = killed + ended;
        let run = synthetic::run(number, synthetic::moment(number, size.kills), size.benchmarks);
        wanted.insert(clone.keep(run)?);
        let mut command = clone.history(&["add", "--publish"]);
        in_own_group(&mut command);
        let started = Instant::now();
        let mut child = command.stderr(Stdio::null()).spawn().context("cannot start itself")?;
        std::thread::sleep(longest.mul_f64(fastrand::f64()));
        if child.try_wait()?.is_some() {
            ended += 1;
            longest = longest.min(started.elapsed());
            continue;
        }
        kill(&mut child)?;
        killed += 1;
        clone.verify().with_context(|| format!("after kill {killed}"))?;
    }
    clone.publish()?;
    hub.check(&wanted)?;
    let took = unit::span(begun.elapsed().as_secs_f64());
    say(&format!(
        "{killed} kills while publishing, each history verified: {} runs are there, each once ({took})",
        wanted.len(),
    ));
    Ok(())
}

/// Whether the server can be distinguished from its client. In real use it is another machine, and
/// is not killed with the client.
pub(super) fn server_survives() -> bool {
    let is_there = Command::new("setsid").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !is_there {
        say("SKIPPED: kills, because `setsid` is missing, which keeps the server alive");
    }
    is_there
}

pub(super) fn let_server_survive(clone: &Clone) -> Result<()> {
    git(clone.path(), &["config", "remote.origin.receivepack", "setsid git-receive-pack"]).map(drop)
}

#[cfg(unix)]
pub(super) fn in_own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
pub(super) fn in_own_group(_: &mut Command) {}

/// Ends a process and everything in its group.
pub(super) fn kill(child: &mut Child) -> Result<()> {
    let group = format!("-{}", child.id());
    Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status()?;
    child.wait().context("cannot end the process")?;
    Ok(())
}

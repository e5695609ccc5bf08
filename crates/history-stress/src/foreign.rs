//! Other programs' commits: the shared branch is emptied, replaced and deleted at instants by
//! chance, while clones publish and some of them are killed.

use super::Size;
use super::hub::{BRANCH, Clone, Hub, Program, git};
use super::kills::{in_own_group, kill, let_server_survive, server_survives};
use super::synthetic;
use crate::say;
use anyhow::{Context as _, Result, anyhow};
use perf_judge::unit;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many clones publish.
const WRITERS: usize = 3;
/// The longest time between two acts on the shared branch.
const LONGEST_PAUSE: Duration = Duration::from_millis(600);

/// What another program does to the shared branch.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A commit on top without the history, as a deploy of documentation makes.
    Emptied,
    /// A commit on top with a part of the history.
    Cut,
    /// Another commit by force.
    Replaced,
    Deleted,
}

const ACTS: [Act; 4] = [Act::Emptied, Act::Cut, Act::Replaced, Act::Deleted];

/// Lets clones publish until every act is done, and each once in peace after that.
pub(super) fn run(program: &Program, size: Size) -> Result<()> {
    if !server_survives() {
        return Ok(());
    }
    let begun = Instant::now();
    let hub = Hub::new(program)?;
    let names = (0..WRITERS).map(|i| format!("clone-{i}"));
    let clones: Vec<Clone> = names.map(|name| hub.clone_as(&name)).collect::<Result<_>>()?;
    clones.iter().try_for_each(let_server_survive)?;
    let is_over = AtomicBool::new(false);
    let (wanted, acts) = thread::scope(|scope| {
        let writers: Vec<_> = clones
            .iter()
            .enumerate()
            .map(|(i, clone)| {
                scope.spawn({
                    let is_over = &is_over;
                    move || write(i, clone, size, is_over)
                })
            })
            .collect();
        let acts = damage(&hub.path(), size.acts);
        is_over.store(true, Ordering::Relaxed);
        let ended = writers.into_iter().map(thread::ScopedJoinHandle::join);
        let written =
            ended.map(|ended| ended.unwrap_or_else(|_| Err(anyhow!("a writer panicked"))));
        (written.collect::<Result<Vec<_>>>(), acts)
    });
    let (wanted, acts): (BTreeSet<String>, _) = (wanted?.into_iter().flatten().collect(), acts?);
    for clone in &clones {
        clone.publish()?;
    }
    hub.check(&wanted)?;
    let took = unit::span(begun.elapsed().as_secs_f64());
    say(&format!(
        "{acts} times another program emptied, cut, replaced or deleted the shared branch. {WRITERS} clones published meanwhile and were killed. {} runs are there, each once ({took})",
        wanted.len(),
    ));
    Ok(())
}

/// Publishes a run after another, and kills every third at an instant by chance.
fn write(i: usize, clone: &Clone, size: Size, is_over: &AtomicBool) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let number = i + WRITERS * ids.len();
        let run = synthetic::run(number, synthetic::moment(0, 1), size.benchmarks);
        ids.push(clone.keep(run)?);
        if !ids.len().is_multiple_of(3) {
            clone.publish()?;
            continue;
        }
        let mut command = clone.history(&["add", "--publish"]);
        in_own_group(&mut command);
        let mut child = command.stderr(Stdio::null()).spawn().context("cannot start itself")?;
        thread::sleep(LONGEST_PAUSE.mul_f64(fastrand::f64()));
        kill(&mut child)?;
    }
    Ok(ids)
}

/// Damages the shared branch this many times, and returns how often that was.
fn damage(hub: &Path, acts: usize) -> Result<usize> {
    let mut done = 0;
    while done < acts {
        thread::sleep(LONGEST_PAUSE.mul_f64(fastrand::f64()));
        // There is nothing to take away before the first run, and after a deletion.
        if let Ok(tip) = git(hub, &["rev-parse", "--verify", "--quiet", BRANCH]) {
            done += usize::from(ACTS[fastrand::usize(..ACTS.len())].happens(hub, tip.trim())?);
        }
    }
    Ok(done)
}

impl Act {
    /// Does it, unless a writer moves the branch meanwhile.
    fn happens(self, hub: &Path, tip: &str) -> Result<bool> {
        let reference = format!("refs/heads/{BRANCH}");
        if matches!(self, Self::Deleted) {
            return Ok(git(hub, &["update-ref", "-d", &reference, tip]).is_ok());
        }
        let tree = match self {
            Self::Cut => without_runs(hub, tip)?,
            _ => git(hub, &["rev-parse", "main^{tree}"])?,
        };
        let parent: &[&str] = match self {
            Self::Replaced => &[],
            _ => &["-p", tip],
        };
        let commit = [&["commit-tree", "-m", "Deploy documentation", tree.trim()], parent].concat();
        let commit = git(hub, &commit)?;
        Ok(git(hub, &["update-ref", &reference, commit.trim(), tip]).is_ok())
    }
}

/// The tree of a commit without `data/runs`.
fn without_runs(hub: &Path, tip: &str) -> Result<String> {
    let data = format!("{tip}:data");
    let Ok(listing) = git(hub, &["ls-tree", &data]) else {
        return git(hub, &["rev-parse", &format!("{tip}^{{tree}}")]);
    };
    let rest = listing.lines().filter(|line| !line.ends_with("\truns"));
    let rest = mktree(hub, &rest.map(|line| format!("{line}\n")).collect::<String>())?;
    mktree(hub, &format!("040000 tree {}\tdata\n", rest.trim()))
}

fn mktree(hub: &Path, listing: &str) -> Result<String> {
    let mut child = Command::new("git")
        .current_dir(hub)
        .arg("mktree")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start git")?;
    // Closing it ends the listing.
    child.stdin.take().context("git reads nothing")?.write_all(listing.as_bytes())?;
    Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
}

//! What one more run costs in a short and in a long history.

use super::Size;
use super::hub::{BRANCH, Clone, Hub, Program, git, succeed};
use super::synthetic;
use crate::say;
use anyhow::{Context as _, Result};
use perf_judge::unit;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many runs are added to take the measure.
const ADDED: usize = 10;
/// How many runs are written at once to fill a history.
const BATCH: usize = 100;

/// What adding a run cost.
struct Cost {
    /// Processor time of everything that was started; known on Linux.
    cpu: Option<Duration>,
    /// The largest resident memory of the process itself, in bytes; known on Linux.
    memory_bytes: Option<f64>,
    pushed_bytes: usize,
}

/// Measures both lengths and prints the figures.
pub(super) fn run(program: &Program, size: Size) -> Result<()> {
    let mut costs = Vec::new();
    for length in size.lengths {
        let hub = Hub::new(program)?;
        let clone = hub.clone_as("clone")?;
        fill(&clone, length, size.benchmarks)?;
        let cost = adding(&clone, length, size)?;
        say(&format!(
            "one more run of {} benchmarks after {length}: {} pushed, {} of processor time with git's, {} of memory beside git's",
            size.benchmarks,
            unit::bytes(cost.pushed_bytes as f64),
            cost.cpu.map_or_else(|| "unknown".to_owned(), time),
            cost.memory_bytes.map_or_else(|| "unknown".to_owned(), unit::bytes),
        ));
        reading(&clone, &hub, length)?;
        costs.push(cost);
    }
    let [short, long] = &costs[..] else { return Ok(()) };
    let cpu = short.cpu.zip(long.cpu);
    let cpu = cpu.map(|(short, long)| long.as_secs_f64() / short.as_secs_f64());
    say(&format!(
        "a longer history costs {} the bytes and {} the processor time",
        unit::factor(long.pushed_bytes as f64 / short.pushed_bytes as f64),
        cpu.map_or_else(|| "an unknown part of".to_owned(), unit::factor),
    ));
    Ok(())
}

/// A history of `length` runs over three years.
pub(super) fn fill(clone: &Clone, length: usize, benchmarks: usize) -> Result<()> {
    for first in (0..length).step_by(BATCH) {
        for number in first..length.min(first + BATCH) {
            clone.keep(synthetic::run(number, synthetic::moment(number, length), benchmarks))?;
        }
        clone.record()?;
    }
    clone.publish()?;
    git(clone.path(), &["gc", "--quiet"]).map(drop)
}

/// The mean cost of the next runs.
fn adding(clone: &Clone, length: usize, size: Size) -> Result<Cost> {
    let mut memory_bytes: Option<f64> = None;
    let mut pushed_bytes = 0;
    let before = children_cpu();
    for number in length..length + ADDED {
        let tip = git(clone.path(), &["rev-parse", BRANCH])?;
        clone.keep(synthetic::run(number, synthetic::moment(number, length), size.benchmarks))?;
        let mut child = clone
            .history(&["add", "--publish"])
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start itself")?;
        while child.try_wait()?.is_none() {
            memory_bytes = peak_memory(child.id()).into_iter().chain(memory_bytes).reduce(f64::max);
            std::thread::sleep(Duration::from_millis(1));
        }
        pushed_bytes += pack_size(clone.path(), &tip)?;
    }
    let cpu = before.zip(children_cpu()).map(|(before, after)| (after - before) / ADDED as u32);
    Ok(Cost { cpu, memory_bytes, pushed_bytes: pushed_bytes / ADDED })
}

/// What a push from `old` to the branch sends.
fn pack_size(folder: &Path, old: &str) -> Result<usize> {
    let list = folder.join("revisions");
    fs::write(&list, format!("{BRANCH}\n^{old}"))?;
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(fs::File::open(&list)?);
    command.args([
        "pack-objects",
        "--thin",
        "--stdout",
        "--revs",
        "--quiet",
        "--delta-base-offset",
    ]);
    Ok(succeed(command)?.stdout.len())
}

/// How long reading takes, and what a run takes once the server has packed it.
fn reading(clone: &Clone, hub: &Hub, length: usize) -> Result<()> {
    fs::write(clone.path().join("perf-budgets.json"), r#"{"schema": 1, "budgets": {}}"#)?;
    let begun = Instant::now();
    succeed(clone.perf(&["budgets", "check"]))?;
    let newest = begun.elapsed();
    let begun = Instant::now();
    clone.verify()?;
    let verify = begun.elapsed();
    git(&hub.path(), &["repack", "-adfq"])?;
    let packs = fs::read_dir(hub.path().join("objects/pack"))?;
    let packs = packs.filter_map(|file| Some(file.ok()?.path()));
    let packs = packs.filter(|path| path.extension().is_some_and(|extension| extension == "pack"));
    let bytes: u64 =
        packs.filter_map(|path| fs::metadata(path).ok()).map(|facts| facts.len()).sum();
    say(&format!(
        "  {} a run once packed; reading for a verdict {}, verify {}",
        unit::bytes(bytes as f64 / (length + ADDED) as f64),
        time(newest),
        time(verify),
    ));
    Ok(())
}

pub(super) fn time(duration: Duration) -> String {
    unit::time(duration.as_secs_f64() * 1e9)
}

/// Processor time of all processes that were started and have ended.
pub(super) fn children_cpu() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything; after it, these are the fields 16 and 17 of proc(5).
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(13..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

pub(super) fn peak_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = peak.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

//! What the site of a long history costs, and how large its pages are.

use super::Size;
use super::growth::{children_cpu, fill, peak_memory, time};
use super::hub::{Clone, Hub, Program};
use super::synthetic;
use crate::say;
use anyhow::{Context as _, Result, ensure};
use perf_judge::unit;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Measures every length and prints the figures.
pub(super) fn run(program: &Program, size: Size) -> Result<()> {
    for (length, benchmarks) in size.sites {
        let hub = Hub::new(program)?;
        let clone = hub.clone_as("clone")?;
        let output = hub.path().with_file_name("out");
        fill(&clone, *length, *benchmarks)?;
        let whole = build(&clone, &output)?;
        let again = build(&clone, &output)?;
        record_next(&clone, *length, *benchmarks)?;
        let next = build(&clone, &output)?;
        say(&format!(
            "the site of {length} runs of {benchmarks} benchmarks: {whole}; again {again}; after one more run {next}"
        ));
        say_sizes(&output.join("site"))?;
    }
    Ok(())
}

/// Renders a site of made-up runs into `output`, to be looked at.
pub(super) fn show(
    program: &Program,
    output: &Path,
    length: usize,
    benchmarks: usize,
) -> Result<()> {
    let output = std::path::absolute(output).context("cannot find the current folder")?;
    let hub = Hub::new(program)?;
    let clone = hub.clone_as("clone")?;
    fill(&clone, length, benchmarks)?;
    build(&clone, &output)?;
    say(&format!("site: {}", output.join("site/index.html").display()));
    Ok(())
}

fn record_next(clone: &Clone, length: usize, benchmarks: usize) -> Result<()> {
    let run = synthetic::run(length, synthetic::moment(length, length), benchmarks);
    clone.keep(run)?;
    clone.record()
}

/// What building took: processor time with git's, and memory beside git's.
fn build(clone: &Clone, output: &Path) -> Result<String> {
    let before = children_cpu();
    let mut command = clone.perf(&["site", "--output"]);
    let mut child =
        command.arg(output).stdout(Stdio::null()).spawn().context("cannot start the program")?;
    let mut memory_bytes: Option<f64> = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        memory_bytes = peak_memory(child.id()).into_iter().chain(memory_bytes).reduce(f64::max);
        std::thread::sleep(Duration::from_millis(1));
    };
    ensure!(status.success(), "the site was not built: {status}");
    let cpu = before.zip(children_cpu()).map(|(before, after)| after - before);
    let unknown = || "unknown".to_owned();
    Ok(format!(
        "{} of processor time, {} of memory",
        cpu.map_or_else(unknown, time),
        memory_bytes.map_or_else(unknown, unit::bytes)
    ))
}

fn say_sizes(site: &Path) -> Result<()> {
    let overview = fs::metadata(site.join("index.html"))?.len();
    let files = files_below(site)?;
    let largest = |folder: &str| {
        let below = files.iter().filter(|(path, _)| path.starts_with(site.join(folder)));
        unit::bytes(below.map(|(_, bytes)| *bytes).max().unwrap_or_default() as f64)
    };
    let all: u64 = files.iter().map(|(_, bytes)| bytes).sum();
    say(&format!(
        "  overview {}, largest page of a benchmark {}, of a run {}, largest month {}, largest day {}; {} files of {}",
        unit::bytes(overview as f64),
        largest("benchmark/"),
        largest("run/"),
        largest("data/trend/"),
        largest("data/day/"),
        files.len(),
        unit::bytes(all as f64)
    ));
    Ok(())
}

/// Every file below a folder, with its size.
fn files_below(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?)
        } else {
            files.push((entry.path(), entry.metadata()?.len()))
        }
    }
    Ok(files)
}

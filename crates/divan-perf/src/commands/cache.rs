//! `cargo xtask perf cache`: the builds of other commits in the user's cache.

use crate::bench::{CachedBuilds, CachedFolder, size};
use crate::store::{HistoryRef, Repository};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use perf_judge::unit;
use perf_report::visible;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    command: Option<CacheCommand>,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Remove the builds of this repository.
    Clear {
        /// Remove the builds of all repositories.
        #[arg(long)]
        all: bool,
    },
    /// Set the largest size of all builds, e.g. 5GB.
    ///
    /// Builds that exceed it are removed, those used longest ago first. The default is 20 GB.
    Limit {
        /// The size, with the unit GB or MB.
        #[arg(value_parser = size)]
        size: u64,
    },
}

/// Lists, removes or limits the builds.
pub(crate) fn run(args: &CacheArgs) -> Result<ExitCode> {
    let builds = CachedBuilds::find()?;
    match args.command {
        None => list(&builds)?,
        Some(CacheCommand::Clear { all }) => clear(&builds, all)?,
        Some(CacheCommand::Limit { size }) => limit(&builds, size)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(builds: &CachedBuilds) -> Result<()> {
    let folders = builds.folders();
    let mut text = format!(
        "{} of at most {} in {}\n",
        size_of(&folders),
        unit::bytes(builds.limit()? as f64),
        builds.root().display()
    );
    text.extend(folders.iter().map(line));
    ui::report(&text, Color::Auto).context("cannot write to standard output")
}

/// The size, the time since the last use, and whose build it is.
fn line(folder: &CachedFolder) -> String {
    let bytes = unit::bytes(folder.bytes as f64);
    let unused = folder.used.elapsed().unwrap_or_default().as_secs_f64();
    let used = format!("used {} ago", unit::span(unused));
    let kind = if folder.is_of_heads() { "measured commits" } else { "bases of comparisons" };
    format!("{bytes:>10}  {used:<20}  {kind:<20}  {}\n", visible(&folder.owner))
}

fn clear(builds: &CachedBuilds, all: bool) -> Result<()> {
    let own = if all { None } else { Some(own_repository()?) };
    let mut folders = builds.folders();
    folders.retain(|folder| own.as_ref().is_none_or(|own| *own == folder.owner));
    let (removed, failures) = CachedFolder::remove_unused(folders);
    ui::say(&format!("removed {}", size_of(&removed)));
    if failures.is_empty() {
        return Ok(());
    }
    let reasons: Vec<String> = failures.iter().map(|error| format!("{error:#}")).collect();
    bail!("{}", reasons.join("\n"))
}

fn limit(builds: &CachedBuilds, size: u64) -> Result<()> {
    let removed = builds.set_limit(size)?;
    let limit = unit::bytes(size as f64);
    ui::say(&format!("builds take at most {limit}: removed {}", size_of(&removed)));
    Ok(())
}

/// The git directory of the repository around the current folder.
fn own_repository() -> Result<String> {
    match Repository::open(Path::new("."), &HistoryRef::default()) {
        Ok(repository) => Ok(repository.common_dir()?.to_string_lossy().into_owned()),
        Err(_) => bail!(
            "the current folder is in no git repository: go to one, or add --all to remove all builds"
        ),
    }
}

/// E.g. `1.200 GB in 2 folders`.
fn size_of(folders: &[CachedFolder]) -> String {
    let bytes: u64 = folders.iter().map(|folder| folder.bytes).sum();
    let count = unit::counted(folders.len(), "folder", "folders");
    format!("{} in {count}", unit::bytes(bytes as f64))
}

//! A bare repository and clones of it in a temporary folder.

use crate::git::{Location, Repository};
use crate::pending::Pending;
use anyhow::{Context as _, Result, bail};
use perf_core::run::Run;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(super) const BRANCH: &str = "gh-pages";

/// The shared repository.
pub(super) struct Hub {
    folder: TempDir,
}

/// A clone of it: a workspace with one commit.
#[derive(Clone, Debug)]
pub(super) struct Clone {
    path: PathBuf,
}

impl Hub {
    pub(super) fn new() -> Result<Self> {
        let hub = Self { folder: tempfile::tempdir().context("cannot make a temporary folder")? };
        git(hub.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "hub"])?;
        let seed = hub.clone_as("seed")?;
        let manifest = "[package]\nname = \"stressed\"\nedition = \"2024\"\n[workspace]\n";
        fs::create_dir_all(seed.path.join("src"))?;
        fs::write(seed.path.join("src/lib.rs"), "")?;
        fs::write(seed.path.join("Cargo.toml"), manifest)?;
        git(&seed.path, &["add", "--all"])?;
        git(&seed.path, &["commit", "--quiet", "--message=Begin"])?;
        git(&seed.path, &["push", "--quiet", "origin", "HEAD:main"])?;
        Ok(hub)
    }

    /// The bare repository.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    /// A clone in a folder of this name.
    pub(super) fn clone_as(&self, name: &str) -> Result<Clone> {
        git(self.folder.path(), &["clone", "--quiet", "hub", name])?;
        Ok(Clone { path: self.folder.path().join(name) })
    }

    /// Fails unless the hub has exactly these runs, each once, and all that follows from them.
    pub(super) fn check(&self, wanted: &BTreeSet<String>) -> Result<()> {
        let listing = git(&self.path(), &["ls-tree", "-r", "--name-only", BRANCH, "data/runs"])?;
        let ids: Vec<&str> = listing.lines().map(id_in).collect();
        let found: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        if ids.len() != found.len() || found != *wanted {
            bail!("{} runs were published and {} are there", wanted.len(), ids.len());
        }
        let reader = tempfile::tempdir()?;
        git(reader.path(), &["clone", "--quiet", &self.path().to_string_lossy(), "reader"])?;
        Clone { path: reader.path().join("reader") }.verify()
    }
}

fn id_in(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".json")
}

impl Clone {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn repository(&self) -> Result<Repository> {
        Repository::open(&self.path, &Location::default())
    }

    /// Keeps a run as `perf` does right after measuring it.
    pub(super) fn keep(&self, run: &Run) -> Result<()> {
        Pending::of(&self.path.join("out"), BRANCH).keep(&[run.into()])
    }

    /// `xtask perf history` on this clone.
    pub(super) fn history(&self, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("cannot find itself")?);
        command.current_dir(&self.path).args(["perf", "history", "--output", "out"]).args(args);
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// Records what was kept and publishes it.
    pub(super) fn publish(&self) -> Result<()> {
        succeed(self.history(&["add", "--publish"])?).map(drop)
    }

    /// Fails unless `history verify` finds all well, or there is no history yet.
    pub(super) fn verify(&self) -> Result<()> {
        match self.repository()?.tips()?.is_empty() {
            true => Ok(()),
            false => succeed(self.history(&["verify"])?).map(drop),
        }
    }
}

/// Runs a command that must succeed, and returns what it said.
pub(super) fn succeed(mut command: Command) -> Result<Output> {
    let output = command.output().context("cannot start a process")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{:?} failed ({}): {said}", command.get_args(), output.status);
    }
    Ok(output)
}

/// Runs git and returns its standard output.
pub(super) fn git(folder: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command.current_dir(folder);
    command.args(["-c", "user.name=stress", "-c", "user.email=stress@localhost"]).args(args);
    Ok(String::from_utf8_lossy(&succeed(command)?.stdout).into_owned())
}

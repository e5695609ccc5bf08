//! A bare repository and clones of it in a temporary folder.

use anyhow::{Context as _, Result, bail};
use perf_judge::run::{Commit, Run};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(super) const BRANCH: &str = "gh-pages";

/// The program under stress.
#[derive(Clone, Debug)]
pub(super) struct Program {
    path: PathBuf,
}

impl Program {
    pub(super) fn at(path: &Path) -> Result<Self> {
        let path = fs::canonicalize(path)
            .with_context(|| format!("there is no program {}", path.display()))?;
        Ok(Self { path })
    }

    /// `perf` with these arguments, in a folder.
    pub(super) fn perf(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(folder).arg("perf").args(args).stdin(Stdio::null());
        command
    }
}

/// The shared repository.
pub(super) struct Hub {
    program: Program,
    folder: TempDir,
}

/// A clone of it: a workspace with one commit.
#[derive(Clone, Debug)]
pub(super) struct Clone {
    program: Program,
    path: PathBuf,
    pending: PathBuf,
}

impl Hub {
    pub(super) fn new(program: &Program) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let hub = Self { program: program.clone(), folder };
        git(hub.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "hub"])?;
        git(hub.folder.path(), &["clone", "--quiet", "hub", "seed"])?;
        let seed = hub.folder.path().join("seed");
        let manifest = "[package]\nname = \"stressed\"\nedition = \"2024\"\n[workspace]\n";
        fs::create_dir_all(seed.join("src"))?;
        fs::write(seed.join("src/lib.rs"), "")?;
        fs::write(seed.join("Cargo.toml"), manifest)?;
        git(&seed, &["add", "--all"])?;
        git(&seed, &["commit", "--quiet", "--message=Begin"])?;
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"])?;
        Ok(hub)
    }

    /// The bare repository.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    /// A clone in a folder of this name.
    pub(super) fn clone_as(&self, name: &str) -> Result<Clone> {
        git(self.folder.path(), &["clone", "--quiet", "hub", name])?;
        Clone::at(&self.program, self.folder.path().join(name))
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
        Clone::at(&self.program, reader.path().join("reader"))?.verify()
    }
}

fn id_in(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".json")
}

impl Clone {
    fn at(program: &Program, path: PathBuf) -> Result<Self> {
        let clone = Self { program: program.clone(), path, pending: PathBuf::new() };
        let pending = clone.pending_folder()?;
        Ok(Self { pending, ..clone })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a run where `perf` puts it right after measuring it, as one of the commit that is checked
    /// out, and returns its identity.
    pub(super) fn keep(&self, run: Run) -> Result<String> {
        let hash = git(&self.path, &["rev-parse", "HEAD"])?.trim().to_owned();
        let commit = run.commit.map(|commit| Commit { hash, ..commit });
        let run = Run { commit, ..run }.with_id();
        fs::create_dir_all(&self.pending)?;
        fs::write(self.pending.join(format!("{}.json", run.id)), run.to_json())?;
        Ok(run.id)
    }

    /// The folder where runs wait to be recorded, as the program prints it.
    fn pending_folder(&self) -> Result<PathBuf> {
        let stderr = succeed(self.history(&["add"]))?.stderr;
        let stderr = String::from_utf8_lossy(&stderr);
        let folder =
            stderr.lines().find_map(|line| line.strip_prefix("no measurement is pending in "));
        folder.map(|folder| self.path.join(folder)).context("the program names no folder")
    }

    /// `perf` on this clone.
    pub(super) fn perf(&self, args: &[&str]) -> Command {
        self.program.perf(&self.path, args)
    }

    /// `perf history` on this clone.
    pub(super) fn history(&self, args: &[&str]) -> Command {
        self.perf(&[&["history", "--output", "out"], args].concat())
    }

    /// Records what was kept.
    pub(super) fn record(&self) -> Result<()> {
        succeed(self.history(&["add"])).map(drop)
    }

    /// Records what was kept and publishes it.
    pub(super) fn publish(&self) -> Result<()> {
        succeed(self.history(&["add", "--publish"])).map(drop)
    }

    /// Fails unless `history verify` finds all well, or there is no history yet.
    pub(super) fn verify(&self) -> Result<()> {
        let known = git(&self.path, &["for-each-ref", "--format=%(refname)"])?;
        let is_history = |name: &str| name.ends_with(&format!("/{BRANCH}"));
        if known.lines().any(is_history) {
            succeed(self.history(&["verify"]))?;
        }
        Ok(())
    }
}

/// Runs a command that must succeed, and returns its output.
pub(super) fn succeed(mut command: Command) -> Result<Output> {
    let output = command.output().context("cannot start a process")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{:?} failed ({}): {stderr}", command.get_args(), output.status);
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

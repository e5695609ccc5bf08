//! The clock clock_recorder, compiled for this machine from the source that the xtask carries.

use crate::environment;
use crate::files::write_atomically;
use anyhow::{Context as _, Result, bail};
use divan_clock_recorder::SOURCE;
use perf_judge::ident::digest;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiled clock_recorder and the folder for its recordings.
#[derive(Debug)]
pub(crate) struct ClockRecorder {
    /// The library to preload.
    pub(crate) library: PathBuf,
    /// Where recordings go, in memory where the system has such a place.
    pub(crate) recordings: tempfile::TempDir,
}

impl ClockRecorder {
    /// Compiles the clock_recorder below `cache`, once for a compiler and a version of the source.
    ///
    /// Fails where it cannot work, with the reason for people.
    pub(crate) fn prepare(cache: &Path, rustc: &str) -> Result<Self> {
        let supported =
            cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));
        if !supported {
            bail!("it works on Linux alone, on x86-64 and 64-bit ARM");
        }
        // Machines of several kinds may share the folder.
        let arch = std::env::consts::ARCH;
        let version = digest(format!("{rustc}\n{arch}\n{SOURCE}").as_bytes());
        let folder = cache.join(format!("{version:016x}"));
        let library = folder.join("libclock_tap.so");
        if !library.is_file() {
            compile(&folder, &library)?;
        }
        let memory = Path::new("/dev/shm");
        let recordings = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir());
        Ok(Self { library, recordings: recordings.context("there is no folder for recordings")? })
    }
}

fn compile(folder: &Path, library: &Path) -> Result<()> {
    let source = folder.join("lib.rs");
    write_atomically(&source, SOURCE.as_bytes())?;
    // Compiled beside its place and renamed into it, as two runs may do this at once.
    let own = tempfile::tempdir_in(folder).context("there is no room for it")?;
    let unfinished = own.path().join("libclock_tap.so");
    let output = Command::new(environment::rustc())
        .args(["--edition", "2024", "--crate-name", "clock_tap", "--crate-type", "cdylib", "-O"])
        .arg("-o")
        .args([&unfinished, &source])
        .output()
        .context("rustc cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("it does not compile: {}", said.lines().next().unwrap_or("rustc says nothing"));
    }
    std::fs::rename(&unfinished, library).context("it cannot be put in its place")
}

//! The clock recorder, compiled on this machine from the source that is part of this program.

use crate::environment;
use crate::files::write_atomically;
use anyhow::{Context as _, Result, bail};
use divan_clock_recorder::FILES;
use perf_judge::ident::digest;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiled clock recorder and the folder for its recordings.
#[derive(Debug)]
pub(crate) struct ClockRecorder {
    /// The library to preload.
    pub(crate) library: PathBuf,
    /// The folder for recordings, in memory if the system supports that.
    pub(crate) recordings: tempfile::TempDir,
}

impl ClockRecorder {
    /// Compiles the clock recorder below `cache`, once per compiler and version of the source.
    ///
    /// Fails on systems that are not supported.
    pub(crate) fn prepare(cache: &Path, rustc: &str) -> Result<Self> {
        let supported =
            cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));
        if !supported {
            bail!("it only supports Linux on x86-64 and 64-bit ARM");
        }
        // Machines with different processors may share the folder.
        let arch = std::env::consts::ARCH;
        let source: String = FILES.iter().map(|(_, text)| *text).collect();
        let version = digest(format!("{rustc}\n{arch}\n{source}").as_bytes());
        let folder = cache.join(format!("{version:016x}"));
        let library = folder.join("libclock_tap.so");
        if !library.is_file() {
            compile(&folder, &library)?;
        }
        let memory = Path::new("/dev/shm");
        let recordings = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir());
        Ok(Self {
            library,
            recordings: recordings.context("cannot create a temporary folder for recordings")?,
        })
    }
}

fn compile(folder: &Path, library: &Path) -> Result<()> {
    for (name, text) in FILES {
        write_atomically(&folder.join(name), text.as_bytes())?;
    }
    let source = folder.join(FILES[0].0);
    // Two runs may compile at the same time, so the result is renamed to its final path.
    let own = tempfile::tempdir_in(folder)
        .with_context(|| format!("cannot create a folder in {}", folder.display()))?;
    let unfinished = own.path().join("libclock_tap.so");
    let output = Command::new(environment::rustc())
        .args(["--edition", "2024", "--crate-name", "clock_tap", "--crate-type", "cdylib", "-O"])
        .arg("-o")
        .args([&unfinished, &source])
        .output()
        .context("cannot start rustc")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("cannot compile it: {}", stderr.lines().next().unwrap_or("rustc printed no message"));
    }
    std::fs::rename(&unfinished, library)
        .with_context(|| format!("cannot write {}", library.display()))
}

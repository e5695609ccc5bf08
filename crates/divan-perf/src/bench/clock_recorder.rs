//! The libraries that are preloaded into bench processes, compiled on this machine from the sources
//! that are part of this program.

use crate::environment;
use crate::files::write_atomically;
use anyhow::{Context as _, Result, bail};
use divan_clock_recorder::{ALLOCATIONS, CLOCK, SourceFile};
use perf_judge::ident::digest;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiled clock recorder and the folder for its recordings.
#[derive(Debug)]
pub(crate) struct ClockRecorder {
    /// The library to preload.
    pub(crate) library: PathBuf,
    /// The library that counts allocations; `None` if it cannot be compiled for this system.
    pub(crate) allocations: Option<PathBuf>,
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
        let library = compiled(cache, rustc, "clock_tap", &CLOCK)?;
        // Without glibc it does not compile, and times can be measured all the same.
        let allocations = compiled(cache, rustc, "allocation_tap", &ALLOCATIONS).ok();
        Ok(Self { library, allocations, recordings: recordings_folder()? })
    }

    /// The same libraries with a folder of its own, for processes that run at the same time.
    pub(crate) fn another(&self) -> Result<Self> {
        let (library, allocations) = (self.library.clone(), self.allocations.clone());
        Ok(Self { library, allocations, recordings: recordings_folder()? })
    }
}

fn recordings_folder() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let folder = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir());
    folder.context("cannot create a temporary folder for recordings")
}

/// The path of a library, which is compiled if it does not exist.
fn compiled(cache: &Path, rustc: &str, name: &str, files: &[SourceFile]) -> Result<PathBuf> {
    // Machines with different processors may share the folder.
    let arch = std::env::consts::ARCH;
    let source: String = files.iter().map(|(_, text)| *text).collect();
    let version = digest(format!("{rustc}\n{arch}\n{source}").as_bytes());
    let folder = cache.join(format!("{version:016x}"));
    let library = folder.join(format!("lib{name}.so"));
    if !library.is_file() {
        compile(&folder, &library, name, files)?;
    }
    Ok(library)
}

fn compile(folder: &Path, library: &Path, name: &str, files: &[SourceFile]) -> Result<()> {
    for (file, text) in files {
        write_atomically(&folder.join(file), text.as_bytes())?;
    }
    let source = folder.join("lib.rs");
    // Two runs may compile at the same time, so the result is renamed to its final path.
    let own = tempfile::tempdir_in(folder)
        .with_context(|| format!("cannot create a folder in {}", folder.display()))?;
    let unfinished = own.path().join("library");
    let output = Command::new(environment::rustc())
        .args(["--edition", "2024", "--crate-name", name, "--crate-type", "cdylib", "-O"])
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

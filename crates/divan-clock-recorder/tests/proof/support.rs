//! Builds the tap and bench executables, and runs processes under the tap.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::{env, fs};

use divan_output::samples::{OUT_VARIABLE, RECORDS_VARIABLE, Sizing};
use tempfile::TempDir;

/// The library, and a directory for what it records.
pub(crate) struct Tap {
    library: PathBuf,
    dir: TempDir,
}

/// What a process under the tap left behind.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) recording: Vec<u8>,
}

impl Tap {
    /// Compiles the one file as it is done on a user's machine: by itself, without cargo.
    pub(crate) fn build() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("libclock_tap.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recorder.rs");
        let status = Command::new("rustc")
            .args(["--edition", "2024", "-O", "--crate-type", "cdylib", "-o"])
            .args([&library, &source])
            .status()
            .unwrap();
        assert!(status.success(), "the tap does not compile by itself");
        Self { library, dir }
    }

    /// What to preload.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// Runs a process to its end.
    pub(crate) fn run(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        sizing: Sizing,
    ) -> Run {
        let mut command = Command::new(program);
        command.args(arguments);
        self.run_command(&mut command, &sizing.to_variable())
    }

    /// Runs a process to its end, with any value of the size variable.
    pub(crate) fn run_command(&self, command: &mut Command, records: &str) -> Run {
        let path = self.recording_path();
        let _ = fs::remove_file(&path);
        let output = command
            .env("LD_PRELOAD", &self.library)
            .env(OUT_VARIABLE, &path)
            .env(RECORDS_VARIABLE, records)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            status: output.status,
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            recording: fs::read(path).unwrap_or_default(),
        }
    }

    /// Where the recording goes.
    pub(crate) fn recording_path(&self) -> PathBuf {
        self.dir.path().join("recording")
    }
}

/// The executable of a bench target of a crate under fixtures/, built if it is not.
pub(crate) fn bench_executable(package: &str, target: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    let output = Command::new(env!("CARGO"))
        .args(["bench", "--no-run", "--locked", "--quiet", "--message-format=json"])
        .args(["--bench", target])
        .current_dir(fixtures.join(package))
        .env("CARGO_TARGET_DIR", target_dir)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{package} does not build");
    let messages = String::from_utf8(output.stdout).unwrap();
    // The last artifact is the bench target; its JSON ends with the executable's path.
    let executables = messages.lines().filter_map(|line| {
        let (_, rest) = line.split_once(r#""executable":""#)?;
        rest.split_once('"').map(|(path, _)| PathBuf::from(path))
    });
    executables.fold(None, |_, last| Some(last)).unwrap()
}

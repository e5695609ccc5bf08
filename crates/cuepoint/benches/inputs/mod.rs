//! The files that a benchmark of the whole program works on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cuepoint_fixtures::{CatalogueSpec, stored_catalogue, stored_library};
use tempfile::TempDir;

/// A library and its catalogue in a folder that is removed with this.
pub(crate) struct Inputs {
    folder: TempDir,
}

impl Inputs {
    /// A folder that has neither yet.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for temporary files") }
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Matches the library against the catalogue on two threads.
    pub(crate) fn matching(&self) -> Command {
        let mut command = program();
        command.arg("match").arg(self.folder().join("library.xml"));
        command.arg("--catalog").arg(catalogue_in(self.folder())).args(["--threads", "2"]);
        command.arg("-o").arg(self.folder().join("out.csv"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// The program, where the environment says it is: its path in the bench would make two builds of
/// one source differ.
pub(crate) fn program() -> Command {
    let path = std::env::var_os("CARGO_BIN_EXE_cuepoint");
    Command::new(path.expect("`cargo xtask perf`, or cargo 1.94 and newer, says where it is"))
}

/// The catalogue in `folder`, which is written last.
pub(crate) fn catalogue_in(folder: &Path) -> PathBuf {
    folder.join("my.catalog")
}

/// Generates a library and its catalogue into `folder`.
pub(crate) fn write_inputs(folder: &Path, spec: CatalogueSpec) {
    fs::write(folder.join("library.xml"), stored_library(spec.library))
        .expect("room for the library");
    let unfinished = folder.join("unfinished");
    fs::write(&unfinished, stored_catalogue(spec)).expect("room for the catalogue");
    fs::rename(&unfinished, catalogue_in(folder)).expect("the same folder");
}

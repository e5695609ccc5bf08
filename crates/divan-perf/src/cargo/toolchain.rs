//! The cargo and the compiler of a workspace.
//!
//! `cargo xtask` sets `CARGO` and `RUSTUP_TOOLCHAIN` to what rustup chose for the caller's folder.
//! Another workspace, or another commit of the same one, can have another rust-toolchain file.
//! Rustup's own choice is therefore made again in each folder. A toolchain that the user named, as
//! in `cargo +nightly xtask perf`, is kept everywhere.

use super::config::ConfigFiles;
use anyhow::{Context as _, Result, ensure};
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The variables by which rustup passes its choice to child processes.
const RUSTUP_VARIABLES: [&str; 2] = ["RUSTUP_TOOLCHAIN", "RUSTUP_TOOLCHAIN_SOURCE"];

/// The cargo and the compiler of a workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Toolchain {
    /// The workspace's root.
    folder: PathBuf,
    rustc: OsString,
}

impl Toolchain {
    /// The toolchain that cargo uses for the workspace in `folder`.
    pub(crate) fn of(folder: &Path, config: &ConfigFiles) -> Self {
        let from_environment = ["RUSTC", "CARGO_BUILD_RUSTC"].into_iter().find_map(env::var_os);
        let rustc = from_environment.or_else(|| config.rustc());
        Self { folder: folder.to_owned(), rustc: rustc.unwrap_or_else(|| "rustc".into()) }
    }

    /// Cargo in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.folder)
    }

    /// What `rustc -vV` prints.
    pub(crate) fn version(&self) -> Result<String> {
        self.ask(&["-vV"]).context(
            "cannot run `rustc -vV`; install Rust with the toolchain of the workspace, or set RUSTC to the path of a compiler",
        )
    }

    /// The folder of the compiler's libraries for `target`, or for the host; `None` if the compiler
    /// does not report it.
    pub(crate) fn library_folder(&self, target: Option<&str>) -> Option<PathBuf> {
        let target = target.map(|target| format!("--target={target}"));
        let args: Vec<&str> =
            ["--print", "target-libdir"].into_iter().chain(target.as_deref()).collect();
        self.ask(&args).ok().map(PathBuf::from)
    }

    /// The path of cargo's executable, as cargo passes it to benches.
    pub(crate) fn cargo_path(&self) -> OsString {
        let name = format!("cargo{}", env::consts::EXE_SUFFIX);
        let in_sysroot = || {
            let path = Path::new(&self.ask(&["--print", "sysroot"]).ok()?).join("bin").join(name);
            path.is_file().then(|| path.into_os_string())
        };
        let is_kept = !follows_folders();
        let set = env::var_os("CARGO").filter(|_| is_kept);
        set.or_else(in_sysroot).unwrap_or_else(|| "cargo".into())
    }

    fn ask(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.rustc);
        command.current_dir(&self.folder).args(args);
        let output = with_own_toolchain(&mut command).output()?;
        ensure!(output.status.success(), "{}", last_line(&output));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// The cargo of `folder`, started there.
pub(crate) fn cargo(folder: &Path) -> Command {
    let kept = env::var_os("CARGO").filter(|_| !follows_folders());
    let mut command = Command::new(kept.unwrap_or_else(|| "cargo".into()));
    with_own_toolchain(command.current_dir(folder));
    command
}

/// Removes what the caller's rustup chose, so that rustup chooses by the folder of the command.
pub(crate) fn with_own_toolchain(command: &mut Command) -> &mut Command {
    if follows_folders() {
        RUSTUP_VARIABLES.into_iter().chain(["CARGO"]).for_each(|name| {
            command.env_remove(name);
        });
    }
    command
}

fn last_line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed").trim().to_owned()
}

/// Whether each folder gets the toolchain that rustup chooses for it.
fn follows_folders() -> bool {
    static FOLLOWS: OnceLock<bool> = OnceLock::new();
    *FOLLOWS.get_or_init(|| {
        let Some(toolchain) = env::var_os("RUSTUP_TOOLCHAIN") else { return false };
        let passed = Passed {
            source: env::var_os("RUSTUP_TOOLCHAIN_SOURCE"),
            cargo: env::var_os("CARGO"),
            toolchain,
        };
        choice_here().is_some_and(|choice| passed.is_choice_of_rustup(&choice))
    })
}

/// The toolchain that rustup chooses for the current folder; `None` without rustup.
fn choice_here() -> Option<OsString> {
    let mut command = Command::new("rustup");
    command.args(["show", "active-toolchain"]);
    RUSTUP_VARIABLES.into_iter().for_each(|name| {
        command.env_remove(name);
    });
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.split_whitespace().next().unwrap_or_default().into())
}

/// What this process got from rustup and cargo.
struct Passed {
    toolchain: OsString,
    /// Set by rustup from 1.29 on.
    source: Option<OsString>,
    cargo: Option<OsString>,
}

impl Passed {
    /// Whether rustup chose the toolchain by itself. `here` is its choice for the current folder.
    fn is_choice_of_rustup(&self, here: &OsStr) -> bool {
        let is_of_toolchain = |cargo: &OsString| {
            Path::new(cargo).components().any(|part| part.as_os_str() == self.toolchain)
        };
        if !self.cargo.as_ref().is_none_or(is_of_toolchain) {
            return false;
        }
        match self.source.as_deref().and_then(OsStr::to_str) {
            Some("cli") => false,
            // Also a proxy below another one reports `env`.
            None | Some("env") => self.toolchain == here,
            Some(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_that_the_user_named_is_kept() {
        let cargo = "/home/a/.rustup/toolchains/stable-x/bin/cargo";
        let cases = [
            (Some("default"), Some(cargo), "stable-x", true),
            (Some("toolchain-file"), Some(cargo), "other", true),
            (Some("cli"), Some(cargo), "stable-x", false),
            (Some("env"), Some(cargo), "stable-x", true),
            (Some("env"), Some(cargo), "nightly-x", false),
            (None, Some(cargo), "stable-x", true),
            (None, Some(cargo), "nightly-x", false),
            (None, None, "stable-x", true),
            (None, Some("/opt/own/bin/cargo"), "stable-x", false),
        ];
        for (source, cargo, here, expected) in cases {
            let passed = Passed {
                toolchain: "stable-x".into(),
                source: source.map(OsString::from),
                cargo: cargo.map(OsString::from),
            };
            let found = passed.is_choice_of_rustup(OsStr::new(here));
            assert_eq!(found, expected, "{source:?} {cargo:?} {here}");
        }
    }
}

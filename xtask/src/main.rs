//! The tasks of this workspace: `cargo xtask perf` measures and judges it, `cargo xtask ci` checks a change.
#![expect(clippy::print_stderr, reason = "these are commands for a terminal")]

mod ci;
mod release;

use anyhow::{Context as _, Result};
use clap::{Args, Parser};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// The tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
enum Task {
    Perf(Box<divan_perf::Cli>),
    /// Check everything a contribution must pass: formatting, lints, documentation, tests.
    Ci(ci::CiArgs),
    /// Run a step of the workflow that releases a version.
    #[command(subcommand)]
    Release(release::ReleaseTask),
    /// Check that a history survives many writers, sudden ends and ten thousand runs.
    #[command(disable_help_flag = true)]
    Stress(StressArgs),
}

#[derive(Debug, Args)]
struct StressArgs {
    /// Arguments of the program `history-stress`; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Perf(cli) => return divan_perf::run(&cli),
        Task::Ci(args) => ci::run(&args),
        Task::Release(task) => release::run(task),
        Task::Stress(args) => stress(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// Runs the program that stresses this one: a build of its own, so that measuring needs none of it.
fn stress(args: &StressArgs) -> Result<ExitCode> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let status = Command::new(ci::cargo())
        .args(["run", "--quiet", "--package", "history-stress", "--", "--program"])
        .arg(own)
        .args(&args.args)
        .status()
        .context("cannot start cargo")?;
    Ok(ExitCode::from(u8::from(!status.success())))
}

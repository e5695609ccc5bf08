//! `cargo xtask perf generate`: completions of a shell, and the manual page.

use crate::ui;
use anyhow::{Context as _, Result};
use clap::{Args, Command, Subcommand};
use clap_complete::Shell;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    #[command(subcommand)]
    what: Generated,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Generated {
    /// Print completions of the program `cargo-divan-perf` for a shell.
    ///
    /// For example for bash: `cargo divan-perf generate completions bash >
    /// ~/.local/share/bash-completion/completions/cargo-divan-perf`.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in roff.
    ///
    /// For example: `cargo divan-perf generate man > ~/.local/share/man/man1/cargo-divan-perf.1`. Then
    /// `cargo help divan-perf` shows it.
    Man,
}

/// The file name of the installed program.
const PROGRAM: &str = "cargo-divan-perf";

/// Prints the text for `command`, the command line of `perf`.
pub(crate) fn run(args: &GenerateArgs, command: Command) -> Result<ExitCode> {
    let mut command = command.name(PROGRAM).version(env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    match args.what {
        Generated::Completions { shell } => {
            clap_complete::generate(shell, &mut command, PROGRAM, &mut text);
        }
        Generated::Man => {
            let page = clap_mangen::Man::new(command).render(&mut text);
            page.context("cannot make the manual page")?;
        }
    }
    ui::verbatim(&String::from_utf8_lossy(&text)).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

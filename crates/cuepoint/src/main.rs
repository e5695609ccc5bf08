//! The command line of CuePoint: matches Rekordbox libraries against a catalogue, and looks into,
//! filters and exports their tracks.

mod browse;
mod catalogue;
mod cli;
mod export;
mod filter;
mod input;
mod inspect;
mod left_out;
mod matches;
mod output;
mod playlist;
mod progress;
mod text;
mod values;

use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::{CatalogueCommand, Cli, Command};
use crate::left_out::LeftOut;
use crate::matches::Stopped;
use crate::text::printable;

/// The status of a program that Ctrl-C stopped.
const STOPPED: u8 = 130;

/// The status if everything was written but what the library does not hold.
const LEFT_OUT: u8 = 3;

fn main() -> ExitCode {
    // clap itself ends the process with status 2 for a mistake in the arguments.
    let cli = Cli::parse();
    match run(&cli, &mut stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<LeftOut>() => {
            tell("warning", &error);
            ExitCode::from(LEFT_OUT)
        }
        Err(error) if error.is::<Stopped>() => {
            tell("error", &error);
            ExitCode::from(STOPPED)
        }
        Err(error) => {
            tell("error", &error);
            ExitCode::FAILURE
        }
    }
}

fn tell(severity: &str, error: &anyhow::Error) {
    let text = format!("{severity}: {error:#}");
    for line in text.lines() {
        // If standard error is closed, there is no place to report that.
        let _ = writeln!(stderr(), "{}", printable(line));
    }
}

fn run(cli: &Cli, out: &mut dyn Write) -> anyhow::Result<()> {
    match &cli.command {
        Command::Inspect(args) => inspect::run(args, out)?,
        Command::Export(args) => export::run(args, out)?,
        Command::Match(args) => matches::run(args, out)?,
        Command::Filter(args) => filter::run(args, out)?,
        Command::Browse(args) => browse::run(args)?,
        Command::Catalogue(CatalogueCommand::Build(args)) => catalogue::build(args)?,
        Command::Completions(args) => {
            // It panics if the output cannot be written to.
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "cuepoint", &mut script);
            out.write_all(&script)?;
        }
    }
    Ok(out.flush()?)
}

/// Whether the reader of the output closed it, for example `head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

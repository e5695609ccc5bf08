//! Checks that a history survives many writers, sudden ends and ten thousand runs.
//!
//! Every part works on repositories of its own in a temporary folder, by the command that users
//! run.
#![expect(clippy::print_stderr, reason = "a command prints what it found")]

mod foreign;
mod growth;
mod hub;
mod judging;
mod kills;
mod race;
mod site;
mod synthetic;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use hub::Program;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check that a history survives many writers, sudden ends and ten thousand runs.
#[derive(Debug, Parser)]
struct StressArgs {
    /// The program whose `perf` is put under stress, usually xtask.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Do less of everything.
    #[arg(long)]
    short: bool,
    /// Only this part.
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<StressPart>,
    /// Only render the site of the longest made-up history, below DIR, to look at it.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StressPart {
    /// Many writers at once.
    Race,
    /// Sudden ends.
    Kills,
    /// Other programs' commits on the shared branch.
    Foreign,
    /// What a run costs after few and after many.
    Growth,
    /// What judging costs.
    Judging,
    /// What the site costs, and how large its pages are.
    Site,
}

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Size {
    clones: usize,
    runs_a_clone: usize,
    kills: usize,
    /// How often another program damages the shared branch.
    acts: usize,
    /// Lengths of the histories that a run is added to.
    lengths: [usize; 2],
    benchmarks: usize,
    /// The runs that one is judged against.
    judged: usize,
    /// Runs and benchmarks of the sites that are built.
    sites: &'static [(usize, usize)],
}

const FULL: Size = Size {
    clones: 8,
    runs_a_clone: 25,
    kills: 200,
    acts: 50,
    lengths: [100, 10_000],
    benchmarks: 100,
    judged: 1000,
    sites: &[(1000, 100), (5000, 200)],
};
const SHORT: Size = Size {
    clones: 4,
    runs_a_clone: 4,
    kills: 12,
    acts: 6,
    lengths: [10, 400],
    benchmarks: 20,
    judged: 100,
    sites: &[(300, 20)],
};

/// A part: its error is what was lost or broken.
type Stress = fn(&Program, Size) -> Result<()>;

fn main() -> ExitCode {
    match run(&StressArgs::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs every part; the error is what was lost or broken.
fn run(args: &StressArgs) -> Result<()> {
    let program = Program::at(&args.program)?;
    let size = if args.short { SHORT } else { FULL };
    if let Some(output) = &args.site {
        let [.., (length, benchmarks)] = size.sites else { return Ok(()) };
        return site::show(&program, output, *length, *benchmarks);
    }
    let parts: [(StressPart, Stress); 7] = [
        (StressPart::Race, race::across_clones),
        (StressPart::Race, race::in_one_clone),
        (StressPart::Kills, kills::run),
        (StressPart::Foreign, foreign::run),
        (StressPart::Growth, growth::run),
        (StressPart::Judging, judging::run),
        (StressPart::Site, site::run),
    ];
    let wanted = |part: StressPart| args.only.is_none_or(|only| only == part);
    for (_, run) in parts.into_iter().filter(|(part, _)| wanted(*part)) {
        run(&program, size)?;
    }
    say("nothing was lost");
    Ok(())
}

fn say(line: &str) {
    eprintln!("{line}");
}

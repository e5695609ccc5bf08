//! `cargo xtask stress`: whether a history survives many writers, sudden ends and ten thousand
//! runs. Every part works on repositories of its own in a temporary folder.

mod growth;
mod hub;
mod judging;
mod kills;
mod race;
mod site;
mod synthetic;

use crate::cli::{StressArgs, StressPart};
use crate::ui;
use anyhow::Result;
use std::process::ExitCode;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Size {
    clones: usize,
    runs_a_clone: usize,
    kills: usize,
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
    lengths: [100, 10_000],
    benchmarks: 100,
    judged: 1000,
    sites: &[(1000, 100), (5000, 200)],
};
const SHORT: Size = Size {
    clones: 4,
    runs_a_clone: 4,
    kills: 12,
    lengths: [10, 400],
    benchmarks: 20,
    judged: 100,
    sites: &[(300, 20)],
};

/// A part: an error says what was lost or broken.
type Stress = fn(Size) -> Result<()>;

/// Runs every part; an error says what was lost or broken.
pub(crate) fn run(args: &StressArgs) -> Result<ExitCode> {
    let size = if args.short { SHORT } else { FULL };
    if let Some(output) = &args.site {
        let [.., (length, benchmarks)] = size.sites else { return Ok(ExitCode::SUCCESS) };
        site::show(output, *length, *benchmarks)?;
        return Ok(ExitCode::SUCCESS);
    }
    let parts: [(StressPart, Stress); 6] = [
        (StressPart::Race, race::across_clones),
        (StressPart::Race, race::in_one_clone),
        (StressPart::Kills, kills::run),
        (StressPart::Growth, growth::run),
        (StressPart::Judging, judging::run),
        (StressPart::Site, site::run),
    ];
    for (_, run) in parts.into_iter().filter(|(part, _)| args.only.is_none_or(|only| only == *part))
    {
        run(size)?;
    }
    ui::say("nothing was lost");
    Ok(ExitCode::SUCCESS)
}

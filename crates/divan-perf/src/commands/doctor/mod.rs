//! `cargo xtask perf doctor`: what stands between a team and a check that it can trust.
//!
//! It looks, changes nothing, and says of everything that is wrong which line mends it.

mod finding;
mod manifest;
mod repository;
mod workflow;

use crate::args::{HistoryArgs, MeasureArgs, duration};
use crate::bench::{InstructionCounter, Workspace};
use crate::budget_file::{self, in_file};
use crate::interrupt::Interrupt;
use crate::pipeline::{self, NoiseProbe};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::Args;
use finding::{Finding, Level, to_text};
use perf_judge::unit;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Skip the minute in which everything is compared with itself.
    #[arg(long)]
    pub(crate) no_noise: bool,
    /// How long that takes at most, as 90s or 5m.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub(crate) time_limit: Duration,
    #[command(flatten)]
    pub(crate) place: HistoryArgs,
    /// Whether standard output is coloured.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Check another cargo workspace.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// Half of the pairs of a benchmark with itself differ by more than this: comparing takes long
/// here, and often stays inconclusive.
const NOISY_PERCENT: f64 = 10.0;

/// Checks everything. Exit status 1 if something is to be mended.
pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &[])?;
    let common = MeasureArgs::quiet(args.place.clone(), workspace.root.join("Cargo.toml"));
    let time = (!args.no_noise).then_some(args.time_limit);
    let looked = pipeline::look(&common, time, &interrupt);
    interrupt.check()?;
    let findings = [
        benches(&workspace, &looked),
        manifest::look(&workspace),
        budgets(&workspace, looked.as_ref().ok()),
        repository::look(&workspace, &args.place),
        machine(&looked, &interrupt),
    ]
    .concat();
    ui::report(&to_text(&findings), args.color).context("cannot write to standard output")?;
    let is_sick = findings.iter().any(|finding| finding.level == Level::Mend);
    Ok(ExitCode::from(u8::from(is_sick)))
}

const FIRST_BENCH: &str = "[[bench]]\nname = \"NAME\"\nharness = false   # and in benches/NAME.rs: fn main() { divan::main(); }";

fn benches(workspace: &Workspace, looked: &Result<NoiseProbe>) -> Vec<Finding> {
    if workspace.targets.is_empty() {
        return vec![Finding::mend("this workspace has no bench", FIRST_BENCH)];
    }
    let mut findings = Vec::new();
    match looked {
        Err(error) => {
            findings.push(Finding::mend(format!("the benches: {error:#}"), "cargo bench --no-run"));
        }
        Ok(looked) => {
            let found = unit::counted(looked.names.len(), "benchmark", "benchmarks");
            let targets = unit::counted(workspace.targets.len(), "bench target", "bench targets");
            findings.push(Finding::ok(format!("{found} in {targets}")));
            let failed = |(name, reason)| Finding::mend(format!("{name}: {reason}"), "cargo bench");
            findings.extend(looked.failures.iter().map(failed));
        }
    }
    let features = |note: &String| Finding::note(note, "remove its required-features");
    findings.extend(workspace.notes().map(|note| features(&note)));
    findings
}

fn budgets(workspace: &Workspace, looked: Option<&NoiseProbe>) -> Vec<Finding> {
    let (text, file, budgets) = match budget_file::read(&workspace.root) {
        Err(error) => return vec![Finding::mend(format!("{error:#}"), "mend that line")],
        Ok(None) => {
            let mend = "{\"schema\": 1, \"budgets\": {}}   # in perf-budgets.json";
            return vec![Finding::note(
                "there are no budgets: nothing limits absolute times",
                mend,
            )];
        }
        Ok(Some(read)) => read,
    };
    // Without all names nothing is known to be wrong.
    let checked = looked.map_or(Ok(()), |looked| {
        file.check_old_names(&text, &looked.names)
            .and_then(|()| file.check_names(&text, &budgets, &looked.names))
    });
    match checked {
        Err(error) => vec![Finding::mend(format!("{:#}", in_file(&error)), "mend that line")],
        Ok(()) => {
            let (budgets, accepted) = (budgets.len(), file.accepted.len());
            let budgets = unit::counted(budgets, "budget", "budgets");
            vec![Finding::ok(format!("{budgets}, {accepted} accepted"))]
        }
    }
}

fn machine(looked: &Result<NoiseProbe>, interrupt: &Interrupt) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(noise) = looked.as_ref().ok().and_then(|looked| looked.noise) {
        let said = format!(
            "noise: the same executable twice differs by {} in the middle of {}, by {} in nine of ten",
            unit::percent(noise.middle),
            unit::counted(noise.pairs, "pair", "pairs"),
            unit::percent(noise.nine_of_ten),
        );
        findings.push(match noise.middle.percent() > NOISY_PERCENT {
            true => Finding::note(
                said,
                "measure on a quieter machine, or with fewer programs beside it",
            ),
            false => Finding::ok(said),
        });
    }
    findings.push(match InstructionCounter::find(interrupt) {
        Ok(_) => Finding::ok("valgrind counts instructions"),
        Err(reason) => Finding::note(
            format!("regressions come without instruction counts: {reason}"),
            "sudo apt-get install valgrind",
        ),
    });
    findings
}

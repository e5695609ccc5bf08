//! `cargo xtask perf doctor`: checks of the workspace, the history and the CI setup.
//!
//! It changes no file. Each finding is printed with the command or edit that fixes it.

mod finding;
mod manifest;
mod repository;
mod set_up;
mod workflow;

use crate::args::{CargoArgs, HistoryArgs, MeasureArgs, duration};
use crate::bench::{InstructionCounter, Workspace};
use crate::budget_file::{self, in_file};
use crate::cargo::CargoOptions;
use crate::interrupt::Interrupt;
use crate::pipeline::{self, NoiseProbe};
use crate::ui;
use crate::ui::Color;
use anyhow::{Context as _, Result};
use clap::Args;
use finding::{Finding, Urgency, to_text};
use perf_judge::unit;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Skip the measurement of the machine's noise.
    ///
    /// It compares all benchmarks with themselves, in pairs.
    #[arg(long)]
    pub(crate) no_noise: bool,
    /// Measure the noise at most this long, e.g. 90s.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub(crate) time_limit: Duration,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    /// Color standard output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Check the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// The median difference, in percent, above which comparisons take long and often end
/// inconclusive.
const NOISY_PERCENT: f64 = 10.0;

/// Runs all checks. The exit status is 1 if something must be fixed.
pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let sh = Shell::new().context("cannot enter the current folder")?;
    let mut workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
    if let Ok(Some((_, settings, _))) = budget_file::read(&workspace.root) {
        workspace.select(CargoOptions::new(&CargoArgs::default(), &settings.cargo))?;
    }
    let measure = MeasureArgs::unrecorded(args.history.clone(), workspace.root.join("Cargo.toml"));
    let time = (!args.no_noise).then_some(args.time_limit);
    let probed = pipeline::probe(&measure, time, &interrupt);
    interrupt.check()?;
    let findings = [
        benches(&workspace, &probed),
        manifest::check(&workspace),
        budgets(&workspace, probed.as_ref().ok()),
        repository::check(&workspace, &args.history),
        machine(&probed, &interrupt),
    ]
    .concat();
    ui::report(&to_text(&findings), args.color).context("cannot write to standard output")?;
    let must_fix = findings.iter().any(|finding| finding.urgency == Urgency::Fix);
    Ok(ExitCode::from(u8::from(must_fix)))
}

const FIRST_BENCH: &str = "[[bench]]\nname = \"NAME\"\nharness = false   # and in benches/NAME.rs: fn main() { divan::main(); }";

fn benches(workspace: &Workspace, probed: &Result<NoiseProbe>) -> Vec<Finding> {
    if workspace.targets.is_empty() {
        return vec![Finding::fix("this workspace has no bench", FIRST_BENCH)];
    }
    let mut findings = Vec::new();
    match probed {
        Err(error) => {
            findings.push(Finding::fix(
                format!("the benches cannot be built or listed: {error:#}"),
                "cargo bench --no-run   # then fix its errors",
            ));
        }
        Ok(probe) => {
            let found = unit::counted(probe.names.len(), "benchmark", "benchmarks");
            let targets = unit::counted(workspace.targets.len(), "bench target", "bench targets");
            findings.push(Finding::ok(format!("{found} in {targets}")));
            let failed = |(name, reason)| {
                Finding::fix(format!("{name} cannot be measured: {reason}"), "cargo bench")
            };
            findings.extend(probe.failures.iter().map(failed));
            findings.extend(set_up::check(&probe.slow_set_ups));
        }
    }
    let fix = "\"cargo\": {\"features\": [\"…\"], \"bench\": [\"…\"]}   # in perf-budgets.json, see docs/config.md";
    findings.extend(workspace.notes().map(|note| Finding::note(note, fix)));
    findings
}

fn budgets(workspace: &Workspace, probe: Option<&NoiseProbe>) -> Vec<Finding> {
    let (text, file, budgets) = match budget_file::read(&workspace.root) {
        Err(error) => return vec![Finding::fix(format!("{error:#}"), "fix that line")],
        Ok(None) => {
            let fix =
                "{\"schema\": 2, \"budgets\": {}}   # in perf-budgets.json, see docs/config.md";
            return vec![Finding::note("there is no perf-budgets.json: no absolute limits", fix)];
        }
        Ok(Some(read)) => read,
    };
    // Names are checked only if the benches could be listed.
    let checked = probe.map_or(Ok(()), |probe| {
        file.check_old_names(&text, &probe.names)
            .and_then(|()| file.check_names(&text, &budgets, &probe.names))
    });
    match checked {
        Err(error) => vec![Finding::fix(format!("{:#}", in_file(&error)), "fix that line")],
        Ok(()) => {
            let accepted = file.accepted.len();
            let accepted = unit::counted(accepted, "accepted regression", "accepted regressions");
            let budgets = unit::counted(budgets.len(), "budget", "budgets");
            vec![Finding::ok(format!("{budgets}, {accepted}"))]
        }
    }
}

fn machine(probed: &Result<NoiseProbe>, interrupt: &Interrupt) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(noise) = probed.as_ref().ok().and_then(|probe| probe.noise) {
        let what = format!(
            "noise: launches of the same executable differ by {} (median of {}), by {} (90th percentile)",
            unit::percent(noise.median),
            unit::counted(noise.pairs, "pair", "pairs"),
            unit::percent(noise.p90),
        );
        findings.push(if noise.median.percent() > NOISY_PERCENT {
            Finding::note(what, "stop other programs, or measure on an idle machine")
        } else {
            Finding::ok(what)
        });
    }
    findings.push(match InstructionCounter::find(interrupt) {
        Ok(_) => Finding::ok("valgrind is installed: instructions can be counted"),
        Err(reason) => Finding::note(
            format!("reports contain no instruction counts: {reason}"),
            "sudo apt-get install valgrind",
        ),
    });
    findings
}

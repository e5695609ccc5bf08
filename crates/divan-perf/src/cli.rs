//! The command line, as typed, and what runs for it.

use crate::commands::accept::{self, AcceptArgs};
use crate::commands::budgets::{self, BudgetsArgs};
use crate::commands::calibrate::{self, CalibrateArgs};
use crate::commands::doctor::{self, DoctorArgs};
use crate::commands::explain::{self, ExplainArgs};
use crate::commands::history::{self, HistoryCommand};
use crate::commands::judge;
use crate::commands::merge::{self, MergeArgs};
use crate::commands::report::{self, ReportArgs};
use crate::commands::site::{self, SiteArgs};
use crate::github::{self, CommentArgs, GateArgs, IssueArgs};
use crate::interrupt::Interrupted;
use crate::pipeline::{self, PerfArgs};
use crate::ui;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measure the workspace's Divan benches, record the run and judge it.
///
/// Exit status: 0 pass, 1 a regression or a broken budget, 2 a mistake or a broken
/// environment, 3 something could not be measured.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    measure: PerfArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge launches measured elsewhere: cases as JSON Lines on standard input, verdicts as JSON
    /// Lines on standard output.
    Judge,
    /// Measure how often a comparison errs on this machine: on unchanged code, and on slowdowns of
    /// known size. Takes 15 minutes, or --time-limit.
    #[command(alias = "qualify")]
    Calibrate(CalibrateArgs),
    /// Say of one benchmark of the last report every number that led to its verdict.
    Explain(ExplainArgs),
    /// Check perf-budgets.json, or propose limits, without building anything.
    Budgets(BudgetsArgs),
    /// List, check, export and import recorded runs.
    History(HistoryCommand),
    /// Render the site of what is recorded, without measuring, and print where it is.
    Site(SiteArgs),
    /// Say that a slowdown is worth it, in perf-budgets.json, where it is reviewed with the code.
    Accept(AcceptArgs),
    /// Check the workspace and the CI setup for problems.
    ///
    /// Takes a minute, and changes nothing. Exit status: 1 if something must be fixed.
    Doctor(DoctorArgs),
    /// Join what several machines measured with --partition: one report, one recorded run.
    ///
    /// Exit status as of `cargo xtask perf`; 3 if a part is missing.
    Merge(MergeArgs),
    /// Render a saved report again.
    Report(ReportArgs),
    /// Decide whether a pull request's check passes, from how its jobs ended and what they left.
    ///
    /// Exit status: 0 if it passes, 1 if not.
    Gate(GateArgs),
    /// Keep one comment on a pull request up to date, in a workflow that may write.
    Comment(CommentArgs),
    /// Keep one issue open as long as the recorded runs of a branch fail.
    Issue(IssueArgs),
}

/// Does what was typed, prints what went wrong, and returns the exit status.
pub fn run(cli: &Cli) -> ExitCode {
    let result = match &cli.command {
        None => pipeline::run(&cli.measure),
        Some(command) => command.run(),
    };
    result.unwrap_or_else(|error| {
        ui::error(&error);
        ExitCode::from(if error.is::<Interrupted>() { 3 } else { 2 })
    })
}

impl Command {
    fn run(&self) -> Result<ExitCode> {
        match self {
            Self::Calibrate(args) => calibrate::run(args),
            Self::Judge => judge::run(),
            Self::Explain(args) => explain::run(args),
            Self::Doctor(args) => doctor::run(args),
            Self::Accept(args) => accept::run(args),
            Self::Merge(args) => merge::run(args),
            Self::Report(args) => report::run(args),
            Self::Gate(args) => github::gate(args),
            Self::Comment(args) => github::comment(args),
            Self::Issue(args) => github::issue(args),
            Self::History(args) => history::run(args),
            Self::Site(args) => site::run(args),
            Self::Budgets(args) => budgets::run(args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

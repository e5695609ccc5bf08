//! The tasks of this workspace: `cargo xtask perf` measures and judges it, `cargo xtask ci` checks a change.

mod cli;
mod perf;
mod judge;
mod explain;
mod merge;
mod accept;
mod doctor;
mod report;
mod github;
mod budgets;
mod history;
mod ci;
mod stress;
mod bench;
mod base;
mod facts;
mod git;
mod site;
mod files;
mod pending;
mod interrupt;
mod ui;

use clap::Parser as _;
use cli::{BudgetsTask, Cli, PerfTask, Task};
use interrupt::Interrupted;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.task {
        Task::Perf(perf) => match &perf.task {
            None => perf::run(&perf.measure),
            Some(PerfTask::Qualify(args)) => perf::qualify(args),
            Some(PerfTask::Judge) => judge::run(),
            Some(PerfTask::Explain(args)) => explain::run(args),
            Some(PerfTask::Doctor(args)) => doctor::run(args),
            Some(PerfTask::Accept(args)) => accept::run(args),
            Some(PerfTask::Merge(args)) => merge::run(args),
            Some(PerfTask::Report(args)) => report::run(args),
            Some(PerfTask::Gate(args)) => github::gate(args),
            Some(PerfTask::Comment(args)) => github::comment(args),
            Some(PerfTask::Issue(args)) => github::issue(args),
            Some(PerfTask::History(args)) => history::run(args),
            Some(PerfTask::Site(args)) => site::run(args),
            Some(PerfTask::Budgets(args)) => match args.task {
                BudgetsTask::Check => budgets::check(args),
                BudgetsTask::Suggest => budgets::suggest(args),
            },
        },
        Task::Ci(args) => ci::run(args),
        Task::Stress(args) => stress::run(args),
    };
    result.unwrap_or_else(|error| {
        ui::error(&error);
        ExitCode::from(if error.is::<Interrupted>() { 3 } else { 2 })
    })
}

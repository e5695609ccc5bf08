//! Measures the Divan benches of a workspace, keeps their history in git and reports regressions.
//!
//! A workspace's own `xtask` embeds it as one of its commands:
//!
//! ```no_run
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! enum Task {
//!     /// Measure the benches and report regressions.
//!     Perf(Box<divan_perf::Cli>),
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let Task::Perf(cli) = Task::parse();
//!     divan_perf::run(&cli)
//! }
//! ```

mod command_name;
mod ui;
mod interrupt;
mod files;
mod foreign_files;
mod process_group;
mod environment;
mod store;
mod args;
mod budget_file;
mod cargo;
mod report_file;
mod bench;
mod busy_threads;
mod output;
mod similar_names;
mod site;
mod parallel;
mod pipeline;
mod github;
mod gitlab;
mod commands;
mod cli;

pub use cli::{Cli, run, run_as_cargo_command};

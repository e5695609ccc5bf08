//! The command line and its dispatch.

use crate::command_name::{self, named};
use crate::commands::accept::{self, AcceptArgs};
use crate::commands::backfill::{self, BackfillArgs};
use crate::commands::bisect::{self, BisectArgs};
use crate::commands::budgets::{self, BudgetsArgs};
use crate::commands::cache::{self, CacheArgs};
use crate::commands::calibrate::{self, CalibrateArgs};
use crate::commands::doctor::{self, DoctorArgs};
use crate::commands::explain::{self, ExplainArgs};
use crate::commands::generate::{self, GenerateArgs};
use crate::commands::history::{self, HistoryCommand};
use crate::commands::init::{self, InitArgs};
use crate::commands::judge;
use crate::commands::merge::{self, MergeArgs};
use crate::commands::profile::{self, ProfileArgs};
use crate::commands::report::{self, ReportArgs};
use crate::commands::site::{self, SiteArgs};
use crate::commands::versus::{self, VersusArgs};
use crate::github::{self, CommentArgs, GateArgs, IssueArgs};
use crate::gitlab::{self, NoteArgs};
use crate::interrupt::Interrupted;
use crate::pipeline::{self, PerfArgs};
use crate::ui;
use anyhow::Result;
use clap::builder::StyledStr;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::process::ExitCode;

/// Printed below the options of `perf --help`.
const AFTER_HELP: &str = "\
Exit status:
  0  pass
  1  a regression or a broken budget
  2  an error in the arguments, the settings or the environment
  3  something was not measured or not decided

Columns of the report:
  base, head       time per iteration; head = base × (1 + change)
                   without --compare, the base is the median of earlier runs
  change           head ÷ base − 1; a positive change is a slowdown
  89 % CI          the interval that contains the true change;
                   each end is wrong in at most 5.5 % of cases
  min. detectable  the smallest change that the test could have found,
                   shown where nothing changed
  instructions     change of the executed instructions, counted by valgrind;
                   empty where not counted

Examples:
  cargo xtask perf                        measure, record, judge by the history
  cargo xtask perf --compare main         compare this checkout with its merge base with main
  cargo xtask perf --quick -f parse       estimate a few benchmarks in seconds";

/// Measure Divan benches, record the run and report regressions.
///
/// Without a command, `perf` builds the benches and launches each benchmark five times. It records
/// the run on the branch gh-pages and judges it by earlier runs of the base branch.
///
/// With --compare it measures two builds in randomized pairs instead, which needs no history.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    measure: PerfArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a workspace: files, first limits, workflows.
    ///
    /// It shows a diff of all files and asks before it writes them. A file that was edited is kept.
    /// Repeat it after an update of this tool.
    Init(InitArgs),
    /// Check the workspace and the CI setup for problems.
    ///
    /// It takes about a minute and changes no file. The exit status is 1 if something must be fixed.
    Doctor(DoctorArgs),
    /// Print all numbers behind one verdict of the last report.
    Explain(ExplainArgs),
    /// Show where the instructions of one benchmark go, as a table and a flame graph.
    ///
    /// It builds with debug information, counts one sample by callgrind, and lists the functions, known
    /// reasons for many instructions, and what often helps. With --compare it shows what changed.
    Profile(Box<ProfileArgs>),
    /// Compare benchmarks of one build with each other.
    ///
    /// It measures them in pairs of launches in random order, until each pair of benchmarks is decided.
    /// It prints how many times as fast each one is. It is no gate: every verdict has exit status 0.
    Versus(Box<VersusArgs>),
    /// Find the commit that changed a benchmark.
    ///
    /// It compares --good with --bad, and then commits between them. Where instructions explain the
    /// change, a commit is only built and counted. Otherwise it is compared in pairs. The same command goes
    /// on after an interrupt. The exit status is 3 if the commit of a benchmark was not found.
    Bisect(Box<BisectArgs>),
    /// Measure old commits and record them with their own dates.
    ///
    /// Several commits are measured together, in random order, first some over the whole range. Commits
    /// that cannot be built are left out. The same command goes on after an interrupt.
    Backfill(Box<BackfillArgs>),
    /// Accept a regression by adding it to perf-budgets.json.
    ///
    /// Commit the file with the code that is slower, so that both are reviewed together.
    Accept(AcceptArgs),
    /// Check perf-budgets.json or suggest limits, without building.
    Budgets(BudgetsArgs),
    /// List, verify, export, import and rotate recorded runs.
    History(HistoryCommand),
    /// Render the trend site of the history, without measuring.
    ///
    /// It prints the path of the first page.
    Site(SiteArgs),
    /// Render a saved report.json again.
    Report(ReportArgs),
    /// Merge the outputs of several --partition runs.
    ///
    /// It writes one report and records one run per machine. The exit status is the one of
    /// `cargo xtask perf`, and 3 if a partition is missing.
    Merge(MergeArgs),
    /// List, remove or limit the builds of other commits.
    ///
    /// They are kept in the user's cache, so that the next comparison of a repository builds little.
    Cache(CacheArgs),
    /// Measure the error rates of comparisons on this machine.
    ///
    /// It compares unchanged code with itself, and with slowdowns of known size. It takes 15
    /// minutes, or the time of --time-limit.
    ///
    /// There are two target rates. More than 90 % of slowdowns of 10 % are detected. Less than 5 % of
    /// unchanged benchmarks are reported as regressions. The exit status is 1 if a rate is missed.
    #[command(alias = "qualify")]
    Calibrate(Box<CalibrateArgs>),
    /// Judge measurements of other tools, read from standard input.
    ///
    /// Each line of standard input is a case in JSON, and each line of standard output its verdict.
    /// docs/formats.md describes both.
    Judge,
    /// Print completions of a shell, or the manual page.
    Generate(GenerateArgs),
    /// Decide in CI whether a pull request's check passes.
    ///
    /// It combines the results of the jobs before it with their report. The exit status is 0 if the
    /// check passes, and 1 if not.
    ///
    /// The command does not choose which regressions fail: the `gate` key of perf-budgets.json does,
    /// when the report is written.
    Gate(GateArgs),
    /// Write or update the comment on a pull request.
    ///
    /// Run it in a workflow whose token has the permission `pull-requests: write`.
    Comment(CommentArgs),
    /// Write or update the note on a merge request of GitLab.
    ///
    /// Run it in a pipeline of a merge request.
    Note(NoteArgs),
    /// Open, update or close the issue of a failing branch.
    ///
    /// The issue is open as long as the recorded runs of the branch fail. Run it in a workflow whose
    /// token has the permission `issues: write`.
    Issue(IssueArgs),
}

/// Runs the command, prints its error if it fails, and returns the exit status.
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

/// The name of the installed program, as cargo calls it.
const CARGO_COMMAND: &str = "divan-perf";

/// Parses the arguments of the installed program `cargo-divan-perf`, runs the command and returns the
/// exit status.
///
/// All texts name it `cargo divan-perf`.
#[must_use]
pub fn run_as_cargo_command() -> ExitCode {
    command_name::set("cargo divan-perf");
    let own = with_own_name(Cli::command()).name(CARGO_COMMAND);
    let cargo = clap::Command::new("cargo").bin_name("cargo").subcommand_required(true);
    let cargo = cargo.subcommand(own.version(env!("CARGO_PKG_VERSION")));
    let matches = cargo.max_term_width(100).get_matches();
    let matches = matches.subcommand_matches(CARGO_COMMAND);
    match matches.map(Cli::from_arg_matches) {
        Some(Ok(cli)) => run(&cli),
        Some(Err(error)) => error.exit(),
        // Clap has refused any other subcommand.
        None => ExitCode::from(2),
    }
}

/// The command with its own name in all texts of `--help`.
fn with_own_name(mut command: clap::Command) -> clap::Command {
    if let Some(text) = command.get_about().map(own_name) {
        command = command.about(text);
    }
    if let Some(text) = command.get_long_about().map(own_name) {
        command = command.long_about(text);
    }
    if let Some(text) = command.get_after_help().map(own_name) {
        command = command.after_help(text);
    }
    command.mut_args(with_own_name_in_help).mut_subcommands(with_own_name)
}

fn with_own_name_in_help(mut arg: clap::Arg) -> clap::Arg {
    if let Some(text) = arg.get_help().map(own_name) {
        arg = arg.help(text);
    }
    if let Some(text) = arg.get_long_help().map(own_name) {
        arg = arg.long_help(text);
    }
    arg
}

fn own_name(text: &StyledStr) -> StyledStr {
    StyledStr::from(named(&text.to_string()).into_owned())
}

impl Command {
    fn run(&self) -> Result<ExitCode> {
        match self {
            Self::Calibrate(args) => calibrate::run(args),
            Self::Cache(args) => cache::run(args),
            Self::Judge => judge::run(),
            Self::Generate(args) => generate::run(args, Cli::command()),
            Self::Explain(args) => explain::run(args),
            Self::Profile(args) => profile::run(args),
            Self::Init(args) => init::run(args),
            Self::Versus(args) => versus::run(args),
            Self::Bisect(args) => bisect::run(args),
            Self::Backfill(args) => backfill::run(args),
            Self::Doctor(args) => doctor::run(args),
            Self::Accept(args) => accept::run(args),
            Self::Merge(args) => merge::run(args),
            Self::Report(args) => report::run(args),
            Self::Gate(args) => github::gate(args),
            Self::Comment(args) => github::comment(args),
            Self::Note(args) => gitlab::note(args),
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

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// `--help` of `perf` or one of its commands, with single spaces.
    fn help(command: &str) -> String {
        let mut cli = Cli::command();
        let command =
            if command.is_empty() { Some(&mut cli) } else { cli.find_subcommand_mut(command) };
        let help = command.unwrap().render_long_help().to_string();
        help.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_help_describes_what_a_report_and_an_option_mean() {
        for (command, text) in [
            ("", "a measured +19.9 % is major. A notice (below 10 %) never fails."),
            ("", "head = base × (1 + change)"),
            ("", "the interval that contains the true change; each end is wrong in at most 5.5 %"),
            ("", "the smallest change that the test could have found, shown where nothing changed"),
            ("", "counted by valgrind; empty where not counted"),
            ("", "It cannot be combined with --compare."),
            ("", "Comparisons use pairs of launches instead"),
            ("", "It cannot be combined with --no-record."),
            ("", "to this folder [default: perf/ in the target folder]"),
            ("accept", "the upper end of the interval in the last report, rounded up"),
            (
                "calibrate",
                "More than 90 % of slowdowns of 10 % are detected. Less than 5 % of unchanged",
            ),
            ("gate", "the `gate` key of perf-budgets.json does"),
        ] {
            let help = help(command);
            assert!(help.contains(text), "`{text}` is not in {help}");
        }
    }
}

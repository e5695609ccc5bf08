//! The command line, as typed.

use crate::accept::AcceptArgs;
use crate::doctor::DoctorArgs;
use crate::git::Location;
use crate::github::{CommentArgs, GateArgs, IssueArgs, ReportArgs};
use crate::history::HistoryArgs;
use crate::merge::MergeArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use perf_core::budget::{HistoryPlace, Level};
use perf_core::partition::Part;
use std::path::PathBuf;
use std::time::Duration;

/// The tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Measure the workspace's Divan benches, record the run and judge it.
    ///
    /// Exit status: 0 pass, 1 a regression or a broken budget, 2 a mistake or a broken
    /// environment, 3 something could not be measured.
    #[command(args_conflicts_with_subcommands = true)]
    Perf(Box<Perf>),
    /// Check everything a contribution must pass: formatting, lints, documentation, tests.
    Ci(CiArgs),
    /// Check that a history survives many writers, sudden ends and ten thousand runs.
    Stress(StressArgs),
}

#[derive(Debug, Args)]
pub(crate) struct Perf {
    #[command(subcommand)]
    pub(crate) task: Option<PerfTask>,
    #[command(flatten)]
    pub(crate) measure: PerfArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PerfTask {
    /// Judge launches measured elsewhere: cases as JSON Lines on standard input, verdicts as JSON
    /// Lines on standard output.
    Judge,
    /// Measure how often a comparison errs on this machine: on unchanged code, and on slowdowns of
    /// known size. Takes 15 minutes, or --time-limit.
    Qualify(QualifyArgs),
    /// Say of one benchmark of the last report every number that led to its verdict.
    Explain(ExplainArgs),
    /// Look at perf-budgets.json, without building anything.
    Budgets(BudgetsArgs),
    /// Look at what is recorded, check it, and move runs in and out.
    History(HistoryArgs),
    /// Render the site of what is recorded, without measuring, and print where it is.
    Site(SiteArgs),
    /// Say that a slowdown is worth it, in perf-budgets.json, where it is reviewed with the code.
    Accept(AcceptArgs),
    /// Look for what stands between this workspace and a check that it can trust.
    ///
    /// Takes a minute, and changes nothing. Exit status: 1 if something is to be mended.
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

#[derive(Debug, Args)]
pub(crate) struct SiteArgs {
    /// Open it in the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// A folder with templates that replace the ones of their names; site-templates/ has them all.
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Where the site goes, instead of target/perf.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Look at the history of another cargo workspace.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BudgetsArgs {
    #[command(subcommand)]
    pub(crate) task: BudgetsTask,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Look at the budgets of another cargo workspace.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum BudgetsTask {
    /// Check perf-budgets.json, and show what the newest recorded run leaves of each budget.
    ///
    /// Exit status: 0 if the file is right, 2 if it is not.
    Check,
    /// Propose limits that fit the recorded runs, as a diff for `git apply` or `patch -p1`.
    ///
    /// The reasons go to standard error. Apply the diff in the workspace's root.
    Suggest,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The benchmark: its name, or the end of it.
    pub(crate) benchmark: String,
    /// Where the report is, instead of target/perf.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// The workspace that was measured.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PerfArgs {
    /// Measure this checkout and its merge base with REF side by side, and say what got slower.
    #[arg(long, value_name = "REF", conflicts_with_all = ["launches", "quick"])]
    pub(crate) compare: Option<String>,
    /// Compare with REF itself, not with where this checkout left it.
    #[arg(long, requires = "compare")]
    pub(crate) tip: bool,
    /// Launches of each benchmark [default: 5].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) launches: Option<u16>,
    /// Two launches, no second look: a first impression that only a budget of allocations fails.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure also what is the same executable on both sides.
    #[arg(long)]
    pub(crate) no_skip: bool,
    /// Count instructions of everything that is compared side by side, not only of what changed.
    #[arg(long)]
    pub(crate) instructions: bool,
    /// The lowest severity that fails, instead of the gate in perf-budgets.json.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<FailOn>,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every kind of measuring is told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Measure only benchmarks whose name contains TEXT (may be repeated).
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Measure only the benches of this package (may be repeated).
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Vec<String>,
    /// How long a launch should measure, in milliseconds [default: 50].
    ///
    /// The batches of recorded runs are kept as long as they come within a factor of four of it.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(1..=60_000))]
    pub(crate) launch_ms: Option<u16>,
    /// End a launch that takes longer, in seconds.
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) launch_timeout: u16,
    /// Stop measuring after this long, as 90s or 5m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) time_limit: Option<Duration>,
    /// What decides the random order of the launches; without it, chance.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u32>,
    /// Measure only this part of the benchmarks, as 2/3 on the second of three machines.
    ///
    /// `cargo xtask perf merge` joins the parts.
    #[arg(long, value_name = "I/N")]
    pub(crate) partition: Option<Part>,
    #[command(flatten)]
    pub(crate) store: Store,
}

/// What becomes of what is measured.
#[derive(Debug, Args)]
pub(crate) struct Store {
    /// Add nothing to the history.
    #[arg(long)]
    pub(crate) no_record: bool,
    /// Share the history by the remote: fetch it first, push it last.
    #[arg(long, conflicts_with = "no_record")]
    pub(crate) publish: bool,
    /// Put the site on this branch, as its only commit; with --publish on the remote's too.
    #[arg(long, value_name = "NAME", conflicts_with = "no_record")]
    pub(crate) site_branch: Option<String>,
    /// A folder with templates of the site that replace the ones of their names.
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Where the report and the site go, instead of target/perf.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Whether standard output is coloured.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Another cargo workspace than the one around this folder.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// Where the history lies.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlaceArgs {
    /// The branch that holds the history [default: gh-pages, or what perf-budgets.json says].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) branch: Option<String>,
    /// The folder on it, where its root is somebody else's.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) history_prefix: Option<String>,
    /// The remote that the history is shared by.
    #[arg(long, global = true, value_name = "NAME", default_value = "origin")]
    pub(crate) remote: String,
}

#[derive(Debug, Args)]
pub(crate) struct QualifyArgs {
    /// A copy of the known-cost crate, whose benches do more work when asked to, to be measured
    /// too.
    #[arg(long, value_name = "MANIFEST")]
    pub(crate) known_cost: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// Install what the machine lacks first, naming each command.
    #[arg(long)]
    pub(crate) setup: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StressArgs {
    /// Do less of everything.
    #[arg(long)]
    pub(crate) short: bool,
    /// Only this part.
    #[arg(long, value_enum, value_name = "PART")]
    pub(crate) only: Option<StressPart>,
    /// Only render the site of the longest made-up history, below DIR, to look at it.
    #[arg(long, value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StressPart {
    /// Many writers at once.
    Race,
    /// Sudden ends.
    Kills,
    /// What a run costs after few and after many.
    Growth,
    /// What judging costs.
    Judging,
    /// What the site costs, and how large its pages are.
    Site,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table.
    Human,
    /// The report as data.
    Json,
    /// The report as GitHub's Markdown.
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// 50 % and more.
    Critical,
    /// 20 % and more.
    Major,
    /// 10 % and more.
    Minor,
    /// Nothing, budgets included.
    Never,
}

impl PlaceArgs {
    /// Where the history lies: what was typed goes before what perf-budgets.json says.
    pub(crate) fn location(&self, settings: &HistoryPlace) -> Location {
        Location {
            branch: self.branch.as_ref().unwrap_or(&settings.branch).clone(),
            folder: self.history_prefix.as_ref().unwrap_or(&settings.folder).clone(),
            remote: self.remote.clone(),
        }
    }
}

impl Common {
    /// Everything measured as usual, and nothing recorded.
    pub(crate) fn quiet(place: PlaceArgs, manifest: PathBuf) -> Self {
        Self {
            filter: Vec::new(),
            package: Vec::new(),
            launch_ms: None,
            launch_timeout: 60,
            time_limit: None,
            seed: None,
            partition: None,
            store: Store {
                no_record: true,
                publish: false,
                site_branch: None,
                templates: None,
                place,
                output: None,
                color: Color::Auto,
                manifest_path: Some(manifest),
            },
        }
    }

    /// Whether every benchmark is measured: here, or by the other parts.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.filter.is_empty() && self.package.is_empty()
    }
}

impl From<FailOn> for Level {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Critical => Self::Critical,
            FailOn::Major => Self::Major,
            FailOn::Minor => Self::Minor,
            FailOn::Never => Self::Never,
        }
    }
}

/// Reads `90s` or `5m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let count: u64 = number.parse().map_err(|_| "write it as 90s or 5m".to_owned())?;
    let total = count.checked_mul(seconds).filter(|total| (1..=86_400).contains(total));
    total.map(Duration::from_secs).ok_or_else(|| "it must lie between 1s and 1440m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_seconds_or_minutes() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "m", "-1s", "1.5m", "0s", "2h", "99999999999999999999m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

//! The command line of `perf history`.

use crate::args::{HistoryArgs, branch};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use perf_judge::history::{NameTable, RunRow};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct HistoryCommand {
    #[command(subcommand)]
    pub(super) task: HistoryTask,
    #[command(flatten)]
    pub(super) place: HistoryArgs,
    /// Where measurements wait for being recorded, instead of target/perf.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// The history of another cargo workspace.
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum HistoryTask {
    /// List the recorded runs, the newest first.
    List(ListArgs),
    /// Show what a run measured.
    Show {
        /// The beginning of the run's name, or of the commit's hash.
        run: String,
    },
    /// List the machines that measured, with all that decides their keys.
    Machines,
    /// Read every run, compute what follows from the runs, and compare it with what is stored and
    /// with what earlier commits of the branch held.
    ///
    /// Exit status: 0 if all is well, 1 if not.
    Verify {
        /// Bring back what earlier commits held, and rebuild what is derived from the runs.
        #[arg(long)]
        repair: bool,
    },
    /// Print recorded numbers, a record a number, for other programs.
    Export(ExportArgs),
    /// Add runs of other tools: an export, or github-action-benchmark's data.js.
    ///
    /// They show as trends and never decide anything.
    Import(ImportArgs),
    /// Record what is not recorded yet: runs' files, and what earlier runs could not record.
    Add(AddArgs),
    /// Begin a new history with the newest runs, and keep the old one on another branch.
    #[command(alias = "restart")]
    Rotate(RotateArgs),
    /// Go on from the history that was restarted on the remote.
    ///
    /// What only this clone recorded is added to it, and the former history of this clone is kept
    /// on another branch.
    #[command(alias = "follow-restart")]
    FollowRotation,
}

#[derive(Debug, Default, Args)]
pub(super) struct Filter {
    /// Only runs with a benchmark whose name contains TEXT; exports only these benchmarks.
    #[arg(long, value_name = "TEXT")]
    pub(super) benchmark: Option<String>,
    /// Only runs of commits on this branch.
    #[arg(long, value_name = "BRANCH")]
    pub(super) on: Option<String>,
    /// Only runs on the machine whose key begins so.
    #[arg(long, value_name = "KEY")]
    pub(super) machine: Option<String>,
    /// Only runs from this day or moment on, as 2026-11-23 or 2026-11-23T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) since: Option<DateTime<Utc>>,
}

impl Filter {
    /// Whether a run passes.
    pub(super) fn takes(&self, line: &RunRow, names: &NameTable) -> bool {
        let on = self.on.as_ref().is_none_or(|branch| line.branch.as_ref() == Some(branch));
        let machine = self.machine.as_ref().is_none_or(|key| line.machine.starts_with(key));
        let since = self.since.is_none_or(|since| line.started >= since);
        let named = || names.list().iter().any(|name| self.takes_name(name.as_str()));
        on && machine && since && (self.benchmark.is_none() || named())
    }

    /// Whether a benchmark passes.
    pub(super) fn takes_name(&self, name: &str) -> bool {
        self.benchmark.as_ref().is_none_or(|text| name.contains(text))
    }

    /// Whether a run of the day_index's day, `2026/11/23.jsonl`, can pass.
    pub(super) fn is_after(&self, day_index: &str) -> bool {
        let first = self.since.map(|since| since.format("%Y/%m/%d").to_string());
        first.is_none_or(|first| day_index.trim_end_matches(".jsonl") >= first.as_str())
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// How many.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 30)]
    pub(super) limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// How the records are written.
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub(super) format: ExportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// One array.
    Json,
    /// A line of columns a record.
    Csv,
    /// A line of JSON a record.
    Ndjson,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file.
    pub(super) file: PathBuf,
    /// The branch that was measured, where the file does not say.
    #[arg(long, value_name = "BRANCH", value_parser = branch, default_value = "main")]
    pub(super) on: String,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Files of runs, comparisons or calibrations.
    pub(super) files: Vec<PathBuf>,
    /// Share the history by the remote.
    #[arg(long)]
    pub(super) publish: bool,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// How many of the newest runs stay.
    #[arg(long, value_name = "N")]
    pub(super) keep: usize,
    /// The branch that gets the history as it is.
    #[arg(long, value_name = "NAME", value_parser = branch)]
    pub(super) archive: String,
    /// Confirm with the name of the history's branch.
    #[arg(long, value_name = "BRANCH")]
    pub(super) confirm: Option<String>,
    /// Replace the remote's history as well.
    #[arg(long)]
    pub(super) publish: bool,
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc());
    moment
        .or_else(|_| day())
        .map_err(|_| "write it as 2026-11-23 or 2026-11-23T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_days_or_more_exact() {
        let read = |text: &str| moment(text).map(|moment| moment.to_rfc3339());
        assert_eq!(read("2026-11-23").as_deref(), Ok("2026-11-23T00:00:00+00:00"));
        assert_eq!(read("2026-11-23T12:00:00+01:00").as_deref(), Ok("2026-11-23T11:00:00+00:00"));
        for wrong in ["", "yesterday", "2026-13-01", "2026-11-23 12:00"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_before_the_first_are_passed_over() {
        let filter = Filter { since: moment("2026-11-23").ok(), ..Filter::default() };
        assert!(!filter.is_after("2026/11/22.jsonl"));
        assert!(filter.is_after("2026/11/23.jsonl") && filter.is_after("2027/01/01.jsonl"));
    }
}

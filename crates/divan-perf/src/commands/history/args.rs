//! The command line of `perf history`.

use crate::args::{HistoryArgs, branch};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use perf_judge::history::{NameTable, RunRow};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(mut_args(|arg| arg.global(true)))]
pub(crate) struct HistoryCommand {
    #[command(subcommand)]
    pub(super) task: HistoryTask,
    #[command(flatten)]
    pub(super) history: HistoryArgs,
    /// Look for unrecorded runs in this folder [default: perf/ in the target folder].
    ///
    /// If the target folder is outside of the workspace, perf/ has a folder per workspace.
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum HistoryTask {
    /// List recorded runs, newest first.
    ///
    /// Comparisons are recorded too, but not listed. The site shows the newest ones.
    List(ListArgs),
    /// Show the results of one run.
    ///
    /// Comparisons cannot be shown.
    Show {
        /// Beginning of the run's id or the commit's hash.
        run: String,
    },
    /// List the machines, with the properties behind their keys.
    Machines,
    /// Check all recorded runs and their indexes.
    ///
    /// It reads every run, computes the indexes again and compares them with the stored ones. It
    /// also looks for runs that only earlier commits of the branch contain. The exit status is 1 if
    /// something is damaged, stale or missing.
    Verify {
        /// Restore missing runs and rebuild the indexes.
        #[arg(long)]
        repair: bool,
    },
    /// Export recorded values as JSON, CSV or NDJSON, or for other tools.
    ///
    /// There is one record per benchmark and metric of each run. docs/formats.md describes its
    /// fields. Comparisons are not exported.
    Export(ExportArgs),
    /// Import runs of other tools.
    ///
    /// The file is an export of this tool, data.js of github-action-benchmark, Bencher Metric Format, or
    /// JSON of hyperfine or pytest-benchmark. A folder is Criterion's target/criterion.
    ///
    /// Imported runs appear in the trends of the site, but never in a baseline.
    Import(ImportArgs),
    /// Record pending measurements and the given files.
    ///
    /// Measurements are pending after a run that was interrupted or could not write the history.
    Add(AddArgs),
    /// Archive the history and keep only the newest runs.
    ///
    /// Use it when the history becomes too large. Other clones then run `history follow-rotation`.
    #[command(alias = "restart")]
    Rotate(RotateArgs),
    /// Switch this clone to the remote's rotated history.
    ///
    /// Runs that only this clone has are added to it. The clone's former history is kept on another
    /// branch, whose name is printed.
    #[command(alias = "follow-restart")]
    FollowRotation,
}

#[derive(Debug, Default, Args)]
pub(super) struct Filter {
    /// Select runs with a benchmark whose name contains TEXT.
    ///
    /// An export contains only these benchmarks.
    #[arg(long, value_name = "TEXT")]
    pub(super) benchmark: Option<String>,
    /// Select runs of commits on this branch.
    #[arg(long, value_name = "BRANCH")]
    pub(super) on: Option<String>,
    /// Select runs of the machine whose key begins with KEY.
    #[arg(long, value_name = "KEY")]
    pub(super) machine: Option<String>,
    /// Select runs since a day or time.
    ///
    /// It is in UTC, e.g. `2026-11-23` or `2026-11-23T12:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) since: Option<DateTime<Utc>>,
}

impl Filter {
    /// Whether a run is selected.
    pub(super) fn takes(&self, line: &RunRow, names: &NameTable) -> bool {
        let on = self.on.as_ref().is_none_or(|branch| line.branch.as_ref() == Some(branch));
        let machine = self.machine.as_ref().is_none_or(|key| line.machine.starts_with(key));
        let since = self.since.is_none_or(|since| line.started >= since);
        let named = || names.list().iter().any(|name| self.takes_name(name.as_str()));
        on && machine && since && (self.benchmark.is_none() || named())
    }

    /// Whether a benchmark is selected.
    pub(super) fn takes_name(&self, name: &str) -> bool {
        self.benchmark.as_ref().is_none_or(|text| name.contains(text))
    }

    /// Whether runs of the day index, e.g. `2026/11/23.jsonl`, can be selected.
    pub(super) fn is_after(&self, day_index: &str) -> bool {
        let first = self.since.map(|since| since.format("%Y/%m/%d").to_string());
        first.is_none_or(|first| day_index.trim_end_matches(".jsonl") >= first.as_str())
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// Print at most this many runs.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 30)]
    pub(super) limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// Write the records in this format.
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub(super) format: ExportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// One array.
    Json,
    /// One header and one line per record.
    Csv,
    /// One line of JSON per record.
    Ndjson,
    /// Divan's results as JSON, of the newest selected run.
    Divan,
    /// Bencher Metric Format, of the newest selected run.
    Bencher,
    /// List for github-action-benchmark, of the newest selected run.
    CustomSmallerIsBetter,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// File to import, or Criterion's folder.
    pub(super) file: PathBuf,
    /// Set the measured commit if the file contains none [default: HEAD].
    ///
    /// The time is then that of the file's last change.
    #[arg(long, value_name = "REF")]
    pub(super) commit: Option<String>,
    /// Set the measured branch if the file contains none [default: the base branch].
    #[arg(long, value_name = "BRANCH", value_parser = branch)]
    pub(super) on: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Files with runs, comparisons or calibrations.
    pub(super) files: Vec<PathBuf>,
    /// Fetch the remote's history first and push it last.
    #[arg(long)]
    pub(super) publish: bool,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Keep this many of the newest runs.
    #[arg(long, value_name = "N")]
    pub(super) keep: usize,
    /// Keep the whole history on this new branch.
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
    moment.or_else(|_| day()).map_err(|_| {
        "it is not a day or time; write e.g. 2026-11-23 or 2026-11-23T12:00:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_days_or_times() {
        let read = |text: &str| moment(text).map(|moment| moment.to_rfc3339());
        assert_eq!(read("2026-11-23").as_deref(), Ok("2026-11-23T00:00:00+00:00"));
        assert_eq!(read("2026-11-23T12:00:00+01:00").as_deref(), Ok("2026-11-23T11:00:00+00:00"));
        for wrong in ["", "yesterday", "2026-13-01", "2026-11-23 12:00"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_before_the_first_are_skipped() {
        let filter = Filter { since: moment("2026-11-23").ok(), ..Filter::default() };
        assert!(!filter.is_after("2026/11/22.jsonl"));
        assert!(filter.is_after("2026/11/23.jsonl") && filter.is_after("2027/01/01.jsonl"));
    }
}

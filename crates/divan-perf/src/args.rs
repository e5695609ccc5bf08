//! Flags that several commands share.

use crate::store::{DEFAULT_TIMEOUT, HistoryRef};
use crate::ui::Color;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use perf_judge::budget::{BudgetFile, Level, check_branch, check_folder};
use perf_report::partition::Part;
use std::path::PathBuf;
use std::time::Duration;

/// What every kind of measuring is told.
#[derive(Debug, Args)]
pub(crate) struct MeasureArgs {
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
    /// Stop measuring after this long, for example `90s` or `5m`.
    ///
    /// A benchmark that is not decided by then makes the exit status 3.
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
    pub(crate) store: OutputArgs,
}

/// What becomes of what is measured.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Add nothing to the history.
    #[arg(long)]
    pub(crate) no_record: bool,
    /// Share the history by the remote: fetch it first, push it last.
    #[arg(long, conflicts_with = "no_record")]
    pub(crate) publish: bool,
    /// Put the site on this branch, as its only commit; with --publish on the remote's too.
    #[arg(long, value_name = "NAME", value_parser = branch, conflicts_with = "no_record")]
    pub(crate) site_branch: Option<String>,
    /// A folder with templates of the site that replace the ones of their names.
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: HistoryArgs,
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
pub(crate) struct HistoryArgs {
    /// The branch that holds the history [default: gh-pages, or what perf-budgets.json says].
    #[arg(long, global = true, value_name = "NAME", value_parser = branch)]
    pub(crate) branch: Option<String>,
    /// The folder on it, where its root is somebody else's.
    #[arg(long, global = true, value_name = "FOLDER", value_parser = folder)]
    pub(crate) history_prefix: Option<String>,
    /// The remote that the history is shared by.
    #[arg(long, global = true, value_name = "NAME", value_parser = branch, default_value = "origin")]
    pub(crate) remote: String,
    /// How long the remote may send nothing before it is given up, as 90s or 5m [default: 60s].
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(crate) remote_timeout: Option<Duration>,
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

impl HistoryArgs {
    /// Where the history lies: what was typed goes before what perf-budgets.json says.
    pub(crate) fn location(&self, settings: &BudgetFile) -> Result<HistoryRef> {
        let branch = self.branch.as_ref().unwrap_or(&settings.history.branch);
        if settings.base_branches.contains(branch) {
            bail!(
                "--branch: `{branch}` is a base branch, and each run would be a commit on it: give the history a branch of its own"
            );
        }
        Ok(HistoryRef {
            branch: branch.clone(),
            folder: self.history_prefix.as_ref().unwrap_or(&settings.history.folder).clone(),
            remote: self.remote.clone(),
            remote_timeout: self.remote_timeout.unwrap_or(DEFAULT_TIMEOUT),
        })
    }
}

impl MeasureArgs {
    /// Everything measured as usual, and nothing recorded.
    pub(crate) fn quiet(place: HistoryArgs, manifest: PathBuf) -> Self {
        Self {
            filter: Vec::new(),
            package: Vec::new(),
            launch_ms: None,
            launch_timeout: 60,
            time_limit: None,
            seed: None,
            partition: None,
            store: OutputArgs {
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

/// A branch's name, or a remote's: git wants the same of both.
pub(crate) fn branch(text: &str) -> Result<String, String> {
    let why = |why| format!("{why}; write a name as `git branch` takes it");
    check_branch(text).map(|()| text.to_owned()).map_err(why)
}

/// A folder on the history's branch.
fn folder(text: &str) -> Result<String, String> {
    let why = |why| format!("{why}; write folders of the branch, e.g. `perf` or `perf/data`");
    check_folder(text).map(|()| text.to_owned()).map_err(why)
}

/// A commit, however git can find it.
pub(crate) fn revision(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty; write a branch, a tag or a commit".to_owned()),
        name if name.starts_with('-') => {
            Err("it begins with `-`, as an option does; write a branch, a tag or a commit"
                .to_owned())
        }
        name if name.contains("..") => {
            Err("it is a range of commits; write one branch, tag or commit".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

/// Text that people read or that names something.
pub(crate) fn filled(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// Reads `90s`, `5m` or `1h 30m`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let read = seconds.map_or_else(|| humantime::parse_duration(text), Ok);
    let read = read.map_err(|error| format!("{error}; write for example `90s` or `5m`"))?;
    let is_sensible = (Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&read);
    is_sensible.then_some(read).ok_or_else(|| "it must be between 1 s and 24 h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_that_git_takes() {
        assert_eq!(branch("gh-pages").as_deref(), Ok("gh-pages"));
        assert_eq!(folder("").as_deref(), Ok(""));
        for wrong in ["", "-x", "a..b", "a.lock", "HEAD"] {
            assert!(branch(wrong).is_err(), "{wrong}");
        }
        for wrong in ["../x", ".git", "-x", "a//b"] {
            assert!(folder(wrong).is_err(), "{wrong}");
        }
        assert_eq!(revision("HEAD^{/fix}~2").as_deref(), Ok("HEAD^{/fix}~2"));
        for wrong in ["", " ", "-x", "--tip", "main..head", "main...head"] {
            assert!(revision(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units_and_are_seconds_without() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "m", "-1s", "0s", "25h", "5 parsecs", "99999999999999999999m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

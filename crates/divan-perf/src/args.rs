//! Flags that several commands share, and the parsers of their values.

use crate::bench::NameFilter;
use crate::store::{DEFAULT_TIMEOUT, HistoryRef, history_on_base_branch};
use crate::ui::Color;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use perf_judge::budget::{BudgetFile, Level, check_branch, check_folder};
use perf_report::partition::Part;
use regex_lite::Regex;
use std::path::PathBuf;
use std::time::Duration;

/// The headings of `--help`.
pub(crate) mod heading {
    pub(crate) const CARGO: &str = "Cargo";
    pub(crate) const COMPARISON: &str = "Comparison";
    pub(crate) const HISTORY: &str = "History";
    pub(crate) const MEASUREMENT: &str = "Measurement";
    pub(crate) const OUTPUT: &str = "Output";
    pub(crate) const SELECTION: &str = "Selection";
}

/// The default of `--launch-timeout`, in seconds.
const LAUNCH_TIMEOUT: u16 = 60;

/// The flags of every command that measures.
#[derive(Debug, Args)]
pub(crate) struct MeasureArgs {
    /// Measure only benchmarks whose name contains PATTERN (repeatable).
    ///
    /// PATTERN is a regular expression, as in Divan: `^core/parse::`, `sort|search`, `words::16$`. A
    /// benchmark is measured if one of several patterns matches.
    #[arg(short, long, value_name = "PATTERN", value_parser = pattern, help_heading = heading::SELECTION)]
    pub(crate) filter: Vec<Regex>,
    /// Do not measure benchmarks whose name contains PATTERN (repeatable).
    ///
    /// It takes precedence over --filter. `exclude` in perf-budgets.json leaves benchmarks out of
    /// every run.
    #[arg(long, value_name = "PATTERN", value_parser = pattern, help_heading = heading::SELECTION)]
    pub(crate) skip: Vec<Regex>,
    /// Measure part I of N parts of the benchmarks, e.g. 2/3.
    ///
    /// Each of N machines measures one part. `cargo xtask perf merge` joins the parts to one report
    /// and one run.
    #[arg(long, value_name = "I/N", help_heading = heading::SELECTION)]
    pub(crate) partition: Option<Part>,
    /// Set the measured time per launch, in milliseconds [default: 50, in comparisons 20].
    ///
    /// Recorded sample sizes and sample counts are kept within a factor of ten of this time, so
    /// that runs remain comparable.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(1..=60_000), help_heading = heading::MEASUREMENT)]
    pub(crate) launch_ms: Option<u16>,
    /// Stop a launch after this many seconds.
    #[arg(long, value_name = "S", default_value_t = LAUNCH_TIMEOUT, value_parser = clap::value_parser!(u16).range(1..), help_heading = heading::MEASUREMENT)]
    pub(crate) launch_timeout: u16,
    /// Measure within this time, e.g. 90s or 5m.
    ///
    /// The slowest benchmarks get fewer launches, down to three. The exit status is 3 if a benchmark
    /// is not measured or decided by then. The time for building and listing does not count.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = heading::MEASUREMENT)]
    pub(crate) time_limit: Option<Duration>,
    /// Seed of the launch order [default: random].
    ///
    /// The report contains the seed that was used.
    #[arg(long, value_name = "N", help_heading = heading::MEASUREMENT)]
    pub(crate) seed: Option<u32>,
    #[command(flatten)]
    pub(crate) cargo: CargoArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Cargo's options, with the names and the meaning that they have for `cargo bench`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CargoArgs {
    /// Measure only the benches of this package (repeatable).
    #[arg(short, long, value_name = "NAME", help_heading = heading::SELECTION)]
    pub(crate) package: Vec<String>,
    /// Measure all members, not only the default members.
    #[arg(long, conflicts_with = "package", help_heading = heading::SELECTION)]
    pub(crate) workspace: bool,
    /// Do not measure the benches of this package (repeatable).
    #[arg(long, value_name = "NAME", help_heading = heading::SELECTION)]
    pub(crate) exclude: Vec<String>,
    /// Measure only bench targets of this name (repeatable).
    #[arg(long, value_name = "NAME", help_heading = heading::SELECTION)]
    pub(crate) bench: Vec<String>,
    /// Enable these features (repeatable).
    ///
    /// Several are separated by commas or spaces. Runs with other features are not comparable.
    #[arg(short = 'F', long, value_name = "FEATURES", help_heading = heading::CARGO)]
    pub(crate) features: Vec<String>,
    /// Enable all features.
    #[arg(long, help_heading = heading::CARGO)]
    pub(crate) all_features: bool,
    /// Do not enable the default features.
    #[arg(long, help_heading = heading::CARGO)]
    pub(crate) no_default_features: bool,
    /// Build with this profile [default: bench].
    ///
    /// Runs with other profiles are not comparable.
    #[arg(long, value_name = "NAME", help_heading = heading::CARGO)]
    pub(crate) profile: Option<String>,
    /// Build and report in this folder [default: cargo's target folder].
    ///
    /// Reports are in perf/ of it, unless --output is given. Builds of other commits are kept in
    /// the user's cache.
    #[arg(long, value_name = "DIR", help_heading = heading::CARGO)]
    pub(crate) target_dir: Option<PathBuf>,
    /// Fail if Cargo.lock needs an update.
    #[arg(long, help_heading = heading::CARGO)]
    pub(crate) locked: bool,
    /// Build without access to the network.
    #[arg(long, help_heading = heading::CARGO)]
    pub(crate) offline: bool,
    /// Combine --locked and --offline.
    #[arg(long, help_heading = heading::CARGO)]
    pub(crate) frozen: bool,
}

/// The flags of every command that records and reports.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    #[command(flatten)]
    pub(crate) record: RecordArgs,
    /// Write report and site to this folder [default: perf/ in the target folder].
    ///
    /// If the target folder is outside of the workspace, perf/ has a folder per workspace.
    #[arg(long = "output", value_name = "DIR", help_heading = heading::OUTPUT)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Commit the site to this branch.
    ///
    /// The branch has one commit, which each run replaces. With --publish the branch is also pushed.
    /// Use it for GitHub Pages that deploy from a branch. It cannot be combined with --no-record.
    #[arg(long, value_name = "NAME", value_parser = branch, conflicts_with = "no_record", help_heading = heading::OUTPUT)]
    pub(crate) site_branch: Option<String>,
    /// Use the site templates in this folder.
    ///
    /// A file replaces the built-in template of the same name. site-templates/ contains all
    /// built-in templates.
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    pub(crate) templates: Option<PathBuf>,
    /// Color standard output.
    #[arg(long, value_enum, default_value_t = Color::Auto, help_heading = heading::OUTPUT)]
    pub(crate) color: Color,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// Whether and where a measurement is recorded.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// Record nothing in the history.
    #[arg(long, help_heading = heading::HISTORY)]
    pub(crate) no_record: bool,
    /// Fetch the remote's history first and push it last.
    #[arg(long, conflicts_with = "no_record", help_heading = heading::HISTORY)]
    pub(crate) publish: bool,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Where the history is.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct HistoryArgs {
    /// Keep the history on this branch [default: gh-pages].
    ///
    /// perf-budgets.json can set another default: {"history": {"branch": "NAME"}}.
    #[arg(long, value_name = "NAME", value_parser = branch, help_heading = heading::HISTORY)]
    pub(crate) branch: Option<String>,
    /// Keep the history in this folder of the branch [default: its root].
    ///
    /// Use it if the branch also holds other files, or the histories of several workspaces.
    /// perf-budgets.json can set another default: {"history": {"folder": "NAME"}}.
    #[arg(long, value_name = "FOLDER", value_parser = folder, help_heading = heading::HISTORY)]
    pub(crate) history_prefix: Option<String>,
    /// Fetch and push the history from and to this remote.
    #[arg(long, value_name = "NAME", value_parser = branch, default_value = "origin", help_heading = heading::HISTORY)]
    pub(crate) remote: String,
    /// Stop waiting for a silent remote after this time [default: 60s].
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = heading::HISTORY)]
    pub(crate) remote_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Table for a terminal.
    Human,
    /// report.json, for other programs.
    Json,
    /// GitHub's Markdown.
    Markdown,
}

/// How the results of a measurement are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    /// Table for a terminal.
    Human,
    /// report.json, for other programs.
    Json,
    /// GitHub's Markdown.
    Markdown,
    /// Divan's results as JSON, without verdicts.
    Divan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Regressions from 50 % upwards.
    Critical,
    /// Regressions from 20 % upwards.
    Major,
    /// Regressions from 10 % upwards.
    Minor,
    /// Nothing; broken budgets pass as well.
    Never,
}

impl HistoryArgs {
    /// The history's place: flags have precedence over perf-budgets.json.
    pub(crate) fn history_ref(&self, settings: &BudgetFile) -> Result<HistoryRef> {
        let branch = self.branch.as_ref().unwrap_or(&settings.history.branch);
        if settings.base_branches.iter().flatten().any(|base| base == branch) {
            bail!("{}", history_on_base_branch(branch));
        }
        Ok(HistoryRef {
            branch: branch.clone(),
            folder: self.history_prefix.as_ref().unwrap_or(&settings.history.folder).clone(),
            remote: self.remote.clone(),
            remote_timeout: self.remote_timeout.unwrap_or(DEFAULT_TIMEOUT),
            base_branches: settings.base_branches.clone(),
        })
    }
}

impl MeasureArgs {
    /// The defaults for the workspace of `manifest`, without recording.
    pub(crate) fn unrecorded(history: HistoryArgs, manifest: PathBuf) -> Self {
        Self {
            filter: Vec::new(),
            skip: Vec::new(),
            launch_ms: None,
            launch_timeout: LAUNCH_TIMEOUT,
            time_limit: None,
            seed: None,
            partition: None,
            cargo: CargoArgs::default(),
            output: OutputArgs {
                record: RecordArgs { no_record: true, publish: false, history },
                site_branch: None,
                templates: None,
                output_dir: None,
                color: Color::Auto,
                manifest_path: Some(manifest),
            },
        }
    }

    /// Whether every benchmark is measured, by this partition or another one.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.filter.is_empty() && self.skip.is_empty() && self.cargo.selects_all()
    }

    /// The benchmarks that are selected by name.
    pub(crate) fn by_name(&self) -> NameFilter<'_> {
        NameFilter { patterns: &self.filter, skipped: &self.skip }
    }
}

impl CargoArgs {
    /// Whether no package and no bench target is left out.
    pub(crate) fn selects_all(&self) -> bool {
        [&self.package, &self.exclude, &self.bench].into_iter().all(Vec::is_empty)
    }

    /// The same options for the bench targets of these benchmarks alone, if each has its full name
    /// `package/target::path`.
    pub(crate) fn of_benchmarks(&self, names: &[String]) -> Self {
        let target = |name: &String| {
            let (package, below) = name.split_once('/')?;
            let (target, _) = below.split_once("::")?;
            Some((package.to_owned(), target.to_owned()))
        };
        let targets: Option<Vec<(String, String)>> = names.iter().map(target).collect();
        let Some(targets) = targets.filter(|_| self.selects_all() && !self.workspace) else {
            return self.clone();
        };
        let (mut package, mut bench): (Vec<String>, Vec<String>) = targets.into_iter().unzip();
        for names in [&mut package, &mut bench] {
            names.sort();
            names.dedup();
        }
        Self { package, bench, ..self.clone() }
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

/// The name of a branch or a remote, for which git has the same rules.
pub(crate) fn branch(text: &str) -> Result<String, String> {
    let why = |why| format!("{why}; write a name that `git branch` accepts, e.g. `gh-pages`");
    check_branch(text).map(|()| text.to_owned()).map_err(why)
}

/// A regular expression for names of benchmarks.
fn pattern(text: &str) -> Result<Regex, String> {
    let fix = "put `\\` before each of `[ ] ( ) { } * + ? .` that is part of a name";
    Regex::new(text).map_err(|error| format!("it is no regular expression: {error}; {fix}"))
}

/// A folder on the history's branch, relative to its root.
fn folder(text: &str) -> Result<String, String> {
    let why = |why| format!("{why}; write a folder of the branch, e.g. `perf` or `perf/data`");
    check_folder(text).map(|()| text.to_owned()).map_err(why)
}

/// A branch, a tag or a commit.
pub(crate) fn revision(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty; write a branch, a tag or a commit".to_owned()),
        name if name.starts_with('-') => {
            Err("it begins with `-`, like an option; write a branch, a tag or a commit".to_owned())
        }
        name if name.contains("..") => {
            Err("it is a range of commits; write one branch, tag or commit".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

/// Text with at least one character that is no space.
pub(crate) fn non_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty; write a text".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A duration of 1 s to 24 h, e.g. `90s`, `5m` or `1h 30m`; a number without a unit is in seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let read = seconds.map_or_else(|| humantime::parse_duration(text), Ok);
    let read = read.map_err(|error| format!("{error}; write e.g. `90s` or `5m`"))?;
    let is_sensible = (Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&read);
    is_sensible
        .then_some(read)
        .ok_or_else(|| "it is not between 1 s and 24 h; write e.g. `90s` or `5m`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_git() {
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
    fn full_names_select_their_targets() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let CargoArgs { package, bench, .. } = CargoArgs::default().of_benchmarks(&names);
            [package.join(" "), bench.join(" ")]
        };
        assert_eq!(of(&["a/b::c", "a/b::d::16", "e/f::g"]), ["a e", "b f"]);
        assert_eq!(of(&["a/b::c", "b::d"]), ["", ""]);
    }

    #[test]
    fn an_invalid_pattern_is_an_error_with_the_fix() {
        assert!(pattern("words::16").is_ok());
        let error = pattern("[u8; 4").unwrap_err();
        assert!(
            error.starts_with("it is no regular expression: ") && error.contains("put `\\` before"),
            "{error}"
        );
    }

    #[test]
    fn numbers_without_a_unit_are_seconds() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "m", "-1s", "0s", "25h", "5 parsecs", "99999999999999999999m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

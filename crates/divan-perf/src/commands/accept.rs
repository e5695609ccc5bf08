//! `cargo xtask perf accept`: adds an accepted regression to perf-budgets.json.

use crate::args::{HistoryArgs, non_empty};
use crate::bench::Workspace;
use crate::budget_file::{self, BUDGET_FILE, in_file};
use crate::files::{TEXT_BYTES, read_if_there, real, write_atomically};
use crate::output::OutputFolder;
use crate::report_file;
use crate::similar_names::{listed, similar};
use crate::store::{BaseBranch, Repository};
use crate::ui;
use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};
use clap::Args;
use perf_judge::budget::{Acceptance, BudgetFile, accept};
use perf_judge::history::History;
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use perf_report::{Report, Row, visible};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// Name of the benchmark, or its last parts.
    ///
    /// The last report completes the name. Without it, write the full name, `package/target::path`.
    #[arg(value_parser = non_empty)]
    pub(crate) benchmark: String,
    /// State why the regression is acceptable.
    ///
    /// Reviewers read it in perf-budgets.json, and the site shows it at the chart.
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    pub(crate) reason: String,
    /// Accept up to this change in percent [default: from the report].
    ///
    /// The default is the upper end of the interval in the last report, rounded up to whole percent,
    /// plus 3 percentage points. With this option no report is needed.
    #[arg(long, alias = "ceiling", value_name = "PERCENT", value_parser = max_change_percent, allow_negative_numbers = true)]
    pub(crate) max_change: Option<f64>,
    /// End the acceptance after this day [default: never].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = last_day)]
    pub(crate) expires: Option<NaiveDate>,
    /// Accept it from this commit on [default: the measured one].
    ///
    /// With --max-change the default is HEAD.
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub(crate) commit: Option<String>,
    /// Read report.json from this folder [default: perf/ in the target folder].
    ///
    /// If the target folder is outside of the workspace, perf/ has a folder per workspace.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Use the workspace of this Cargo.toml [default: the current one].
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// A new perf-budgets.json.
const EMPTY: &str = "{\n  \"schema\": 2\n}\n";

/// Writes the entry to perf-budgets.json, which is created if needed.
pub(crate) fn run(args: &AcceptArgs) -> Result<ExitCode> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref())?;
    let report = last_report(args, &workspace)?;
    let entry = Acceptance {
        benchmark: benchmark(args, &workspace, report.as_ref())?,
        commit: commit(args, &workspace, report.as_ref())?,
        max_change_percent: max_change(args, &workspace, report.as_ref())?,
        reason: args.reason.clone(),
        expires: args.expires,
    };
    // The report may come from another machine.
    let name = entry.benchmark.as_str();
    entry.check().with_context(|| format!("cannot accept `{name}` of the last report"))?;
    let path = workspace.root.join(BUDGET_FILE);
    let text = read_if_there(&path, TEXT_BYTES)?.unwrap_or_else(|| EMPTY.to_owned());
    let (settings, _) = BudgetFile::parse(&text).map_err(|error| in_file(&error))?;
    let new = accept(&text, &entry).map_err(|error| in_file(&error))?;
    // Through a link, so that it stays one.
    write_atomically(&real(&path), new.as_bytes())?;
    let is_same = |other: &Acceptance| other.benchmark == entry.benchmark;
    let replaced = if settings.accepted.iter().any(is_same) { " (replaces its entry)" } else { "" };
    ui::say(&format!(
        "accepted in {BUDGET_FILE}: {} may be slower by up to {} from {} on{replaced}",
        entry.benchmark,
        unit::change(entry.max_change()),
        entry.commit.get(..12).unwrap_or(&entry.commit),
    ));
    ui::say(&format!(
        "commit {BUDGET_FILE} together with the code, so that the reason is reviewed"
    ));
    Ok(ExitCode::SUCCESS)
}

fn last_report(args: &AcceptArgs, workspace: &Workspace) -> Result<Option<Report>> {
    let path = OutputFolder::last_report(args.output.as_deref(), workspace);
    let own = workspace.runs(&BTreeMap::new())?;
    path.exists().then(|| report_file::read_own(&path, &own)).transpose()
}

/// The benchmark's full name.
fn benchmark(
    args: &AcceptArgs,
    workspace: &Workspace,
    report: Option<&Report>,
) -> Result<BenchmarkId> {
    match (row(args, report)?, args.max_change) {
        (Some(row), _) => Ok(row.verdict.name.clone()),
        (None, Some(_)) if is_full_name(&args.benchmark) => {
            let name = &args.benchmark;
            ui::say(&format!(
                "note: no report contains `{name}`; using it as a full benchmark name"
            ));
            Ok(BenchmarkId::from(name.as_str()))
        }
        (None, None) if report.is_none() => bail!("{}", measure_first(workspace)),
        (None, _) => bail!("{}", unknown(&args.benchmark, workspace, report)),
    }
}

/// Whether it has the form `package/target::path`. perf-budgets.json contains no shorter names.
fn is_full_name(name: &str) -> bool {
    let parts = name.split_once('/').and_then(|(package, rest)| {
        rest.split_once("::").map(|(target, path)| [package, target, path])
    });
    parts.is_some_and(|parts| parts.iter().all(|part| !part.trim().is_empty()))
}

fn unknown(name: &str, workspace: &Workspace, report: Option<&Report>) -> String {
    let Some(report) = report else {
        return format!(
            "cannot accept `{name}`: there is no report that could complete the name; write the full name, `package/target::path`, or run `{}` first",
            compare_command(workspace)
        );
    };
    let similar = similar(report.rows.iter().map(|row| &row.verdict.name), name);
    let fix = if similar.is_empty() {
        "write the full name, `package/target::path`, or measure the benchmark first".to_owned()
    } else {
        format!("write one of: {}", listed(&similar))
    };
    format!("cannot accept `{name}`: the last report has no benchmark `{name}`; {fix}")
}

fn measure_first(workspace: &Workspace) -> String {
    format!(
        "there is no report with the change of the benchmark: run `{}` first, or add --max-change PERCENT",
        compare_command(workspace)
    )
}

/// The command that compares with the base branch.
fn compare_command(workspace: &Workspace) -> String {
    let base = base_branch(workspace).ok().filter(|base| !base.is_missing);
    let name = base.map_or_else(|| "BRANCH".to_owned(), |base| visible(&base.name));
    format!("cargo xtask perf --compare {name}")
}

fn base_branch(workspace: &Workspace) -> Result<BaseBranch> {
    let settings = budget_file::read(&workspace.root)?.map(|(_, settings, _)| settings);
    let location = HistoryArgs::default().history_ref(&settings.unwrap_or_default())?;
    Repository::open(&workspace.root, &location)?.base_branch(None, &History::default())
}

fn row<'a>(args: &AcceptArgs, report: Option<&'a Report>) -> Result<Option<&'a Row>> {
    let rows = report.iter().flat_map(|report| &report.rows);
    let matching: Vec<&Row> =
        rows.filter(|row| row.verdict.name.is_named(&args.benchmark)).collect();
    match matching[..] {
        [] => Ok(None),
        [row] => Ok(Some(row)),
        _ => {
            let names: Vec<&BenchmarkId> = matching.iter().map(|row| &row.verdict.name).collect();
            bail!(
                "cannot accept `{}`: the name matches {} benchmarks; write one of: {}",
                args.benchmark,
                names.len(),
                listed(&names)
            )
        }
    }
}

fn max_change(args: &AcceptArgs, workspace: &Workspace, report: Option<&Report>) -> Result<f64> {
    match (args.max_change, row(args, report)?) {
        (Some(percent), _) => Ok(percent),
        (None, Some(row)) if row.verdict.is_worse() => Ok(row.max_change_percent()),
        (None, Some(row)) => bail!(
            "{} is no regression in the last report ({}): nothing to accept, measure again or add --max-change PERCENT",
            row.verdict.name,
            row.verdict.label()
        ),
        (None, None) => bail!("{}", measure_first(workspace)),
    }
}

/// The commit of `--commit`, else the measured one; HEAD with `--max-change`.
fn commit(args: &AcceptArgs, workspace: &Workspace, report: Option<&Report>) -> Result<String> {
    if let Some(commit) = &args.commit {
        return Ok(commit.clone());
    }
    let measured = report.filter(|_| args.max_change.is_none()).map(|report| &report.run.commit);
    let commit = match measured {
        Some(Some(commit)) => commit.clone(),
        Some(None) => bail!("the last report has no commit: add --commit HASH"),
        None => head(workspace)?,
    };
    if commit.dirty && args.max_change.is_none() {
        bail!("the last report measured uncommitted changes: commit them and measure again");
    }
    Ok(commit.hash)
}

fn head(workspace: &Workspace) -> Result<perf_judge::run::Commit> {
    let location = HistoryArgs::default().history_ref(&BudgetFile::default())?;
    Repository::open(&workspace.root, &location)?.head()
}

fn max_change_percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "it is not a number; write e.g. 24".to_owned())?;
    Acceptance::check_max_change(percent).map(|()| percent).map_err(|error| error.to_string())
}

fn hash(text: &str) -> Result<String, String> {
    Acceptance::check_commit(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

/// A day that is not over in UTC, the time zone of reports.
fn last_day(text: &str) -> Result<NaiveDate, String> {
    day_from(text, Utc::now().date_naive())
}

fn day_from(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    let day: NaiveDate =
        text.parse().map_err(|_| "it is not a day; write e.g. 2027-03-01".to_owned())?;
    if day < today {
        return Err(format!("it is in the past (today is {today} in UTC); write a later day"));
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_effect_or_limit_are_refused() {
        assert_eq!(max_change_percent("24.5"), Ok(24.5));
        for wrong in
            ["", "NaN", "nan", "inf", "-inf", "-1", "0", "1e308", "1e999", "1e-320", "24 %"]
        {
            assert!(max_change_percent(wrong).is_err(), "{wrong}");
        }
        let today = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        assert_eq!(day_from("2027-03-01", today), Ok(today));
        for wrong in ["2027-02-28", "0000-01-01", "-5000-01-01", "soon", "2027-02-30", ""] {
            assert!(day_from(wrong, today).is_err(), "{wrong}");
        }
        assert!(hash("1a2b3c4").is_ok() && hash("main").is_err());
    }

    #[test]
    fn full_names_have_a_package_a_target_and_a_path() {
        for full in ["a/b::c", "a/b::c::512", "a/b::c/d"] {
            assert!(is_full_name(full), "{full}");
        }
        for short in ["c", "b::c", "a/b", "/b::c", "a/::c", "a/b::", "b::c/d", " /b::c"] {
            assert!(!is_full_name(short), "{short}");
        }
    }
}

//! `cargo xtask perf accept`: a slowdown that is worth it, written down where it is reviewed.

use crate::args::{HistoryArgs, filled};
use crate::bench::Workspace;
use crate::budget_file::{BUDGET_FILE, in_file};
use crate::files::{TEXT_BYTES, read_if_there, real, write_atomically};
use crate::report_file;
use crate::store::Repository;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};
use clap::Args;
use perf_judge::budget::{Acceptance, BudgetFile, accept};
use perf_judge::ident::BenchmarkId;
use perf_judge::unit;
use perf_judge::verdict::State;
use perf_report::{Report, Row};
use std::path::PathBuf;
use std::process::ExitCode;
use xshell::Shell;

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The benchmark: its name, or the end of it.
    #[arg(value_parser = filled)]
    pub(crate) benchmark: String,
    /// Why it is worth it, for who reviews it and for who looks at the chart.
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub(crate) reason: String,
    /// The largest change that is accepted, in percent; without it, what the last report measured.
    #[arg(long, alias = "ceiling", value_name = "PERCENT", value_parser = max_change_percent, allow_negative_numbers = true)]
    pub(crate) max_change: Option<f64>,
    /// The last day on which it is accepted.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = last_day)]
    pub(crate) expires: Option<NaiveDate>,
    /// The commit that is slower, instead of the measured one or HEAD.
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub(crate) commit: Option<String>,
    /// Where the report is, instead of target/perf.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// The workspace that was measured.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// A workspace that has nothing to say yet.
const EMPTY: &str = "{\n  \"schema\": 2\n}\n";

/// Writes the entry.
pub(crate) fn run(args: &AcceptArgs) -> Result<ExitCode> {
    let sh = Shell::new().context("cannot enter the current folder")?;
    let workspace = Workspace::find(&sh, args.manifest_path.as_deref(), &[])?;
    let report = last_report(args, &workspace)?;
    let entry = Acceptance {
        benchmark: benchmark(args, report.as_ref())?,
        commit: commit(args, &workspace, report.as_ref())?,
        max_change_percent: max_change(args, report.as_ref())?,
        reason: args.reason.clone(),
        expires: args.expires,
    };
    // A report may be another machine's.
    let name = entry.benchmark.as_str();
    entry.check().with_context(|| format!("the last report's {name} cannot be accepted"))?;
    let path = workspace.root.join(BUDGET_FILE);
    let text = read_if_there(&path, TEXT_BYTES)?.unwrap_or_else(|| EMPTY.to_owned());
    let (settings, _) = BudgetFile::parse(&text).map_err(|error| in_file(&error))?;
    let new = accept(&text, &entry).map_err(|error| in_file(&error))?;
    // A link stays one: what it leads to is written.
    write_atomically(&real(&path), new.as_bytes())?;
    let is_known = |known: &Acceptance| known.benchmark == entry.benchmark;
    let instead = if settings.accepted.iter().any(is_known) { ", instead of before" } else { "" };
    ui::say(&format!(
        "{} may be slower by {} from {} on{instead}",
        entry.benchmark,
        unit::change(entry.max_change()),
        entry.commit.get(..12).unwrap_or(&entry.commit),
    ));
    ui::say(&format!("commit {BUDGET_FILE} with the code: it is reviewed there"));
    Ok(ExitCode::SUCCESS)
}

fn last_report(args: &AcceptArgs, workspace: &Workspace) -> Result<Option<Report>> {
    let folder = args.output.clone().unwrap_or_else(|| workspace.target_dir.join("perf"));
    let path = folder.join("report.json");
    path.exists().then(|| report_file::read(&path)).transpose()
}

/// The benchmark's whole name.
fn benchmark(args: &AcceptArgs, report: Option<&Report>) -> Result<BenchmarkId> {
    match (row(args, report)?, args.max_change) {
        (Some(row), _) => Ok(row.verdict.name.clone()),
        (None, Some(_)) => {
            let name = &args.benchmark;
            ui::say(&format!("no report knows `{name}`: it is taken as its whole name"));
            Ok(BenchmarkId::from(name.as_str()))
        }
        (None, None) if report.is_some() => {
            bail!("the last report has no benchmark `{}`", args.benchmark)
        }
        (None, None) => bail!("{MEASURE_FIRST}"),
    }
}

const MEASURE_FIRST: &str = "there is no report that says how much slower it is: measure first by `cargo xtask perf --compare main`, or give --max-change";

fn row<'a>(args: &AcceptArgs, report: Option<&'a Report>) -> Result<Option<&'a Row>> {
    let rows = report.iter().flat_map(|report| &report.rows);
    let meant: Vec<&Row> = rows.filter(|row| row.verdict.name.is_named(&args.benchmark)).collect();
    match meant[..] {
        [] => Ok(None),
        [row] => Ok(Some(row)),
        [one, other, ..] => bail!(
            "`{}` names more than one benchmark (`{}`, `{}`): write more of the name",
            args.benchmark,
            one.verdict.name,
            other.verdict.name
        ),
    }
}

fn max_change(args: &AcceptArgs, report: Option<&Report>) -> Result<f64> {
    match (args.max_change, row(args, report)?) {
        (Some(percent), _) => Ok(percent),
        (None, Some(row)) if row.verdict.state == State::Regression => Ok(row.max_change_percent()),
        (None, Some(row)) => bail!(
            "{} is no regression in the last report ({}): there is nothing to accept",
            row.verdict.name,
            row.verdict.label()
        ),
        (None, None) => bail!("{MEASURE_FIRST}"),
    }
}

/// What was typed, else the measured commit, else HEAD.
fn commit(args: &AcceptArgs, workspace: &Workspace, report: Option<&Report>) -> Result<String> {
    if let Some(commit) = &args.commit {
        return Ok(commit.clone());
    }
    let measured = report.filter(|_| args.max_change.is_none()).map(|report| &report.run.commit);
    let commit = match measured {
        Some(Some(commit)) => commit.clone(),
        Some(None) => bail!("the last report is of no commit: give --commit"),
        None => head(workspace)?,
    };
    match commit.dirty && args.max_change.is_none() {
        true => bail!("the last report is of uncommitted changes: commit them and measure again"),
        false => Ok(commit.hash),
    }
}

fn head(workspace: &Workspace) -> Result<perf_judge::run::Commit> {
    let location = HistoryArgs::default().location(&BudgetFile::default())?;
    Repository::open(&workspace.root, &location)?.head()
}

fn max_change_percent(text: &str) -> Result<f64, String> {
    let percent: f64 =
        text.parse().map_err(|_| "it is no number; write for example 24".to_owned())?;
    Acceptance::check_max_change(percent).map(|()| percent).map_err(|error| error.to_string())
}

fn hash(text: &str) -> Result<String, String> {
    Acceptance::check_commit(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

/// A day that is not over, where reports are dated.
fn last_day(text: &str) -> Result<NaiveDate, String> {
    still_to_come(text, Utc::now().date_naive())
}

fn still_to_come(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    let day: NaiveDate =
        text.parse().map_err(|_| "it is no day; write for example 2027-03-01".to_owned())?;
    match day < today {
        true => Err(format!("it is over, as it is {today} in UTC: the entry would accept nothing")),
        false => Ok(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_would_accept_nothing_or_everything_is_refused() {
        assert_eq!(max_change_percent("24.5"), Ok(24.5));
        for wrong in
            ["", "NaN", "nan", "inf", "-inf", "-1", "0", "1e308", "1e999", "1e-320", "24 %"]
        {
            assert!(max_change_percent(wrong).is_err(), "{wrong}");
        }
        let today = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        assert_eq!(still_to_come("2027-03-01", today), Ok(today));
        for wrong in ["2027-02-28", "0000-01-01", "-5000-01-01", "soon", "2027-02-30", ""] {
            assert!(still_to_come(wrong, today).is_err(), "{wrong}");
        }
        assert!(hash("1a2b3c4").is_ok() && hash("main").is_err());
    }
}

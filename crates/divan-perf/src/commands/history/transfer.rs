//! `perf history export` and `import`.

use super::args::{ExportArgs, ExportFormat, Filter, ImportArgs};
use super::list::RunRows;
use super::opened::OpenedHistory;
use crate::files::{DATA_BYTES, names_below, read_text};
use crate::store::MeasurementFile;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::other_tools::{self, CriterionFiles, MeasuredAt};
use perf_judge::history::{
    History, Imported, RunRow,
    flat::{self, Record},
};
use perf_judge::run::{Commit, Run};
use perf_judge::unit;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::SystemTime;

/// Prints the values of the selected runs, oldest first. Formats of other tools have one run, the newest.
pub(super) fn export(history: &OpenedHistory, args: &ExportArgs) -> Result<()> {
    match args.format {
        ExportFormat::Divan => {
            return export_newest(history, &args.filter, other_tools::write_divan);
        }
        ExportFormat::Bencher => {
            return export_newest(history, &args.filter, other_tools::write_bencher);
        }
        ExportFormat::CustomSmallerIsBetter => {
            return export_newest(history, &args.filter, other_tools::write_custom_smaller);
        }
        ExportFormat::Json | ExportFormat::Csv | ExportFormat::Ndjson => {}
    }
    let mut rows = RunRows::open(history, &args.filter)?;
    let mut lines = Vec::new();
    while let Some(line) = rows.next(&args.filter)? {
        lines.push(line);
    }
    let selected = lines.iter().rev().flat_map(|line| records(&mut rows, line, &args.filter));
    let mut out = BufWriter::new(ui::ClosableStream::new(io::stdout().lock()));
    let written = match args.format {
        ExportFormat::Csv => flat::write_csv(&mut out, selected),
        ExportFormat::Ndjson => flat::write_ndjson(&mut out, selected),
        _ => flat::write_json(&mut out, selected),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Err(_) if out.get_ref().is_closed() => Ok(()),
        written => written.context("cannot export the runs"),
    }
}

/// Prints the newest selected run in a format of another tool.
fn export_newest(
    history: &OpenedHistory,
    filter: &Filter,
    write: impl Fn(&mut Vec<u8>, &Run) -> io::Result<()>,
) -> Result<()> {
    let mut rows = RunRows::open(history, filter)?;
    let Some(newest) = rows.next(filter)? else {
        bail!("no recorded run is selected: record one by `cargo xtask perf`");
    };
    let mut run = match rows.run(&newest)? {
        Ok(run) => run,
        Err(left_out) => bail!("cannot export the newest run: {}", left_out.why),
    };
    run.benchmarks.retain(|measured| filter.takes_name(measured.name.as_str()));
    let mut text = Vec::new();
    write(&mut text, &run).context("cannot export the run")?;
    ui::verbatim(&String::from_utf8_lossy(&text)).context("cannot write to standard output")
}

/// The selected values of a run; none if it cannot be read.
fn records(rows: &mut RunRows<'_>, line: &RunRow, filter: &Filter) -> Vec<Result<Record>> {
    match rows.run(line) {
        Ok(Ok(run)) => {
            let mut records = flat::records_of(&run);
            records.retain(|record| filter.takes_name(&record.operation));
            records.into_iter().map(Ok).collect()
        }
        Ok(Err(left_out)) => {
            ui::say(&format!("note: {}", left_out.why));
            Vec::new()
        }
        Err(error) => vec![Err(error)],
    }
}

/// Records the runs of another tool.
pub(super) fn import(history: &OpenedHistory, args: &ImportArgs) -> Result<()> {
    history.repository.check_writable()?;
    let file = args.file.display();
    let on = match &args.on {
        Some(branch) => branch.clone(),
        None => history.repository.base_branch(None, &History::default())?.name,
    };
    let imported = read(history, args, &on).with_context(|| format!("cannot import {file}"))?;
    imported.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    let entries: Vec<MeasurementFile> = imported.runs.iter().map(MeasurementFile::from).collect();
    if entries.is_empty() {
        bail!("{file} contains no run: export one by `cargo xtask perf history export`");
    }
    let addition = history.repository.record(&entries)?;
    let duplicates = entries.len() - addition.added - addition.refused.len();
    let added = unit::counted(addition.added, "run", "runs");
    let (branch, short) = (history.repository.branch(), &addition.commit[..12]);
    ui::say(&format!("{added} imported, {duplicates} already recorded: {branch} is at {short}"));
    if let Some(refusal) = addition.refused.first() {
        let others = addition.refused.len() - 1;
        bail!(
            "{}{}",
            refusal.why,
            if others > 0 { format!(" (and {others} more)") } else { String::new() }
        );
    }
    Ok(())
}

/// The runs of a file, or the run of Criterion's folder.
fn read(history: &OpenedHistory, args: &ImportArgs, branch: &str) -> Result<Imported> {
    let at = measured_at(history, args)?;
    if args.file.is_dir() {
        return Ok(other_tools::import_criterion(&criterion_files(&args.file)?, &at)?);
    }
    let text = read_text(&args.file, DATA_BYTES)?;
    Ok(perf_judge::history::import(&text, branch, &at)?)
}

/// The commit by --commit, and the time at which the file or folder was changed.
fn measured_at(history: &OpenedHistory, args: &ImportArgs) -> Result<MeasuredAt> {
    let changed =
        last_change(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let repository = &history.repository;
    let commit = match &args.commit {
        Some(reference) => repository.base(reference, true)?.commit,
        None => Commit { dirty: false, ..repository.head()? },
    };
    Ok(MeasuredAt { started: changed.into(), commit: Some(commit) })
}

/// When a file was changed, or the newest estimate in Criterion's folder. A folder itself changes only
/// with the names in it.
fn last_change(path: &Path) -> Result<SystemTime> {
    let changed = |path: &Path| fs::metadata(path)?.modified();
    if !path.is_dir() {
        return Ok(changed(path)?);
    }
    let names = names_below(path)?;
    let estimates = names.iter().filter(|name| name.ends_with(ESTIMATES));
    let times = estimates.map(|name| changed(&path.join(name)));
    let newest = times.collect::<io::Result<Vec<SystemTime>>>()?.into_iter().max();
    Ok(newest.map_or_else(|| changed(path), Ok)?)
}

/// The file with a benchmark's times, below its folder.
const ESTIMATES: &str = "new/estimates.json";

/// The newest files of each benchmark below Criterion's folder.
fn criterion_files(folder: &Path) -> Result<Vec<CriterionFiles>> {
    let names = names_below(folder)?;
    let read = |name: String| read_text(&folder.join(name), DATA_BYTES);
    let of = |name: &String| {
        let benchmark = name.strip_suffix("new/benchmark.json")?;
        Some(benchmark.to_owned())
    };
    let mut files = Vec::new();
    for below in names.iter().filter_map(of) {
        let sample = format!("{below}new/sample.json");
        files.push(CriterionFiles {
            benchmark: read(format!("{below}new/benchmark.json"))?,
            estimates: read(format!("{below}{ESTIMATES}"))?,
            sample: names.binary_search(&sample).is_ok().then(|| read(sample)).transpose()?,
        });
    }
    if files.is_empty() {
        bail!(
            "it has no `new/benchmark.json`: give the folder that Criterion writes, target/criterion"
        );
    }
    Ok(files)
}

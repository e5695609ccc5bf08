//! Moving numbers in and out.

use super::args::{ExportArgs, ExportFormat, Filter, ImportArgs};
use super::list::Series;
use super::opened::OpenedHistory;
use crate::files::{DATA_BYTES, read_text};
use crate::store::MeasurementFile;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{
    self, RunRow,
    flat::{self, Record},
};
use perf_judge::unit;
use std::io::{self, BufWriter, Write as _};

/// Prints every number of the runs that were asked for, the oldest run first.
pub(super) fn export(store: &OpenedHistory, asked: &ExportArgs) -> Result<()> {
    let mut series = Series::open(store, &asked.filter)?;
    let mut lines = Vec::new();
    while let Some(line) = series.next(&asked.filter)? {
        lines.push(line);
    }
    let wanted = lines.iter().rev().flat_map(|line| records(&mut series, line, &asked.filter));
    let mut out = BufWriter::new(ui::Reader::new(io::stdout().lock()));
    let written = match asked.format {
        ExportFormat::Json => flat::write_json(&mut out, wanted),
        ExportFormat::Csv => flat::write_csv(&mut out, wanted),
        ExportFormat::Ndjson => flat::write_ndjson(&mut out, wanted),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Err(_) if out.get_ref().is_gone() => Ok(()),
        written => written.context("cannot export"),
    }
}

/// The numbers of a run that were asked for; none of one that cannot be read.
fn records(series: &mut Series<'_>, line: &RunRow, filter: &Filter) -> Vec<Result<Record>> {
    match series.run(line) {
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

/// Adds what another tool recorded.
pub(super) fn import(store: &OpenedHistory, asked: &ImportArgs) -> Result<()> {
    store.repository.check_writable()?;
    let file = asked.file.display();
    let text = read_text(&asked.file, DATA_BYTES)?;
    let imported =
        history::import(&text, &asked.on).with_context(|| format!("cannot import {file}"))?;
    imported.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    let entries: Vec<MeasurementFile> = imported.runs.iter().map(MeasurementFile::from).collect();
    if entries.is_empty() {
        bail!("there is no run in {file}");
    }
    let addition = store.repository.record(&entries)?;
    let known = entries.len() - addition.added - addition.refused.len();
    let added = unit::counted(addition.added, "run", "runs");
    let (branch, short) = (store.repository.branch(), &addition.commit[..12]);
    ui::say(&format!("{added} imported, {known} already recorded: {branch} stands at {short}"));
    if let Some(refusal) = addition.refused.first() {
        let others = addition.refused.len() - 1;
        bail!(
            "{}{}",
            refusal.why,
            if others > 0 { format!(" ({others} more like it)") } else { String::new() }
        );
    }
    Ok(())
}

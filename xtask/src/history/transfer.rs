//! Moving numbers in and out.

use super::Store;
use super::args::{ExportArgs, ExportFormat, ImportArgs};
use super::list::Series;
use crate::git::Entry;
use crate::ui;
use anyhow::{Context as _, Result};
use perf_core::history::{
    self,
    flat::{self, Record},
};
use perf_core::unit;
use std::fs;
use std::io::{self, BufWriter, Write as _};

/// Prints every number of the runs that were asked for, the oldest run first.
pub(super) fn export(store: &Store, asked: &ExportArgs) -> Result<()> {
    let mut series = Series::open(store, &asked.filter)?;
    let mut lines = Vec::new();
    while let Some(line) = series.next(&asked.filter)? {
        lines.push(line);
    }
    let records = lines.iter().rev().flat_map(|line| match series.run(line) {
        Ok(Ok(run)) => flat::records_of(&run).into_iter().map(Ok).collect::<Vec<_>>(),
        Ok(Err(why)) => {
            ui::say(&format!("note: {why}"));
            Vec::new()
        }
        Err(error) => vec![Err(error)],
    });
    let wanted = records.filter(|record: &Result<Record>| {
        record.as_ref().map_or(true, |record| asked.filter.takes_name(&record.operation))
    });
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match asked.format {
        ExportFormat::Json => flat::write_json(&mut out, wanted),
        ExportFormat::Csv => flat::write_csv(&mut out, wanted),
        ExportFormat::Ndjson => flat::write_ndjson(&mut out, wanted),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Err(error) if is_gone(&error) => Ok(()),
        written => written.context("cannot export"),
    }
}

/// Adds what another tool recorded.
pub(super) fn import(store: &Store, asked: &ImportArgs) -> Result<()> {
    store.repository.check_writable()?;
    let file = asked.file.display();
    let text = fs::read_to_string(&asked.file).with_context(|| format!("cannot read {file}"))?;
    let imported =
        history::import(&text, &asked.on).with_context(|| format!("cannot import {file}"))?;
    imported.notes.iter().for_each(|note| ui::say(&format!("note: {note}")));
    let entries: Vec<Entry> = imported.runs.iter().map(Entry::from).collect();
    let commit = store.repository.record(&entries)?;
    let runs = unit::counted(entries.len(), "run", "runs");
    ui::say(&format!("{runs} imported: {} stands at {}", store.repository.branch(), &commit[..12]));
    Ok(())
}

/// Whether the reader of the output went away, which is no error.
fn is_gone(error: &anyhow::Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

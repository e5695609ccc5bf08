//! `perf history export` and `import`.

use super::args::{ExportArgs, ExportFormat, Filter, ImportArgs};
use super::list::RunRows;
use super::opened::OpenedHistory;
use crate::files::{DATA_BYTES, read_text};
use crate::store::MeasurementFile;
use crate::ui;
use anyhow::{Context as _, Result, bail};
use perf_judge::history::{
    History, RunRow,
    flat::{self, Record},
};
use perf_judge::unit;
use std::io::{self, BufWriter, Write as _};

/// Prints the values of the selected runs, oldest first.
pub(super) fn export(history: &OpenedHistory, args: &ExportArgs) -> Result<()> {
    let mut rows = RunRows::open(history, &args.filter)?;
    let mut lines = Vec::new();
    while let Some(line) = rows.next(&args.filter)? {
        lines.push(line);
    }
    let selected = lines.iter().rev().flat_map(|line| records(&mut rows, line, &args.filter));
    let mut out = BufWriter::new(ui::ClosableStream::new(io::stdout().lock()));
    let written = match args.format {
        ExportFormat::Json => flat::write_json(&mut out, selected),
        ExportFormat::Csv => flat::write_csv(&mut out, selected),
        ExportFormat::Ndjson => flat::write_ndjson(&mut out, selected),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Err(_) if out.get_ref().is_closed() => Ok(()),
        written => written.context("cannot export the runs"),
    }
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
    let text = read_text(&args.file, DATA_BYTES)?;
    let on = match &args.on {
        Some(branch) => branch.clone(),
        None => history.repository.base_branch(None, &History::default())?.name,
    };
    let imported =
        perf_judge::history::import(&text, &on).with_context(|| format!("cannot import {file}"))?;
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

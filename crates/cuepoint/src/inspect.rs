//! `cuepoint inspect`: what a library holds.

use crate::cli::InspectArgs;
use crate::{open, shown};
use anyhow::Result;
use cuepoint_core::rekordbox::{Library, Warning};
use cuepoint_core::results::Table;
use std::io::{self, Write};

pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    let library = open(&args.library)?;
    let mut out = io::stdout().lock();
    write(&library, &mut out)?;
    Ok(out.flush()?)
}

fn write(library: &Library, out: &mut impl Write) -> io::Result<()> {
    let (product, report) = (library.product(), &library.report);
    writeln!(
        out,
        "{} {} by {}",
        shown(product.name),
        shown(product.version),
        shown(product.company)
    )?;
    let declared = report.declared.map_or_else(String::new, |n| format!(" of {n} declared"));
    writeln!(out, "tracks     {}{declared}, {} left out", report.read, report.skipped)?;

    let table = Table::new(library);
    let statistics = table.statistics(&table.rows());
    let hours = statistics.duration_s as f64 / 3600.0;
    let bpm =
        statistics.mean_bpm.map_or_else(String::new, |bpm| format!(", {bpm:.1} bpm on average"));
    writeln!(out, "music      {hours:.1} hours{bpm}, {} tracks rated", statistics.rated)?;

    let (lists, folders): (Vec<_>, Vec<_>) =
        library.playlists().filter(|node| !node.is_root()).partition(|node| node.is_playlist());
    let entries: usize = lists.iter().map(|list| list.entries().len()).sum();
    writeln!(out, "playlists  {} in {} folders, {entries} entries", lists.len(), folders.len())?;
    for warning in &report.warnings {
        write_warning(warning, out)?;
    }
    Ok(())
}

fn write_warning(warning: &Warning, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "warning    {} × {}", warning.count, warning.kind)?;
    for example in &warning.examples {
        writeln!(out, "           line {}: {}", example.line, shown(&example.detail))?;
    }
    Ok(())
}

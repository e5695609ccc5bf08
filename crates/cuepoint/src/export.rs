//! `cuepoint export`: tracks as CSV.

use crate::cli::ExportArgs;
use crate::{open, playlist};
use anyhow::{Context as _, Result};
use cuepoint_core::export::{CsvOptions, write_csv, write_whole};
use cuepoint_core::rekordbox::Library;
use cuepoint_core::results::{Filter, Table};
use std::io::{self, BufWriter};

pub(crate) fn run(args: &ExportArgs) -> Result<()> {
    let library = open(&args.library)?;
    let table = table(&library, args)?;
    let mut rows = table.filter(&filter(args));
    table.sort(&mut rows, args.sort.into(), args.descending);
    let options = CsvOptions { delimiter: args.delimiter.into() };
    match &args.output {
        Some(path) => write_whole(path, |out| write_csv(&table, &rows, options, out))
            .with_context(|| format!("cannot write {}", path.display())),
        None => {
            let out = BufWriter::new(io::stdout().lock());
            write_csv(&table, &rows, options, out).context("cannot write to standard output")
        }
    }
}

fn table<'a>(library: &'a Library, args: &ExportArgs) -> Result<Table<'a>> {
    let Some(wanted) = &args.playlist else { return Ok(Table::new(library)) };
    let playlist = playlist::find(library, wanted)?;
    Ok(Table::of(library, playlist.entries().filter_map(|entry| entry.track)))
}

fn filter(args: &ExportArgs) -> Filter {
    Filter {
        text: args.text.clone(),
        year: args.year.unwrap_or_default(),
        bpm: args.bpm.unwrap_or_default(),
        key: args.key.clone(),
        min_rating: args.min_rating,
    }
}

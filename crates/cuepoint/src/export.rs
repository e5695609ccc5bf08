//! `cuepoint export`

use std::io::{self, Write};

use anyhow::Context;
use cuepoint_core::export::{write_csv, write_file};
use cuepoint_core::rekordbox::Library;
use cuepoint_core::results::{Table, View};

use crate::cli::ExportArgs;
use crate::input::read_library;
use crate::playlist::find_playlist;

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let library = read_library(&args.library)?;
    let table = table(&library, args)?;
    let mut view = table.filter(&args.filter.spec());
    if let Some(column) = args.sort {
        view.sort(column.key(), args.direction());
    }
    match &args.output {
        Some(path) => write_file(path, |file| write_view(&view, args, file))
            .with_context(|| format!("cannot write {}", path.display())),
        None => write_view(&view, args, out).context("cannot write to standard output"),
    }
}

fn table<'a>(library: &'a Library, args: &ExportArgs) -> anyhow::Result<Table<'a>> {
    let Some(path) = &args.playlist else { return Ok(Table::of_collection(&library.collection)) };
    let playlist = find_playlist(&library.playlists, path)?;
    Ok(Table::of_playlist(&library.collection, playlist))
}

fn write_view(view: &View<'_>, args: &ExportArgs, out: &mut dyn Write) -> io::Result<()> {
    write_csv(out, view.rows(), args.delimiter.delimiter())
}

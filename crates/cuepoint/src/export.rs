//! `cuepoint export`

use std::io::{self, Write};

use cuepoint_core::export::write_csv;
use cuepoint_core::rekordbox::{Library, Track};
use cuepoint_core::results::{Table, View};

use crate::cli::ExportArgs;
use crate::input::read_library;
use crate::output::write_output;
use crate::playlist::find_playlist;

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let library = read_library(&args.library)?;
    let table = table(&library, args)?;
    let mut view = table.filter(&args.filter.spec());
    args.sort.apply(&mut view);
    write_output(args.output.as_deref(), out, |out| write_view(&view, args, out))
}

fn table<'a>(library: &'a Library, args: &ExportArgs) -> anyhow::Result<Table<Track<'a>>> {
    let Some(path) = &args.playlist else { return Ok(Table::of_collection(&library.collection)) };
    let playlist = find_playlist(&library.playlists, path)?;
    Ok(Table::of_playlist(&library.collection, playlist))
}

fn write_view(
    view: &View<'_, Track<'_>>,
    args: &ExportArgs,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_csv(out, view.rows(), args.delimiter.delimiter())
}

//! `cuepoint export`

use std::io::{self, Write};

use cuepoint_core::export::write_csv;
use cuepoint_core::rekordbox::Track;
use cuepoint_core::results::{Table, View};

use crate::cli::ExportArgs;
use crate::input::read_library;
use crate::left_out::LeftOut;
use crate::output::write_output;
use crate::playlist::{find_playlists, tracks};

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let library = read_library(&args.library)?;
    let playlists = find_playlists(&library.playlists, &args.playlists.paths)?;
    let table = Table::of(tracks(&library, &playlists));
    let mut view = table.filter(&args.filter.spec());
    args.sort.apply(&mut view);
    write_output(args.output.as_deref(), out, |out| write_view(&view, args, out))?;
    out.flush()?;
    LeftOut::check(&library, &playlists)
}

fn write_view(
    view: &View<'_, Track<'_>>,
    args: &ExportArgs,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_csv(out, view.rows(), args.delimiter.delimiter())
}

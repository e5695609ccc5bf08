//! `cuepoint export`

use std::io::{self, Write};

use cuepoint_core::export::{write_csv, write_m3u8, write_tracks_json};
use cuepoint_core::rekordbox::Track;
use cuepoint_core::results::{Table, View};

use crate::cli::ExportArgs;
use crate::input::read_library;
use crate::left_out::LeftOut;
use crate::output::write_output;
use crate::playlist::{find_playlists, tracks};
use crate::values::FormatName;

/// Writes the rows that `args` asks for to its file, or to `out`.
pub(crate) fn run(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let library = read_library(&args.library)?;
    let playlists = find_playlists(&library.playlists, &args.playlists.paths)?;
    let table = Table::of(tracks(&library, &playlists));
    let mut view = table.filter(&args.filter.spec());
    args.sort.apply(&mut view);
    let mut files = 0;
    write_output(args.output.as_deref(), out, |out| {
        files = write_view(&view, args, out)?;
        Ok(())
    })?;
    out.flush()?;
    LeftOut::check(&library, &playlists, files)
}

/// Writes the rows and returns how many a playlist leaves out.
fn write_view(
    view: &View<'_, Track<'_>>,
    args: &ExportArgs,
    out: &mut dyn Write,
) -> io::Result<u64> {
    match args.format.unwrap_or(FormatName::Csv) {
        FormatName::Csv => write_csv(out, view.rows(), args.delimiter.delimiter())?,
        FormatName::Json => write_tracks_json(out, view.rows())?,
        FormatName::Playlist => return write_m3u8(out, view.rows().map(|row| *row.item)),
    }
    Ok(0)
}

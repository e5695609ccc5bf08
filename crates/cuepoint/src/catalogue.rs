//! `cuepoint catalogue build`, and reading the file that it makes.

use std::io::{Write, stderr};
use std::path::Path;

use anyhow::anyhow;
use cuepoint_core::catalogue::{Catalogue, Entry, InputError, read_csv, read_json_lines};

use crate::cli::BuildArgs;
use crate::input::{read_bytes, read_table, unpacked_name};
use crate::output::{self, write_named};
use crate::progress;
use crate::text::printable;

/// Tracks between two updates of the progress: the first few say nothing about the speed.
const REPORTED: usize = 1_000;

/// Builds the catalogue that `args` asks for.
pub(crate) fn build(args: &BuildArgs) -> anyhow::Result<()> {
    output::check(&args.output)?;
    let name = args.tracks.display();
    let reading = progress::step(format!("reading {}", printable(&name.to_string())));
    let entries = read_entries(&args.tracks)?;
    reading.finish_and_clear();
    let indexing = progress::bar("indexing", entries.len());
    let catalogue = Catalogue::build_with(&entries, |added| {
        if added % REPORTED == 0 {
            indexing.set_position(added as u64);
        }
    });
    let catalogue = catalogue.map_err(|error| anyhow!("{name}: {error}"))?;
    indexing.finish_and_clear();
    let writing =
        progress::step(format!("writing {}", printable(&args.output.display().to_string())));
    let bytes = catalogue.encode()?;
    write_named(&args.output, |out| out.write_all(&bytes))?;
    writing.finish_and_clear();
    let output = args.output.display();
    // The file is written already, so a failure to print this summary is ignored.
    let _ = writeln!(stderr(), "{output}: {} tracks, {} bytes", catalogue.len(), bytes.len());
    Ok(())
}

fn read_entries(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let name = path.display();
    let bytes = read_table(path)?;
    let extension = unpacked_name(path).extension().map(|extension| extension.to_ascii_lowercase());
    let json = extension.is_some_and(|it| it == "jsonl" || it == "ndjson" || it == "json");
    let entries = if json { read_json_lines(&bytes) } else { read_csv(&bytes) };
    entries.map_err(|InputError { line, message }| anyhow!("{name}:{line}: {message}"))
}

/// Opens the catalogue at `path`.
pub(crate) fn open(path: &Path) -> anyhow::Result<(Catalogue, u32)> {
    let name = path.display();
    let bytes = read_bytes(path)?;
    let catalogue = Catalogue::decode(&bytes)
        .map_err(|error| anyhow!("{name}: {error}\n  help: {}", error.advice()))?;
    Ok((catalogue, crc32fast::hash(&bytes)))
}

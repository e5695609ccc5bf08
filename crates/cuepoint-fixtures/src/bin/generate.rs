//! Writes a generated library to standard output: `generate TRACKS [SEED]`.
//!
//! `generate --catalogue ENTRIES TRACKS [SEED]` writes a catalogue for that library, as CSV.

use std::env::args;
use std::error::Error;
use std::io::{Write, stdout};

use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, SEED, catalogue, catalogue_csv, library};

const USAGE: &str = "usage: generate [--catalogue ENTRIES] TRACKS [SEED]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = args().skip(1).peekable();
    let mut entries = None;
    if words.next_if_eq("--catalogue").is_some() {
        entries = Some(words.next().ok_or(USAGE)?.parse()?);
    }
    let tracks = words.next().ok_or(USAGE)?.parse()?;
    let seed = words.next().map_or(Ok(SEED), |seed| seed.parse())?;
    let spec = LibrarySpec { seed, ..LibrarySpec::of(tracks) };
    let bytes = match entries {
        Some(entries) => catalogue_csv(&catalogue(CatalogueSpec { library: spec, entries }).rows)?,
        None => library(spec).into_bytes(),
    };
    Ok(stdout().write_all(&bytes)?)
}

//! Writes a generated library to standard output: `generate TRACKS [SEED]`.

use std::env::args;
use std::error::Error;
use std::io::{Write, stdout};

use cuepoint_fixtures::{LibrarySpec, SEED, library};

fn main() -> Result<(), Box<dyn Error>> {
    let tracks = args().nth(1).ok_or("usage: generate TRACKS [SEED]")?.parse()?;
    let seed = args().nth(2).map_or(Ok(SEED), |seed| seed.parse())?;
    let text = library(LibrarySpec { seed, ..LibrarySpec::of(tracks) });
    Ok(stdout().write_all(text.as_bytes())?)
}

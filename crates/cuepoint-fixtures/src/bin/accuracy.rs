//! Prints how often the matcher is right: `accuracy [SEED] [TRACKS] [--file-names] [--misses]`.

use std::env::args;
use std::error::Error;
use std::io::{Write, stdout};

use cuepoint_fixtures::{CatalogueSpec, LibrarySpec, NameSource, SEED, Tally, accuracy};

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, numbers): (Vec<_>, Vec<_>) = args().skip(1).partition(|arg| arg.starts_with("--"));
    let number = |at: usize, default: u64| numbers.get(at).map_or(Ok(default), |text| text.parse());
    let (seed, tracks) = (number(0, SEED)?, number(1, 2_000)? as usize);
    let library = LibrarySpec { seed, ..LibrarySpec::of(tracks) };
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let names = if has("--file-names") { NameSource::Files } else { NameSource::Attributes };
    let accuracy = accuracy(CatalogueSpec { library, entries: 20_000 }, names)?;
    let mut out = stdout().lock();
    writeln!(out, "seed {seed}, {tracks} tracks, a catalogue of at least 20,000\n")?;
    writeln!(out, "kind             tracks  right work  right version  wrong  surely wrong")?;
    for (kind, tally) in &accuracy.kinds {
        write_row(&mut out, kind.name(), *tally)?;
    }
    write_row(&mut out, "all but absent", accuracy.present())?;
    if has("--misses") {
        writeln!(out, "\n{}", accuracy.misses.join("\n"))?;
    }
    Ok(())
}

fn write_row(out: &mut impl Write, name: &str, tally: Tally) -> std::io::Result<()> {
    let percent = |part: usize| match tally.tracks {
        0 => "-".to_owned(),
        tracks => format!("{:.1} %", 100.0 * part as f64 / tracks as f64),
    };
    let Tally { tracks, right_work, right_version, wrong, surely_wrong } = tally;
    let [work, version, wrong, sure] =
        [right_work, right_version, wrong, surely_wrong].map(percent);
    writeln!(out, "{name:15}  {tracks:6}  {work:>10}  {version:>13}  {wrong:>6}  {sure:>11}")
}

//! `cuepoint inspect`

use std::io::{self, Write};

use anyhow::Context;
use cuepoint_core::rekordbox::{
    Example, Library, Media, Node, NodeKind, ParseReport, PlaylistTree, Product, Warning,
};
use cuepoint_core::results::{FilterSpec, Statistics, Table};

use crate::cli::InspectArgs;
use crate::input::read_library;
use crate::text::printable;

/// Playlists shown in the tree; their number is always printed.
const SHOWN: usize = 40;

/// Writes a summary of the library to `out`.
pub(crate) fn run(args: &InspectArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let library = read_library(&args.library)?;
    write_summary(&library, out).context("cannot write to standard output")
}

fn write_summary(library: &Library, out: &mut dyn Write) -> io::Result<()> {
    let table = Table::of_collection(&library.collection);
    let statistics = table.filter(&FilterSpec::default()).statistics();
    writeln!(out, "Product    {}", product(&library.product))?;
    writeln!(out, "Tracks     {}", tracks(&library.report))?;
    write_titles(library, out)?;
    write_statistics(&statistics, out)?;
    write_playlists(&library.playlists, out)?;
    write_warnings(&library.report.warnings, out)
}

fn product(product: &Product) -> String {
    match (product.name.as_str(), product.company.as_str()) {
        ("", _) => "not named".to_owned(),
        (name, "") => format!("{} {}", printable(name), printable(&product.version)),
        (name, company) => {
            format!("{} {} ({})", printable(name), printable(&product.version), printable(company))
        }
    }
}

fn tracks(report: &ParseReport) -> String {
    let declared = match report.declared {
        Some(declared) => format!("{declared} declared"),
        None => "number not declared".to_owned(),
    };
    format!("{declared}, {} read, {} skipped", report.read, report.skipped)
}

/// What is not as in an export of rekordbox's own music: titles from file names, and other media.
fn write_titles(library: &Library, out: &mut dyn Write) -> io::Result<()> {
    let derived = library.report.derived;
    if derived > 0 {
        writeln!(out, "Titles     {derived} from file names")?;
    }
    let count = |media| library.collection.tracks().filter(|track| track.media() == media).count();
    let (samples, videos) = (count(Media::Sample), count(Media::Video));
    if samples + videos > 0 {
        let [sample, video] =
            [plural(samples, "sample", "samples"), plural(videos, "video", "videos")];
        writeln!(out, "Media      {samples} {sample}, {videos} {video}")?;
    }
    Ok(())
}

fn write_statistics(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let minutes = statistics.seconds / 60;
    writeln!(out, "Duration   {} h {:02} min", minutes / 60, minutes % 60)?;
    if let Some((first, last)) = statistics.years {
        writeln!(out, "Years      {first} to {last}")?;
    }
    if let Some((slowest, fastest)) = statistics.bpm {
        writeln!(out, "Tempo      {slowest} to {fastest} BPM")?;
    }
    writeln!(out, "Keys       known of {} tracks", statistics.with_key)
}

fn write_playlists(tree: &PlaylistTree, out: &mut dyn Write) -> io::Result<()> {
    let nodes = tree.nodes().count();
    let playlists = tree.playlists().count();
    let folders = nodes - playlists;
    writeln!(out, "Playlists  {playlists} in {folders} {}", plural(folders, "folder", "folders"))?;
    for node in tree.nodes().take(SHOWN) {
        write_node(node, out)?;
    }
    if nodes > SHOWN {
        writeln!(out, "  … and {} more", nodes - SHOWN)?;
    }
    Ok(())
}

fn write_node(node: Node<'_>, out: &mut dyn Write) -> io::Result<()> {
    let indent = " ".repeat(2 + 2 * node.depth().min(SHOWN));
    let name = printable(node.name());
    if node.kind() == NodeKind::Folder {
        return writeln!(out, "{indent}{name}/");
    }
    let tracks = node.entries().len();
    let missing = node.entries().filter(|entry| entry.track.is_none()).count();
    write!(out, "{indent}{name}: {tracks} {}", plural(tracks, "track", "tracks"))?;
    match missing {
        0 => writeln!(out),
        _ => writeln!(out, ", {missing} not in the collection"),
    }
}

fn write_warnings(warnings: &[Warning], out: &mut dyn Write) -> io::Result<()> {
    if warnings.is_empty() {
        return writeln!(out, "Warnings   none");
    }
    writeln!(out, "Warnings")?;
    for warning in warnings {
        writeln!(out, "  {} × {}", warning.count, warning.kind)?;
        for example in &warning.examples {
            writeln!(out, "      {}", described(example))?;
        }
    }
    Ok(())
}

fn described(example: &Example) -> String {
    let detail = printable(&example.detail);
    match example.position {
        Some(position) => format!("line {}: {detail}", position.line),
        None => detail,
    }
}

fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

//! A whole library file.

use crate::playlist::write_playlists;
use crate::track::write_track;
use crate::xml::{End, XmlWriter};

/// How lines end: rekordbox writes LF on macOS and CRLF on Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`.
    Lf,
    /// `\r\n`.
    CrLf,
}

/// Which library to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibrarySpec {
    /// Tracks in the collection; 0 gives a valid library without any.
    pub tracks: usize,
    /// Other seeds give other libraries of the same shape.
    pub seed: u64,
    /// How lines end.
    pub line_end: LineEnd,
}

impl LibrarySpec {
    /// A library of `tracks` with the common seed and LF line ends.
    pub fn of(tracks: usize) -> Self {
        Self { tracks, seed: crate::SEED, line_end: LineEnd::Lf }
    }
}

/// Generates the XML file of `spec`: 800 to 1,100 bytes a track once there are a few hundred.
pub fn library(spec: LibrarySpec) -> String {
    let line_end = match spec.line_end {
        LineEnd::Lf => "\n",
        LineEnd::CrLf => "\r\n",
    };
    let mut out = XmlWriter::new(line_end, 1_024 + spec.tracks * 1_024);
    write_head(&mut out, spec.tracks);
    for index in 0..spec.tracks {
        write_track(&mut out, spec.seed, index, spec.tracks);
    }
    out.line("  </COLLECTION>");
    write_tail(&mut out, spec);
    out.line("</DJ_PLAYLISTS>");
    out.finish()
}

fn write_head(out: &mut XmlWriter, tracks: usize) {
    out.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.line("");
    out.element(0, "DJ_PLAYLISTS", &[("Version", "1.0.0")], End::Open);
    let product = [("Name", "rekordbox"), ("Version", "6.7.3"), ("Company", "AlphaTheta")];
    out.element(2, "PRODUCT", &product, End::Empty);
    out.element(2, "COLLECTION", &[("Entries", &tracks.to_string())], End::Open);
}

fn write_tail(out: &mut XmlWriter, spec: LibrarySpec) {
    if spec.tracks > 0 {
        return write_playlists(out, spec.seed, spec.tracks);
    }
    out.line("  <PLAYLISTS>");
    out.element(4, "NODE", &[("Type", "0"), ("Name", "ROOT"), ("Count", "0")], End::Empty);
    out.line("  </PLAYLISTS>");
}

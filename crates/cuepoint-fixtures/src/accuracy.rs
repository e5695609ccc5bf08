//! How often the matcher is right.

use std::ops::AddAssign;

use cuepoint_core::catalogue::{BuildError, Catalogue, Entry};
use cuepoint_core::matching::{Progress, TrackMatch, Workers, match_all};
use cuepoint_core::rekordbox::{ParseError, Track, parse};

use crate::{CatalogueSpec, Kind, Truth, catalogue, library};

/// Tracks of one kind, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All tracks.
    pub tracks: usize,
    /// Those for which some version of the right work was found; none should be for absent ones.
    pub right_work: usize,
    /// Those for which the very version was found.
    pub right_version: usize,
    /// Those for which another work was found.
    pub wrong: usize,
    /// Those of them that were found with high confidence.
    pub surely_wrong: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.tracks += other.tracks;
        self.right_work += other.right_work;
        self.right_version += other.right_version;
        self.wrong += other.wrong;
        self.surely_wrong += other.surely_wrong;
    }
}

/// What the matcher did with a library of which the right answers are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// By kind, in the order of [`Kind::ALL`].
    pub kinds: Vec<(Kind, Tally)>,
    /// A line for each track that was not matched with the right version.
    pub misses: Vec<String>,
}

impl Accuracy {
    /// The tracks of one kind.
    pub fn of(&self, kind: Kind) -> Tally {
        self.sum(|other| other == kind)
    }

    /// All tracks that the catalogue has.
    pub fn present(&self) -> Tally {
        self.sum(|kind| kind != Kind::Absent)
    }

    fn sum(&self, holds: impl Fn(Kind) -> bool) -> Tally {
        let mut sum = Tally::default();
        for (_, tally) in self.kinds.iter().filter(|(kind, _)| holds(*kind)) {
            sum += *tally;
        }
        sum
    }
}

/// Where titles and artists come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// The library's own attributes.
    Attributes,
    /// The names of the files: the library has neither titles nor artists.
    Files,
}

/// Matches the library of `spec` against its catalogue and compares with the truth.
///
/// # Errors
///
/// If the generated library cannot be read or two of the catalogue's rows have one identifier:
/// both would be a mistake of the generator.
pub fn accuracy(spec: CatalogueSpec, names: NameSource) -> Result<Accuracy, AccuracyError> {
    let generated = catalogue(spec);
    let source = Catalogue::build(&generated.rows)?;
    let text = library(spec.library);
    let library = match names {
        NameSource::Attributes => parse(text.as_bytes())?,
        NameSource::Files => parse(without_names(&text).as_bytes())?,
    };
    let tracks: Vec<Track<'_>> = library.collection.tracks().collect();
    let found = match_all(&tracks, &source, Workers::Pool, &Progress::default());
    let mut kinds: Vec<(Kind, Tally)> =
        Kind::ALL.into_iter().map(|kind| (kind, Tally::default())).collect();
    let mut misses = Vec::new();
    for ((track, truth), found) in tracks.iter().zip(&generated.truth).zip(found.iter().flatten()) {
        let tally = judged(truth, found);
        kinds[truth.kind as usize].1 += tally;
        if tally.right_version == 0 && (truth.kind != Kind::Absent || tally.wrong > 0) {
            misses.push(miss(*track, truth, found, &generated.rows));
        }
    }
    Ok(Accuracy { kinds, misses })
}

/// The library without the names and artists of its tracks.
fn without_names(library: &str) -> String {
    let mut out = String::with_capacity(library.len());
    for (at, part) in library.split("<TRACK TrackID=").enumerate() {
        if at == 0 {
            out.push_str(part);
            continue;
        }
        out.push_str("<TRACK TrackID=");
        let (id, rest) = part.split_once(" Name=").unwrap_or((part, ""));
        let rest = rest.split_once("Composer=").map_or("", |(_, rest)| rest);
        out.push_str(id);
        out.push_str(" Composer=");
        out.push_str(rest);
    }
    out
}

/// A mistake of the generator.
#[derive(Debug, thiserror::Error)]
pub enum AccuracyError {
    /// The library cannot be read.
    #[error("the generated library cannot be read: {0}")]
    Library(#[from] ParseError),
    /// The catalogue cannot be built.
    #[error(transparent)]
    Catalogue(#[from] BuildError),
}

fn judged(truth: &Truth, found: &TrackMatch) -> Tally {
    let best = found.best().map(|best| best.id);
    let is_work = |id: &u64| truth.right.is_some() && truth.same_work.contains(id);
    let wrong = best.is_some_and(|id| !is_work(&id));
    let sure = found.confidence() == Some(cuepoint_core::matching::Confidence::High);
    Tally {
        tracks: 1,
        right_work: usize::from(best.as_ref().is_some_and(is_work)),
        right_version: usize::from(best.is_some() && best == truth.right),
        wrong: usize::from(wrong),
        surely_wrong: usize::from(wrong && sure),
    }
}

fn miss(track: Track<'_>, truth: &Truth, found: &TrackMatch, rows: &[Entry]) -> String {
    let row = |id: Option<u64>| {
        let row = rows.iter().find(|row| Some(row.id) == id);
        row.map_or("nothing".to_owned(), |row| {
            let seconds = row.seconds.unwrap_or(0);
            format!("{} - {} ({}) {seconds} s", row.artists.join(", "), row.title, row.mix)
        })
    };
    let score = |id: Option<u64>| {
        let candidate = found.candidates.iter().find(|candidate| Some(candidate.id) == id);
        candidate.map_or("not a candidate".to_owned(), |candidate| {
            let refusal = candidate.score.refusal.map_or("accepted", |refusal| refusal.name());
            format!("{} {refusal}", candidate.score.total)
        })
    };
    let best = found.best().map(|best| best.id);
    format!(
        "{}: \"{}\" by \"{}\", {} s\n  found {} [{}]\n  right {} [{}]",
        truth.kind.name(),
        track.title(),
        track.artist(),
        track.seconds().unwrap_or(0),
        row(best),
        score(best),
        row(truth.right),
        score(truth.right),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LibrarySpec;

    #[test]
    fn libraries_without_names_lack_only_these() {
        let spec = LibrarySpec::of(50);
        let nameless = parse(without_names(&library(spec)).as_bytes()).expect("a library");
        let named = parse(library(spec).as_bytes()).expect("a library");
        assert_eq!((nameless.report.derived, named.report.derived), (50, 0));
        for (track, other) in nameless.collection.tracks().zip(named.collection.tracks()) {
            assert_eq!((track.id(), track.location()), (other.id(), other.location()));
        }
    }
}

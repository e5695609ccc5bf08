//! What reading a file came upon, counted, with the first examples of each kind.

use std::fmt;

use super::encoding::Source;
use super::error::Position;

/// Examples kept for each kind of warning: enough to find the cause, and bounded however damaged
/// the file is.
const EXAMPLES: usize = 3;

/// Characters kept of an example.
const EXAMPLE_CHARS: usize = 80;

/// What was read of a file and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseReport {
    /// The number of tracks that COLLECTION declares, if it does.
    pub declared: Option<u64>,
    /// Tracks read.
    pub read: u64,
    /// Tracks whose title comes from the name of their file.
    pub derived: u64,
    /// TRACK elements of the collection that were left out; the warnings say why.
    pub skipped: u64,
    /// One entry for each kind that occurred, in the order of [`WarningKind`].
    pub warnings: Vec<Warning>,
}

impl ParseReport {
    /// How often `kind` occurred.
    pub fn count(&self, kind: WarningKind) -> u64 {
        self.warnings.iter().find(|warning| warning.kind == kind).map_or(0, |warning| warning.count)
    }
}

/// One kind of damage and how often it occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What kind.
    pub kind: WarningKind,
    /// How often, at least once.
    pub count: u64,
    /// The first few occurrences.
    pub examples: Vec<Example>,
}

/// One occurrence of a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Where the element starts; none where no single element is to blame.
    pub position: Option<Position>,
    /// The value or name in question, shortened if it is long.
    pub detail: String,
}

/// The kinds of damage that a file survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WarningKind {
    /// A track with neither a Name nor a file was left out.
    NoName,
    /// A track has no TrackID: playlists find it by its Location.
    NoTrackId,
    /// Several tracks have the same TrackID: all are kept, playlists mean the first.
    DuplicateTrackId,
    /// An `&` that starts no reference of XML was kept as text.
    BadReference,
    /// An attribute of a track came twice: the first one counts.
    DuplicateAttribute,
    /// An attribute without quotes or value was ignored.
    BadAttribute,
    /// A number or date could not be read: the value counts as unknown.
    BadValue,
    /// COLLECTION declares another number of tracks than it has.
    DeclaredTracks,
    /// There is no COLLECTION.
    NoCollection,
    /// A playlist declares another number of entries than it has.
    DeclaredEntries,
    /// A playlist entry means a track that is not in the file.
    UnresolvedEntry,
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoName => "track left out: neither Name nor file",
            Self::NoTrackId => "no TrackID: playlists find the track by its Location",
            Self::DuplicateTrackId => "TrackID used before: playlists mean the first track",
            Self::BadReference => "unknown reference kept as text",
            Self::DuplicateAttribute => "attribute given twice: the first one counts",
            Self::BadAttribute => "malformed attribute ignored",
            Self::BadValue => "unreadable value ignored",
            Self::DeclaredTracks => "COLLECTION declares another number of tracks",
            Self::NoCollection => "no COLLECTION element",
            Self::DeclaredEntries => "playlist declares another number of entries",
            Self::UnresolvedEntry => "playlist entry without a track",
        })
    }
}

/// Counts warnings while a file is read.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// Where the element that is being read starts.
    pub(super) offset: u64,
    found: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    kind: WarningKind,
    count: u64,
    examples: Vec<(Option<u64>, String)>,
}

impl Warnings {
    /// Counts a warning about the element that is being read.
    pub(super) fn note(&mut self, kind: WarningKind, detail: fmt::Arguments<'_>) {
        let offset = Some(self.offset);
        self.add(kind, offset, detail);
    }

    /// Counts a warning about the file as a whole.
    pub(super) fn note_overall(&mut self, kind: WarningKind, detail: fmt::Arguments<'_>) {
        self.add(kind, None, detail);
    }

    /// How many there are of all kinds.
    #[cfg(test)]
    pub(super) fn total(&self) -> u64 {
        self.found.iter().map(|found| found.count).sum()
    }

    fn add(&mut self, kind: WarningKind, offset: Option<u64>, detail: fmt::Arguments<'_>) {
        let found = self.of_kind(kind);
        found.count += 1;
        if found.examples.len() < EXAMPLES {
            let detail = detail.to_string().chars().take(EXAMPLE_CHARS).collect();
            found.examples.push((offset, detail));
        }
    }

    fn of_kind(&mut self, kind: WarningKind) -> &mut Found {
        let at = self.found.iter().position(|found| found.kind == kind).unwrap_or_else(|| {
            self.found.push(Found { kind, count: 0, examples: Vec::new() });
            self.found.len() - 1
        });
        &mut self.found[at]
    }

    /// The warnings with places in the file, which are worth computing only now.
    pub(super) fn finish(mut self, source: &Source<'_>) -> Vec<Warning> {
        self.found.sort_by_key(|found| found.kind);
        let example = |(offset, detail): (Option<u64>, String)| Example {
            position: offset.map(|offset| source.position(offset)),
            detail,
        };
        let warning = |found: Found| Warning {
            kind: found.kind,
            count: found.count,
            examples: found.examples.into_iter().map(example).collect(),
        };
        self.found.into_iter().map(warning).collect()
    }
}

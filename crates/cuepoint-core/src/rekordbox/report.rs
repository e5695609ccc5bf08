//! What the reader noticed.

use std::fmt;

/// What became of a file's tracks, and what was odd about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseReport {
    /// Tracks that the file says it holds, if it says so.
    pub declared: Option<u32>,
    /// Tracks that were read.
    pub read: usize,
    /// Tracks that were left out, each with a warning.
    pub skipped: usize,
    /// What was odd, by kind.
    pub warnings: Vec<Warning>,
}

/// Everything odd of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is odd.
    pub kind: WarningKind,
    /// How often.
    pub count: usize,
    /// The first few, in the order of the file.
    pub examples: Vec<Example>,
}

/// One odd thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub detail: String,
}

/// What can be odd about a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// A track without a `TrackID` that is a number: left out.
    NoTrackId,
    /// A track without a name: left out.
    NoName,
    /// A `TrackID` that another track has: both are kept, keys mean the first.
    DuplicateTrackId,
    /// An attribute that stands twice: the first counts.
    DuplicateAttribute,
    /// An attribute that is not well formed: left out.
    MalformedAttribute,
    /// A reference that XML does not know: kept as it stands.
    UnknownReference,
    /// A number that is none, or out of its range: left out.
    BadNumber,
    /// A playlist's key that no track has: kept unresolved.
    UnresolvedKey,
    /// A number of tracks other than declared.
    CountMismatch,
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTrackId => "track without a TrackID, left out",
            Self::NoName => "track without a name, left out",
            Self::DuplicateTrackId => "TrackID that another track has",
            Self::DuplicateAttribute => "attribute that stands twice",
            Self::MalformedAttribute => "attribute that is not well formed",
            Self::UnknownReference => "reference that XML does not know",
            Self::BadNumber => "number that is none",
            Self::UnresolvedKey => "playlist entry that no track matches",
            Self::CountMismatch => "number of tracks other than declared",
        })
    }
}

/// Examples that are kept of each kind: memory stays bounded, however odd the file.
const EXAMPLES: usize = 5;
/// Bytes of an example's text.
const DETAIL: usize = 80;

/// Collects warnings by byte offset, and finds their lines once, in one pass.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<Pending>);

#[derive(Debug)]
struct Pending {
    kind: WarningKind,
    count: usize,
    examples: Vec<(usize, String)>,
}

impl Warnings {
    pub(super) fn add(&mut self, kind: WarningKind, offset: usize, detail: &str) {
        let at = self.0.iter().position(|pending| pending.kind == kind).unwrap_or_else(|| {
            self.0.push(Pending { kind, count: 0, examples: Vec::new() });
            self.0.len() - 1
        });
        let pending = &mut self.0[at];
        pending.count += 1;
        if pending.examples.len() < EXAMPLES {
            pending.examples.push((offset, shortened(detail)));
        }
    }

    pub(super) fn finish(self, text: &str) -> Vec<Warning> {
        let mut offsets: Vec<usize> =
            self.0.iter().flat_map(|p| p.examples.iter().map(|(offset, _)| *offset)).collect();
        offsets.sort_unstable();
        let lines = lines_at(text, &offsets);
        let line = |offset: usize| lines[offsets.partition_point(|known| *known < offset)];
        let mut warnings: Vec<Warning> = self
            .0
            .into_iter()
            .map(|pending| Warning {
                kind: pending.kind,
                count: pending.count,
                examples: pending
                    .examples
                    .into_iter()
                    .map(|(offset, detail)| Example { line: line(offset), detail })
                    .collect(),
            })
            .collect();
        warnings.sort_by_key(|warning| warning.kind);
        warnings
    }
}

/// The line of each offset; the offsets ascend.
fn lines_at(text: &str, offsets: &[usize]) -> Vec<usize> {
    let (mut line, mut from) = (1, 0);
    let mut lines = Vec::with_capacity(offsets.len());
    for offset in offsets {
        let to = (*offset).min(text.len());
        line += text.as_bytes()[from..to].iter().filter(|byte| **byte == b'\n').count();
        from = to;
        lines.push(line);
    }
    lines
}

fn shortened(detail: &str) -> String {
    let mut end = detail.len().min(DETAIL);
    while !detail.is_char_boundary(end) {
        end -= 1;
    }
    if end == detail.len() { detail.to_owned() } else { format!("{}…", &detail[..end]) }
}

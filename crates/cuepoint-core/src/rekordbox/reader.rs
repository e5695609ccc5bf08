//! The event loop: from XML events to a library.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::arena::{Arena, Span};
use super::attributes::each_attribute;
use super::collection::Collection;
use super::cue::{read_mark, read_tempo};
use super::encoding::Source;
use super::error::{ParseError, ParseErrorKind};
use super::playlists::{EntryRecord, KeyType, NodeKind, NodeRecord, PlaylistTree};
use super::report::{ParseReport, WarningKind, Warnings};
use super::resolve::{Keys, index_ids, resolve, settle_nodes};
use super::track::{push_text, read_track};
use super::value::{append_text, number};
use super::{Library, Product};

/// No TRACK is shorter in bytes, so that a collection cannot make us reserve more than its file
/// could hold.
const SHORTEST_TRACK: usize = 24;

/// Reads the bytes of a library file: UTF-8, or UTF-16 with a byte order mark.
///
/// # Errors
///
/// If the file was cut off, is not well-formed, not in one of these encodings or no library at
/// all. A file that was cut anywhere is an error, never a library with fewer tracks.
pub fn parse(bytes: &[u8]) -> Result<Library, ParseError> {
    let source = Source::new(bytes)?;
    let mut builder = LibraryBuilder::new(source.text().len());
    if let Err(failure) = read_events(source.text(), &mut builder) {
        return Err(failure.into_error(&source));
    }
    Ok(builder.finish(&source))
}

/// An error whose place is still an offset in the text.
struct Failure {
    kind: ParseErrorKind,
    offset: u64,
}

impl Failure {
    fn into_error(self, source: &Source<'_>) -> ParseError {
        let offset = match self.kind {
            // The reader returns the event that is not UTF-8, not the byte.
            ParseErrorKind::InvalidUtf8 => source.first_invalid(),
            _ => self.offset,
        };
        ParseError { kind: self.kind, position: source.position(offset) }
    }
}

fn read_events(text: &[u8], builder: &mut LibraryBuilder) -> Result<(), Failure> {
    let mut reader = Reader::from_reader(text);
    loop {
        let offset = reader.buffer_position();
        let event = reader.read_event().map_err(|error| failure(&error, &reader))?;
        builder.warnings.offset = offset;
        let result = match event {
            Event::Start(tag) => builder.open(&tag),
            Event::Empty(tag) => builder.open(&tag).map(|()| builder.close()),
            Event::End(_) => {
                builder.close();
                Ok(())
            }
            Event::DocType(_) => Err(ParseErrorKind::DocumentType),
            Event::Eof => return builder.check_end().map_err(|kind| Failure { kind, offset }),
            _ => Ok(()),
        };
        result.map_err(|kind| Failure { kind, offset })?;
    }
}

fn failure(error: &quick_xml::Error, reader: &Reader<&[u8]>) -> Failure {
    let kind = match error {
        quick_xml::Error::Encoding(_) => ParseErrorKind::InvalidUtf8,
        other => ParseErrorKind::Malformed(other.to_string()),
    };
    Failure { kind, offset: reader.error_position() }
}

/// The elements that mean something where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Root,
    Product,
    Collection,
    Track,
    Tempo,
    Mark,
    Playlists,
    Node,
    Key,
    /// Anything else, with all that is in it.
    Unknown,
}

impl Element {
    /// What an element called `name` is inside `parent`.
    fn of(parent: Option<Self>, name: &str) -> Self {
        match (parent, name) {
            (None, "DJ_PLAYLISTS") => Self::Root,
            (Some(Self::Root), "PRODUCT") => Self::Product,
            (Some(Self::Root), "COLLECTION") => Self::Collection,
            (Some(Self::Collection), "TRACK") => Self::Track,
            (Some(Self::Track), "TEMPO") => Self::Tempo,
            (Some(Self::Track), "POSITION_MARK") => Self::Mark,
            (Some(Self::Root), "PLAYLISTS") => Self::Playlists,
            (Some(Self::Playlists | Self::Node), "NODE") => Self::Node,
            (Some(Self::Node), "TRACK") => Self::Key,
            _ => Self::Unknown,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Root => "DJ_PLAYLISTS",
            Self::Product => "PRODUCT",
            Self::Collection => "COLLECTION",
            Self::Track | Self::Key => "TRACK",
            Self::Tempo => "TEMPO",
            Self::Mark => "POSITION_MARK",
            Self::Playlists => "PLAYLISTS",
            Self::Node => "NODE",
            Self::Unknown => "…",
        }
    }
}

/// A library under construction.
struct LibraryBuilder {
    product: Product,
    collection: Collection,
    playlists: PlaylistTree,
    report: ParseReport,
    warnings: Warnings,
    text_len: usize,
    /// The open elements, outermost first.
    stack: Vec<Element>,
    /// The TrackIDs that are no numbers, with their tracks.
    text_ids: Vec<(Span, u32)>,
    /// The open nodes, outermost first, as indices.
    open_nodes: Vec<u32>,
    seen_root: bool,
    seen_collection: bool,
}

impl LibraryBuilder {
    fn new(text_len: usize) -> Self {
        // Texts are a third of a typical file.
        let arena = Arena::with_capacity(text_len / 3);
        Self {
            product: Product::default(),
            collection: Collection { arena, ..Collection::default() },
            playlists: PlaylistTree::default(),
            report: ParseReport::default(),
            warnings: Warnings::default(),
            text_len,
            stack: Vec::new(),
            text_ids: Vec::new(),
            open_nodes: Vec::new(),
            seen_root: false,
            seen_collection: false,
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), ParseErrorKind> {
        let mut element = Element::of(self.stack.last().copied(), tag.name().into_inner());
        match element {
            Element::Product => self.product(tag),
            Element::Collection => self.collection(tag),
            Element::Track if !self.track(tag) => element = Element::Unknown,
            Element::Tempo => self.collection.tempos.push(read_tempo(tag, &mut self.warnings)),
            Element::Mark => {
                let mark = read_mark(tag, &mut self.collection.arena, &mut self.warnings);
                self.collection.marks.push(mark);
            }
            Element::Node => self.node(tag),
            Element::Key => self.entry(tag),
            _ => self.check_root(element)?,
        }
        self.stack.push(element);
        Ok(())
    }

    /// Refuses an outermost element other than one DJ_PLAYLISTS.
    fn check_root(&mut self, element: Element) -> Result<(), ParseErrorKind> {
        if !self.stack.is_empty() {
            return Ok(());
        }
        if self.seen_root {
            return Err(ParseErrorKind::AfterEnd);
        }
        self.seen_root = element == Element::Root;
        if self.seen_root { Ok(()) } else { Err(ParseErrorKind::NotALibrary) }
    }

    fn close(&mut self) {
        if self.stack.pop() == Some(Element::Node) {
            self.open_nodes.pop();
        }
    }

    fn check_end(&self) -> Result<(), ParseErrorKind> {
        match self.stack.last() {
            Some(element) => Err(ParseErrorKind::Truncated(element.name().to_owned())),
            None if self.seen_root => Ok(()),
            None => Err(ParseErrorKind::NotALibrary),
        }
    }

    fn product(&mut self, tag: &BytesStart<'_>) {
        let product = &mut self.product;
        each_attribute(tag, &mut self.warnings, |key, value, _| {
            let text = match key {
                "Name" => &mut product.name,
                "Version" => &mut product.version,
                "Company" => &mut product.company,
                _ => return,
            };
            text.clear();
            append_text(text, value);
        });
    }

    fn collection(&mut self, tag: &BytesStart<'_>) {
        self.seen_collection = true;
        let report = &mut self.report;
        each_attribute(tag, &mut self.warnings, |key, value, warnings| {
            if key == "Entries" {
                report.declared = declared(value, warnings);
            }
        });
        let declared = self.report.declared.map_or(0, |declared| declared as usize);
        self.collection.records.reserve(declared.min(self.text_len / SHORTEST_TRACK));
    }

    /// Whether the track was read; if not, its children do not count either.
    fn track(&mut self, tag: &BytesStart<'_>) -> bool {
        let collection = &mut self.collection;
        let Some(read) = read_track(tag, &mut collection.arena, &mut self.warnings) else {
            self.report.skipped += 1;
            return false;
        };
        let mut record = read.record;
        let index = collection.records.len() as u32;
        self.text_ids.extend(read.text_id.map(|id| (id, index)));
        self.report.derived += u64::from(record.derived);
        record.first_tempo = collection.tempos.len() as u32;
        record.first_mark = collection.marks.len() as u32;
        collection.records.push(record);
        true
    }

    fn node(&mut self, tag: &BytesStart<'_>) {
        let mut node = NodeRecord {
            name: Default::default(),
            parent: self.open_nodes.last().copied(),
            kind: NodeKind::Folder,
            key_type: None,
            declared: None,
        };
        let arena = &mut self.playlists.arena;
        each_attribute(tag, &mut self.warnings, |key, value, warnings| match (key, value) {
            ("Name", name) => node.name = push_text(arena, name, warnings),
            ("Type", "1") => node.kind = NodeKind::Playlist,
            ("KeyType", "0") => node.key_type = Some(KeyType::TrackId),
            ("KeyType", "1") => node.key_type = Some(KeyType::Location),
            ("Entries", count) => node.declared = declared(count, warnings),
            _ => {}
        });
        self.open_nodes.push(self.playlists.nodes.len() as u32);
        self.playlists.nodes.push(node);
    }

    fn entry(&mut self, tag: &BytesStart<'_>) {
        let Some(&node) = self.open_nodes.last() else { return };
        let arena = &mut self.playlists.arena;
        let mut span = Default::default();
        each_attribute(tag, &mut self.warnings, |key, value, warnings| {
            if key == "Key" {
                span = push_text(arena, value, warnings);
            }
        });
        self.playlists.entries.push(EntryRecord { node, key: span, track: None });
    }

    fn finish(mut self, source: &Source<'_>) -> Library {
        self.report.read = self.collection.len() as u64;
        self.check_declared();
        self.collection.arena.shrink();
        index_ids(&mut self.collection, &mut self.warnings);
        settle_nodes(&mut self.playlists, &mut self.warnings);
        let keys = Keys::new(&self.collection, &self.text_ids, &mut self.warnings);
        resolve(&mut self.playlists, keys, &mut self.warnings);
        self.report.warnings = self.warnings.finish(source);
        Library {
            product: self.product,
            collection: self.collection,
            playlists: self.playlists,
            report: self.report,
        }
    }

    fn check_declared(&mut self) {
        if !self.seen_collection {
            self.warnings.note_overall(WarningKind::NoCollection, format_args!("0 tracks"));
        }
        let found = self.report.read + self.report.skipped;
        if let Some(declared) = self.report.declared.filter(|&declared| declared != found) {
            let detail = format_args!("{declared} declared, {found} found");
            self.warnings.note_overall(WarningKind::DeclaredTracks, detail);
        }
    }
}

/// The number of an Entries attribute.
fn declared(raw: &str, warnings: &mut Warnings) -> Option<u64> {
    match number(raw) {
        Ok(number) => number,
        Err(_) => {
            warnings.note(WarningKind::BadValue, format_args!("Entries=\"{raw}\""));
            None
        }
    }
}

//! The pass over the file.

use super::attributes::{Seen, Sink, each};
use super::encoding;
use super::error::{ReadError, ReadErrorKind};
use super::model::{Cue, EntryFields, Library, ProductFields, Tempo, Track};
use super::playlists::{self, Node};
use super::report::{WarningKind, Warnings};
use super::text::{Span, Texts};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Reads a library from the bytes of Rekordbox's XML.
///
/// # Errors
/// If the bytes are no text, the text is no complete XML, or it is no Rekordbox export. What is
/// odd about single tracks is told in [`Library::report`] instead.
pub fn read(bytes: &[u8]) -> Result<Library, ReadError> {
    let text = encoding::text(bytes)?;
    let mut pass = Pass::new(&text);
    pass.run(&text)?;
    Ok(pass.finish(&text))
}

/// What an open element is. The depth of folders is bounded by memory, not by the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Root,
    Collection,
    Track,
    Playlists,
    Node(u32),
    Other,
}

struct Pass {
    library: Library,
    warnings: Warnings,
    open: Vec<Open>,
    /// The track whose children come next.
    track: Option<Track>,
    root_closed: bool,
}

/// A track takes 800 bytes and more in every real export.
const BYTES_PER_TRACK: usize = 800;

impl Pass {
    fn new(text: &str) -> Self {
        let library = Library {
            texts: Texts::with_capacity(text.len() / 3),
            tracks: Vec::with_capacity(text.len() / BYTES_PER_TRACK),
            ..Library::default()
        };
        Self {
            library,
            warnings: Warnings::default(),
            open: Vec::new(),
            track: None,
            root_closed: false,
        }
    }

    fn run(&mut self, text: &str) -> Result<(), ReadError> {
        let mut reader = Reader::from_str(text);
        loop {
            let offset = reader.buffer_position() as usize;
            let event = reader.read_event().map_err(|error| {
                let at = reader.error_position() as usize;
                ReadError::at(text, at.max(offset), ReadErrorKind::Malformed(error.to_string()))
            })?;
            let fail = |kind| Err(ReadError::at(text, offset, kind));
            match event {
                Event::Start(element) => {
                    let Some(open) = self.start(&element, offset) else {
                        return fail(ReadErrorKind::NoRoot);
                    };
                    self.open.push(open);
                }
                Event::Empty(element) => match self.start(&element, offset) {
                    Some(open) => self.end(open),
                    None => return fail(ReadErrorKind::NoRoot),
                },
                Event::End(_) => {
                    if let Some(open) = self.open.pop() {
                        self.end(open);
                    }
                }
                Event::DocType(doctype) if doctype.contains("<!ENTITY") => {
                    return fail(ReadErrorKind::CustomEntities);
                }
                Event::Eof if self.root_closed && self.open.is_empty() => return Ok(()),
                Event::Eof if self.open.is_empty() => return fail(ReadErrorKind::NoRoot),
                Event::Eof => return fail(ReadErrorKind::EndsEarly),
                _ => {}
            }
        }
    }

    /// Takes an element's attributes; `None` if the file begins with another element.
    fn start(&mut self, element: &BytesStart<'_>, offset: usize) -> Option<Open> {
        let name = element.name();
        let open = match (self.open.last(), name.as_ref()) {
            (None, "DJ_PLAYLISTS") => Open::Root,
            (None, _) if !self.root_closed => return None,
            (Some(Open::Root), "PRODUCT") => {
                self.product(element, offset);
                Open::Other
            }
            (Some(Open::Root), "COLLECTION") => {
                self.collection(element, offset);
                Open::Collection
            }
            (Some(Open::Root), "PLAYLISTS") => Open::Playlists,
            (Some(Open::Collection), "TRACK") => {
                self.track(element, offset);
                Open::Track
            }
            (Some(Open::Track), "TEMPO") => {
                self.tempo(element, offset);
                Open::Other
            }
            (Some(Open::Track), "POSITION_MARK") => {
                self.cue(element, offset);
                Open::Other
            }
            (Some(Open::Playlists | Open::Node(_)), "NODE") => self.node(element, offset),
            (Some(Open::Node(_)), "TRACK") => {
                self.entry(element, offset);
                Open::Other
            }
            _ => Open::Other,
        };
        Some(open)
    }

    fn end(&mut self, open: Open) {
        match open {
            Open::Root => self.root_closed = true,
            Open::Track => {
                if let Some(mut track) = self.track.take() {
                    track.tempos.end = self.library.tempos.len() as u32;
                    track.cues.end = self.library.cues.len() as u32;
                    self.library.tracks.push(track);
                }
            }
            Open::Collection | Open::Playlists | Open::Node(_) | Open::Other => {}
        }
    }

    fn sink(&mut self, offset: usize) -> Sink<'_> {
        Sink { texts: &mut self.library.texts, warnings: &mut self.warnings, offset }
    }

    fn product(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut product = ProductFields::default();
        each(element, &mut self.sink(offset), |sink, key, value, _| match key {
            "Name" => product.name = sink.text(value),
            "Version" => product.version = sink.text(value),
            "Company" => product.company = sink.text(value),
            _ => {}
        });
        self.library.product = product;
    }

    fn collection(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut declared = None;
        each(element, &mut self.sink(offset), |sink, key, value, _| {
            if key == "Entries" {
                declared = sink.number(key, value);
            }
        });
        self.library.report.declared = declared;
    }

    fn track(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut track = Track::default();
        let mut id = None;
        let mut sink = self.sink(offset);
        each(element, &mut sink, |sink, key, value, seen| {
            if key == "TrackID" {
                if seen.first(63, key, sink) {
                    id = value.trim().parse().ok();
                }
            } else {
                track.take(sink, key, value, seen);
            }
        });
        let problem = match id {
            None => Some(WarningKind::NoTrackId),
            Some(_) if sink.texts.get(track.name).trim().is_empty() => Some(WarningKind::NoName),
            Some(_) => None,
        };
        if let Some(problem) = problem {
            sink.warn(problem, "");
            self.library.report.skipped += 1;
            return;
        }
        track.id = id.unwrap_or_default();
        let (tempos, cues) = (self.library.tempos.len() as u32, self.library.cues.len() as u32);
        (track.tempos, track.cues) = (tempos..tempos, cues..cues);
        self.track = Some(track);
    }

    fn tempo(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut tempo = Tempo::default();
        each(element, &mut self.sink(offset), |sink, key, value, _| match key {
            "Inizio" => tempo.start_s = sink.quantity(key, value),
            "Bpm" => tempo.bpm = sink.quantity(key, value),
            "Metro" => tempo.beats = sink.number(key, value.split('/').next().unwrap_or(value)),
            "Battito" => tempo.beat = sink.number(key, value),
            _ => {}
        });
        if self.track.is_some() {
            self.library.tempos.push(tempo);
        }
    }

    fn cue(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut cue = Cue::default();
        each(element, &mut self.sink(offset), |sink, key, value, _| match key {
            "Name" => cue.name = sink.text(value),
            "Type" => cue.kind = sink.number(key, value),
            "Start" => cue.start_s = sink.quantity(key, value),
            "End" => cue.end_s = sink.quantity(key, value),
            "Num" => cue.number = sink.number(key, value),
            "Red" => cue.red = sink.number(key, value),
            "Green" => cue.green = sink.number(key, value),
            "Blue" => cue.blue = sink.number(key, value),
            _ => {}
        });
        if self.track.is_some() {
            self.library.cues.push(cue);
        }
    }

    fn node(&mut self, element: &BytesStart<'_>, offset: usize) -> Open {
        let parent = match self.open.last() {
            Some(Open::Node(at)) => Some(*at),
            _ => None,
        };
        let mut node = Node { parent, offset: offset as u32, ..Node::default() };
        each(element, &mut self.sink(offset), |sink, key, value, _| match key {
            "Name" => node.name = sink.text(value),
            "Type" => node.kind = sink.number(key, value),
            "KeyType" => node.key_type = sink.number(key, value),
            _ => {}
        });
        self.library.nodes.push(node);
        Open::Node(self.library.nodes.len() as u32 - 1)
    }

    fn entry(&mut self, element: &BytesStart<'_>, offset: usize) {
        let mut key = Span::default();
        each(element, &mut self.sink(offset), |sink, name, value, _| {
            if name == "Key" {
                key = sink.text(value);
            }
        });
        if let Some(Open::Node(node)) = self.open.last() {
            self.library.entries.push(EntryFields { node: *node, key, track: None });
        }
    }

    fn finish(mut self, text: &str) -> Library {
        let library = &mut self.library;
        library.report.read = library.tracks.len();
        let ids = playlists::by_id(library);
        for pair in ids.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            self.warnings.add(WarningKind::DuplicateTrackId, 0, &pair[1].0.to_string());
        }
        playlists::resolve(library, &mut self.warnings);
        let found = library.report.read + library.report.skipped;
        if let Some(declared) = library.report.declared.filter(|n| *n as usize != found) {
            let detail = format!("{declared} declared, {found} found");
            self.warnings.add(WarningKind::CountMismatch, 0, &detail);
        }
        library.texts.shrink();
        library.report.warnings = self.warnings.finish(text);
        self.library
    }
}

impl Track {
    fn take(&mut self, sink: &mut Sink<'_>, key: &str, value: &str, seen: &mut Seen) {
        let Some(at) = seen.place(&FIELDS, key) else { return };
        if !seen.first(at as u32, key, sink) {
            return;
        }
        match self.text_field(at) {
            Some(text) => *text = sink.texts.add(value),
            None => self.take_number(sink, key, value),
        }
    }

    fn text_field(&mut self, at: usize) -> Option<&mut Span> {
        Some(match at {
            0 => &mut self.name,
            1 => &mut self.artist,
            2 => &mut self.composer,
            3 => &mut self.album,
            4 => &mut self.grouping,
            5 => &mut self.genre,
            6 => &mut self.kind,
            13 => &mut self.date_modified,
            14 => &mut self.date_added,
            17 => &mut self.comments,
            19 => &mut self.last_played,
            21 => &mut self.location,
            22 => &mut self.remixer,
            23 => &mut self.tonality,
            24 => &mut self.label,
            25 => &mut self.mix,
            _ => return None,
        })
    }

    fn take_number(&mut self, sink: &mut Sink<'_>, key: &str, value: &str) {
        match key {
            "Size" => self.size_bytes = sink.number(key, value),
            "TotalTime" => self.duration_s = sink.number(key, value),
            "DiscNumber" => self.disc_number = sink.number(key, value),
            "TrackNumber" => self.track_number = sink.number(key, value),
            "Year" => self.year = sink.number(key, value).filter(|year| *year > 0),
            "AverageBpm" => self.bpm = sink.quantity(key, value).filter(|bpm| *bpm > 0.0),
            "BitRate" => self.bit_rate_kbps = sink.number(key, value),
            "SampleRate" => self.sample_rate_hz = sink.number(key, value),
            "PlayCount" => self.play_count = sink.number(key, value),
            "Rating" => self.rating = stars(sink, key, value),
            "Colour" => self.colour = colour(sink, key, value),
            _ => {}
        }
    }
}

/// The attributes of a track but its number, in the order in which Rekordbox writes them.
#[rustfmt::skip]
const FIELDS: [&str; 27] = [
    "Name", "Artist", "Composer", "Album", "Grouping", "Genre", "Kind", "Size", "TotalTime",
    "DiscNumber", "TrackNumber", "Year", "AverageBpm", "DateModified", "DateAdded", "BitRate",
    "SampleRate", "Comments", "PlayCount", "LastPlayed", "Rating", "Location", "Remixer",
    "Tonality", "Label", "Mix", "Colour",
];

/// Rekordbox writes five stars as 255, in steps of 51.
fn stars(sink: &mut Sink<'_>, key: &str, value: &str) -> Option<u8> {
    let rating: u8 = sink.number(key, value)?;
    if !rating.is_multiple_of(51) {
        sink.bad_number(key, value);
        return None;
    }
    Some(rating / 51)
}

/// `0xFF007F`
fn colour(sink: &mut Sink<'_>, key: &str, value: &str) -> Option<u32> {
    if value.is_empty() {
        return None;
    }
    let digits = value.strip_prefix("0x").filter(|digits| digits.len() == 6);
    let colour = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if colour.is_none() {
        sink.bad_number(key, value);
    }
    colour
}

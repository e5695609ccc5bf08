//! From the attributes of TRACK to a record.

use quick_xml::events::BytesStart;

use super::arena::{Arena, Span};
use super::attributes::each_attribute;
use super::file_name::FileName;
use super::location::Location;
use super::report::{WarningKind, Warnings};
use super::value::{Bpm, Date, Unreadable, colour, duration, number, positive, stars};

/// What a track's attributes say. Texts are spans into the collection's arena.
#[derive(Debug, Default)]
pub(super) struct TrackRecord {
    /// [`NO_ID`] without a TrackID that is a number.
    pub(super) id: u64,
    /// Whether the title comes from the name of the file.
    pub(super) derived: bool,
    pub(super) texts: [Span; TEXTS],
    pub(super) size: Option<u64>,
    pub(super) seconds: Option<u32>,
    pub(super) disc: Option<u32>,
    pub(super) number: Option<u32>,
    pub(super) year: Option<u32>,
    pub(super) bpm: Option<Bpm>,
    pub(super) modified: Option<Date>,
    pub(super) added: Option<Date>,
    pub(super) last_played: Option<Date>,
    pub(super) bit_rate: Option<u32>,
    pub(super) sample_rate: Option<u32>,
    pub(super) play_count: Option<u32>,
    pub(super) stars: Option<u8>,
    pub(super) colour: Option<u32>,
    /// Indices of its first tempo and first mark; those of the next track end them.
    pub(super) first_tempo: u32,
    pub(super) first_mark: u32,
}

/// The attributes of TRACK, texts first: a text's number is its place in `TrackRecord::texts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrackField {
    Name,
    Artist,
    Composer,
    Album,
    Grouping,
    Genre,
    Kind,
    Comments,
    Location,
    Remixer,
    Tonality,
    Label,
    Mix,
    TrackId,
    Size,
    TotalTime,
    DiscNumber,
    TrackNumber,
    Year,
    AverageBpm,
    DateModified,
    DateAdded,
    BitRate,
    SampleRate,
    PlayCount,
    LastPlayed,
    Rating,
    Colour,
}

const TEXTS: usize = TrackField::Mix as usize + 1;

/// What a track has as its identifier if it has no number.
pub(super) const NO_ID: u64 = u64::MAX;

/// The attributes in the order in which rekordbox writes them.
const FIELDS: [(&str, TrackField); 28] = [
    ("TrackID", TrackField::TrackId),
    ("Name", TrackField::Name),
    ("Artist", TrackField::Artist),
    ("Composer", TrackField::Composer),
    ("Album", TrackField::Album),
    ("Grouping", TrackField::Grouping),
    ("Genre", TrackField::Genre),
    ("Kind", TrackField::Kind),
    ("Size", TrackField::Size),
    ("TotalTime", TrackField::TotalTime),
    ("DiscNumber", TrackField::DiscNumber),
    ("TrackNumber", TrackField::TrackNumber),
    ("Year", TrackField::Year),
    ("AverageBpm", TrackField::AverageBpm),
    ("DateModified", TrackField::DateModified),
    ("DateAdded", TrackField::DateAdded),
    ("BitRate", TrackField::BitRate),
    ("SampleRate", TrackField::SampleRate),
    ("Comments", TrackField::Comments),
    ("PlayCount", TrackField::PlayCount),
    ("LastPlayed", TrackField::LastPlayed),
    ("Rating", TrackField::Rating),
    ("Location", TrackField::Location),
    ("Remixer", TrackField::Remixer),
    ("Tonality", TrackField::Tonality),
    ("Label", TrackField::Label),
    ("Mix", TrackField::Mix),
    ("Colour", TrackField::Colour),
];

/// What programs other than rekordbox call an attribute.
const ALIASES: [(&str, TrackField); 11] = [
    ("ID", TrackField::TrackId),
    ("Title", TrackField::Name),
    ("Artists", TrackField::Artist),
    ("BPM", TrackField::AverageBpm),
    ("Bpm", TrackField::AverageBpm),
    ("Key", TrackField::Tonality),
    ("Comment", TrackField::Comments),
    ("Color", TrackField::Colour),
    ("Duration", TrackField::TotalTime),
    ("Bitrate", TrackField::BitRate),
    ("Remix", TrackField::Mix),
];

/// A TRACK of the collection.
pub(super) struct ReadTrack {
    pub(super) record: TrackRecord,
    /// The TrackID, if it is no number.
    pub(super) text_id: Option<Span>,
}

/// Reads a TRACK of the collection; none if nothing identifies it.
pub(super) fn read_track(
    tag: &BytesStart<'_>,
    arena: &mut Arena,
    warnings: &mut Warnings,
) -> Option<ReadTrack> {
    let start = arena.len();
    let mut track =
        ReadTrack { record: TrackRecord { id: NO_ID, ..TrackRecord::default() }, text_id: None };
    let mut seen = 0_u32;
    let mut next = 0;
    each_attribute(tag, warnings, |key, value, warnings| {
        let Some(at) = find_field(key, next) else {
            return track.set_alias(key, value, seen, arena, warnings);
        };
        next = at + 1;
        let field = FIELDS[at].1;
        if seen & 1 << field as u32 != 0 {
            return warnings.note(WarningKind::DuplicateAttribute, format_args!("{key}"));
        }
        seen |= 1 << field as u32;
        track.set(field, value, arena, warnings);
    });
    if is_blank(arena.get(track.record.texts[TrackField::Name as usize]))
        && !track.record.name_by_file(arena)
    {
        let id = track.record.id;
        arena.truncate(start);
        let detail = if id == NO_ID { "no TrackID".to_owned() } else { format!("TrackID {id}") };
        warnings.note(WarningKind::NoName, format_args!("{detail}"));
        return None;
    }
    if track.record.id == NO_ID && track.text_id.is_none() {
        let name = arena.get(track.record.texts[TrackField::Name as usize]);
        warnings.note(WarningKind::NoTrackId, format_args!("{name}"));
    }
    Some(track)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The place of `key` in `FIELDS`, looked for from `next` on: attributes come in that order, so
/// that the first comparison nearly always meets.
fn find_field(key: &str, next: usize) -> Option<usize> {
    let is_key = |&at: &usize| FIELDS[at].0 == key;
    (next..FIELDS.len()).find(is_key).or_else(|| (0..next).find(is_key))
}

impl ReadTrack {
    fn set(&mut self, field: TrackField, raw: &str, arena: &mut Arena, warnings: &mut Warnings) {
        match field {
            TrackField::TrackId => self.set_id(raw, arena, warnings),
            _ => self.record.set(field, raw, arena, warnings),
        }
    }

    fn set_id(&mut self, raw: &str, arena: &mut Arena, warnings: &mut Warnings) {
        match raw.parse() {
            Ok(id) => self.record.id = id,
            Err(_) if is_blank(raw) => {}
            Err(_) => self.text_id = Some(push_text(arena, raw.trim(), warnings)),
        }
    }

    /// Sets what another program calls `key`, unless rekordbox's own attribute was `seen`.
    #[cold]
    fn set_alias(
        &mut self,
        key: &str,
        raw: &str,
        seen: u32,
        arena: &mut Arena,
        warnings: &mut Warnings,
    ) {
        let field = ALIASES.iter().find(|(alias, _)| *alias == key).map(|&(_, field)| field);
        if let Some(field) = field.filter(|&field| seen & 1 << field as u32 == 0) {
            self.set(field, raw, arena, warnings);
        }
    }
}

impl TrackRecord {
    /// Takes the title, and the artist if there is none, from the name of the file; whether it has
    /// one.
    #[cold]
    fn name_by_file(&mut self, arena: &mut Arena) -> bool {
        let location = arena.get(self.texts[TrackField::Location as usize]);
        let artist = arena.get(self.texts[TrackField::Artist as usize]);
        let mut buffer = Vec::new();
        // Places in the arena have 32 bits, and this text is there twice.
        let fits = u32::try_from(arena.len() + location.len()).is_ok();
        let path = Location::file_path(&mut buffer, location).filter(|_| fits);
        let Some(name) = path.and_then(FileName::of_path) else { return false };
        self.derived = true;
        if is_blank(artist) {
            self.texts[TrackField::Artist as usize] = arena.push_plain(&name.artist);
            self.texts[TrackField::Name as usize] = arena.push_plain(&name.title);
        } else {
            let title = name.title_beside(artist);
            self.texts[TrackField::Name as usize] = arena.push_plain(&title);
        }
        true
    }

    fn set(&mut self, field: TrackField, raw: &str, arena: &mut Arena, warnings: &mut Warnings) {
        if (field as usize) < TEXTS {
            self.texts[field as usize] = push_text(arena, raw, warnings);
            return;
        }
        if self.set_number(field, raw).is_err() {
            warnings.note(WarningKind::BadValue, format_args!("{field:?}=\"{raw}\""));
        }
    }

    /// A value that cannot be read is left as it is by default: unknown.
    fn set_number(&mut self, field: TrackField, raw: &str) -> Result<(), Unreadable> {
        match field {
            TrackField::Size => self.size = positive(raw)?,
            TrackField::TotalTime => self.seconds = duration(raw)?,
            TrackField::DiscNumber => self.disc = positive(raw)?,
            TrackField::TrackNumber => self.number = positive(raw)?,
            TrackField::Year => self.year = positive(raw)?,
            TrackField::AverageBpm => self.bpm = positive(raw)?,
            TrackField::DateModified => self.modified = Date::read(raw)?,
            TrackField::DateAdded => self.added = Date::read(raw)?,
            TrackField::LastPlayed => self.last_played = Date::read(raw)?,
            TrackField::BitRate => self.bit_rate = positive(raw)?,
            TrackField::SampleRate => self.sample_rate = positive(raw)?,
            TrackField::PlayCount => self.play_count = number(raw)?,
            TrackField::Rating => self.stars = stars(raw)?,
            _ => self.colour = colour(raw)?,
        }
        Ok(())
    }
}

/// Stores a text, with a warning if it has a reference that XML does not know.
pub(super) fn push_text(arena: &mut Arena, raw: &str, warnings: &mut Warnings) -> Span {
    let (span, understood) = arena.push(raw);
    if !understood {
        warnings.note(WarningKind::BadReference, format_args!("{raw}"));
    }
    span
}

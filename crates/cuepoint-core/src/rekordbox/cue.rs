//! Beat grids and cue points: TEMPO and POSITION_MARK.

use quick_xml::events::BytesStart;

use super::arena::{Arena, Span};
use super::attributes::each_attribute;
use super::report::{WarningKind, Warnings};
use super::track::push_text;
use super::value::{Bpm, Unreadable, number, positive, seconds};

/// One beat grid: from a place in the track on, beats come at this tempo.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tempo {
    /// Where it starts, in seconds from the start of the track.
    pub start: f64,
    /// Beats a minute; none if the value is missing, zero or unreadable.
    pub bpm: Option<Bpm>,
    /// Beats in a bar and the note that is a beat, such as (4, 4).
    pub metre: Option<(u8, u8)>,
    /// The beat of the bar that it starts on, 1 to 4.
    pub beat: Option<u8>,
}

/// Reads a TEMPO element.
pub(super) fn read_tempo(tag: &BytesStart<'_>, warnings: &mut Warnings) -> Tempo {
    let mut tempo = Tempo::default();
    each_attribute(tag, warnings, |key, value, warnings| {
        if tempo.set(key, value).is_err() {
            warnings.note(WarningKind::BadValue, format_args!("{key}=\"{value}\""));
        }
    });
    tempo
}

impl Tempo {
    fn set(&mut self, key: &str, raw: &str) -> Result<(), Unreadable> {
        match key {
            "Inizio" => self.start = seconds(raw)?.unwrap_or(0.0),
            "InMs" => self.start = seconds(raw)?.unwrap_or(0.0) / 1_000.0,
            "Bpm" | "BPM" => self.bpm = positive(raw)?,
            "Metro" => self.metre = metre(raw)?,
            "Battito" => self.beat = number(raw)?,
            _ => {}
        }
        Ok(())
    }
}

fn metre(raw: &str) -> Result<Option<(u8, u8)>, Unreadable> {
    if raw.is_empty() {
        return Ok(None);
    }
    let (beats, note) = raw.split_once('/').ok_or(Unreadable)?;
    Ok(number(beats)?.zip(number(note)?))
}

/// A cue point, loop or fade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark<'a> {
    /// What the user called it, often nothing.
    pub name: &'a str,
    /// What it is for; none if the value is missing or unknown.
    pub kind: Option<MarkKind>,
    /// Where it is, in seconds from the start of the track.
    pub start: f64,
    /// Where a loop ends, in seconds from the start of the track.
    pub end: Option<f64>,
    /// Its button, if it is not a memory cue.
    pub hot_cue: Option<HotCue>,
}

/// What a mark is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MarkKind {
    Cue,
    FadeIn,
    FadeOut,
    Load,
    Loop,
}

/// The button of a hot cue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotCue {
    /// 0 to 7 for A to H.
    pub number: u8,
    /// Red, green and blue; none if the file does not say.
    pub colour: Option<[u8; 3]>,
}

/// A mark as stored, its name in the collection's arena.
#[derive(Debug, Default)]
pub(super) struct MarkRecord {
    name: Span,
    kind: Option<MarkKind>,
    start: f64,
    end: Option<f64>,
    number: Option<i8>,
    colour: [Option<u8>; 3],
}

/// Reads a POSITION_MARK element.
pub(super) fn read_mark(
    tag: &BytesStart<'_>,
    arena: &mut Arena,
    warnings: &mut Warnings,
) -> MarkRecord {
    let mut mark = MarkRecord::default();
    each_attribute(tag, warnings, |key, value, warnings| {
        if key == "Name" {
            mark.name = push_text(arena, value, warnings);
        } else if mark.set(key, value).is_err() {
            warnings.note(WarningKind::BadValue, format_args!("{key}=\"{value}\""));
        }
    });
    mark
}

impl MarkRecord {
    fn set(&mut self, key: &str, raw: &str) -> Result<(), Unreadable> {
        match key {
            "Type" => self.kind = mark_kind(raw)?,
            "Start" => self.start = seconds(raw)?.unwrap_or(0.0),
            "End" => self.end = seconds(raw)?,
            "Num" => self.number = number(raw)?,
            "Red" => self.colour[0] = number(raw)?,
            "Green" => self.colour[1] = number(raw)?,
            "Blue" => self.colour[2] = number(raw)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn view<'a>(&self, arena: &'a Arena) -> Mark<'a> {
        let [red, green, blue] = self.colour;
        let colour = red.zip(green).zip(blue).map(|((red, green), blue)| [red, green, blue]);
        let number = self.number.and_then(|number| u8::try_from(number).ok());
        Mark {
            name: arena.get(self.name),
            kind: self.kind,
            start: self.start,
            end: self.end,
            hot_cue: number.map(|number| HotCue { number, colour }),
        }
    }
}

fn mark_kind(raw: &str) -> Result<Option<MarkKind>, Unreadable> {
    Ok(Some(match raw {
        "" => return Ok(None),
        "0" => MarkKind::Cue,
        "1" => MarkKind::FadeIn,
        "2" => MarkKind::FadeOut,
        "3" => MarkKind::Load,
        "4" => MarkKind::Loop,
        _ => return Err(Unreadable),
    }))
}

//! A library in memory.

use super::playlists::{Entry, Node, PlaylistRef};
use super::report::ParseReport;
use super::text::{Span, Texts};
use std::ops::Range;

/// A Rekordbox library.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// What became of the file's tracks, and what was odd about them.
    pub report: ParseReport,
    pub(super) texts: Texts,
    pub(super) product: ProductFields,
    pub(super) tracks: Vec<Track>,
    pub(super) tempos: Vec<Tempo>,
    pub(super) cues: Vec<Cue>,
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Vec<EntryFields>,
}

/// The program that wrote the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Product<'a> {
    /// `rekordbox`
    pub name: &'a str,
    /// As `6.7.3`.
    pub version: &'a str,
    /// `Pioneer DJ` or `AlphaTheta`.
    pub company: &'a str,
}

/// A track of a library.
#[derive(Clone, Copy, Debug)]
pub struct TrackRef<'a> {
    library: &'a Library,
    track: &'a Track,
    index: usize,
}

/// A place from which on a track keeps a tempo.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tempo {
    /// Seconds from the start.
    pub start_s: Option<f64>,
    /// Beats a minute.
    pub bpm: Option<f64>,
    /// Beats a bar, of `4/4` the first number.
    pub beats: Option<u8>,
    /// The beat of the bar at the start, from 1.
    pub beat: Option<u8>,
}

/// A marked place of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CuePoint<'a> {
    /// What the DJ called it.
    pub name: &'a str,
    /// What it does; `None` for a kind that Rekordbox does not document.
    pub kind: Option<CueKind>,
    /// Seconds from the track's start.
    pub start_s: Option<f64>,
    /// Where a loop ends, in seconds from the track's start.
    pub end_s: Option<f64>,
    /// The hot cue, A being 0; `None` for a memory cue.
    pub hot: Option<u8>,
    /// 0xRRGGBB.
    pub colour: Option<u32>,
}

/// What a marked place does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CueKind {
    /// Playback jumps there.
    Cue,
    /// The track is faded in.
    FadeIn,
    /// The track is faded out.
    FadeOut,
    /// Playback starts there when the track is loaded.
    Load,
    /// It is repeated.
    Loop,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProductFields {
    pub(super) name: Span,
    pub(super) version: Span,
    pub(super) company: Span,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) name: Span,
    pub(super) artist: Span,
    pub(super) composer: Span,
    pub(super) album: Span,
    pub(super) grouping: Span,
    pub(super) genre: Span,
    pub(super) kind: Span,
    pub(super) comments: Span,
    pub(super) location: Span,
    pub(super) remixer: Span,
    pub(super) tonality: Span,
    pub(super) label: Span,
    pub(super) mix: Span,
    pub(super) date_modified: Span,
    pub(super) date_added: Span,
    pub(super) last_played: Span,
    pub(super) size_bytes: Option<u64>,
    pub(super) duration_s: Option<u32>,
    pub(super) disc_number: Option<u32>,
    pub(super) track_number: Option<u32>,
    pub(super) year: Option<u16>,
    pub(super) bpm: Option<f64>,
    pub(super) bit_rate_kbps: Option<u32>,
    pub(super) sample_rate_hz: Option<u32>,
    pub(super) play_count: Option<u32>,
    pub(super) rating: Option<u8>,
    pub(super) colour: Option<u32>,
    pub(super) tempos: Range<u32>,
    pub(super) cues: Range<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cue {
    pub(super) name: Span,
    pub(super) kind: Option<u8>,
    pub(super) start_s: Option<f64>,
    pub(super) end_s: Option<f64>,
    pub(super) number: Option<i8>,
    pub(super) red: Option<u8>,
    pub(super) green: Option<u8>,
    pub(super) blue: Option<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct EntryFields {
    /// The playlist that it stands in.
    pub(super) node: u32,
    pub(super) key: Span,
    pub(super) track: Option<u32>,
}

impl Library {
    /// The program that wrote the file.
    pub fn product(&self) -> Product<'_> {
        let text = |span| self.texts.get(span);
        Product {
            name: text(self.product.name),
            version: text(self.product.version),
            company: text(self.product.company),
        }
    }

    /// The tracks in the order of the file.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = TrackRef<'_>> {
        let track = |(index, track)| TrackRef { library: self, track, index };
        self.tracks.iter().enumerate().map(track)
    }

    /// The track at `index` in the order of the file.
    pub fn track(&self, index: usize) -> Option<TrackRef<'_>> {
        Some(TrackRef { library: self, track: self.tracks.get(index)?, index })
    }

    /// The folders and playlists, each after the folder that holds it.
    pub fn playlists(&self) -> impl ExactSizeIterator<Item = PlaylistRef<'_>> {
        (0..self.nodes.len()).map(|at| PlaylistRef::new(self, at))
    }

    pub(super) fn entry(&self, at: usize) -> Option<Entry<'_>> {
        let entry = self.entries.get(at)?;
        Some(Entry { key: self.texts.get(entry.key), track: entry.track.map(|at| at as usize) })
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $($(#[$doc])* pub fn $name(&self) -> &'a str { self.library.texts.get(self.track.$name) })*
    };
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $type:ty)*) => {
        $($(#[$doc])* pub fn $name(&self) -> Option<$type> { self.track.$name })*
    };
}

impl<'a> TrackRef<'a> {
    /// Its place in the file, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Rekordbox's own number for it, which playlists refer to.
    pub fn id(&self) -> u32 {
        self.track.id
    }

    texts! {
        /// The title, blanks at its ends included.
        name
        /// Who made it; empty when unknown, as all text.
        artist
        /// The composer.
        composer
        /// The album.
        album
        /// The DJ's own group, sometimes the name of a colour.
        grouping
        /// The genre.
        genre
        /// The kind of file in the language of the DJ's Rekordbox.
        kind
        /// Comments.
        comments
        /// Where the file lies; see [`decode_location`](super::decode_location).
        location
        /// Who remixed it.
        remixer
        /// The key in whatever notation the DJ chose: `Am`, `8A`, `Emin`.
        tonality
        /// The label.
        label
        /// The mix.
        mix
        /// When the file was changed, as `2024-03-01`.
        date_modified
        /// When it was added, as `2024-03-01`.
        date_added
        /// When it was played last, as `2024-03-01`.
        last_played
    }

    numbers! {
        /// The file's size in bytes.
        size_bytes: u64
        /// The length in whole seconds.
        duration_s: u32
        /// The disc.
        disc_number: u32
        /// The number on the disc.
        track_number: u32
        /// The year; none where it says 0.
        year: u16
        /// Beats a minute; none where it was not analysed.
        bpm: f64
        /// Kilobits a second.
        bit_rate_kbps: u32
        /// Samples a second.
        sample_rate_hz: u32
        /// How often it was played.
        play_count: u32
        /// Stars, 0 to 5.
        rating: u8
        /// 0xRRGGBB.
        colour: u32
    }

    /// Its tempos, in the order of the file.
    pub fn tempos(&self) -> &'a [Tempo] {
        let Range { start, end } = self.track.tempos;
        self.library.tempos.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Its marked places, in the order of the file.
    pub fn cue_points(&self) -> impl ExactSizeIterator<Item = CuePoint<'a>> {
        let Range { start, end } = self.track.cues;
        let cues = self.library.cues.get(start as usize..end as usize).unwrap_or_default();
        let library = self.library;
        cues.iter().map(move |cue| cue.shown(&library.texts))
    }
}

impl Cue {
    fn shown<'a>(&self, texts: &'a Texts) -> CuePoint<'a> {
        CuePoint {
            name: texts.get(self.name),
            kind: self.kind.and_then(CueKind::of),
            start_s: self.start_s,
            end_s: self.end_s,
            hot: self.number.and_then(|number| u8::try_from(number).ok()),
            colour: self.colour(),
        }
    }

    fn colour(&self) -> Option<u32> {
        let [red, green, blue] = [self.red?, self.green?, self.blue?].map(u32::from);
        Some(red << 16 | green << 8 | blue)
    }
}

impl CueKind {
    fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Cue),
            1 => Some(Self::FadeIn),
            2 => Some(Self::FadeOut),
            3 => Some(Self::Load),
            4 => Some(Self::Loop),
            _ => None,
        }
    }
}

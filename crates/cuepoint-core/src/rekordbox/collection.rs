//! The tracks of a library.

use std::fmt;

use super::arena::Arena;
use super::cue::{Mark, MarkRecord, Tempo};
use super::location::Location;
use super::media::Media;
use super::track::{NO_ID, TrackField, TrackRecord};
use super::value::{Bpm, Date};

/// The tracks of a library, in the order of the file.
///
/// All texts are in one buffer and tracks are views into it, so that a library of 50,000 tracks is
/// a handful of allocations.
#[derive(Default)]
pub struct Collection {
    pub(super) arena: Arena,
    pub(super) records: Vec<TrackRecord>,
    pub(super) tempos: Vec<Tempo>,
    pub(super) marks: Vec<MarkRecord>,
    /// Identifiers with the indices of their tracks, sorted.
    pub(super) by_id: Vec<(u64, u32)>,
}

impl Collection {
    /// The number of tracks.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are no tracks.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All tracks, in the order of the file.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = Track<'_>> {
        (0..self.records.len()).map(|index| Track { collection: self, index })
    }

    /// The track at `index`, counted from 0 in the order of the file.
    pub fn get(&self, index: usize) -> Option<Track<'_>> {
        (index < self.records.len()).then_some(Track { collection: self, index })
    }

    /// The first track with this TrackID.
    pub fn by_id(&self, id: u64) -> Option<Track<'_>> {
        let at = self.by_id.partition_point(|&(other, _)| other < id);
        let &(_, index) = self.by_id.get(at).filter(|&&(other, _)| other == id)?;
        self.get(index as usize)
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tracks()).finish()
    }
}

/// One track. Texts are empty and numbers none where the file does not say.
#[derive(Clone, Copy)]
pub struct Track<'a> {
    collection: &'a Collection,
    index: usize,
}

impl<'a> Track<'a> {
    /// Its place in the collection, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// TrackID, by which playlists mean it. None if the file gives none or one that is no number;
    /// playlists find the track all the same.
    pub fn id(self) -> Option<u64> {
        Some(self.record().id).filter(|&id| id != NO_ID)
    }

    /// Whether the title, and the artist if the file gives none, come from the name of the file.
    pub fn has_derived_title(self) -> bool {
        self.record().derived
    }

    /// Whether it is music, a sample or a video.
    pub fn media(self) -> Media {
        let mut buffer = Vec::new();
        let path = Location::file_path(&mut buffer, self.location());
        Media::of_file(self.kind(), path.unwrap_or_default())
    }

    /// Name: the title, never blank, with any blanks around it. Without one it is the name of the
    /// file, less its extension, artist, numbers, keys and tempos.
    pub fn title(self) -> &'a str {
        self.text(TrackField::Name)
    }

    /// The artist credit as written, which may name several artists.
    pub fn artist(self) -> &'a str {
        self.text(TrackField::Artist)
    }

    /// Who composed it.
    pub fn composer(self) -> &'a str {
        self.text(TrackField::Composer)
    }

    /// The album.
    pub fn album(self) -> &'a str {
        self.text(TrackField::Album)
    }

    /// The user's grouping, or the name of the track's colour.
    pub fn grouping(self) -> &'a str {
        self.text(TrackField::Grouping)
    }

    /// The genre.
    pub fn genre(self) -> &'a str {
        self.text(TrackField::Genre)
    }

    /// The kind of file in the user's language, such as "MP3 File".
    pub fn kind(self) -> &'a str {
        self.text(TrackField::Kind)
    }

    /// The user's comments.
    pub fn comments(self) -> &'a str {
        self.text(TrackField::Comments)
    }

    /// The URI of the file, for [`Location::decode`](super::Location::decode).
    pub fn location(self) -> &'a str {
        self.text(TrackField::Location)
    }

    /// Who remixed it.
    pub fn remixer(self) -> &'a str {
        self.text(TrackField::Remixer)
    }

    /// Tonality: the key in the user's notation, such as "F#m" or "11A".
    pub fn key(self) -> &'a str {
        self.text(TrackField::Tonality)
    }

    /// The label that released it.
    pub fn label(self) -> &'a str {
        self.text(TrackField::Label)
    }

    /// The mix, such as "Extended".
    pub fn mix(self) -> &'a str {
        self.text(TrackField::Mix)
    }

    /// The size of the file in bytes.
    pub fn size(self) -> Option<u64> {
        self.record().size
    }

    /// The duration in whole seconds, rounded down.
    pub fn seconds(self) -> Option<u32> {
        self.record().seconds
    }

    /// The disc of the album.
    pub fn disc_number(self) -> Option<u32> {
        self.record().disc
    }

    /// The number on the album.
    pub fn track_number(self) -> Option<u32> {
        self.record().number
    }

    /// The year of release.
    pub fn year(self) -> Option<u32> {
        self.record().year
    }

    /// The average tempo; none if the track was not analysed.
    pub fn bpm(self) -> Option<Bpm> {
        self.record().bpm
    }

    /// When the file was changed.
    pub fn date_modified(self) -> Option<Date> {
        self.record().modified
    }

    /// When the track came into the collection.
    pub fn date_added(self) -> Option<Date> {
        self.record().added
    }

    /// When it was last played.
    pub fn last_played(self) -> Option<Date> {
        self.record().last_played
    }

    /// Kilobits a second.
    pub fn bit_rate(self) -> Option<u32> {
        self.record().bit_rate
    }

    /// Samples a second.
    pub fn sample_rate(self) -> Option<u32> {
        self.record().sample_rate
    }

    /// How often it was played.
    pub fn play_count(self) -> Option<u32> {
        self.record().play_count
    }

    /// The rating, 0 to 5 stars.
    pub fn stars(self) -> Option<u8> {
        self.record().stars
    }

    /// The track's colour as 0xRRGGBB.
    pub fn colour(self) -> Option<u32> {
        self.record().colour
    }

    /// Its beat grids, in the order of the file.
    pub fn tempos(self) -> &'a [Tempo] {
        let collection = self.collection;
        let end = self.next().map_or(collection.tempos.len(), |next| next.first_tempo as usize);
        &collection.tempos[self.record().first_tempo as usize..end]
    }

    /// Its cue points and loops, in the order of the file.
    pub fn marks(self) -> impl ExactSizeIterator<Item = Mark<'a>> {
        let collection = self.collection;
        let end = self.next().map_or(collection.marks.len(), |next| next.first_mark as usize);
        let marks = &collection.marks[self.record().first_mark as usize..end];
        marks.iter().map(|mark| mark.view(&collection.arena))
    }

    fn record(self) -> &'a TrackRecord {
        &self.collection.records[self.index]
    }

    fn next(self) -> Option<&'a TrackRecord> {
        self.collection.records.get(self.index + 1)
    }

    fn text(self, field: TrackField) -> &'a str {
        self.collection.arena.get(self.record().texts[field as usize])
    }
}

impl fmt::Debug for Track<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Track")
            .field("id", &self.id())
            .field("title", &self.title())
            .field("artist", &self.artist())
            .finish_non_exhaustive()
    }
}

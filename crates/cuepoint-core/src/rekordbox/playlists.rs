//! Folders and playlists.

use super::location::canonical_location;
use super::model::{Library, TrackRef};
use super::report::{WarningKind, Warnings};
use super::text::Span;
use std::collections::HashMap;
use std::ops::Range;

/// A folder or a playlist.
#[derive(Clone, Copy, Debug)]
pub struct PlaylistRef<'a> {
    library: &'a Library,
    node: &'a Node,
}

/// An entry of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What the playlist calls the track: a `TrackID`, or a location.
    pub key: &'a str,
    /// The track's place in the library; `None` if no track matches the key.
    pub track: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) name: Span,
    /// 0 folder, 1 playlist.
    pub(super) kind: Option<u8>,
    /// 0: keys are `TrackID`s, 1: they are locations.
    pub(super) key_type: Option<u8>,
    pub(super) parent: Option<u32>,
    pub(super) entries: Range<u32>,
    pub(super) offset: u32,
}

impl<'a> PlaylistRef<'a> {
    pub(super) fn new(library: &'a Library, at: usize) -> Self {
        Self { library, node: &library.nodes[at] }
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        self.library.texts.get(self.node.name)
    }

    /// The names of the folders around it and its own, joined by `/`, without the root that
    /// Rekordbox calls ROOT. Names may hold slashes of their own, and paths may be equal.
    pub fn path(&self) -> String {
        let mut names = vec![self.name()];
        let mut parent = self.node.parent;
        while let Some(node) = parent.and_then(|at| self.library.nodes.get(at as usize)) {
            if node.parent.is_some() {
                names.push(self.library.texts.get(node.name));
            }
            parent = node.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// Whether it is the folder around everything.
    pub fn is_root(&self) -> bool {
        self.node.parent.is_none()
    }

    /// Whether it is a playlist and no folder. Where the file does not say, entries tell.
    pub fn is_playlist(&self) -> bool {
        match self.node.kind {
            Some(kind) => kind == 1,
            None => !self.node.entries.is_empty(),
        }
    }

    /// Its entries in order. A track may stand in it twice.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'a>> {
        let library = self.library;
        let Range { start, end } = self.node.entries;
        let nothing = Entry { key: "", track: None };
        (start as usize..end as usize).map(move |at| library.entry(at).unwrap_or(nothing))
    }
}

/// Finds the tracks that the entries mean.
pub(super) fn resolve(library: &mut Library, warnings: &mut Warnings) {
    let ids = by_id(library);
    let by_location = library.nodes.iter().any(|node| node.key_type == Some(1));
    let locations = if by_location { by_location_of(library) } else { HashMap::new() };
    let mut entries = std::mem::take(&mut library.entries);
    // In order but where a playlist stands between the entries of another.
    entries.sort_by_key(|entry| entry.node);
    let mut end = 0;
    for (at, node) in library.nodes.iter_mut().enumerate() {
        let start = end;
        end += entries[start..].partition_point(|entry| entry.node as usize <= at);
        node.entries = start as u32..end as u32;
        for entry in &mut entries[start..end] {
            let key = library.texts.get(entry.key);
            entry.track = match node.key_type {
                Some(1) => locations.get(&canonical_location(key)).copied(),
                _ => key.trim().parse().ok().and_then(|id| first(&ids, id)),
            };
            if entry.track.is_none() {
                warnings.add(WarningKind::UnresolvedKey, node.offset as usize, key);
            }
        }
    }
    library.entries = entries;
}

/// Tracks by their numbers; of one number, in the order of the file.
pub(super) fn by_id(library: &Library) -> Vec<(u32, u32)> {
    let ids = library.tracks().map(|track: TrackRef<'_>| (track.id(), track.index() as u32));
    let mut ids: Vec<(u32, u32)> = ids.collect();
    ids.sort_unstable();
    ids
}

fn first(ids: &[(u32, u32)], id: u32) -> Option<u32> {
    let at = ids.partition_point(|known| known.0 < id);
    ids.get(at).filter(|known| known.0 == id).map(|known| known.1)
}

fn by_location_of(library: &Library) -> HashMap<String, u32> {
    let mut locations = HashMap::with_capacity(library.tracks.len());
    for track in library.tracks() {
        locations.entry(canonical_location(track.location())).or_insert(track.index() as u32);
    }
    locations
}

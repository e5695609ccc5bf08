//! From the keys of playlist entries to tracks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::arena::Span;
use super::collection::Collection;
use super::location::Location;
use super::playlists::{KeyType, NodeKind, PlaylistTree};
use super::report::{WarningKind, Warnings};
use super::track::NO_ID;

/// Sorts the identifiers of a collection and counts those used more than once.
pub(super) fn index_ids(collection: &mut Collection, warnings: &mut Warnings) {
    let ids = collection.records.iter().zip(0..).map(|(record, index)| (record.id, index));
    collection.by_id = ids.filter(|&(id, _)| id != NO_ID).collect();
    collection.by_id.sort_unstable();
    for pair in collection.by_id.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let id = pair[1].0;
        warnings.note_overall(WarningKind::DuplicateTrackId, format_args!("TrackID {id}"));
    }
}

/// Finds the track of every playlist entry.
pub(super) fn resolve(tree: &mut PlaylistTree, mut keys: Keys<'_>, warnings: &mut Warnings) {
    // Entries come in the order of their nodes unless a playlist has a node between its tracks.
    tree.entries.sort_by_key(|entry| entry.node);
    for entry in &mut tree.entries {
        let key = tree.arena.get(entry.key);
        let node = &tree.nodes[entry.node as usize];
        entry.track = match node.key_type {
            Some(KeyType::Location) => keys.by_location(key),
            // Programs that take rekordbox's 0 for granted may still write locations.
            Some(KeyType::TrackId) | None => keys.by_id(key).or_else(|| keys.by_path(key)),
        };
        if entry.track.is_none() {
            let name = tree.arena.get(node.name);
            let detail = format_args!("{key} in playlist \"{name}\"");
            warnings.note_overall(WarningKind::UnresolvedEntry, detail);
        }
    }
}

/// The tracks by all that a playlist may mean them by.
pub(super) struct Keys<'a> {
    collection: &'a Collection,
    /// By TrackIDs that are no numbers, which rekordbox never writes.
    texts: HashMap<&'a str, u32>,
    /// By canonical location: made for the first key that asks, since playlists that rekordbox
    /// exports never do.
    locations: Option<HashMap<String, u32>>,
}

impl<'a> Keys<'a> {
    /// The keys of a collection whose numbers are sorted already.
    pub(super) fn new(
        collection: &'a Collection,
        text_ids: &[(Span, u32)],
        warnings: &mut Warnings,
    ) -> Self {
        let mut texts = HashMap::with_capacity(text_ids.len());
        for &(id, index) in text_ids {
            let id = collection.arena.get(id);
            match texts.entry(id) {
                Entry::Vacant(place) => drop(place.insert(index)),
                Entry::Occupied(_) => {
                    warnings
                        .note_overall(WarningKind::DuplicateTrackId, format_args!("TrackID {id}"));
                }
            }
        }
        Self { collection, texts, locations: None }
    }

    /// The first track with this TrackID.
    fn by_id(&self, key: &str) -> Option<u32> {
        let key = key.trim();
        let number = key.parse().ok().and_then(|id| self.collection.by_id(id));
        number.map(|track| track.index() as u32).or_else(|| self.texts.get(key).copied())
    }

    /// The first track at this location.
    fn by_location(&mut self, key: &str) -> Option<u32> {
        let collection = self.collection;
        let index = self.locations.get_or_insert_with(|| index_locations(collection));
        index.get(&Location::decode(key).canonical()).copied()
    }

    /// The first track at this location, if it is one.
    fn by_path(&mut self, key: &str) -> Option<u32> {
        key.contains(['/', ':', '\\']).then(|| self.by_location(key)).flatten()
    }
}

fn index_locations(collection: &Collection) -> HashMap<String, u32> {
    let mut index = HashMap::with_capacity(collection.len());
    for track in collection.tracks().filter(|track| !track.location().is_empty()) {
        let location = Location::decode(track.location()).canonical();
        index.entry(location).or_insert(track.index() as u32);
    }
    index
}

/// Decides what the nodes are that hold tracks, and compares what playlists declare with what
/// they hold.
pub(super) fn settle_nodes(tree: &mut PlaylistTree, warnings: &mut Warnings) {
    let mut held = vec![0_u64; tree.nodes.len()];
    for entry in &tree.entries {
        held[entry.node as usize] += 1;
    }
    for (node, &held) in tree.nodes.iter_mut().zip(&held) {
        if held > 0 {
            node.kind = NodeKind::Playlist;
        }
        let Some(declared) = node.declared.filter(|&declared| declared != held) else { continue };
        if node.kind == NodeKind::Playlist {
            let name = tree.arena.get(node.name);
            let detail = format_args!("\"{name}\": {declared} declared, {held} found");
            warnings.note_overall(WarningKind::DeclaredEntries, detail);
        }
    }
}

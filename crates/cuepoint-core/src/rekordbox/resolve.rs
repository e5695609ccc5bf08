//! From the keys of playlist entries to tracks.

use std::collections::HashMap;

use super::collection::Collection;
use super::location::Location;
use super::playlists::{KeyType, NodeKind, PlaylistTree};
use super::report::{WarningKind, Warnings};

/// Sorts the identifiers of a collection and counts those used more than once.
pub(super) fn index_ids(collection: &mut Collection, warnings: &mut Warnings) {
    let ids = collection.records.iter().zip(0..).map(|(record, index)| (record.id, index));
    collection.by_id = ids.collect();
    collection.by_id.sort_unstable();
    for pair in collection.by_id.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let id = pair[1].0;
        warnings.note_overall(WarningKind::DuplicateTrackId, format_args!("TrackID {id}"));
    }
}

/// Finds the track of every playlist entry.
pub(super) fn resolve(tree: &mut PlaylistTree, collection: &Collection, warnings: &mut Warnings) {
    // Entries come in the order of their nodes unless a playlist has a node between its tracks.
    tree.entries.sort_by_key(|entry| entry.node);
    let mut locations = Locations { collection, index: None };
    for entry in &mut tree.entries {
        let key = tree.arena.get(entry.key);
        let node = &tree.nodes[entry.node as usize];
        entry.track = match node.key_type {
            Some(KeyType::TrackId) => by_id(collection, key),
            Some(KeyType::Location) => locations.find(key),
            None => by_id(collection, key).or_else(|| locations.find(key)),
        };
        if entry.track.is_none() {
            let name = tree.arena.get(node.name);
            let detail = format_args!("{key} in playlist \"{name}\"");
            warnings.note_overall(WarningKind::UnresolvedEntry, detail);
        }
    }
}

fn by_id(collection: &Collection, key: &str) -> Option<u32> {
    let track = collection.by_id(key.trim().parse().ok()?)?;
    Some(track.index() as u32)
}

/// The tracks by canonical location: made for the first key that asks, since playlists that
/// rekordbox exports never do.
struct Locations<'a> {
    collection: &'a Collection,
    index: Option<HashMap<String, u32>>,
}

impl Locations<'_> {
    /// The first track at this location.
    fn find(&mut self, key: &str) -> Option<u32> {
        let index = self.index.get_or_insert_with(|| index_locations(self.collection));
        index.get(&Location::decode(key).canonical()).copied()
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

//! Folders and playlists.

use std::fmt;

use thiserror::Error;

use super::arena::{Arena, Span};
use super::collection::{Collection, Track};

/// What the root folder is called; it is no part of a path.
const ROOT: &str = "ROOT";

/// The folders and playlists of a library, in the order of the file.
///
/// A flat list in which each node has its parent's index. Folders of any depth need no recursion,
/// neither to read nor to drop.
#[derive(Default)]
pub struct PlaylistTree {
    pub(super) arena: Arena,
    pub(super) nodes: Vec<NodeRecord>,
    /// The entries of all playlists, sorted by node.
    pub(super) entries: Vec<EntryRecord>,
}

#[derive(Debug)]
pub(super) struct NodeRecord {
    pub(super) name: Span,
    pub(super) parent: Option<u32>,
    pub(super) kind: NodeKind,
    pub(super) key_type: Option<KeyType>,
    /// The number of entries that the node declares.
    pub(super) declared: Option<u64>,
}

#[derive(Debug)]
pub(super) struct EntryRecord {
    pub(super) node: u32,
    pub(super) key: Span,
    pub(super) track: Option<u32>,
}

/// What the keys of a playlist are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    TrackId,
    Location,
}

/// Whether a node holds other nodes or tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Holds folders and playlists.
    Folder,
    /// Holds tracks. A node that does not say what it is counts as one if it holds any.
    Playlist,
}

/// Why no playlist was found for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FindError {
    /// No playlist has this path.
    #[error("there is no such playlist or folder")]
    NotFound,
    /// So many playlists or folders have this path.
    #[error("{0} playlists or folders have this path")]
    Ambiguous(usize),
}

impl PlaylistTree {
    /// All folders and playlists but the root, each after the folder that holds it.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let all = (0..self.nodes.len()).map(|index| Node { tree: self, index });
        all.filter(|node| !node.is_root())
    }

    /// All playlists, in the order of the file.
    pub fn playlists(&self) -> impl Iterator<Item = Node<'_>> {
        self.nodes().filter(|node| node.kind() == NodeKind::Playlist)
    }

    /// The playlist with this path: the names of its folders and its own, joined by `/`.
    ///
    /// # Errors
    ///
    /// If no playlist or more than one has the path.
    pub fn find(&self, path: &str) -> Result<Node<'_>, FindError> {
        let mut found = self.playlists().filter(|playlist| playlist.has_path(path));
        match (found.next(), found.count()) {
            (None, _) => Err(FindError::NotFound),
            (Some(playlist), 0) => Ok(playlist),
            (Some(_), others) => Err(FindError::Ambiguous(others + 1)),
        }
    }

    /// The playlist with this path, or all playlists in the folder with it, at any depth.
    ///
    /// # Errors
    ///
    /// If neither a playlist nor a folder has the path, or more than one has.
    pub fn find_all(&self, path: &str) -> Result<Vec<Node<'_>>, FindError> {
        match self.find(path) {
            Err(FindError::NotFound) => self.playlists_below(path),
            found => found.map(|playlist| vec![playlist]),
        }
    }

    fn playlists_below(&self, path: &str) -> Result<Vec<Node<'_>>, FindError> {
        let folders = self.nodes().filter(|node| node.kind() == NodeKind::Folder);
        let mut found = folders.filter(|folder| folder.has_path(path));
        let folder = found.next().ok_or(FindError::NotFound)?;
        match found.count() {
            0 => Ok(self.playlists().filter(|playlist| playlist.is_below(folder)).collect()),
            others => Err(FindError::Ambiguous(others + 1)),
        }
    }
}

impl fmt::Debug for PlaylistTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.nodes()).finish()
    }
}

/// A folder or playlist.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a PlaylistTree,
    index: usize,
}

impl<'a> Node<'a> {
    /// Its own name, which another node may have too.
    pub fn name(self) -> &'a str {
        self.tree.arena.get(self.record().name)
    }

    /// Whether it is a folder or a playlist.
    pub fn kind(self) -> NodeKind {
        self.record().kind
    }

    /// The names of its folders and its own, joined by `/`, without the root's.
    pub fn path(self) -> String {
        let mut names: Vec<&str> = self.line().map(Self::name).collect();
        names.reverse();
        names.join("/")
    }

    /// Whether this is its path. Compared from its own name upwards, so that of a playlist for each
    /// of a thousand nested folders only a name is looked at.
    fn has_path(self, path: &str) -> bool {
        let mut rest = Some(path);
        for (above, node) in self.line().enumerate() {
            let with_slash =
                if above == 0 { rest } else { rest.and_then(|it| it.strip_suffix('/')) };
            rest = with_slash.and_then(|it| it.strip_suffix(node.name()));
            if rest.is_none() {
                return false;
            }
        }
        rest == Some("")
    }

    fn is_below(self, folder: Self) -> bool {
        self.line().any(|node| node.index == folder.index)
    }

    /// Whether it is in more than so many folders, the root not counted.
    pub fn is_deeper_than(self, folders: usize) -> bool {
        self.line().nth(folders + 1).is_some()
    }

    /// How many folders it is in, the root not counted.
    pub fn depth(self) -> usize {
        self.line().count().saturating_sub(1)
    }

    /// The entries of a playlist, in its order; none for a folder.
    pub fn entries(self) -> impl ExactSizeIterator<Item = PlaylistEntry<'a>> {
        let tree = self.tree;
        let entries = &tree.entries;
        let start = entries.partition_point(|entry| (entry.node as usize) < self.index);
        let end = entries.partition_point(|entry| entry.node as usize <= self.index);
        entries[start..end].iter().map(|entry| PlaylistEntry {
            key: tree.arena.get(entry.key),
            track: entry.track.map(|track| track as usize),
        })
    }

    /// The tracks of a playlist's entries, in its order, without those that `collection` lacks.
    pub fn tracks<'c>(
        self,
        collection: &'c Collection,
    ) -> impl Iterator<Item = Track<'c>> + use<'a, 'c> {
        self.entries().filter_map(|entry| collection.get(entry.track?))
    }

    /// This node, its folder, that folder's folder… up to below the root.
    fn line(self) -> impl Iterator<Item = Self> {
        let parent = |node: &Self| Some(Self { index: node.record().parent? as usize, ..*node });
        std::iter::successors(Some(self), parent).filter(|node| !node.is_root())
    }

    fn is_root(self) -> bool {
        self.record().parent.is_none() && self.kind() == NodeKind::Folder && self.name() == ROOT
    }

    fn record(self) -> &'a NodeRecord {
        &self.tree.nodes[self.index]
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut node = f.debug_struct("Node");
        node.field("path", &self.path()).field("kind", &self.kind());
        node.field("entries", &self.entries().len()).finish()
    }
}

/// One line of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaylistEntry<'a> {
    /// What the file means the track by: a TrackID or a Location.
    pub key: &'a str,
    /// The track's index in the collection; none if the file does not have it.
    pub track: Option<usize>,
}

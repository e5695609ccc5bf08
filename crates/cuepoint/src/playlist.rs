//! Finds the playlists that are meant, and their tracks.

use std::collections::HashSet;

use anyhow::anyhow;
use cuepoint_core::fold;
use cuepoint_core::rekordbox::{FindError, Library, Node, PlaylistTree, Track};

/// How many playlists to suggest.
const SUGGESTIONS: usize = 3;

/// How similar a name must be to be suggested, from 0 to 1.
const SIMILAR: f64 = 0.6;

/// The playlists with these paths and those in the folders with them, or an error that names what
/// may have been meant.
pub(crate) fn find_playlists<'a>(
    tree: &'a PlaylistTree,
    paths: &[String],
) -> anyhow::Result<Vec<Node<'a>>> {
    let mut playlists = Vec::new();
    for path in paths {
        playlists.extend(find_path(tree, path)?);
    }
    Ok(playlists)
}

/// The tracks of `playlists` in their order, or all tracks of the library if there are none. What
/// several playlists hold comes once, where it comes first.
pub(crate) fn tracks<'a>(library: &'a Library, playlists: &[Node<'_>]) -> Vec<Track<'a>> {
    let collection = &library.collection;
    match playlists {
        [] => collection.tracks().collect(),
        [playlist] => playlist.tracks(collection).collect(),
        several => {
            let mut seen = HashSet::new();
            let tracks = several.iter().flat_map(|playlist| playlist.tracks(collection));
            tracks.filter(|track| seen.insert(track.index())).collect()
        }
    }
}

fn find_path<'a>(tree: &'a PlaylistTree, path: &str) -> anyhow::Result<Vec<Node<'a>>> {
    let found = tree.find_all(path).map_err(|error| match error {
        FindError::NotFound => anyhow!("playlist \"{path}\": {error}\n  help: {}", hint(tree, path)),
        FindError::Ambiguous(_) => anyhow!(
            "playlist \"{path}\" is ambiguous: {error}\n  help: rename one of them in rekordbox and \
             export the library again"
        ),
    })?;
    if found.is_empty() {
        return Err(anyhow!(
            "playlist \"{path}\": this folder has no playlist\n  help: `cuepoint inspect` lists the playlists"
        ));
    }
    Ok(found)
}

fn hint(tree: &PlaylistTree, path: &str) -> String {
    let near = near(tree, path);
    if near.is_empty() {
        return "`cuepoint inspect` lists the playlists".to_owned();
    }
    let quoted: Vec<String> = near.iter().map(|path| format!("\"{path}\"")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}

/// Playlists in more folders than people nest are not suggested: the paths of all playlists of a
/// hostile file may take gigabytes.
const DEEPEST: usize = 32;

/// The paths most similar to `path`, by their whole or by the playlist's own name.
fn near(tree: &PlaylistTree, path: &str) -> Vec<String> {
    let wanted = fold(path.trim());
    let similarity = |node: &Node<'_>| {
        let by_path = strsim::normalized_damerau_levenshtein(&wanted, &fold(&node.path()));
        let by_name = strsim::normalized_damerau_levenshtein(&wanted, &fold(node.name()));
        by_path.max(by_name)
    };
    let shallow = tree.playlists().filter(|node| !node.is_deeper_than(DEEPEST));
    let mut scored: Vec<_> = shallow.map(|node| (similarity(&node), node.path())).collect();
    scored.retain(|(score, _)| *score >= SIMILAR);
    scored.sort_by(|left, right| right.0.total_cmp(&left.0));
    scored.into_iter().map(|(_, path)| path).take(SUGGESTIONS).collect()
}

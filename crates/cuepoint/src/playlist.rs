//! Finds the playlist that is meant.

use anyhow::anyhow;
use cuepoint_core::fold;
use cuepoint_core::rekordbox::{FindError, Node, PlaylistTree};

/// How many playlists to suggest.
const SUGGESTIONS: usize = 3;

/// How similar a name must be to be suggested, from 0 to 1.
const SIMILAR: f64 = 0.6;

/// The playlist with this path, or an error that names those which may have been meant.
pub(crate) fn find_playlist<'a>(tree: &'a PlaylistTree, path: &str) -> anyhow::Result<Node<'a>> {
    tree.find(path).map_err(|error| match error {
        FindError::NotFound => anyhow!("playlist \"{path}\": {error}\n  help: {}", hint(tree, path)),
        FindError::Ambiguous(_) => anyhow!(
            "playlist \"{path}\" is ambiguous: {error}\n  help: rename one of them in rekordbox and \
             export the library again"
        ),
    })
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

//! Finding a playlist by what a person calls it.

use anyhow::{Result, bail};
use cuepoint_core::rekordbox::{Library, PlaylistRef};
use cuepoint_core::results::fold;

/// The playlist called `wanted`, by its path or, where only one has it, by its name.
pub(crate) fn find<'a>(library: &'a Library, wanted: &str) -> Result<PlaylistRef<'a>> {
    let lists: Vec<PlaylistRef<'a>> = library.playlists().filter(|p| p.is_playlist()).collect();
    let by_path = |list: &&PlaylistRef<'a>| list.path() == wanted;
    let by_name = |list: &&PlaylistRef<'a>| list.name() == wanted;
    let mut found: Vec<&PlaylistRef<'a>> = lists.iter().filter(by_path).collect();
    if found.is_empty() {
        found = lists.iter().filter(by_name).collect();
    }
    match found[..] {
        [list] => Ok(*list),
        [] => bail!("there is no playlist \"{wanted}\"{}", near(&lists, wanted)),
        _ if found.iter().all(by_path) => {
            bail!("{} playlists have the path \"{wanted}\": rename one in Rekordbox", found.len())
        }
        _ => bail!("several playlists are called \"{wanted}\": {}", paths(&found)),
    }
}

/// At most this many suggestions.
const SUGGESTIONS: usize = 5;

fn near(lists: &[PlaylistRef<'_>], wanted: &str) -> String {
    let wanted = fold(wanted);
    let last = wanted.rsplit('/').next().unwrap_or(&wanted);
    let is_near = |list: &&PlaylistRef<'_>| {
        let name = fold(list.name());
        !last.is_empty() && (name.contains(last) || (name.len() > 2 && wanted.contains(&name)))
    };
    let near: Vec<&PlaylistRef<'_>> = lists.iter().filter(is_near).collect();
    match near.is_empty() {
        true => "; `cuepoint inspect` counts them".to_owned(),
        false => format!("; there is {}", paths(&near)),
    }
}

fn paths(lists: &[&PlaylistRef<'_>]) -> String {
    let shown =
        lists.iter().take(SUGGESTIONS).map(|list| format!("\"{}\"", crate::shown(&list.path())));
    let more = if lists.len() > SUGGESTIONS { ", …" } else { "" };
    format!("{}{more}", shown.collect::<Vec<_>>().join(", "))
}

//! The PLAYLISTS tree: folders, playlists and what they hold.

use crate::rng::Rng;
use crate::track::track_id;
use crate::words::title_word;
use crate::xml::{End, XmlWriter};

/// How far below the root a playlist may be.
const MAX_DEPTH: usize = 4;

/// `256 × 2^(step / 8)`, rounded: powers of two between whole exponents, without floats.
const EIGHTH_POWERS: [u64; 8] = [256, 279, 304, 332, 362, 395, 431, 470];

/// A folder with the nodes in it, as indices.
struct Folder {
    name: String,
    depth: usize,
    folders: Vec<usize>,
    playlists: Vec<String>,
}

/// Writes a tree with one playlist for sixty tracks.
pub(crate) fn write_playlists(out: &mut XmlWriter, seed: u64, tracks: usize) {
    let mut rng = Rng::new(seed, 0);
    let folders = tree(&mut rng, tracks);
    out.line("  <PLAYLISTS>");
    write_folder(out, &mut rng, &folders, 0, tracks);
    out.line("  </PLAYLISTS>");
}

fn tree(rng: &mut Rng, tracks: usize) -> Vec<Folder> {
    let playlists = tracks / 60 + 1;
    let mut folders = vec![folder("ROOT".to_owned(), 0)];
    for index in 1..=playlists / 10 {
        let parent = rng.below(index as u64) as usize;
        let parent = if folders[parent].depth + 2 < MAX_DEPTH { parent } else { 0 };
        let depth = folders[parent].depth + 1;
        folders[parent].folders.push(index);
        folders.push(folder(format!("{} {index}", title_word(rng)), depth));
    }
    let mut names: Vec<String> = Vec::new();
    for number in 0..playlists {
        let name = playlist_name(rng, &names, number);
        let home = rng.below(folders.len() as u64) as usize;
        // A name may be used twice, but in different folders.
        let home = if folders[home].playlists.contains(&name) { 0 } else { home };
        folders[home].playlists.push(name.clone());
        names.push(name);
    }
    folders
}

fn folder(name: String, depth: usize) -> Folder {
    Folder { name, depth, folders: Vec::new(), playlists: Vec::new() }
}

/// One name in ten is that of an earlier playlist.
fn playlist_name(rng: &mut Rng, earlier: &[String], number: usize) -> String {
    if !earlier.is_empty() && rng.chance(1_000) {
        return earlier[rng.below(earlier.len() as u64) as usize].clone();
    }
    format!("{} {}", title_word(rng), number + 1)
}

/// Recursion is at most `MAX_DEPTH` deep.
fn write_folder(out: &mut XmlWriter, rng: &mut Rng, all: &[Folder], at: usize, tracks: usize) {
    let folder = &all[at];
    let indent = 4 + 2 * folder.depth;
    let count = (folder.folders.len() + folder.playlists.len()).to_string();
    let attributes = [("Type", "0"), ("Name", folder.name.as_str()), ("Count", count.as_str())];
    out.element(indent, "NODE", &attributes, End::Open);
    for &child in &folder.folders {
        write_folder(out, rng, all, child, tracks);
    }
    for name in &folder.playlists {
        write_playlist(out, rng, indent + 2, name, tracks);
    }
    out.close(indent, "NODE");
}

fn write_playlist(out: &mut XmlWriter, rng: &mut Rng, indent: usize, name: &str, tracks: usize) {
    let keys = keys(rng, tracks);
    let entries = keys.len().to_string();
    let attributes =
        [("Name", name), ("Type", "1"), ("KeyType", "0"), ("Entries", entries.as_str())];
    out.element(indent, "NODE", &attributes, End::Open);
    for key in keys {
        out.element(indent + 2, "TRACK", &[("Key", &key.to_string())], End::Empty);
    }
    out.close(indent, "NODE");
}

/// The tracks of a playlist, in an order that jumps about; three in a thousand come twice.
fn keys(rng: &mut Rng, tracks: usize) -> Vec<u64> {
    let size = playlist_size(rng).min(tracks as u64);
    let first = rng.below(tracks as u64);
    let step = coprime_step(rng, tracks as u64);
    let mut keys = Vec::new();
    for number in 0..size {
        let key = track_id(((first + number * step) % tracks as u64) as usize);
        keys.push(key);
        if rng.chance(30) {
            keys.push(key);
        }
    }
    keys
}

/// A step that visits every track before it comes back to the first.
fn coprime_step(rng: &mut Rng, tracks: u64) -> u64 {
    let start = rng.between(1, tracks);
    (start..).find(|&step| greatest_common_divisor(step, tracks) == 1).unwrap_or(1)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Log-normal with a median of 40 and a 95th percentile of 400; one playlist in a hundred is
/// empty.
fn playlist_size(rng: &mut Rng) -> u64 {
    if rng.chance(100) {
        return 0;
    }
    // A standard deviation of 2.02 doublings, counted in eighths.
    let eighths = rng.normal() * 16 / 1_000;
    let whole = eighths.div_euclid(8);
    let scaled = 40 * EIGHTH_POWERS[eighths.rem_euclid(8) as usize];
    let size = if whole < 0 { scaled >> -whole } else { scaled << whole.min(6) };
    (size / 256).max(1)
}
